/** The embedded store in process, against bare node:sqlite doing the least possible. `node bench/store.ts [resources]` */
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { draft, stamp } from '../src/fhir/stamp.ts'
import type { Commit, Store, Write } from '../src/store/port.ts'
import { openSqlite } from '../src/store/sqlite/open.ts'

const resources = Number(process.argv[2] ?? 10_000)
const writers = 16
const tenant = 'default'
const text = 'A resource of about two kilobytes, as Synthea makes them. '.repeat(34)
const folder = mkdtempSync(join(tmpdir(), 'kiln-bench-'))
const needs = { clock: Date.now, random: randomBytes, observe: () => {} }

const store = await openSqlite({ ...needs, path: folder })
const reference = openReference(join(folder, 'reference.db'))

const line = (name: string, ours: number, theirs: number, unit = '/s') =>
  console.log(
    `${name}: ${(ours / theirs).toFixed(2)} of reference (${ours.toFixed(0)} against ${theirs.toFixed(0)} ${unit})`,
  )

const bare = await rate(4000, at => reference.insert(at))
const cpu = process.cpuUsage()
const turns = performance.eventLoopUtilization()
const single = await rate(8000, () => create(store, 1))
const busy = performance.eventLoopUtilization(turns).active / 8000
line('durable creates, 16 writers', single, bare)
console.log(
  `main thread per create: ${(busy * 1000).toFixed(1)} µs (whole process ${(process.cpuUsage(cpu).user / 8000).toFixed(0)} µs user)`,
)
line('resources in commits of 50, 16 writers', (await rate(400, () => create(store, 50))) * 50, single)
await reads(10_000)
if (resources > 10_000) await reads(resources)
await store.close()
rmSync(folder, { recursive: true })

async function reads(size: number): Promise<void> {
  await fill(size)
  const keys = await sample(size)
  const count = 100_000
  const ours = await timed(count, at => store.read(keys[at % keys.length]!))
  const theirs = await timed(count, at => reference.read(at))
  line(`reads by id, ${size} resources`, ours, theirs)
}

async function fill(size: number): Promise<void> {
  const missing = size - (await store.sequence(tenant))
  await rate(Math.max(0, Math.ceil(missing / 500)), () => create(store, 500))
}

/** Keys from all over the store, so that caches do not flatter. */
async function sample(size: number) {
  const pages = await Promise.all(
    Array.from({ length: 200 }, (_, at) =>
      store.history({
        tenant,
        order: 'oldest',
        until: size,
        after: Math.floor((at * size) / 200),
        limit: Math.min(500, size / 200),
      }),
    ),
  )
  const keys = pages.flatMap(page => page.versions).map(({ type, id }) => ({ tenant, type, id }))
  return keys.map((_, at) => keys[(at * 7919) % keys.length]!) // far apart
}

function create(store: Store, size: number): Promise<unknown> {
  const writes = Array.from({ length: size }, (): Write => {
    const id = randomUUID()
    const resource = draft({ resourceType: 'Patient', text }, id)
    return { do: 'put', method: 'POST', key: { tenant, type: 'Patient', id }, draft: resource }
  })
  return store.commit({ tenant, writes } satisfies Commit)
}

/** Calls per second with 16 at a time. */
async function rate(count: number, call: (at: number) => Promise<unknown>): Promise<number> {
  const since = performance.now()
  let next = 0
  const writer = async () => {
    while (next < count) await call(next++)
  }
  await Promise.all(Array.from({ length: writers }, writer))
  return (count / (performance.now() - since)) * 1000
}

async function timed(count: number, call: (at: number) => unknown): Promise<number> {
  const since = performance.now()
  for (let at = 0; at < count; at++) await call(at)
  return (count / (performance.now() - since)) * 1000
}

/** One table, one row per resource; all that wait in a turn share a commit, on the main thread. */
function openReference(file: string) {
  const db = new DatabaseSync(file)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 20000')
  db.exec('CREATE TABLE resource (id TEXT PRIMARY KEY, json TEXT) WITHOUT ROWID')
  const insert = db.prepare('INSERT INTO resource VALUES (?, ?)')
  const select = db.prepare('SELECT json FROM resource WHERE id = ?')
  const ids: string[] = []
  let waiting: (() => void)[] = []
  const flush = () => {
    const done = waiting
    waiting = []
    db.exec('BEGIN IMMEDIATE')
    for (const _ of done) {
      const id = randomUUID()
      ids.push(id)
      insert.run(id, stamp(draft({ resourceType: 'Patient', text }, id), 1, Date.now()))
    }
    db.exec('COMMIT')
    for (const resolve of done) resolve()
  }
  return {
    insert: (_at: number) =>
      new Promise<void>(resolve => {
        if (waiting.push(resolve) === 1) setImmediate(flush)
      }),
    read: (at: number) => select.get(ids[(at * 7919) % ids.length]!),
  }
}
