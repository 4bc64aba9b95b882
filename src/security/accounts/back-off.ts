/** Who guesses has to wait, longer each time. Counted before a guess is judged, so that many at once are no way around. */
import { hash } from 'node:crypto'
import type { Store } from '../../store/port.ts'

/** What guesses are counted by. */
export type Counter = {
  readonly name: string
  /** Failures that cost nothing: people mistype. */
  readonly free: number
  /** ms after the first that is not free; doubled with each further one. */
  readonly first: number
}

const longest = 15 * 60_000 // ms: nobody can lock somebody else out for good
const lasting = 24 * 60 * 60_000 // ms without a failure after which all is forgotten

export type BackOff = {
  /** Counts a guess. Gives how many ms to wait instead of guessing: 0, if it may be made. */
  readonly attempt: (tenant: string, counters: readonly Counter[]) => Promise<number>
  /** It was right: it counts for none of them. `cleared`: nor do those before. */
  readonly succeed: (tenant: string, cleared: Counter, others: readonly Counter[]) => Promise<void>
  readonly clear: (tenant: string, counter: Counter) => Promise<void>
}

export type BackOffNeeds = {
  readonly store: Pick<Store, 'note' | 'keepNote' | 'dropNote'>
  readonly clock: () => number
}

type Count = { readonly failures: number; readonly until: number }

const none: Count = { failures: 0, until: 0 }

export function openBackOff({ store, clock }: BackOffNeeds): BackOff {
  async function change(tenant: string, name: string, next: (count: Count) => Count | undefined): Promise<void> {
    const key = { tenant, kind: 'failures', id: hash('sha256', name, 'base64url') }
    const note = await store.note(key)
    const changed = next(note ? JSON.parse(note.text) : none)
    if (!changed) return
    const text = JSON.stringify(changed)
    const expires = clock() + lasting
    const kept = await store.keepNote({ ...key, text, tags: [], expires, revision: note?.revision ?? 0 })
    if (kept === undefined) return change(tenant, name, next)
  }

  async function count(tenant: string, counter: Counter): Promise<number> {
    let wait = 0
    await change(tenant, counter.name, ({ failures, until }) => {
      const now = clock()
      wait = Math.max(0, Math.min(until - now, longest))
      return wait > 0 ? undefined : { failures: failures + 1, until: now + delayAfter(failures + 1, counter) }
    })
    return wait
  }

  const clear: BackOff['clear'] = async (tenant, counter) => {
    await store.dropNote({ tenant, kind: 'failures', id: hash('sha256', counter.name, 'base64url') })
  }

  return {
    async attempt(tenant, counters) {
      let wait = 0
      for (const counter of counters) wait = Math.max(wait, await count(tenant, counter))
      return wait
    },
    async succeed(tenant, cleared, others) {
      await clear(tenant, cleared)
      for (const { name } of others) {
        await change(tenant, name, ({ failures }) => ({ failures: Math.max(0, failures - 1), until: 0 }))
      }
    },
    clear,
  }
}

function delayAfter(failures: number, { free, first }: Counter): number {
  return failures <= free ? 0 : Math.min(longest, first * 2 ** Math.min(failures - free - 1, 30))
}

export function byAccount(id: string): Counter {
  return { name: `account ${id}`, free: 5, first: 30_000 }
}

/** Somebody whom we do not know is treated as one whom we do. */
export function byName(login: string): Counter {
  return { name: `name ${login}`, free: 5, first: 30_000 }
}

/** A whole ward may be behind one address. Of IPv6, a household's network counts as one. */
export function byAddress(address: string): Counter {
  const network = address.includes(':') ? address.split(':').slice(0, 4).join(':') : address
  return { name: `address ${network}`, free: 50, first: 10_000 }
}
