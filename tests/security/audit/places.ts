/** Stores whose data a test may change behind their back, as somebody who has the database may. */
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import t, { type Test } from 'tap'
import { draftsOf } from '../../../src/security/audit/audit-event.ts'
import { written } from '../../../src/security/audit/carrying-store.ts'
import type { Occurrence } from '../../../src/security/audit/occurrence.ts'
import { openMongo } from '../../../src/store/mongo/open.ts'
import type { Store, StoreNeeds } from '../../../src/store/port.ts'
import { openSqlite } from '../../../src/store/sqlite/open.ts'
import { mongoUrl } from '../../mongo-engine/engine.ts'

export type Place = {
  readonly store: Store
  /** A further handle on the same data, as another process has it. */
  again(fault?: StoreNeeds['fault']): Promise<Store>
  /** What somebody does to the database. */
  tamper: Tamper
}

export type Tamper = {
  /** The event's text. */
  change(id: string, from: string, to: string): Promise<void>
  remove(id: string): Promise<void>
  /** Each takes the other's text. */
  exchange(a: string, b: string): Promise<void>
  /** Notes whose text has this in it; all of the kind without. */
  changeNotes(kind: string, from: string, to: string): Promise<void>
  removeNotes(kind: string, id?: string): Promise<void>
}

export const clock = { now: Date.UTC(2026, 0, 1) }

const needs = { clock: () => clock.now, random: (n: number) => randomBytes(n), observe: () => {} }

export async function onPlaces(run: (t: Test, open: () => Promise<Place>) => Promise<void>): Promise<void> {
  await t.test('on SQLite', test => run(test, () => openFile(test)))
  const url = await mongoUrl()
  if (url !== undefined)
    await t.test('on MongoDB', { timeout: 120_000 }, test => run(test, () => openDatabase(test, url)))
}

async function openFile(test: Test): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-audit-'))
  const open = (fault?: StoreNeeds['fault']) =>
    openSqlite({ ...needs, ...(fault ? { fault } : {}), path: folder, synchronous: 'NORMAL' })
  const stores = [await open()]
  test.teardown(async () => {
    await Promise.all(stores.map(store => store.close()))
    rmSync(folder, { recursive: true, force: true })
  })
  const [file = ''] = readdirSync(folder).filter(name => name.endsWith('.db'))
  const change = async (sql: string, ...args: readonly string[]): Promise<void> => {
    const db = new DatabaseSync(join(folder, file))
    db.prepare(sql).run(...args)
    db.close()
    await nextTurn() // requests of one turn of the loop look at one state of the store
  }
  return {
    store: stores[0] as Store,
    async again(fault) {
      const store = await open(fault)
      stores.push(store)
      return store
    },
    tamper: {
      change: (id, from, to) => change('UPDATE version SET json = replace(json, ?, ?) WHERE id = ?', from, to, id),
      async remove(id) {
        await change('DELETE FROM resource WHERE id = ?', id)
        await change('DELETE FROM version WHERE id = ?', id)
      },
      exchange: (a, b) =>
        change(
          `UPDATE version SET json = o.json FROM version o
           WHERE (version.id = ?1 AND o.id = ?2) OR (version.id = ?2 AND o.id = ?1)`,
          ...[a, b],
        ),
      changeNotes: (kind, from, to) =>
        change('UPDATE note SET text = replace(text, ?, ?) WHERE kind = ?', from, to, kind),
      removeNotes: (kind, id) =>
        id === undefined
          ? change('DELETE FROM note WHERE kind = ?', kind)
          : change('DELETE FROM note WHERE kind = ? AND id = ?', kind, id),
    },
  }
}

async function openDatabase(test: Test, url: string): Promise<Place> {
  const database = `audit_${randomUUID().slice(0, 8)}`
  const open = (fault?: StoreNeeds['fault']) => openMongo({ ...needs, ...(fault ? { fault } : {}), url, database })
  const client = await MongoClient.connect(url)
  const stores = [await open()]
  test.teardown(async () => {
    await Promise.all(stores.map(store => store.close()))
    await client.db(database).dropDatabase()
    await client.close()
  })
  const db = client.db(database)
  const both = async () =>
    (await db.listCollections().toArray())
      .map(({ name }) => db.collection<{ id: string; raw: string }>(name))
      .filter(({ collectionName }) => collectionName.startsWith('AuditEvent'))
  const notes = db.collection<{ text: string; kind: string; id: string }>('notes')
  const rewrite = async (id: string, made: (raw: string) => string): Promise<void> => {
    for (const collection of await both()) {
      for (const { _id, raw } of await collection.find({ id }).toArray()) {
        await collection.updateOne({ _id }, { $set: { raw: made(raw) } })
      }
    }
  }
  const textOf = async (id: string): Promise<string> => {
    for (const collection of await both()) {
      const found = await collection.findOne({ id })
      if (found) return found.raw
    }
    return ''
  }
  return {
    store: stores[0] as Store,
    async again(fault) {
      const store = await open(fault)
      stores.push(store)
      return store
    },
    tamper: {
      change: (id, from, to) => rewrite(id, raw => raw.replaceAll(from, to)),
      async remove(id) {
        for (const collection of await both()) await collection.deleteMany({ id })
      },
      async exchange(a, b) {
        const [ofA, ofB] = [await textOf(a), await textOf(b)]
        await rewrite(a, () => ofB)
        await rewrite(b, () => ofA)
      },
      async changeNotes(kind, from, to) {
        for (const { _id, text } of await notes.find({ kind }).toArray()) {
          await notes.updateOne({ _id }, { $set: { text: text.replaceAll(from, to) } })
        }
      },
      async removeNotes(kind, id) {
        await notes.deleteMany({ kind, ...(id === undefined ? {} : { id }) })
      },
    },
  }
}

export const tenant = 'default'

export function occurrence(of: string): Occurrence {
  return {
    exchange: { tenant, base: 'http://kiln.test/fhir', at: clock.now, principal: { client: 'app', user: 'someone' } },
    did: { outcome: '0', action: 'R', interaction: 'read', about: `Observation/${of}` },
    patients: [`Patient/${of}`],
  }
}

/** One event for each id. */
export async function record(store: Store, ids: readonly string[]): Promise<void> {
  const names = ids.values()
  const newId = (): string => names.next().value ?? ''
  const writes = ids.flatMap(id => draftsOf(occurrence(id), newId)).map(written(tenant))
  const outcome = await store.commit({ tenant, writes })
  if (!outcome.ok) throw new Error(outcome.because.why)
}
