/** Lets one of the calls of a store fail, once. */
import { OutcomeUnknown, type Store, StoreUnavailable } from '../../src/store/port.ts'

export const ways = ['unavailable', 'lost', 'bug'] as const
/** Not even tried; done, but the answer does not arrive; an error that nobody foresaw. */
export type Way = (typeof ways)[number]

export type Striker = {
  /** What was called since it was armed. */
  readonly calls: readonly string[]
  /** From now on calls are counted, and the one with this index fails; without an index none does. */
  arm(index?: number, way?: Way): void
  /** Counts the call; whether, and how, it is to fail. */
  hit(name: string): Way | undefined
}

export function openStriker(): Striker {
  const calls: string[] = []
  let target: number | undefined
  let way: Way = 'unavailable'
  return {
    calls,
    arm(index, how = 'unavailable') {
      calls.length = 0
      target = index
      way = how
    },
    hit: name => (calls.push(name) - 1 === target ? way : undefined),
  }
}

export const secret = 'a secret of /srv/kiln' // no client may ever see what a bug says

/** Every call goes by the striker. `close` is not a request's. */
export function struck(store: Store, striker: Striker): Store {
  return new Proxy(store, {
    get(target, name: keyof Store) {
      const method = target[name]
      if (name === 'close' || name === 'changes' || name === 'scan') return method
      return async (...args: unknown[]): Promise<unknown> => {
        const way = striker.hit(name)
        if (way === 'unavailable') throw new StoreUnavailable(secret)
        if (way === 'bug') throw new TypeError(secret)
        const answer = await (method as (...args: unknown[]) => Promise<unknown>).apply(target, args)
        if (way === 'lost') throw name === 'commit' ? new OutcomeUnknown(secret) : new StoreUnavailable(secret)
        return answer
      }
    },
  })
}
