/**
 * Does the commit sequence make the commits of a tenant wait for each other? Two processes × 32 writers in one tenant against
 * one process × 32; the control gives each of two processes a database of its own, and so shows what the server itself allows.
 *   node bench/store-mongo.ts [SECONDS]
 */
import { fork } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { MongoClient } from 'mongodb'
import { draft } from '../src/fhir/stamp.ts'
import { openMongo } from '../src/store/mongo/open.ts'
import type { Key, Store } from '../src/store/port.ts'
import { mongoUrl } from '../tests/mongo-engine/engine.ts'

const concurrency = 32
type Work = { readonly url: string; readonly database: string; readonly ms: number }
type Figures = { readonly creates: number; readonly reads: number } // per second

const body = {
  resourceType: 'Patient',
  active: true,
  name: [{ use: 'official', family: 'Ångström', given: ['Anna', 'Maria'] }],
  birthDate: '1974-12-25',
  text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${'lorem ipsum '.repeat(140)}</div>` },
}

async function work({ url, database, ms }: Work): Promise<Figures> {
  const needs = { clock: Date.now, random: (bytes: number) => randomBytes(bytes), observe: () => undefined }
  const store = await openMongo({ ...needs, url, database })
  const keys: Key[] = []
  const creates = await rate(ms, async () => {
    keys.push(await create(store))
  })
  const reads = await rate(ms / 2, async turn => {
    const key = keys[turn % keys.length]
    if (key) await store.read(key)
  })
  await store.close()
  return { creates, reads }
}

async function create(store: Store): Promise<Key> {
  const key = { tenant: 'bench', type: 'Patient', id: randomUUID() }
  const write = { do: 'put', key, method: 'POST', draft: draft(body, key.id), when: 'absent' } as const
  await store.commit({ tenant: key.tenant, writes: [write] })
  return key
}

/** How often per second the callers do it together, without the first quarter. */
async function rate(ms: number, run: (turn: number) => Promise<void>): Promise<number> {
  const start = performance.now() + ms / 4
  const end = start + ms
  let turn = 0
  let done = 0
  const caller = async () => {
    while (performance.now() < end) {
      await run(turn++)
      if (performance.now() > start) done++
    }
  }
  await Promise.all(Array.from({ length: concurrency }, caller))
  return (done * 1000) / (performance.now() - start)
}

async function inProcesses(works: readonly Work[]): Promise<Figures> {
  const figures = await Promise.all(
    works.map(async work => {
      const child = fork(import.meta.filename, ['worker', JSON.stringify(work)])
      const [answer] = await once(child, 'message')
      return answer as Figures
    }),
  )
  return {
    creates: figures.reduce((sum, { creates }) => sum + creates, 0),
    reads: figures.reduce((sum, { reads }) => sum + reads, 0),
  }
}

async function main(ms: number): Promise<void> {
  const url = await mongoUrl()
  if (!url) return
  const names = ['one', 'both', 'left', 'right'].map(name => `bench_store_${name}`)
  const [one = '', both = '', left = '', right = ''] = names
  const client = await MongoClient.connect(url)
  const drop = () => Promise.all(names.map(name => client.db(name).dropDatabase()))
  await drop()
  const single = await inProcesses([{ url, database: one, ms }])
  const shared = await inProcesses([both, both].map(database => ({ url, database, ms })))
  const apart = await inProcesses([left, right].map(database => ({ url, database, ms })))
  await drop()
  await client.close()
  const ratio = (figures: Figures) => (figures.creates / single.creates).toFixed(2)
  const n = Math.round
  console.log(`mongo creates, 1 process × 32: ${n(single.creates)}/s, reads ${n(single.reads)}/s`)
  console.log(`mongo creates, 2 processes × 32, one tenant: ${ratio(shared)} to 1 process (${n(shared.creates)}/s)`)
  console.log(
    `mongo creates, 2 processes × 32, two databases (control): ${ratio(apart)} to 1 process (${n(apart.creates)}/s)`,
  )
}

const [, , first, json] = process.argv
if (first === 'worker' && json) process.send?.(await work(JSON.parse(json)))
else await main(first === '--quick' ? 200 : Number(first ?? 4) * 1000)
