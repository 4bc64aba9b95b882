import type { Filter } from 'mongodb'
import type { Lease, Store } from '../port.ts'
import { insertOnce } from './insert.ts'
import { leaseId } from './key.ts'
import type { Collections, LeaseDoc } from './schema.ts'

type Leases = Pick<Store, 'acquire' | 'renew' | 'release'>

/** Each step is one atomic update; commits that rely on a lease touch its document in their transactions. */
export function openLeases({ leases }: Collections, clock: () => number): Leases {
  return {
    async acquire(tenant, name, owner, ms) {
      const now = clock()
      const expires = now + ms
      const _id = leaseId(tenant, name)
      const free: Filter<LeaseDoc> = { _id, $or: [{ expires: { $lte: now } }, { owner }] }
      const update = { $set: { owner, expires }, $inc: { token: 1 } }
      const taken = await leases.findOneAndUpdate(free, update, { returnDocument: 'after' })
      if (taken) return { name, owner, token: taken.token, expires }
      const first = await insertOnce(leases, { _id, owner, token: 1, expires })
      return first ? { name, owner, token: 1, expires } : undefined // it is there, and not free
    },
    async renew(tenant, lease, ms) {
      const now = clock()
      const expires = now + ms
      const { matchedCount } = await leases.updateOne(held(tenant, lease, now), { $set: { expires } })
      return matchedCount === 1 ? { ...lease, expires } : undefined
    },
    async release(tenant, { name, token }) {
      await leases.updateOne({ _id: leaseId(tenant, name), token }, { $set: { expires: 0 } })
    },
  }
}

function held(tenant: string, { name, token }: Lease, now: number): Filter<LeaseDoc> {
  return { _id: leaseId(tenant, name), token, expires: { $gt: now } }
}
