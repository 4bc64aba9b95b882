import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { draft } from '../../../src/fhir/stamp.ts'
import { OutcomeUnknown, type StoreEvent, StoreUnavailable, type Write } from '../../../src/store/port.ts'
import { latest } from '../../../src/store/sqlite/migrations.ts'
import { openSqlite } from '../../../src/store/sqlite/open.ts'

const tenant = 'default'
const program = fileURLToPath(new URL('./writer-process.ts', import.meta.url))

function folderOf(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'kiln-sqlite-'))
  t.teardown(() => rmSync(path, { recursive: true }))
  return path
}

function open(path: string, events: StoreEvent[] = []) {
  return openSqlite({ path, clock: Date.now, random: randomBytes, observe: event => events.push(event) })
}

function put(id: string): Write {
  const key = { tenant, type: 'Patient', id }
  return { do: 'put', key, method: 'PUT', draft: draft({ resourceType: 'Patient' }, id) }
}

/** The lines that it has printed by the time it is killed or ends. */
async function linesOf(child: ChildProcess): Promise<string[]> {
  let text = ''
  child.stdout?.setEncoding('utf8').on('data', part => {
    text += part
  })
  await once(child, 'close')
  return text.split('\n').slice(0, -1)
}

t.test('migrations run once, and say so', async t => {
  const path = join(folderOf(t), 'made', 'on', 'the', 'way')
  const events: StoreEvent[] = []
  for (let round = 0; round < 3; round++) await open(path, events).then(store => store.close())
  t.match(
    events.filter(({ event }) => event === 'store.migrated'),
    [{ from: 0, to: latest }],
  )
  t.equal(events.length, 1)
})

t.test('the folder is for its owner alone', async t => {
  const path = join(folderOf(t), 'data')
  const store = await open(path)
  t.equal(statSync(path).mode & 0o777, 0o700)
  await store.close()
})

t.test('stores that open the same empty folder at once all come up, and one migrates', async t => {
  const path = folderOf(t)
  const children = [1, 2, 3, 4].map(() =>
    spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] }),
  )
  await Promise.all(children.map(child => once(child.stdout, 'data')))
  const ends = children.map(linesOf)
  for (const child of children) child.kill('SIGKILL')
  await Promise.all(ends)
  const store = await open(path)
  t.ok((await store.sequence(tenant)) > 4)
  await store.close()
})

t.test('the file of a newer Kiln is left alone, with a sentence that says what to do', async t => {
  const path = folderOf(t)
  await open(path).then(store => store.close())
  const db = new DatabaseSync(join(path, 'kiln.db'))
  db.exec('PRAGMA user_version = 99')
  await t.rejects(open(path), {
    message: new RegExp(`newer Kiln \\(schema 99\\); this one knows schemas up to ${latest}\\. Start the newer Kiln`),
  })
  t.equal(db.prepare('PRAGMA user_version').get()?.['user_version'], 99)
  db.close()
})

