/** The closure tables of tenants, as their histories tell them. */
import type { HistoryQuery, Key, Store, Version } from '../../store/port.ts'
import { after, type ClosureTable } from './closure-table.ts'

/** What one process remembers, so that it reads of a table only what is new: some MB each at most. */
const most = 16
const page = 200 // versions at a time

export type Tables = {
  /** `undefined`: there is none. */
  readonly of: (store: Histories, key: Key) => Promise<ClosureTable | undefined>
}

type Histories = Pick<Store, 'read' | 'history'>
type State = { readonly seq: number; readonly table: ClosureTable | undefined }

export function tables(): Tables {
  const known = new WeakMap<Histories, Map<string, State>>()
  return {
    async of(store, key) {
      const states = known.get(store) ?? new Map<string, State>()
      known.set(store, states)
      const name = `${key.tenant}/${key.id}`
      const state = await upToDate(store, key, states.get(name))
      states.delete(name)
      states.set(name, state)
      if (states.size > most) for (const oldest of states.keys().take(1)) states.delete(oldest)
      return state.table
    },
  }
}

async function upToDate(store: Histories, key: Key, known: State = { seq: 0, table: undefined }): Promise<State> {
  const current = await store.read(key)
  if (current === undefined || current.seq === known.seq) return known
  let table = known.table
  for await (const version of between(store, { ...key, order: 'oldest', until: current.seq, after: known.seq })) {
    table = after(table, version)
  }
  return { seq: current.seq, table }
}

async function* between(store: Histories, query: Omit<HistoryQuery, 'limit'>): AsyncGenerator<Version> {
  for (let from = query.after, more = true; more; ) {
    const found = await store.history({ ...query, ...(from === undefined ? {} : { after: from }), limit: page })
    yield* found.versions
    from = found.versions.at(-1)?.seq
    more = found.more
  }
}
