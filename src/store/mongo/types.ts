import type { Db } from 'mongodb'
import { containedType, isContained } from '../../search/contained.ts'
import type { Store, Write } from '../port.ts'
import { commandTime } from './connection.ts'
import { insertOnce } from './insert.ts'
import { endOf, pointerId } from './key.ts'
import { createCollection, createIndexes } from './migrations.ts'
import { type Collections, collectionOf, pointerIndexes, versionIndex, versionsOf } from './schema.ts'

export type Types = Pick<Store, 'types'> & {
  /** Makes the collections of these types where they are new: inside a transaction they could not be made everywhere. */
  ensure(types: Iterable<string>): Promise<void>
}

/** Whose collections a write needs. */
export function typesIn(write: Write): readonly string[] {
  const inner = write.do === 'put' ? (write.contained ?? []) : []
  return [write.key.type, ...inner.map(({ type }) => containedType(type))]
}

export async function openTypes(db: Db, { pointers, types: complete }: Collections): Promise<Types> {
  const listed = await complete.find().toArray()
  const known = new Map<string, Promise<void>>(listed.map(({ _id }) => [_id, Promise.resolve()]))

  /** Whoever is in the middle of this is not trusted by others: they do it, too. */
  async function create(type: string): Promise<void> {
    if (!isContained(type)) {
      await createCollection(db, versionsOf(type))
      await db.collection(versionsOf(type)).createIndex(versionIndex)
    }
    await createCollection(db, collectionOf(type))
    await createIndexes(db.collection(collectionOf(type)), pointerIndexes)
    await insertOnce(complete, { _id: type })
  }

  function ensureOne(type: string): Promise<void> {
    const creating = known.get(type) ?? create(type)
    known.set(type, creating)
    creating.catch(() => known.delete(type))
    return creating
  }

  async function isUsed(tenant: string, type: string): Promise<boolean> {
    const filter = {
      _id: { $gte: pointerId(tenant, ''), $lt: endOf(pointerId(tenant, '')) },
      tenant,
      version: { $gt: 0 },
    }
    const options = { projection: { _id: 1 }, maxTimeMS: commandTime } as const
    return (await pointers(type).findOne(filter, options)) !== null
  }

  return {
    async ensure(types) {
      for (const type of types) await ensureOne(type)
    },
    async types(tenant) {
      const all = (await complete.find({}, { sort: { _id: 1 } }).toArray()).map(({ _id }) => _id)
      const used = await Promise.all(all.map(type => isUsed(tenant, type)))
      return all.filter((_, at) => used[at])
    },
  }
}
