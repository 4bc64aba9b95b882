import { setTimeout as sleep } from 'node:timers/promises'
import type { Collection, Db, Document } from 'mongodb'
import { type StoreNeeds, StoreUnavailable } from '../port.ts'
import { codeOf, indexNotFound, namespaceExists } from './errors.ts'
import { insertOnce } from './insert.ts'
import { type Index, openCollections, type Step, schema, typeWithin } from './schema.ts'

export const latest = schema.length

const patience = 60_000 // ms after which a process that migrates counts as dead; its steps may be repeated
const pause = 50 // ms between looks at a migration by another process

type StateDoc = {
  readonly _id: 'schema'
  readonly version: number
  readonly lock?: { readonly owner: string; readonly until: number }
}

const stateOf = (db: Db): Collection<StateDoc> => db.collection<StateDoc>('migrations')

/** Brings the database to the present schema. Of many processes at once one works, the others wait and find it done. */
export async function migrate(db: Db, { clock, random, observe }: StoreNeeds): Promise<void> {
  const owner = Buffer.from(random(12)).toString('base64url')
  const since = clock()
  for (;;) {
    const version = await versionOf(db)
    if (version === latest) return
    if (version > latest) throw new Error(newer(version))
    if (await lock(db, owner, version, clock())) {
      for (const step of schema.slice(version)) await apply(db, step)
      await stateOf(db).updateOne(
        { _id: 'schema', 'lock.owner': owner },
        { $set: { version: latest }, $unset: { lock: 1 } },
      )
      observe({ event: 'store.migrated', from: version, to: latest, ms: clock() - since })
      return
    }
    await sleep(pause)
  }
}

/** 0: nothing is there yet. */
export async function versionOf(db: Db): Promise<number> {
  return (await stateOf(db).findOne({ _id: 'schema' }))?.version ?? 0
}

export async function requireLatest(db: Db): Promise<void> {
  if ((await versionOf(db)) === latest) return
  throw new StoreUnavailable('the store was migrated by another Kiln; restart this one')
}

async function lock(db: Db, owner: string, version: number, now: number): Promise<boolean> {
  const state = stateOf(db)
  await insertOnce(state, { _id: 'schema', version })
  const free = [{ lock: { $exists: false } }, { 'lock.until': { $lte: now } }]
  const held = { lock: { owner, until: now + patience } }
  const { modifiedCount } = await state.updateOne({ _id: 'schema', version, $or: free }, { $set: held })
  return modifiedCount === 1
}

async function apply(db: Db, { collections: added, everyType }: Step): Promise<void> {
  for (const [name, indexes] of Object.entries(added)) {
    await createCollection(db, name)
    await createIndexes(db.collection(name), indexes)
  }
  if (!everyType) return
  const listed = await db.listCollections({}, { nameOnly: true }).toArray()
  const collections = openCollections(db)
  for (const type of listed.flatMap(({ name }) => typeWithin(name) ?? [])) {
    const pointers = collections.pointers(type)
    await createIndexes(pointers, everyType.indexes)
    await dropIndexes(pointers, everyType.instead ?? [])
    await everyType.fill?.(collections, type)
  }
}

export async function createCollection(db: Db, name: string): Promise<void> {
  try {
    await db.createCollection(name)
  } catch (error) {
    if (codeOf(error) !== namespaceExists) throw error
  }
}

/** All at once: the server looks through the documents once for all of them. */
export async function createIndexes<T extends Document>(to: Collection<T>, indexes: readonly Index[]): Promise<void> {
  if (indexes.length > 0) await to.createIndexes(indexes.map(key => ({ key })))
}

async function dropIndexes<T extends Document>(from: Collection<T>, indexes: readonly Index[]): Promise<void> {
  const unwanted = new Set(indexes.map(index => JSON.stringify(index)))
  for (const { key, name } of await from.listIndexes().toArray()) {
    if (unwanted.has(JSON.stringify(key))) await dropIndex(from, name)
  }
}

async function dropIndex<T extends Document>(from: Collection<T>, name: string): Promise<void> {
  try {
    await from.dropIndex(name)
  } catch (error) {
    if (codeOf(error) !== indexNotFound) throw error
  }
}

function newer(version: number): string {
  return (
    `the database was written by a newer Kiln (schema ${version}); this one knows schemas up to ${latest}. ` +
    'Start the newer Kiln, or restore a backup that was made before the upgrade'
  )
}
