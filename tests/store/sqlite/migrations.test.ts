import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import type { StoreEvent } from '../../../src/store/port.ts'
import { latest } from '../../../src/store/sqlite/migrations.ts'
import { openSqlite } from '../../../src/store/sqlite/open.ts'
import { find } from '../contract/asking.ts'
import { referred, seen, sorted } from '../contract/patients.ts'
import { openDesk } from '../place.ts'

t.test('rows from before they told patient and date are found and sorted beside those that tell', async t => {
  const path = mkdtempSync(join(tmpdir(), 'kiln-migrations-'))
  t.teardown(() => rmSync(path, { recursive: true }))
  const events: StoreEvent[] = []
  const again = () =>
    openSqlite({
      path,
      clock: () => 1,
      random: randomBytes,
      observe: event => events.push(event),
      synchronous: 'NORMAL',
    })
  const withFile = <R>(run: (db: DatabaseSync) => R): R => {
    const db = new DatabaseSync(join(path, 'kiln.db'))
    try {
      return run(db)
    } finally {
      db.close()
    }
  }
  /** What the rows of Observations tell. */
  const told = () => {
    const select = `SELECT DISTINCT v.id, f.patient, f.date FROM found f JOIN version v ON v.seq = f.root
      JOIN type t ON t.key = v.type WHERE t.name = 'Observation' ORDER BY v.id`
    return withFile(db => db.prepare(select).all()).map(row => Object.values(row))
  }

  const before = await again()
  const { tenant, put, remove, done } = openDesk({ store: before, now: 1, again })
  const observed = (id: string, patient: string, date: number) =>
    put(id, { type: 'Observation', entries: seen([patient], [date]) })
  await done([put('a'), put('b'), put('c')])
  await done([observed('1', 'a', 10), observed('2', 'a', 30), observed('3', 'b', 20)])
  await before.close()
  withFile(db =>
    db.exec('ALTER TABLE found DROP COLUMN patient; ALTER TABLE found DROP COLUMN date; PRAGMA user_version = 6'),
  )

  const store = await again()
  const desk = { ...openDesk({ store, now: 1, again }), tenant }
  const commit = async (writes: Parameters<typeof done>[0]) =>
    t.match(await store.commit({ tenant, writes }), { ok: true })
  t.match(events.at(-1), { event: 'store.migrated', from: 6, to: latest })
  t.same(await sorted(desk), ['2', '3', '1'])
  t.same(await find(desk, referred('patient')), ['a', 'b'])
  await commit([observed('1', 'c', 25), observed('4', 'later', 40), remove('b')])
  t.same(await sorted(desk), ['4', '2', '1', '3'])
  t.same(await find(desk, referred('patient')), ['a', 'c'])
  await commit([put('later'), put('b'), observed('2', 'a', 5)])
  t.same(await sorted(desk), ['4', '1', '3', '2'])
  t.same(await find(desk, referred('patient')), ['a', 'b', 'c', 'later'])
  await store.close()
  const silent = [null, null]
  t.same(told(), [
    ['1', 3, 26],
    ['2', 1, 6],
    ['3', ...silent],
    ['4', null, 41],
  ])
})
