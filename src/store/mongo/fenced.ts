/** Changes that are made as long as a lease is held. */
import type { ClientSession, MongoClient } from 'mongodb'
import type { Fence, StoreNeeds } from '../port.ts'
import { isContention } from './errors.ts'
import { leaseId } from './key.ts'
import type { Collections } from './schema.ts'
import { transact } from './transaction.ts'

export type FencedNeeds = Pick<StoreNeeds, 'clock'> & {
  readonly client: MongoClient
  readonly collections: Collections
}

/** The lease is gone: nothing may be written. */
class Lost extends Error {
  override readonly name = 'Lost'
}

/**
 * In one transaction with the lease that it relies on: `undefined` if that is lost. If others write the same at this moment, this
 * gives way, and all of it is left for another time: 0.
 */
export async function fenced(
  { client, collections, clock }: FencedNeeds,
  tenant: string,
  fence: Fence,
  change: (session: ClientSession) => Promise<number>,
): Promise<number | undefined> {
  const session = client.startSession()
  let count = 0
  try {
    await transact(client, session, async () => {
      const held = { _id: leaseId(tenant, fence.name), token: fence.token, expires: { $gt: clock() } }
      const { matchedCount } = await collections.leases.updateOne(held, { $inc: { guard: 1 } }, { session })
      if (matchedCount !== 1) throw new Lost()
      count = await change(session)
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