t.test('the database of another program is left alone', async t => {
  const path = folderOf(t)
  const db = new DatabaseSync(join(path, 'kiln.db'))
  db.exec('CREATE TABLE theirs (x)')
  await t.rejects(open(path), { message: /database of another program/ })
  t.equal(db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'], 1)
  db.close()
})

t.test('what cannot be opened is an error, not a hang', async t => {
  const path = folderOf(t)
  mkdirSync(join(path, 'kiln.db'))
  await t.rejects(open(path), StoreUnavailable)
})

t.test('a store that another Kiln migrated meanwhile is not ready', async t => {
  const path = folderOf(t)
  const store = await open(path)
  await store.ready()
  const db = new DatabaseSync(join(path, 'kiln.db'))
  db.exec('PRAGMA user_version = 0')
  db.close()
  await t.rejects(store.ready(), StoreUnavailable)
  await store.close()
})

t.test('while another process holds the lock too long, commits are refused without effect and reads go on', async t => {
  const path = folderOf(t)
  const store = await open(path)
  await store.commit({ tenant, writes: [put('a')] })
  const db = new DatabaseSync(join(path, 'kiln.db'))
  db.exec('BEGIN IMMEDIATE')
  const waiting = store.commit({ tenant, writes: [put('b')] })
  t.equal((await store.read({ tenant, type: 'Patient', id: 'a' }))?.version, 1)
  await t.rejects(waiting, StoreUnavailable)
  db.exec('ROLLBACK')
  t.equal(await store.read({ tenant, type: 'Patient', id: 'b' }), undefined)
  t.match(await store.commit({ tenant, writes: [put('b')] }), { ok: true })
  db.close()
  await store.close()
})

t.test('waiting commits share a transaction', async t => {
  const events: StoreEvent[] = []
  const store = await open(folderOf(t), events)
  await Promise.all(Array.from({ length: 200 }, (_, at) => store.commit({ tenant, writes: [put(`p${at}`)] })))
  const batches = events.filter(event => event.event === 'store.commit')
  t.equal(
    batches.reduce((sum, { commits }) => sum + commits, 0),
    200,
  )
  t.ok(batches.length < 20, `${batches.length} transactions`)
  await store.close()
})

t.test('a COMMIT that failed leaves the outcome unknown, a failure before it does not', async t => {
  const path = folderOf(t)
  for (const [step, error] of [
    ['commit.begin', StoreUnavailable],
    ['commit.apply', StoreUnavailable],
    ['commit.durable', OutcomeUnknown],
    ['commit.answer', OutcomeUnknown],
  ] as const) {
    let armed = true
    const fault = (name: string) => {
      if (!armed || name !== step) return
      armed = false
      throw new Error(step)
    }
    const store = await openSqlite({ path, clock: Date.now, random: randomBytes, observe: () => {}, fault })
    const fresh = `first-${step}` // tenant and type whose first commit fails must not be remembered
    const writes = ['a', 'b'].map((id): Write => {
      const key = { tenant: fresh, type: `Type${step}`, id }
      return { do: 'put', key, method: 'PUT', draft: draft({ resourceType: 'Patient' }, id) }
    })
    await t.rejects(store.commit({ tenant: fresh, writes }), error, step)
    const version = step === 'commit.answer' ? 2 : 1 // that one has happened
    t.match(await store.commit({ tenant: fresh, writes }), { versions: [{ version }, { version }] }, step)
    t.same(
      (await store.readAll(writes.map(({ key }) => key))).map(found => found?.version),
      [version, version],
      step,
    )
    await store.close()
  }
})

t.test('closing leaves one file, without a log', async t => {
  const path = folderOf(t)
  const store = await open(path)
  await store.commit({ tenant, writes: [put('a')] })
  t.ok(statSync(join(path, 'kiln.db-wal')).size > 0)
  await store.close()
  t.throws(() => statSync(join(path, 'kiln.db-wal')), { code: 'ENOENT' })
})

t.test('kill -9 under 16 writers loses nothing acknowledged and leaves nothing half done', async t => {
  const path = folderOf(t)
  const acknowledged: string[] = []
  for (let round = 0; round < 3; round++) {
    const child = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] })
    const lines = linesOf(child)
    await once(child.stdout, 'data')
    await new Promise(resolve => setTimeout(resolve, 50 + round * 70))
    child.kill('SIGKILL')
    acknowledged.push(...(await lines))
  }
  const store = await open(path)
  const present = async (ids: readonly string[]) => {
    const found = await store.readAll(ids.map(id => ({ tenant, type: 'Patient', id })))
    return found.filter(version => version !== undefined).length
  }
  t.ok(acknowledged.length > 30, `${acknowledged.length} acknowledged commits`)
  for (const line of acknowledged) {
    const ids = line.split(',')
    if ((await present(ids)) !== ids.length) t.fail(`lost: ${line}`)
  }
  const { versions } = await store.history({ tenant, order: 'oldest', until: 1e12, limit: 1e6 })
  for (const { json = '' } of versions) {
    const ids = (JSON.parse(json).language as string).split(',')
    if ((await present(ids)) !== ids.length) t.fail(`half done: ${ids}`)
  }
  t.ok(versions.length >= acknowledged.join().split(',').length)
  await store.close()
})
