import type { Db } from 'mongodb'
import { createCollection } from './migrations.ts'
import { versionIndex, versionsOf } from './schema.ts'

export type Types = {
  /** Makes the collections of these types where they are new: inside a transaction they could not be made everywhere. */
  ensure(types: Iterable<string>): Promise<void>
}

export async function openTypes(db: Db): Promise<Types> {
  const listed = await db.listCollections({}, { nameOnly: true }).toArray()
  const known = new Map<string, Promise<void>>(listed.map(({ name }) => [name, Promise.resolve()]))

  /** The pointers' collection comes last: where it is, the rest is complete. */
  async function create(type: string): Promise<void> {
    await createCollection(db, versionsOf(type))
    await db.collection(versionsOf(type)).createIndex(versionIndex)
    await createCollection(db, type)
  }

  function ensureOne(type: string): Promise<void> {
    const creating = known.get(type) ?? create(type)
    known.set(type, creating)
    creating.catch(() => known.delete(type))
    return creating
  }

  return {
    async ensure(types) {
      for (const type of types) await ensureOne(type)
    },
  }
}
