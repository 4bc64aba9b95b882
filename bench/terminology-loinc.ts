/**
 * LOINC end to end: a release of true scale is written as its distributor's files, loaded by the command, and asked over HTTP.
 *   node bench/terminology-loinc.ts [--quick] [--terms=100000] [--rounds=5] [--seconds=1.5] [--only=lookup,part]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { random } from '../tests/terminology/library/synthetic.ts'
import { type LoincLike, loincLike, writeLoinc } from '../tests/terminology/load/loinc-like.ts'
import { figure, measure, type Pace, perSecond, takeTurns } from './drive/contest.ts'
import { ambient, kiln, type Server, stopAll, type Usage, usageOf } from './drive/launch.ts'
import type { Lane } from './drive/load.ts'
import { connections } from './drive/work.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    terms: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    only: { type: 'string' },
  },
})
const { quick } = values
const terms = Number(values.terms ?? (quick ? 2_000 : 100_000))
const pace: Pace = {
  rounds: Number(values.rounds ?? (quick ? 1 : 5)),
  length: quick ? { answers: 32 } : { seconds: Number(values.seconds ?? 1.5) },
}
const questions = quick ? 64 : 2_000 // of each kind, all different
const folder = mkdtempSync(join(tmpdir(), 'kiln-bench-'))
const settings = { KILN_STORE: `sqlite:${join(folder, 'data')}` }

/** Asked while it runs, as long as the system tells. */
async function load(path: string): Promise<{ seconds: number; usage: Usage | undefined; said: string }> {
  const started = performance.now()
  const command = new URL('../src/cli.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [command, 'terminology', 'load', path], {
    env: { ...ambient, ...settings },
    stdio: ['ignore', 'pipe', quick ? 'ignore' : 'inherit'],
  })
  let usage: Usage | undefined
  let said = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    said += text
  })
  const watch = setInterval(() => {
    usage = usageOf(child.pid ?? 0) ?? usage
  }, 50)
  const [code] = await once(child, 'close')
  clearInterval(watch)
  if (code !== 0) throw new Error(`the command ended with ${code}`)
  return { seconds: (performance.now() - started) / 1_000, usage, said: said.trim() }
}

const system = encodeURIComponent('http://loinc.org')

/** The paths that are asked for, by what they are asked of. */
function pathsOf(like: LoincLike): Readonly<Record<string, readonly string[]>> {
  const draw = random(5)
  const any = (count: number): number => Math.floor(draw() * count)
  const { term, part, list, counts } = like
  const each = (path: () => string): readonly string[] => Array.from({ length: questions }, path)
  const lookup = `/fhir/CodeSystem/$lookup?system=${system}&code=`
  const valueSet = (code: string): string => `url=${system}%2Fvs%2F${code}`
  // Near the root, so that thousands of terms are below.
  const high = (): string => part(1 + any(40))
  return {
    lookup: each(() => lookup + term(any(counts.terms))),
    'lookup in German': each(() => `${lookup}${term(any(counts.terms))}&displayLanguage=de`),
    'lookup of a panel': each(() => `${lookup}${term(like.panel(any(counts.panels)).term)}&property=panel-member`),
    'answer list': each(() => `/fhir/ValueSet/$expand?${valueSet(list(any(counts.lists)))}`),
    'part, first 100': each(() => `/fhir/ValueSet/$expand?${valueSet(high())}&count=100`),
    'part, text': each(() => {
      const words = like.display(any(counts.terms)).slice(0, 3 + any(4))
      return `/fhir/ValueSet/$expand?${valueSet(high())}&count=20&filter=${encodeURIComponent(words)}`
    }),
    'is in part': each(
      () => `/fhir/ValueSet/$validate-code?${valueSet(high())}&system=${system}&code=${term(any(counts.terms))}`,
    ),
    'subsumed by part': each(
      () => `/fhir/CodeSystem/$subsumes?system=${system}&codeA=${high()}&codeB=${term(any(counts.terms))}`,
    ),
  }
}

function lanesOf(paths: readonly string[]): readonly Lane[] {
  const requests = paths.map(path => ({ method: 'GET', path }) as const)
  return Array.from({ length: connections }, (_, lane) => requests.filter((_, at) => at % connections === lane))
}

/** What was loaded is what is answered: each kind of question once, before it is timed. */
async function check(server: Server, name: string, path: string): Promise<void> {
  const answer = await fetch(`${server.origin}${path}`)
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${name}: ${path}: ${answer.status} ${text}`)
}

try {
  const like = loincLike({ terms })
  const release = join(folder, 'Loinc_2.81')
  const { rows, bytes } = await writeLoinc(like, release)
  console.log(
    `LOINC: ${rows.toLocaleString('en')} rows, ${(bytes / 2 ** 20).toFixed(0)} MB in ${like.files().length} files`,
  )
  const { seconds, usage: cost, said } = await load(release)
  const file = globSync('**/loinc*.sqlite', { cwd: join(folder, 'data') })[0] ?? ''
  const size = statSync(join(folder, 'data', file)).size / 2 ** 20
  const rate = Math.round(rows / seconds).toLocaleString('en')
  console.log(
    `${said}; by the command in ${seconds.toFixed(1)} s (${rate} rows/s), ${((cost?.cpu ?? 0) / 1e6).toFixed(1)} s of processor time, at most ${(cost?.peak ?? 0).toFixed(0)} MB resident; the file has ${size.toFixed(0)} MB`,
  )
  const server = await kiln(settings)
  const wanted = values.only?.split(',')
  for (const [name, paths] of Object.entries(pathsOf(like))) {
    if (wanted?.some(each => name.includes(each)) === false) continue
    await check(server, name, paths[0] ?? '')
    const { all } = await takeTurns(pace, { all: length => measure(server, lanesOf(paths), length) })
    const { one } = await takeTurns(pace, { one: length => measure(server, lanesOf(paths).slice(0, 1), length) })
    const p50 = `p50 ${figure(all, 'p50')} ms at ${connections} connections, ${figure(one, 'p50')} ms at one`
    console.log(`${name}: ${p50} (${perSecond(all)}, p99 ${figure(all, 'p99')} ms, CPU ${figure(all, 'cpu')} µs)`)
  }
  const usage = server.usage()
  if (usage !== undefined) {
    console.log(`memory: ${usage.memory.toFixed(0)} MB resident, ${usage.peak.toFixed(0)} MB at most`)
  }
} finally {
  await stopAll()
  rmSync(folder, { recursive: true, force: true })
}
