/** A store whose searches `match.ts` answers, from the entries that were written: the third compiler, under the whole server. */
import { bornWithin, containedId, containedType } from '../../src/search/contained.ts'
import { noEntries } from '../../src/search/entry.ts'
import { type Found, searchAll } from '../../src/search/match.ts'
import type { Commit, Committed, SearchQuery, Store, Version } from '../../src/store/port.ts'

/** Everything but searches is `store`'s. */
export function answerInMemory(store: Store): Store {
  const tenants = new Map<string, Map<string, Held>>()

  return {
    ...store,
    async commit(commit) {
      const outcome = await store.commit(commit)
      if (outcome.ok) keep(heldOf(commit.tenant), commit, outcome)
      return outcome
    },
    async search(query) {
      const until = query.anchored && (await store.sequence(query.tenant))
      const { matches, more } = searchAll(seen(query), query)
      const page = { matches: matches.map(({ found, place }) => ({ version: (found as Held).version, place })), more }
      return until === undefined ? page : { ...page, until }
    },
    async count(query) {
      return searchAll(seen(query), { ...query, sort: [], limit: Number.POSITIVE_INFINITY }).matches.length
    },
    async explain(query) {
      return { compiled: JSON.stringify(query.where), indexes: [], examined: seen(query).length, scan: false }
    },
    async types(tenant) {
      return [...new Set([...heldOf(tenant).values()].map(({ version }) => version.type))]
    },
  }

  function heldOf(tenant: string): Map<string, Held> {
    const held = tenants.get(tenant) ?? new Map<string, Held>()
    tenants.set(tenant, held)
    return held
  }

  function seen({ tenant, until = Number.POSITIVE_INFINITY }: Pick<SearchQuery, 'tenant' | 'until'>): readonly Held[] {
    return [...heldOf(tenant).values()].filter(({ version }) => version.seq <= until)
  }
}

type Held = Found & { readonly version: Version }

function keep(held: Map<string, Held>, { writes }: Commit, { versions }: Committed): void {
  for (const [at, write] of writes.entries()) {
    const { type, id } = write.key
    const version = versions[at]
    if (write.do === 'check' || version === undefined) continue
    const born = held.get(`${type}/${id}`)?.born ?? version.seq
    held.delete(`${type}/${id}`)
    for (const name of held.keys()) if (name.startsWith('#') && name.includes(`/${type}/${id}#`)) held.delete(name)
    if (write.do === 'delete') continue
    const { entries = noEntries, contained = [] } = write
    const put = (it: Pick<Held, 'type' | 'id' | 'born' | 'entries'>, json: string | undefined): void => {
      const shown = { ...version, type: it.type, id: it.id, json }
      held.set(`${it.type}/${it.id}`, { ...it, updated: version.updated, version: shown })
    }
    put({ type, id, born, entries }, version.json)
    for (const [index, it] of contained.entries()) {
      const [inner, name] = [containedType(it.type), containedId({ type, id }, it.id)]
      put({ type: inner, id: name, born: bornWithin(born, index), entries: it.entries }, it.json)
    }
  }
}
