/** Other entries for resources that stay as they are. */
import type { MongoClient } from 'mongodb'
import type { Reindexed, Store, StoreNeeds } from '../port.ts'
import { isContention } from './errors.ts'
import { leaseId, pointerId } from './key.ts'
import type { Collections } from './schema.ts'
import { indexFields } from './search/index-fields.ts'
import { transact } from './transaction.ts'

export type ReindexNeeds = Pick<StoreNeeds, 'clock'> & {
  readonly client: MongoClient
  readonly collections: Collections
}

/** The lease is gone: nothing may be written. */
class Lost extends Error {
  override readonly name = 'Lost'
}

/**
 * In one transaction with the lease that it relies on. Whoever writes one of the resources meanwhile has brought its entries
 * himself and matches no more; if the two meet, this gives way, and all of them are left for another time.
 */
export function openReindex({ client, collections, clock }: ReindexNeeds): Store['reindex'] {
  return async (tenant, items, fence) => {
    const session = client.startSession()
    let count = 0
    try {
      await transact(client, session, async () => {
        count = 0
        const held = { _id: leaseId(tenant, fence.name), token: fence.token, expires: { $gt: clock() } }
        const { matchedCount } = await collections.leases.updateOne(held, { $inc: { guard: 1 } }, { session })
        if (matchedCount !== 1) throw new Lost()
        for (const [type, some] of Map.groupBy(items, item => item.type)) {
          const updates = some.map(item => updateOf(tenant, item))
          count += (await collections.pointers(type).bulkWrite(updates, { session })).matchedCount
        }
      })
      return count
    } catch (error) {
      if (error instanceof Lost) return undefined
      if (isContention(error)) return 0
      throw error
    } finally {
      await session.endSession()
    }
  }
}

function updateOf(tenant: string, { id, version, entries }: Reindexed) {
  const filter = { _id: pointerId(tenant, id), version, deleted: false }
  return { updateOne: { filter, update: { $set: { index: indexFields(entries) } } } }
}
