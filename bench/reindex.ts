/**
 * What clients notice while a new search parameter is indexed: reads, searches and creates, a third each.
 *   node bench/reindex.ts [--quick] [--resources=100000] [--data=FOLDER] [--rounds=5] [--seconds=3]
 * What was filled stays in FOLDER for the next run; without it, it goes.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { against, type Figures, figure, measure, ratio } from './drive/contest.ts'
import { kiln, type Server, stopAll } from './drive/launch.ts'
import type { Lane, Length } from './drive/load.ts'
import { populateSqlite } from './drive/populate.ts'
import { type Population, populationOf } from './drive/population.ts'
import { ask } from './drive/questions.ts'
import { newcomers } from './drive/work.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    resources: { type: 'string' },
    data: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
  },
})
const { quick } = values
const rounds = Number(values.rounds ?? (quick ? 1 : 5))
const length: Length = quick ? { answers: 48 } : { seconds: Number(values.seconds ?? 3) }
const perPatient = 37 // resources
const patients = Math.ceil(Number(values.resources ?? (quick ? 370 : 100_000)) / perPatient)
const temporary = mkdtempSync(join(tmpdir(), 'kiln-bench-'))
const folder = values.data ?? temporary

/** Of every resource, so all of them are indexed anew; each time something else. */
function definition(n: number): string {
  const url = 'https://kiln.example.org/SearchParameter/bench'
  const text = {
    name: 'bench',
    status: 'active',
    description: 'of the benchmark',
    code: 'bench',
    base: ['DomainResource'],
  }
  const expression = `DomainResource.extension('urn:${n}').value.ofType(Coding)`
  return JSON.stringify({ resourceType: 'SearchParameter', id: 'bench', url, ...text, type: 'token', expression })
}

async function define({ origin }: Server, n: number): Promise<void> {
  const headers = { 'content-type': 'application/fhir+json' }
  const answer = await fetch(`${origin}/fhir/SearchParameter/bench`, { method: 'PUT', headers, body: definition(n) })
  if (!answer.ok) throw new Error(`the definition is refused: ${await answer.text()}`)
}

const types = ['Observation', 'Patient', 'Encounter', 'Practitioner', 'Organization']

/** The part that is indexed, 0 to 1; of each type to the percent. */
async function progress({ origin }: Server): Promise<number> {
  let [whole, indexed] = [0, 0]
  for (const type of types) {
    const count = await fetch(`${origin}/fhir/${type}?_summary=count`)
    const { total } = (await count.json()) as { readonly total: number }
    const answer = await fetch(`${origin}/fhir/${type}?bench=none&_count=0`)
    const percent = answer.ok ? 100 : Number(/(\d+) %/.exec(await answer.text())?.[1] ?? 0) // 0: not yet known
    whole += total
    indexed += (total * percent) / 100
  }
  return indexed / whole
}

async function ready(server: Server): Promise<void> {
  while ((await progress(server)) < 1) await sleep(200)
}

/** Each connection reads, searches and creates in turn. */
function mixed(population: Population): Lane[] {
  const reads = ask('identifier', population)
  const parts = [reads, ask('latest', population), newcomers('Observation')]
  return reads.map((_, lane) =>
    Array.from({ length: 300 }, (_, turn) => {
      const of = parts[turn % parts.length]?.[lane] ?? []
      const request = of[Math.floor(turn / parts.length) % of.length]
      if (!request) throw new Error('a lane is never empty')
      if (turn % parts.length > 0) return request
      return { method: 'GET', path: `/fhir/Patient/${population.patientId((lane * 300 + turn) % population.patients)}` }
    }),
  )
}

/** Resources per second that are indexed while the load goes on. */
async function rateUnderLoad(server: Server, lanes: readonly Lane[], size: number): Promise<number> {
  await define(server, 2)
  const since = performance.now()
  for (let round = 0; round < (quick ? 1 : 10); round++) await measure(server, lanes, length)
  const seconds = (performance.now() - since) / 1000
  return ((await progress(server)) * size) / seconds
}

/**
 * Round by round without and with: whatever was indexed meanwhile is soon as it was, once the former definition is back.
 */
async function takeTurns(server: Server, lanes: readonly Lane[]) {
  const figures = { without: [] as Figures[], within: [] as Figures[] }
  if (!quick) await measure(server, lanes, length) // warms up
  for (let round = 0; round < rounds; round++) {
    figures.without.push(await measure(server, lanes, length))
    await define(server, 2)
    await sleep(1_500) // until then it has noticed
    figures.within.push(await measure(server, lanes, length))
    if (!quick && (await progress(server)) === 1) throw new Error('it was finished too soon: more resources are needed')
    await define(server, 1)
    await ready(server)
  }
  return figures
}

try {
  mkdirSync(folder, { recursive: true })
  const filled = join(folder, `search-${patients}`)
  await populateSqlite(filled, patients)
  const population = populationOf(patients)
  cpSync(filled, join(temporary, 'reindexed'), { recursive: true })
  const server = await kiln({ KILN_STORE: `sqlite:${join(temporary, 'reindexed')}` })

  const since = performance.now()
  await define(server, 1)
  await ready(server)
  const alone = (performance.now() - since) / 1000
  const rate = Math.round(population.size / alone).toLocaleString('en')
  console.log(`reindex alone: ${population.size.toLocaleString('en')} resources in ${alone.toFixed(1)} s, ${rate}/s`)

  const lanes = mixed(population)
  const { within, without } = await takeTurns(server, lanes)
  const busy = Math.round(await rateUnderLoad(server, lanes, population.size)).toLocaleString('en')
  const latency = `p50 ${figure(within, 'p50')} against ${figure(without, 'p50')} ms`
  console.log(
    `reindex under load: ${ratio(within, without)} × the throughput without it (${against(within, without)}, ${latency}), ${busy} resources/s`,
  )
} finally {
  await stopAll()
  rmSync(temporary, { recursive: true, force: true })
}
