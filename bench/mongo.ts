/**
 * The same work on the MongoDB engine of the tests, or the server that KILN_TEST_MONGODB names: figures only, since an
 * engine that is not MongoDB and does not wait for the disk says nothing about MongoDB.
 *   node bench/mongo.ts [--quick]
 */
import { MongoClient } from 'mongodb'
import { mongoUrl } from '../tests/mongo-engine/engine.ts'
import { figure, measure, type Pace, perSecond, takeTurns } from './drive/contest.ts'
import { growMongo } from './drive/grow.ts'
import { kiln, stopAll } from './drive/launch.ts'
import { creates, entries, reads, transactions, updates } from './drive/work.ts'

const quick = process.argv.includes('--quick')
const pace: Pace = quick ? { rounds: 1, length: { answers: 32 } } : { rounds: 3, length: { seconds: 2 } }
const count = quick ? 600 : 10_000
const database = `kiln_bench_${process.pid}`

async function run(url: string): Promise<void> {
  await growMongo(url, database, count)
  const store = new URL(url)
  store.pathname = `/${database}`
  const ours = await kiln({ KILN_STORE: store.href })
  const figures = await takeTurns(pace, {
    read: length => measure(ours, reads(count), length),
    create: length => measure(ours, creates(), length),
    update: length => measure(ours, updates(count), length),
    transaction: length => measure(ours, transactions(), length),
  })
  for (const [name, rounds] of Object.entries(figures)) {
    const resources = name === 'transaction' ? entries : 1
    const cpu = rounds[0]?.cpu === undefined ? '' : `, CPU ${figure(rounds, 'cpu')} µs`
    console.log(`mongo ${name}: ${perSecond(rounds, resources)}, p99 ${figure(rounds, 'p99')} ms${cpu}`)
  }
}

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
