/**
 * What judging costs those who create: the same server with all rules and with none but the form, in turns, on one store.
 * `node bench/create.ts [--quick]`
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { openApp } from '../src/app.ts'
import { parseConfig } from '../src/config.ts'
import type { Resource } from '../src/fhir/resource.ts'
import type { Validation } from '../src/interactions/validation/validation.ts'
import { openMetrics } from '../src/observe.ts'
import { openRuntime, type Runtime } from '../src/runtime.ts'
import { compileStructure } from '../src/validation/structure.ts'
import { resource } from './drive/data.ts'

/** Creates a second, and µs of processor time that each takes of the thread that serves. */
type Round = { readonly rate: number; readonly cpu: number }

const quick = process.argv.includes('--quick')
const rounds = quick ? 1 : 5
const each = quick ? 32 : 500
const warming = quick ? 2 : 6 // rounds: V8 goes on compiling for thousands of creates
const lanes = 16

if (isMainThread) await main()
else lead(workerData as readonly string[])

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-bench-'))
  const config = parseConfig({
    ...{ KILN_AUTH: 'none', KILN_PORT: '0', KILN_LOG_LEVEL: 'error', KILN_MAX_EVENT_LOOP_DELAY: '0' },
    KILN_STORE: `sqlite:${folder}`,
  })
  const outside = { clock: Date.now, random: randomBytes, newId: () => randomUUID(), elapsed: () => performance.now() }
  const runtime = await openRuntime(config, outside, () => {})
  const structure = compileStructure(runtime.definitions.shapes)
  const formOnly: Validation = { of: () => (resource, at) => structure(resource, at) }
  const nothing: Validation = { of: () => () => [] }
  const judged = await serve(runtime)
  const formed = await serve({ ...runtime, validation: formOnly })
  const unjudged = await serve({ ...runtime, validation: nothing })

  for (const [name, bodies] of [
    ['by R4 alone', bodiesOf(() => undefined)],
    ["by Kiln's profiles", bodiesOf(type => `https://kiln.example/fhir/StructureDefinition/kiln-${type}`)],
  ] as const) {
    const worker = new Worker(new URL(import.meta.url), { workerData: bodies, argv: process.argv.slice(2) })
    const contestants = { judged, formed, unjudged }
    const all = { judged: [] as Round[], formed: [] as Round[], unjudged: [] as Round[] }
    for (let round = -warming; round < rounds; round++) {
      for (const who of ['judged', 'formed', 'unjudged'] as const) {
        const measured = await measure(worker, contestants[who].base)
        if (round >= 0 || quick) all[who].push(measured)
      }
    }
    await worker.terminate()
    const of = (who: keyof typeof all, figure: keyof Round) => median(all[who].map(one => one[figure]))
    const cpu = (who: keyof typeof all) => of(who, 'cpu').toFixed(0)
    const cost = (left: number) => (100 * (1 - left)).toFixed(0)
    const [byRate, byCpu] = [of('judged', 'rate') / of('unjudged', 'rate'), of('unjudged', 'cpu') / of('judged', 'cpu')]
    console.log(
      `create, judged ${name}: CPU ${cpu('judged')} µs, ${cpu('formed')} by form alone, ${cpu('unjudged')} unjudged; throughput is ${cost(byRate)} % less than unjudged, ${cost(byCpu)} % by CPU (goal 25)`,
    )
  }
  for (const { close } of [judged, formed, unjudged]) await close()
  await runtime.close()
  rmSync(folder, { recursive: true })
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** Resources of 2 KB, which claim what they are judged by. */
function bodiesOf(profile: (type: 'patient' | 'blood-pressure') => string | undefined): readonly string[] {
  return Array.from({ length: 200 }, (_, n) => {
    const { meta: _meta, id: _id, ...own } = resource(n)
    const claimed = profile(own.resourceType === 'Patient' ? 'patient' : 'blood-pressure')
    const it: Resource = claimed === undefined ? own : { ...own, meta: { profile: [claimed] } }
    return JSON.stringify(it)
  })
}

async function serve(runtime: Runtime): Promise<{ readonly base: string; readonly close: () => Promise<void> }> {
  const app = openApp({ ...runtime, keepIndexed: async () => {} }, openMetrics())
  await app.server.listen({ host: '127.0.0.1', port: 0 })
  return {
    base: app.base(),
    close: async () => {
      app.server.server.closeAllConnections()
      await app.server.close()
    },
  }
}

async function measure(worker: Worker, base: string): Promise<Round> {
  const before = process.threadCpuUsage()
  const since = performance.now()
  worker.postMessage(base)
  await once(worker, 'message') // or rejects, if it throws
  const seconds = (performance.now() - since) / 1_000
  const { user, system } = process.threadCpuUsage(before)
  return { rate: each / seconds, cpu: (user + system) / each }
}

/** In a thread of its own: so many writers, one request after the other each. */
function lead(bodies: readonly string[]): void {
  const headers = { 'content-type': 'application/fhir+json', prefer: 'return=minimal' }
  parentPort?.on('message', async (base: string) => {
    let left = each
    const write = async (): Promise<void> => {
      while (left > 0) {
        const body = bodies[left-- % bodies.length] ?? ''
        const type = (JSON.parse(body) as Resource).resourceType
        const answer = await fetch(`${base}/${type}`, { method: 'POST', headers, body })
        const text = await answer.text()
        if (answer.status !== 201) throw new Error(`${answer.status}: ${text}`)
      }
    }
    await Promise.all(Array.from({ length: lanes }, write))
    parentPort?.postMessage('done')
  })
}
