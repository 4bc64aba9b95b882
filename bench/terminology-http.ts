/**
 * Questions about codes end to end, at the scale of SNOMED CT: one server process against a reference that looks one row up and
 * sends the same bytes.
 *   node bench/terminology-http.ts [--quick] [--only=lookup,expand] [--concepts=360000] [--rounds=5] [--seconds=1.5]
 */
import { randomBytes } from 'node:crypto'
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { begin } from '../src/terminology/library/build.ts'
import { LibraryFile } from '../src/terminology/library/library-file.ts'
import { suffix } from '../src/terminology/library/manifest.ts'
import { pour, random, snomedLike } from '../tests/terminology/library/synthetic.ts'
import { middling, texts } from './drive/concepts.ts'
import { against, figure, measure, type Pace, perSecond, ratio, takeTurns } from './drive/contest.ts'
import { kiln, reference, type Server, stopAll } from './drive/launch.ts'
import type { Lane } from './drive/load.ts'
import { connections } from './drive/work.ts'
import { openTable } from './reference/table.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    concepts: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
  },
})
const { quick } = values
const concepts = Number(values.concepts ?? (quick ? 3_000 : 360_000))
const pace: Pace = {
  rounds: Number(values.rounds ?? (quick ? 1 : 5)),
  length: quick ? { answers: 32 } : { seconds: Number(values.seconds ?? 1.5) },
}
const questions = quick ? 64 : 2_000 // of each kind, all different; asked again, their answers are kept
const strange = quick ? 64 : 40_000 // more than are kept: whoever asks them one after the other never finds one

const folder = mkdtempSync(join(tmpdir(), 'kiln-bench-'))
const library = join(folder, 'data', 'terminology')

function load(): LibraryFile {
  const release = snomedLike({ concepts })
  const report = ({ text }: { text: string }): never => {
    throw new Error(text)
  }
  const build = begin(library, { facts: release.facts }, { clock: Date.now, random: randomBytes, report })
  pour(release, build)
  build.finish()
  return new LibraryFile(join(library, globSync(`*${suffix.data}`, { cwd: library })[0] ?? ''))
}

const compared = ['lookup', 'lookup-new', 'validate', 'validate-new', 'subsumes', 'subsumes-new', 'member'] as const
const timed = ['filter', 'ecl'] as const

/** The paths that are asked for, by what they are asked of. */
function pathsOf(
  file: LibraryFile,
): Readonly<Record<(typeof compared)[number] | (typeof timed)[number], readonly string[]>> {
  const draw = random(5)
  const any = (below = file.size): string => file.code(Math.floor(draw() * below))
  const each = (path: () => string, length = questions): readonly string[] => Array.from({ length }, path)
  const system = `system=${encodeURIComponent(file.facts.url)}`
  const valueSet = (what: string): string => `url=${encodeURIComponent(`${file.facts.url}?fhir_vs${what}`)}`
  const { concept, count } = middling(file)
  const family = file.code(concept)
  const typed = texts(file, random(11), questions)
  const page = quick ? 10 : 100
  console.log(
    `terminology over HTTP: ${file.size.toLocaleString('en')} concepts, a hierarchy of ${count.toLocaleString('en')}`,
  )
  const lookup = (): string => `/fhir/CodeSystem/$lookup?${system}&code=${any()}`
  const validate = (): string =>
    `/fhir/CodeSystem/$validate-code?url=${encodeURIComponent(file.facts.url)}&code=${any()}`
  const subsumes = (): string => `/fhir/CodeSystem/$subsumes?${system}&codeA=${any(1_000)}&codeB=${any()}`
  return {
    lookup: each(lookup),
    'lookup-new': each(lookup, strange),
    validate: each(validate),
    'validate-new': each(validate, strange),
    subsumes: each(subsumes),
    'subsumes-new': each(subsumes, strange),
    member: each(() => `/fhir/ValueSet/$validate-code?${valueSet(`=isa/${family}`)}&${system}&code=${any()}`),
    filter: typed.map(text => `/fhir/ValueSet/$expand?${valueSet('')}&count=20&filter=${encodeURIComponent(text)}`),
    ecl: each(() => {
      const offset = quick || draw() < 0.5 ? 0 : page
      return `/fhir/ValueSet/$expand?${valueSet(`=ecl/<<${family}`)}&count=${page}&offset=${offset}`
    }),
  }
}

