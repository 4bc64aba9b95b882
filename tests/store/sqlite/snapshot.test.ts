import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { openSnapshot } from '../../../src/store/sqlite/snapshot.ts'

function open(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-test-'))
  const file = join(folder, 'kiln.db')
  const writing = new DatabaseSync(file)
  writing.exec('PRAGMA journal_mode = WAL; CREATE TABLE row (key INTEGER PRIMARY KEY)')
  const reading = new DatabaseSync(file, { readOnly: true })
  t.teardown(() => {
    for (const db of [reading, writing]) if (db.isOpen) db.close()
    rmSync(folder, { recursive: true })
  })
  return {
    reading,
    snapshot: openSnapshot(reading),
    add: () => writing.exec('INSERT INTO row DEFAULT VALUES'),
    count: () => reading.prepare('SELECT count(*) AS count FROM row').get()?.['count'],
  }
}

t.test('what is read without waiting is of one state, promises included', async t => {
  const { snapshot, add, count } = open(t)
  const state = snapshot()
  t.equal(count(), 0)
  add()
  t.equal(snapshot(), state)
  t.equal(count(), 0)
  for (let step = 0; step < 10; step++) await undefined
  t.equal(snapshot(), state)
  t.equal(count(), 0)
})

t.test('what was committed before the thread waited is seen after it', async t => {
  const { reading, snapshot, add, count } = open(t)
  const state = snapshot()
  t.equal(count(), 0)
  add()
  await nextTurn()
  t.equal(reading.isTransaction, false, 'no state is held while nothing is asked')
  t.not(snapshot(), state)
  t.equal(count(), 1)
})

t.test('the state is the same until somebody commits', async t => {
  const { snapshot, add } = open(t)
  const state = snapshot()
  await nextTurn()
  t.equal(snapshot(), state)
  await nextTurn()
  add()
  t.not(snapshot(), state)
})

t.test('a transaction that was begun elsewhere is nobody’s state', async t => {
  const { reading, snapshot } = open(t)
  reading.exec('BEGIN')
  t.equal(snapshot(), undefined)
  await nextTurn()
  t.equal(reading.isTransaction, true, 'and is left to who began it')
  reading.exec('COMMIT')
  t.not(snapshot(), undefined)
})

t.test('a connection that is closed meanwhile has nothing to leave', async t => {
  const { reading, snapshot } = open(t)
  snapshot()
  reading.close()
  await nextTurn()
  t.equal(reading.isOpen, false)
})
