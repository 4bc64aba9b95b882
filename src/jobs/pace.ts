/** Work that can wait gives way to requests: it goes in short turns, and the busier the process is, the longer it rests between. */

/** One turn at a time, whoever asks. */
export type Pace = <T>(turn: () => Promise<T>) => Promise<T>

export type PaceNeeds = {
  /** ms that only ever rise. */
  readonly elapsed: () => number
  /** Ends early when the process does. */
  readonly sleep: (ms: number) => Promise<void>
  /** Which part of the time since it was last asked the process was at work: 0 to 1. */
  readonly load: () => number
}

const least = 0.25 // of a turn's time is rested where nobody else wants anything
const most = 5 // times as long as the turn took is rested where others want all there is

export function openPace({ elapsed, sleep, load }: PaceNeeds): Pace {
  let rested = Promise.resolve()
  let others = 0

  /** What the process does meanwhile is what others want of it. */
  async function rest(took: number): Promise<void> {
    load()
    await sleep(took * (least + (most - least) * others))
    others = load()
  }

  return async turn => {
    const before = rested
    const { promise, resolve } = Promise.withResolvers<void>()
    rested = promise
    await before
    const begun = elapsed()
    try {
      return await turn()
    } finally {
      rest(elapsed() - begun).then(resolve, resolve)
    }
  }
}
