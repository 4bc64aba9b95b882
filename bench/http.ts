/**
 * Kiln end to end: one server process on the embedded store, against references that do the least possible.
 *   node bench/http.ts [--quick] [--only=read,create] [--rounds=5] [--seconds=1.5] [--small=10000] [--large=1000000]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadDefinitions } from '../src/conformance/definitions.ts'
import { entriesOf } from '../src/search/entries.ts'
import { compileIndex } from '../src/search/index-values.ts'
import { pack, unpack } from '../src/store/sqlite/search/pack.ts'
import {
  against,
  type Figures,
  figure,
  measure,
  median,
  type Pace,
  perSecond,
  ratio,
  takeTurns,
} from './drive/contest.ts'
import { resource } from './drive/data.ts'
import { growSqlite } from './drive/grow.ts'
import { kiln, reference, type Server, stopAll } from './drive/launch.ts'
import { type Lane, load } from './drive/load.ts'
import { creates, entries, reads, transactions, updates } from './drive/work.ts'
import { openTable } from './reference/table.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    small: { type: 'string' },
    large: { type: 'string' },
  },
})
const { quick } = values
const pace: Pace = {
  rounds: Number(values.rounds ?? (quick ? 1 : 5)),
  length: quick ? { answers: 32 } : { seconds: Number(values.seconds ?? 1.5) },
}
const small = Number(values.small ?? (quick ? 600 : 10_000)) // resources
const large = Number(values.large ?? (quick ? 1_200 : 1_000_000))

/** Index rows that Kiln writes for one of these resources, on average. */
const usual = indexRows()

function indexRows(): number {
  const values = compileIndex(loadDefinitions())
  const counts = Array.from({ length: 400 }, (_, n) => {
    const [texts, ranges] = unpack(pack(entriesOf(values(resource(n), 'http://127.0.0.1/fhir'))))
    const units = new Set(ranges.map(([names, unit]) => `${names} ${unit}`))
    return texts.length + ranges.length + units.size + 1 // and its place in the list of its type
  })
  return Math.round(counts.reduce((sum, count) => sum + count, 0) / counts.length)
}

const folder = mkdtempSync(join(tmpdir(), 'kiln-bench-'))
const folderOf = (count: number): string => join(folder, `kiln-${count}`)
const referenceFile = (indexRows: number): string => join(folder, `reference-${indexRows}.db`)

/** The same resources, byte for byte, for Kiln and for the references. */
async function fill(): Promise<void> {
  const tables = [0, usual].map(indexRows => openTable(referenceFile(indexRows), indexRows))
  for (const { db } of tables) db.exec('PRAGMA synchronous = OFF; BEGIN')
  const inserts = tables.map(({ db }) => db.prepare('INSERT INTO resource (type, id, json) VALUES (?, ?, ?)'))
  await growSqlite(folderOf(small), small, ({ type, id, json = '' }) => {
    tables.forEach(({ index }, at) => {
      index(Number(inserts[at]!.run(type, id, json).lastInsertRowid), true)
    })
  })
  for (const { db } of tables) {
    db.exec('COMMIT')
    db.close()
  }
}

function start(resources: number): Promise<Server> {
  return kiln({ KILN_STORE: `sqlite:${folderOf(resources)}` })
}

async function read(ours: Server): Promise<void> {
  const lanes = reads(small)
  const bare = await reference('read', referenceFile(0))
  const figures = await takeTurns(pace, {
    ours: length => measure(ours, lanes, length),
    bare: length => measure(bare, lanes, length),
  })
  await bare.stop()
  console.log(`read: ${ratio(figures.ours, figures.bare)} × reference (${against(figures.ours, figures.bare)})`)
}

