/**
 * The store as one principal sees it: the one door. What may not be seen is not there: it is not read, not found, not counted,
 * and no version of it is told.
 */
import { and } from '../../search/node.ts'
import type { SearchQuery, Store, Version } from '../../store/port.ts'
import type { Access, Letter } from './access.ts'
import { guardedCommit } from './guarded-commit.ts'
import { guardedHistory } from './guarded-history.ts'
import { type Mask, maskOf } from './mask.ts'
import { type SightNeeds, sightOf } from './sight.ts'
import type { WriteNeeds } from './within.ts'

export type Guarding = Omit<SightNeeds, 'store'> & WriteNeeds

/** `letters`: what is being done. */
export function guarded(store: Store, letters: readonly Letter[], { access, ...needs }: Guarding): Store {
  if (access.unlimited) return store
  const sight = sightOf(access, letters, { ...needs, store })
  const mask = maskFor(access, needs.shapes.resourceTypes)
  const seen = async (version: Version | undefined): Promise<Version | undefined> =>
    version !== undefined && (await sight.sees(version)) ? mask.shown(version) : undefined
  const within = <Q extends Pick<SearchQuery, 'type' | 'where'>>(query: Q): Q => {
    return { ...query, where: and([query.where, sight.of(query.type)]) }
  }
  return {
    ...store,
    ...guardedHistory(store, sight, mask),
    ...guardedCommit({ ...needs, store, sight, mask, access }),
    read: async key => seen(await store.read(key)),
    readAll: async keys => Promise.all((await store.readAll(keys)).map(seen)),
    vread: async (key, version) => seen(await store.vread(key, version)),
    async search(query) {
      const page = await store.search(within(query))
      const matches = page.matches.map(match => ({ ...match, version: mask.shown(match.version) }))
      return { ...page, matches }
    },
    count: query => store.count(within(query)),
    explain: query => store.explain(within(query)),
    async *scan(query) {
      for await (const version of store.scan(query)) if (await sight.sees(version)) yield mask.shown(version)
    },
    async receipt(tenant, key) {
      const found = await store.receipt(tenant, key)
      return found && { ...found, versions: found.versions.map(version => mask.shown(version)) }
    },
    async *changes(tenant, after, signal) {
      for await (const change of store.changes(tenant, after, signal)) {
        if (!(await sight.sees(change.after))) continue
        yield { after: mask.shown(change.after), before: await seen(change.before) }
      }
    },
  }
}

const masks = new WeakMap<Access, Mask>()

function maskFor(access: Access, types: readonly string[]): Mask {
  const mask = masks.get(access) ?? maskOf(access, types)
  masks.set(access, mask)
  return mask
}
