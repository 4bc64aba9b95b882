/** What a package brings goes into the store in small parts, so that nobody has to wait for it. */
import type { Context } from '../../interactions/interaction.ts'
import type { Version, Write } from '../../store/port.ts'
import type { Alone } from './alone.ts'

export type Put = Write & { do: 'put' }

export type Parts = {
  readonly puts: AsyncIterable<Put>
  /** Whether it is to be written, as this stands in its place; absent: nothing can stand there. */
  readonly isDue?: ((put: Put, standing: Version | undefined) => boolean) | undefined
  readonly progress: (done: number) => void
}

/** At most so many resources and characters in one commit: it takes the store some milliseconds. */
const part = { resources: 32, characters: 128_000 }

/** How many were not due. */
export async function storeInParts(ctx: Context, alone: Alone, { puts, isDue, progress }: Parts): Promise<number> {
  let done = 0
  let standingBefore = 0
  let waiting: Put[] = []
  let characters = 0
  let committing: Promise<void> = Promise.resolve()

  async function dueOf(part: readonly Put[]): Promise<readonly Put[]> {
    if (isDue === undefined) return part
    const standing = await ctx.store.readAll(part.map(({ key }) => key))
    return part.filter((put, at) => isDue(put, standing[at]))
  }

  async function commit(part: readonly Put[]): Promise<void> {
    const due = await dueOf(part)
    if (due.length > 0) await alone.commit(due)
    standingBefore += part.length - due.length
    done += part.length
    progress(done)
  }

  /** While a part is being committed the next one is made. */
  async function flush(): Promise<void> {
    await committing
    committing = commit(waiting)
    committing.catch(() => {}) // who waits for it hears of it
    waiting = []
    characters = 0
  }

  try {
    for await (const put of puts) {
      waiting.push(put)
      characters += put.draft.rest.length
      if (waiting.length >= part.resources || characters >= part.characters) await flush()
    }
    if (waiting.length > 0) await flush()
  } finally {
    await committing // whatever happens, nothing is under way when the lease is given back
  }
  return standingBefore
}
