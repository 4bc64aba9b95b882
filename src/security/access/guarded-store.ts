/**
 * The store as one principal sees it: the one door. What may not be seen is not there: it is not read, not found, not counted,
 * and no version of it is told.
 */
import { and } from '../../search/node.ts'
import type { SearchQuery, Store, Version } from '../../store/port.ts'
import type { Access, Letter } from './access.ts'
import { guardedCommit } from './guarded-commit.ts'
import { guardedHistory } from './guarded-history.ts'
import { type SightNeeds, sightOf } from './sight.ts'

export type Guarding = Omit<SightNeeds, 'store'> & { readonly access: Access; readonly clock: () => number }

/** `letters`: what is being done. */
export function guarded(store: Store, letters: readonly Letter[], { access, clock, ...needs }: Guarding): Store {
  if (access.unlimited) return store
  const sight = sightOf(access, letters, { ...needs, store })
  const seen = async (version: Version | undefined): Promise<Version | undefined> =>
    version !== undefined && (await sight.sees(version)) ? version : undefined
  const within = <Q extends Pick<SearchQuery, 'type' | 'where'>>(query: Q): Q => {
    return { ...query, where: and([query.where, sight.of(query.type)]) }
  }
  return {
    ...store,
    ...guardedHistory(store, sight),
    ...guardedCommit({ ...needs, store, sight, access, clock }),
    read: async key => seen(await store.read(key)),
    readAll: async keys => Promise.all((await store.readAll(keys)).map(seen)),
    vread: async (key, version) => seen(await store.vread(key, version)),
    search: query => store.search(within(query)),
    count: query => store.count(within(query)),
    explain: query => store.explain(within(query)),
    async *scan(query) {
      for await (const version of store.scan(query)) if (await sight.sees(version)) yield version
    },
    async *changes(tenant, after, signal) {
      for await (const change of store.changes(tenant, after, signal)) {
        if (await sight.sees(change.after)) yield { after: change.after, before: await seen(change.before) }
      }
    },
  }
}
