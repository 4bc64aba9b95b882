/** Other entries for resources that stay as they are. */
import type { Reindexed, Store } from '../port.ts'
import { type FencedNeeds, fenced } from './fenced.ts'
import { pointerId } from './key.ts'
import { indexFields } from './search/index-fields.ts'

/** Whoever writes one of the resources meanwhile has brought its entries himself and matches no more. */
export function openReindex(needs: FencedNeeds): Store['reindex'] {
  return (tenant, items, fence) =>
    fenced(needs, tenant, fence, async session => {
      let count = 0
      for (const [type, some] of Map.groupBy(items, item => item.type)) {
        const updates = some.map(item => updateOf(tenant, item))
        count += (await needs.collections.pointers(type).bulkWrite(updates, { session })).matchedCount
      }
      return count
    })
}

function updateOf(tenant: string, { id, version, entries }: Reindexed) {
  const filter = { _id: pointerId(tenant, id), version, deleted: false }
  return { updateOne: { filter, update: { $set: { index: indexFields(entries) } } } }
}
