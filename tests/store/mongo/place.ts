import { randomBytes } from 'node:crypto'
import { MongoClient } from 'mongodb'
import type { Test } from 'tap'
import { type MongoNeeds, openMongo } from '../../../src/store/mongo/open.ts'
import type { Store, StoreEvent } from '../../../src/store/port.ts'
import type { Place } from '../place.ts'

export type MongoPlace = Place & {
  /** For tests that look behind the store. */
  readonly database: string
  readonly client: MongoClient
  readonly events: StoreEvent[]
  again(fault?: MongoNeeds['fault'], url?: string): Promise<Store>
}

/** A database of its own, dropped at the end. */
export async function openPlace(t: Test, url: string): Promise<MongoPlace> {
  const database = `kiln_test_${process.pid}_${randomBytes(6).toString('hex')}`
  const client = await MongoClient.connect(url)
  const stores: Store[] = []
  const events: StoreEvent[] = []
  t.teardown(async () => {
    await Promise.all(stores.map(store => store.close()))
    await client.db(database).dropDatabase()
    await client.close()
  })
  const again: MongoPlace['again'] = async (fault, through: string = url) => {
    const observe = (event: StoreEvent) => void events.push(event)
    const needs = { clock: () => place.now, random: (bytes: number) => randomBytes(bytes), observe, database }
    const store = await openMongo({ ...needs, url: through, ...(fault ? { fault } : {}) })
    stores.push(store)
    return store
  }
  const store = undefined as unknown as Store // known below: opening reads the clock of the place
  const place = { store, now: Date.UTC(2026, 0, 1), database, client, events, again }
  place.store = await again()
  return place
}
