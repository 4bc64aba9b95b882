import type { Collection, Filter } from 'mongodb'
import { isContained } from '../../search/contained.ts'
import { endOf, leaseId } from './key.ts'
import type { Collections } from './schema.ts'

const some = 1_000 // documents in one go

type Keyed = { readonly _id: string }

/** The counter of its sequence stays: numbers must not come again, and it tells nothing but how many there were. */
export function openErase(collections: Collections): (tenant: string) => AsyncIterable<number> {
  const { types, pointers, versions, changes, claims, receipts, links, notes, announcements, leases } = collections

  /** Those that searches find come before what tells about them, so that whoever is stopped leaves nothing that is found. */
  async function all(): Promise<readonly Collection<Keyed & { readonly tenant: string }>[]> {
    const names = (await types.find().toArray()).map(({ _id }) => _id)
    const resources = names.flatMap(type => (isContained(type) ? [pointers(type)] : [pointers(type), versions(type)]))
    return [...resources, changes, links, claims, receipts, notes, announcements] as never
  }

  return async function* erase(tenant) {
    for (const collection of await all()) yield* emptied(collection, { tenant })
    yield* emptied(leases, { _id: { $gte: leaseId(tenant, ''), $lt: endOf(leaseId(tenant, '')) } })
  }
}

async function* emptied<T extends Keyed>(collection: Collection<T>, whose: Filter<T>): AsyncGenerator<number> {
  for (;;) {
    const found = await collection.find(whose, { projection: { _id: 1 }, limit: some }).toArray()
    if (found.length === 0) return
    const _id = { $in: found.map(({ _id }) => _id) }
    const { deletedCount } = await collection.deleteMany({ _id } as Filter<T>)
    yield deletedCount
  }
}
