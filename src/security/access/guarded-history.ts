/** Histories without the versions that may not be seen. https://hl7.org/fhir/R4/http.html#history */
import { fail } from '../../fhir/issue.ts'
import type { HistoryQuery, Store, Version } from '../../store/port.ts'
import type { Mask } from './mask.ts'
import type { Sight } from './sight.ts'

const batch = 200 // versions at a time
const most = 10_000 // versions that are judged for one page

export function guardedHistory(store: Store, sight: Sight, { shown }: Mask): Pick<Store, 'history' | 'countHistory'> {
  const isWhole = (type: string | undefined): boolean => type !== undefined && sight.of(type).is === 'all'
  return {
    async history(query) {
      if (isWhole(query.type)) {
        const { versions, more } = await store.history(query)
        return { versions: versions.map(shown), more }
      }
      const versions: Version[] = []
      for await (const version of seen(store, sight, query)) {
        if (versions.length === query.limit) return { versions, more: true }
        versions.push(shown(version))
      }
      return { versions, more: false }
    },
    async countHistory(query) {
      if (isWhole(query.type)) return store.countHistory(query)
      let count = 0
      for await (const _ of seen(store, sight, { ...query, order: 'oldest' })) count++
      return count
    },
  }
}

async function* seen(store: Store, sight: Sight, query: Omit<HistoryQuery, 'limit'>): AsyncGenerator<Version> {
  if (query.type !== undefined && sight.of(query.type).is === 'none') return
  let from: { readonly after?: number } = {}
  for (let judged = 0; judged < most; judged += batch) {
    const { versions, more } = await store.history({ ...query, ...from, limit: batch })
    for (const version of versions) if (await sight.sees(version)) yield version
    const last = versions.at(-1)
    if (!more || last === undefined) return
    from = { after: last.seq }
  }
  throw tooMany()
}

/** Said alike whatever there is that may not be seen: it depends on how much was written, not on what. */
function tooMany(): Error {
  const advice = 'ask for the history of one resource, or with _since'
  return fail('too-costly', `this history is too long to be told with your rights: ${advice}`)
}
