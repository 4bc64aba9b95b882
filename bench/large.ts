/** Large Bundles while readers go on: nobody should have to wait for somebody else's 5,000 entries. `node bench/large.ts [--quick]` */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { resource } from './drive/data.ts'
import { kiln, stopAll } from './drive/launch.ts'

const quick = process.argv.includes('--quick')
const count = quick ? 40 : 5_000
const rounds = quick ? 1 : 3
const headers = { 'content-type': 'application/fhir+json' }

if (isMainThread) await main()
else await hammer(workerData as string)

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-bench-'))
  const { origin } = await kiln({ KILN_STORE: `sqlite:${folder}` })
  const base = `${origin}/fhir`
  const worker = new Worker(new URL(import.meta.url), { workerData: base, argv: process.argv.slice(2) })
  await told(worker)
  const idle = await during(worker, () => new Promise(resolve => setTimeout(resolve, quick ? 100 : 3_000)))
  console.log(`large, reads alone: slowest ${worst(idle)} ms of ${idle.length}, p99 ${p99(idle)}`)
  for (const [name, path, bundle] of [
    ['transaction', '', (round: number) => submitted('transaction', round)],
    ['batch', '', (round: number) => submitted('batch', round)],
    ['Bundle to be stored', '/Bundle', collection],
    ['Bundle to be validated', '/Bundle/$validate', collection],
  ] as const) {
    const slowest: number[] = []
    const seconds: number[] = []
    for (let round = 0; round < rounds; round++) {
      const body = JSON.stringify(bundle(round))
      const since = performance.now()
      const times = await during(worker, () => send(`${base}${path}`, body))
      seconds.push((performance.now() - since) / 1_000)
      slowest.push(Math.max(...times))
    }
    const each = slowest.map(ms => ms.toFixed(0)).join(', ')
    const took = seconds.map(one => one.toFixed(1)).join(', ')
    console.log(`large, reads beside a ${name} of ${count} entries: slowest ${each} ms (goal 50); it took ${took} s`)
  }
  await worker.terminate()
  await stopAll()
  rmSync(folder, { recursive: true })
}

async function send(url: string, body: string): Promise<void> {
  const answer = await fetch(url, { method: 'POST', headers, body })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${answer.status}: ${text.slice(0, 500)}`)
}

/** Each Patient with the Observations about it: what is new refers to what is new. */
function submitted(type: 'transaction' | 'batch', round: number): object {
  const urn = (n: number): string => `urn:uuid:00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
  const entry = Array.from({ length: count }, (_, n) => {
    const { id: _id, ...own } = resource(n, round)
    const about = type === 'transaction' && own['subject'] !== undefined
    const it = about ? { ...own, subject: { reference: urn(n - (n % 4)) } } : own
    return { fullUrl: urn(n), resource: it, request: { method: 'POST', url: it.resourceType } }
  })
  return { resourceType: 'Bundle', type, entry }
}

function collection(round: number): object {
  const fullUrl = (n: number): string => `urn:uuid:00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
  const entry = Array.from({ length: count }, (_, n) => ({ fullUrl: fullUrl(n), resource: resource(n, round) }))
  return { resourceType: 'Bundle', type: 'collection', entry }
}

async function during(worker: Worker, work: () => Promise<unknown>): Promise<readonly number[]> {
  worker.postMessage('start')
  await work()
  worker.postMessage('stop')
  return told(worker)
}

async function told(worker: Worker): Promise<readonly number[]> {
  const [times] = await once(worker, 'message') // or rejects, if it throws
  return times
}

function worst(times: readonly number[]): string {
  return Math.max(0, ...times).toFixed(0)
}

function p99(times: readonly number[]): string {
  return (times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0).toFixed(1)
}

/** In a thread of its own: two readers, one request after the other each. */
async function hammer(base: string): Promise<void> {
  const made = await fetch(`${base}/Patient`, { method: 'POST', headers, body: '{"resourceType":"Patient"}' })
  const { id } = (await made.json()) as { id: string }
  const times: number[] = []
  let going = false

  async function read(): Promise<void> {
    const since = performance.now()
    const answer = await fetch(`${base}/Patient/${id}`)
    await answer.text()
    if (!answer.ok) throw new Error(`${answer.status}`)
    times.push(performance.now() - since)
  }

  async function loop(): Promise<void> {
    while (going) await read()
  }

  let loops: Promise<unknown> = Promise.resolve()
  parentPort?.on('message', async message => {
    going = message === 'start'
    if (going) {
      times.length = 0
      loops = Promise.all([loop(), loop()])
      return
    }
    await loops
    parentPort?.postMessage([...times])
  })
  for (let n = 0; n < 50; n++) await read()
  parentPort?.postMessage([])
}
