/**
 * The same questions on the MongoDB engine of the tests, or the server that KILN_TEST_MONGODB names: figures, and which
 * indexes answer. An engine that is not MongoDB says nothing about MongoDB's speed.
 *   node bench/search-mongo.ts [--quick] [--patients=200,1000]
 */
import { parseArgs } from 'node:util'
import { MongoClient } from 'mongodb'
import { mongoUrl } from '../tests/mongo-engine/engine.ts'
import { figure, measure, type Pace, ratio, takeTurns } from './drive/contest.ts'
import { kiln, type Server, stopAll } from './drive/launch.ts'
import type { Length } from './drive/load.ts'
import { populateMongo } from './drive/populate.ts'
import { type Population, populationOf } from './drive/population.ts'
import { ask, type QuestionName, questions } from './drive/questions.ts'

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, patients: { type: 'string' } } })
const { quick } = values
/** So many answers and not so many seconds: the engine of the tests takes a second for some of them. */
const pace: Pace = quick ? { rounds: 1, length: { answers: 16 } } : { rounds: 3, length: { answers: 96 } }
const connections = 4 // the engine works on the machine of the server: more would wait for each other
const sizes = (values.patients ?? (quick ? '5' : '200,1000')).split(',').map(Number)

const databaseOf = (patients: number) => `kiln_bench_${process.pid}_${patients}`

type Contestant = { readonly patients: number; readonly server: Server; readonly population: Population }

async function run(url: string): Promise<void> {
  const contestants: Contestant[] = []
  for (const patients of sizes) {
    const population = populationOf(patients)
    const store = new URL(url)
    store.pathname = `/${databaseOf(patients)}`
    await populateMongo(url, databaseOf(patients), population)
    contestants.push({ patients, population, server: await kiln({ KILN_STORE: store.href }) })
  }
  console.log(`mongo: p50, CPU and indexes among ${sizes.join(' → ')} patients`)
  for (const name of Object.keys(questions) as QuestionName[])
    console.log(`mongo ${name}: ${await asked(name, contestants)}`)
}

/** Of all sizes, and the largest against the smallest. */
async function asked(name: QuestionName, contestants: readonly Contestant[]): Promise<string> {
  const lanesOf = new Map(contestants.map(one => [one, ask(name, one.population).slice(0, connections)]))
  const round = (one: Contestant) => (length: Length) => measure(one.server, lanesOf.get(one) ?? [], length)
  if (!quick) for (const one of contestants) await round(one)(pace.length) // warms up
  const measured = await takeTurns(pace, Object.fromEntries(contestants.map(one => [one.patients, round(one)])))
  const all = sizes.map(patients => measured[patients] ?? [])
  const times = (of: 'p50' | 'cpu') => all.map(rounds => figure(rounds, of)).join(' → ')
  const against = sizes.length > 1 ? ` (${ratio(all.at(-1) ?? [], all[0] ?? [], 'p50')})` : ''
  const cpu = all[0]?.[0]?.cpu === undefined ? '' : `, CPU ${times('cpu')} µs`
  const used = await Promise.all(contestants.map(one => indexes(one.server, lanesOf.get(one)?.[0]?.[0]?.path ?? '')))
  return `p50 ${times('p50')} ms${against}${cpu}; ${[...new Set(used)].join(' → ')}`
}

/** As the server itself explains it: in the OperationOutcome among the results. */
async function indexes(server: Server, path: string): Promise<string> {
  const answer = await fetch(`${server.origin}${path}&_explain=true`)
  const { entry = [] } = (await answer.json()) as { readonly entry?: readonly { readonly resource: Outcome }[] }
  const said = entry.flatMap(({ resource }) => resource.issue ?? []).map(({ diagnostics = '' }) => diagnostics)
  const text = said.find(diagnostics => /^\w+, store: /.test(diagnostics))
  if (text === undefined) throw new Error(`${path} is not explained`)
  const { indexes, scan } = JSON.parse(text.slice(text.indexOf('{'))) as Explained
  return scan ? 'no index' : `by ${indexes.join(', ')}`
}

type Outcome = { readonly issue?: readonly { readonly diagnostics?: string }[] }
type Explained = { readonly indexes: readonly string[]; readonly scan: boolean }

const url = await mongoUrl()
if (url !== undefined) {
  const client = await MongoClient.connect(url)
  try {
    await run(url)
  } finally {
    await stopAll()
    for (const patients of sizes) await client.db(databaseOf(patients)).dropDatabase()
    await client.close()
  }
}
