/**
 * The same questions on the MongoDB engine of the tests, or the server that KILN_TEST_MONGODB names: figures, and which
 * indexes answer. An engine that is not MongoDB says nothing about MongoDB's speed.
 *   node bench/search-mongo.ts [--quick] [--patients=200]
 */
import { parseArgs } from 'node:util'
import { MongoClient } from 'mongodb'
import { mongoUrl } from '../tests/mongo-engine/engine.ts'
import { figure, measure, type Pace, perSecond, takeTurns } from './drive/contest.ts'
import { kiln, type Server, stopAll } from './drive/launch.ts'
import { populateMongo } from './drive/populate.ts'
import { populationOf } from './drive/population.ts'
import { ask, type QuestionName, questions } from './drive/questions.ts'

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, patients: { type: 'string' } } })
const { quick } = values
const pace: Pace = quick ? { rounds: 1, length: { answers: 32 } } : { rounds: 3, length: { seconds: 1.5 } }
const population = populationOf(Number(values.patients ?? (quick ? 5 : 200)))
const database = `kiln_bench_${process.pid}`

async function run(url: string): Promise<void> {
  await populateMongo(url, database, population)
  const store = new URL(url)
  store.pathname = `/${database}`
  const ours = await kiln({ KILN_STORE: store.href })
  for (const name of Object.keys(questions) as QuestionName[]) {
    const lanes = ask(name, population)
    const { rounds } = await takeTurns(pace, { rounds: length => measure(ours, lanes, length) })
    const cpu = rounds[0]?.cpu === undefined ? '' : `, CPU ${figure(rounds, 'cpu')} µs`
    const by = await indexes(ours, lanes[0]?.[0]?.path ?? '')
    console.log(`mongo ${name}: p50 ${figure(rounds, 'p50')} ms, ${perSecond(rounds)}${cpu}; ${by}`)
  }
}

/** As the server itself explains it: in the OperationOutcome among the results. */
async function indexes(server: Server, path: string): Promise<string> {
  const answer = await fetch(`${server.origin}${path}&_explain=true`)
  const { entry = [] } = (await answer.json()) as { readonly entry?: readonly { readonly resource: Outcome }[] }
  const said = entry.flatMap(({ resource }) => resource.issue ?? []).map(({ diagnostics = '' }) => diagnostics)
  const text = said.find(diagnostics => /^\w+, store: /.test(diagnostics))
  if (text === undefined) throw new Error(`${path} is not explained`)
  const { indexes, examined, scan } = JSON.parse(text.slice(text.indexOf('{'))) as Explained
  return `${scan ? 'no index' : `by ${indexes.join(', ')}`}, ${examined} looked at`
}

type Outcome = { readonly issue?: readonly { readonly diagnostics?: string }[] }
type Explained = { readonly indexes: readonly string[]; readonly examined: number; readonly scan: boolean }

const url = await mongoUrl()
if (url !== undefined) {
  const client = await MongoClient.connect(url)
  try {
    await run(url)
  } finally {
    await stopAll()
    await client.db(database).dropDatabase()
    await client.close()
  }
}