function lanesOf(paths: readonly string[]): readonly Lane[] {
  const requests = paths.map(path => ({ method: 'GET', path }) as const)
  return Array.from({ length: connections }, (_, lane) => requests.filter((_, at) => at % connections === lane))
}

/** The answers that Kiln gives, as rows: the reference then sends what Kiln sends. */
async function record(ours: Server, name: string, paths: readonly string[]): Promise<readonly string[]> {
  const { db } = openTable(tableOf(name))
  const insert = db.prepare('INSERT INTO resource (type, id, json) VALUES (?, ?, ?)')
  db.exec('BEGIN')
  for (const [at, path] of paths.entries()) {
    const answer = await fetch(`${ours.origin}${path}`)
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    insert.run(name, String(at), await answer.text())
  }
  db.exec('COMMIT')
  db.close()
  return paths.map((_, at) => `/fhir/${name}/${at}`)
}

function tableOf(name: string): string {
  return join(folder, `${name}.db`)
}

async function compare(ours: Server, name: string, paths: readonly string[]): Promise<void> {
  const recorded = await record(ours, name, paths.slice(0, questions))
  const bare = await reference('read', tableOf(name))
  const figures = await takeTurns(pace, {
    ours: length => measure(ours, lanesOf(paths), length),
    bare: length => measure(bare, lanesOf(recorded), length),
  })
  await bare.stop()
  console.log(`${name}: ${ratio(figures.ours, figures.bare)} × reference (${against(figures.ours, figures.bare)})`)
}

async function time(ours: Server, name: string, paths: readonly string[]): Promise<void> {
  const { all } = await takeTurns(pace, { all: length => measure(ours, lanesOf(paths), length) })
  const { one } = await takeTurns(pace, { one: length => measure(ours, lanesOf(paths).slice(0, 1), length) })
  const p50 = `p50 ${figure(all, 'p50')} ms at ${connections} connections, ${figure(one, 'p50')} ms at one`
  console.log(`${name}: ${p50} (${perSecond(all)}, p99 ${figure(all, 'p99')} ms, CPU ${figure(all, 'cpu')} µs)`)
}

/**
 * From the start of the process until its first answer; the files were read before, so the system has them in memory. The very first
 * start makes the store, and compiles what later ones find compiled.
 */
async function start(asked = ''): Promise<Server> {
  await fetch('data:,') // loads Node's client, for which the server is not to blame
  const settings = { KILN_STORE: `sqlite:${join(folder, 'data')}`, NODE_COMPILE_CACHE: join(folder, 'compiled') }
  const begun = await kiln(settings)
  const veryFirst = await answered(begun, asked)
  await begun.stop()
  const ours = await kiln(settings)
  const usual = await answered(ours, asked)
  console.log(`start: ${usual}; the very first time ${veryFirst}`)
  return ours
}

async function answered({ origin, started }: Server, path: string): Promise<string> {
  const since = performance.now()
  const answer = await fetch(`${origin}${path}`)
  await answer.text()
  const ms = started + performance.now() - since
  return `${ms.toFixed(0)} ms until the first answer (${answer.status}), ${started.toFixed(0)} of them until it listens`
}

try {
  const file = load()
  const paths = pathsOf(file)
  const ours = await start(paths.lookup[0])
  const wanted = values.only?.split(',')
  for (const name of compared) {
    if (wanted?.includes(name) !== false) await compare(ours, name, paths[name])
  }
  for (const name of timed) {
    if (wanted?.includes(name) !== false) await time(ours, `expand ${name}`, paths[name])
  }
  const usage = ours.usage()
  if (usage !== undefined)
    console.log(`memory: ${usage.memory.toFixed(0)} MB resident, ${usage.peak.toFixed(0)} MB at most`)
} finally {
  await stopAll()
  rmSync(folder, { recursive: true, force: true })
}
