/**
 * Searches end to end, among few patients and among many, and against a reference that knows its questions beforehand.
 *   node bench/search.ts [--quick] [--only=family,page] [--patients=1000,10000] [--data=FOLDER] [--rounds=5] [--seconds=1.5]
 * What was filled stays in FOLDER for the next run; without it, it goes.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
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
import { kiln, reference, type Server, stopAll } from './drive/launch.ts'
import { populateSqlite } from './drive/populate.ts'
import { type Population, populationOf } from './drive/population.ts'
import { ask, type QuestionName, questions } from './drive/questions.ts'
import { newcomers } from './drive/work.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    patients: { type: 'string' },
    data: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
  },
})
const { quick } = values
const pace: Pace = {
  rounds: Number(values.rounds ?? (quick ? 1 : 5)),
  length: quick ? { answers: 32 } : { seconds: Number(values.seconds ?? 1.5) },
}
const sizes = (values.patients ?? (quick ? '5,20' : '1000,10000')).split(',').map(Number)
const temporary = mkdtempSync(join(tmpdir(), 'kiln-bench-'))
const folder = values.data ?? temporary

type Place = { readonly population: Population; readonly server: Server }

const folderOf = (patients: number): string => join(folder, `search-${patients}`)
const referenceFile = (patients: number): string => join(folder, `search-${patients}-reference.db`)
const patientsOf = ({ population }: Place): string => `${population.patients.toLocaleString('en')} patients`

async function open(patients: number): Promise<Place> {
  const since = performance.now()
  const population = populationOf(patients)
  const smallest = patients === sizes[0]
  await populateSqlite(folderOf(patients), patients, smallest ? referenceFile(patients) : undefined)
  const seconds = ((performance.now() - since) / 1000).toFixed(0)
  console.log(
    `${population.size.toLocaleString('en')} resources of ${patients.toLocaleString('en')} patients (${seconds} s)`,
  )
  return { population, server: await kiln({ KILN_STORE: `sqlite:${folderOf(patients)}` }) }
}

/** That what is timed is an answer: in the smoke there are too few patients for all of it. */
async function look(name: QuestionName, { population, server }: Place): Promise<void> {
  const path = ask(name, population)[0]?.[0]?.path ?? ''
  const answer = await fetch(server.origin + path)
  const bundle = (await answer.json()) as { readonly entry?: readonly unknown[] }
  const [found, expected] = [bundle.entry?.length ?? 0, questions[name].entries]
  if (!answer.ok || found === 0 || (!quick && found !== expected)) {
    throw new Error(`${path} answers ${answer.status} with ${found} entries: expected ${expected}`)
  }
}

async function compareSizes(name: QuestionName, places: readonly Place[]): Promise<readonly (readonly Figures[])[]> {
  for (const place of places) await look(name, place)
  const contestants = places.map(place => {
    const lanes = ask(name, place.population)
    return [patientsOf(place), (length: Pace['length']) => measure(place.server, lanes, length)] as const
  })
  return Object.values(await takeTurns(pace, Object.fromEntries(contestants)))
}

async function growth(name: QuestionName, places: readonly Place[]): Promise<void> {
  const all = await compareSizes(name, places)
  const each = (print: (figures: readonly Figures[]) => string) => all.map(print).join(', ')
  const [times, last, first] = [ratio(all.at(-1) ?? [], all[0] ?? [], 'p50'), places.at(-1), places[0]]
  if (!last || !first) return
  const parts = [
    `p50 ${each(of => figure(of, 'p50'))} ms`,
    `p99 ${each(of => figure(of, 'p99'))} ms`,
    each(of => perSecond(of)),
  ]
  if (all[0]?.[0]?.cpu !== undefined) parts.push(`CPU ${each(of => figure(of, 'cpu'))} µs`)
  const kilobytes = (median(all.at(-1)?.map(({ bytes }) => bytes) ?? []) / 1024).toFixed(1)
  console.log(
    `${name}: among ${patientsOf(last)} ${times} × the p50 among ${patientsOf(first)} (${parts.join('; ')}; ${kilobytes} KB)`,
  )
}

async function race(name: QuestionName, [place]: readonly Place[]): Promise<void> {
  if (!place) return
  const bare = await reference('search', referenceFile(place.population.patients))
  await look(name, { ...place, server: bare })
  const lanes = ask(name, place.population)
  const figures = await takeTurns(pace, {
    ours: length => measure(place.server, lanes, length),
    bare: length => measure(bare, lanes, length),
  })
  await bare.stop()
  const sizes = [figures.ours, figures.bare].map(of => (median(of.map(({ bytes }) => bytes)) / 1024).toFixed(1))
  const both = `${against(figures.ours, figures.bare)}, ${sizes.join(' against ')} KB`
  console.log(`${name}: ${ratio(figures.ours, figures.bare)} × reference (${both})`)
}

/** Per second of the clock, and per second of processor time of the server. */
async function throughput(places: readonly Place[]): Promise<void> {
  const all = await compareSizes('page', places)
  all.forEach((figures, at) => {
    const megabytes = (per: (one: Figures) => number) => median(figures.map(one => per(one) / 1e6)).toFixed(0)
    const out = `${megabytes(({ bytes, rate }) => bytes * rate)} MB/s of Bundle out`
    const perCore = megabytes(({ bytes, cpu = Number.NaN }) => (bytes / cpu) * 1e6)
    const core = figures[0]?.cpu === undefined ? '' : `, ${perCore} MB per second of processor time`
    const one = places[at]
    if (one) console.log(`page of 100 among ${patientsOf(one)}: ${out}${core} (${perSecond(figures)})`)
  })
}

async function create(): Promise<void> {
  const empty = await kiln({ KILN_STORE: `sqlite:${join(temporary, 'create')}` })
  const [patients, observations] = [newcomers('Patient'), newcomers('Observation')]
  const figures = await takeTurns(pace, {
    Patient: length => measure(empty, patients, length),
    Observation: length => measure(empty, observations, length),
  })
  await empty.stop()
  for (const [type, of] of Object.entries(figures)) {
    const cpu = of[0]?.cpu === undefined ? '' : `, CPU ${figure(of, 'cpu')} µs`
    console.log(`create ${type}: ${perSecond(of)}${cpu}, p99 ${figure(of, 'p99')} ms`)
  }
}

type Row = (places: readonly Place[]) => Promise<void>

const timed: readonly QuestionName[] = [
  'identifier',
  'family',
  'latest',
  'include',
  'has',
  'has-usual',
  'since',
  'since-long',
  'chain',
  'page',
]
const raced: readonly QuestionName[] = ['identifier', 'family', 'latest']

const rows: Readonly<Record<string, Row>> = {
  ...Object.fromEntries(timed.map(name => [name, (places: readonly Place[]) => growth(name, places)])),
  ...Object.fromEntries(raced.map(name => [`${name}-reference`, (places: readonly Place[]) => race(name, places)])),
  throughput,
  create,
}

const only = values.only?.split(',') ?? Object.keys(rows)
const unknown = only.filter(name => !(name in rows))
if (unknown.length > 0) throw new Error(`--only=${unknown}: expected some of ${Object.keys(rows)}`)
try {
  mkdirSync(folder, { recursive: true })
  const places: Place[] = []
  for (const patients of sizes) places.push(await open(patients))
  for (const [name, run] of Object.entries(rows)) if (only.includes(name)) await run(places)
} finally {
  await stopAll()
  rmSync(temporary, { recursive: true, force: true })
}
