/** One round of load in a thread of its own: what waits for answers must not share a loop with what counts them. */
import { once } from 'node:events'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import autocannon from 'autocannon'

export type Request = {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** What one keep-alive connection asks for, one after the other and again from the start. */
export type Lane = readonly Request[]

/** Of a round; so many answers are for smoke tests, which must end soon on slow machines and must have seen something. */
export type Length = { readonly seconds: number } | { readonly answers: number }

export type Load = { readonly origin: string; readonly lanes: readonly Lane[]; readonly length: Length }

export type Round = {
  readonly answers: number
  /** Per second. */
  readonly rate: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  /** Of one answer on average, its head included. */
  readonly bytes: number
}

/** They stay warm from round to round. */
const idle: Worker[] = []

/** Fails unless every answer is 2xx. */
export async function load(work: Load): Promise<Round> {
  const worker = idle.pop() ?? new Worker(import.meta.filename)
  worker.ref()
  worker.postMessage(work)
  const [round] = await once(worker, 'message') // or rejects, if it throws
  worker.unref() // the program may end
  idle.push(worker)
  return round
}

async function run({ origin, lanes, length }: Load): Promise<Round> {
  const times: number[] = []
  let total = 0
  const unwanted = new Map<number, number>()
  const waiting = [...lanes]
  const start = performance.now()
  const running = autocannon({
    url: origin,
    connections: lanes.length,
    ...('answers' in length ? { amount: length.answers } : { duration: length.seconds }),
    timeout: 60, // s
    sampleInt: 50, // ms; it also looks only this often whether time is up
    setupClient: client => client.setRequests(structuredClone(waiting.pop() ?? [])),
  })
  let end = start
  running.on('response', (_client, status, bytes, ms) => {
    end = performance.now()
    times.push(ms)
    total += bytes
    if (status < 200 || status > 299) unwanted.set(status, (unwanted.get(status) ?? 0) + 1)
  })
  const { errors } = await running
  const failed = [...unwanted].map(([status, count]) => `${count} × ${status}`)
  if (errors > 0) failed.push(`${errors} connections broke`)
  if (times.length === 0) failed.push('there was none')
  if (failed.length > 0) throw new Error(`not all answers were 2xx: ${failed.join(', ')}`)
  times.sort((a, b) => a - b)
  return {
    answers: times.length,
    rate: (times.length * 1000) / (end - start),
    p50: times[Math.floor(times.length * 0.5)] ?? 0,
    p99: times[Math.floor(times.length * 0.99)] ?? 0,
    bytes: total / times.length,
  }
}

if (!isMainThread) parentPort?.on('message', async work => parentPort?.postMessage(await run(work)))