async function write(name: 'create' | 'update', ours: Server, lanes: readonly Lane[]): Promise<void> {
  const bare = await reference(name, referenceFile(0))
  const indexed = await reference(name, referenceFile(usual), usual)
  const figures = await takeTurns(pace, {
    bare: length => measure(bare, lanes, length),
    ours: length => measure(ours, lanes, length),
    indexed: length => measure(indexed, lanes, length),
  })
  await Promise.all([bare.stop(), indexed.stop()])
  const print = (theirs: readonly Figures[], which: string) =>
    console.log(`${name}: ${ratio(figures.ours, theirs)} × reference ${which} (${against(figures.ours, theirs)})`)
  print(figures.indexed, `with ${usual} index rows, as many as Kiln writes`)
  print(figures.bare, 'without index rows, for information')
}

async function readWhileWriting(ours: Server): Promise<void> {
  const lanes = reads(small)
  const writers = creates()
  const { idle, busy } = await takeTurns(pace, {
    idle: length => measure(ours, lanes, length),
    async busy(length) {
      const writing = load({ origin: ours.origin, lanes: writers, length })
      const figures = await measure(ours, lanes, length)
      await writing
      return figures
    },
  })
  const both = `${figure(busy, 'p99')} ms against ${figure(idle, 'p99')} ms, ${perSecond(busy)} against ${perSecond(idle)}`
  console.log(`read p99 while 16 writers run: ${ratio(busy, idle, 'p99')} × idle (${both})`)
}

async function transact(ours: Server): Promise<void> {
  const bundles = transactions()
  const singles = creates()
  const figures = await takeTurns(pace, {
    bundle: length => measure(ours, bundles, length),
    single: length => measure(ours, singles, length),
  })
  const times = ratio(figures.bundle, figures.single, 'rate', entries)
  const both = `${perSecond(figures.bundle, entries)} against ${perSecond(figures.single)}`
  console.log(`transaction of ${entries} entries, resources: ${times} × own single creates (${both})`)
}

async function readAmongMany(ours: Server): Promise<void> {
  const since = performance.now()
  await growSqlite(folderOf(large), large)
  const grown = ((performance.now() - since) / 1000).toFixed(0)
  const big = await start(large)
  const figures = await takeTurns(pace, {
    big: length => measure(big, reads(large), length),
    small: length => measure(ours, reads(small), length),
  })
  await big.stop()
  const name = `read among ${large.toLocaleString('en')} resources`
  const both = against(figures.big, figures.small)
  console.log(
    `${name}: ${ratio(figures.small, figures.big)} × the time among ${small.toLocaleString('en')} (${both}; filled in ${grown} s)`,
  )
}

async function coldStart(ours: Server): Promise<void> {
  const peak = ours.usage()?.peak
  await ours.stop()
  const times: number[] = []
  const idle: number[] = []
  for (let round = 0; round < pace.rounds; round++) {
    const since = performance.now()
    const server = await start(small)
    const ready = await fetch(`${server.origin}/ops/ready`)
    if (!ready.ok) throw new Error(`/ops/ready answers ${ready.status}`)
    times.push(performance.now() - since)
    idle.push(server.usage()?.memory ?? Number.NaN)
    await server.stop()
  }
  console.log(`cold start: ${median(times).toFixed(0)} ms until /ops/ready answers`)
  if (peak) console.log(`resident memory: ${median(idle).toFixed(0)} MB idle, at most ${peak.toFixed(0)} MB under load`)
}

/** In this order: the last one ends the server. */
const rows: Readonly<Record<string, (ours: Server) => Promise<void>>> = {
  read,
  create: ours => write('create', ours, creates()),
  update: ours => write('update', ours, updates(small)),
  busy: readWhileWriting,
  transaction: transact,
  large: readAmongMany,
  start: coldStart,
}

const only = values.only?.split(',') ?? Object.keys(rows)
const unknown = only.filter(name => !(name in rows))
if (unknown.length > 0) throw new Error(`--only=${unknown}: expected some of ${Object.keys(rows)}`)
try {
  await fill()
  const ours = await start(small)
  for (const [name, run] of Object.entries(rows)) if (only.includes(name)) await run(ours)
} finally {
  await stopAll()
  rmSync(folder, { recursive: true, force: true })
}
