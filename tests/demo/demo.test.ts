import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { askerOf } from '../../src/app.ts'
import { type Environment, parseConfig } from '../../src/config.ts'
import { ownPolicies } from '../../src/conformance/policies.ts'
import { openDemo } from '../../src/demo/demo.ts'
import { hospital } from '../../src/demo/hospital.ts'
import { laymen, staff } from '../../src/demo/staff.ts'
import { openRuntime } from '../../src/runtime.ts'
import { policyOf } from '../../src/security/access/policy.ts'
import { listAccounts } from '../../src/security/accounts/account.ts'
import { passwordStep, type SignInNeeds } from '../../src/security/accounts/sign-in.ts'
import { withDemo } from '../../src/server.ts'
import type { Loose } from '../world.ts'

const outside = { clock: Date.now, random: randomBytes, newId: () => randomUUID(), elapsed: () => performance.now() }
const now = Date.UTC(2026, 0, 1)

function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'kiln-demo-'))
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function opened(t: Test, environment: Environment = {}) {
  const config = parseConfig({ KILN_STORE: `sqlite:${folder(t)}`, KILN_SYNCHRONOUS: 'NORMAL', ...environment })
  const runtime = await openRuntime(config, outside, () => {})
  t.teardown(() => runtime.close())
  const ask = askerOf(runtime)
  const get = async (path: string, query = ''): Promise<Loose> => {
    const { body } = await ask({ tenant: 'default', base: 'http://x/fhir', method: 'GET', path, query, headers: {} })
    return body?.is === 'json' ? JSON.parse(body.json) : undefined
  }
  const needs = { store: runtime.store, clock: Date.now, random: randomBytes, ask, open: runtime.smart === undefined }
  return { runtime, get, needs, demo: () => openDemo(needs) }
}

t.test('the same seed makes the same hospital, and its references lead somewhere', async t => {
  const made = hospital(7, now)
  t.strictSame(made, hospital(7, now))
  t.notSame(made, hospital(8, now))
  const keys = new Set(made.map(({ resourceType, id }) => `${resourceType}/${id}`))
  t.equal(keys.size, made.length)
  const references = [...JSON.stringify(made).matchAll(/"reference":"([^"]+)"/g)].map(([, to = '']) => to)
  t.ok(references.length > made.length)
  for (const to of new Set([...references, ...[...staff, ...laymen].map(({ link }) => link)])) t.ok(keys.has(to), to)
})

t.test('nothing is wrong with any of it, its codes and displays included', async t => {
  const { runtime } = await opened(t)
  const ask = askerOf(runtime)
  const from = { tenant: 'default', base: 'http://x/fhir', method: 'POST', query: '', headers: {} } as const
  for (const resource of hospital(7, now)) {
    const bytes = Buffer.from(JSON.stringify(resource))
    const path = `${resource.resourceType}/$validate`
    const { body } = await ask({ ...from, path, body: { is: 'bytes', bytes, type: 'application/fhir+json' } })
    const { issue }: Loose = body?.is === 'json' ? JSON.parse(body.json) : {}
    t.match(issue, [{ code: 'informational' }], `${path} ${resource.id}`)
  }
})

t.test('there is somebody of each role that is shipped', async t => {
  const roles = ownPolicies().flatMap(resource => policyOf(resource, resource.id ?? '')?.roles ?? [])
  t.strictSame([...staff, ...laymen].map(({ role }) => role).sort(), [...new Set(roles)].sort())
})

t.test('an empty store gets it once, and each start other passwords', async t => {
  const { runtime, get, demo } = await opened(t)
  const first = (await demo()) ?? []
  t.equal(first.length, 13)
  t.match(await get('Patient', '_summary=count'), { total: 16 })
  t.ok((await get('Observation', '_summary=count')).total > 100)
  t.match(await get('Encounter/demo-1-1'), { meta: { versionId: '1' } })
  const second = (await demo()) ?? []
  t.match(await get('Encounter/demo-1-1'), { meta: { versionId: '1' } }, 'nothing is written again')
  t.equal((await listAccounts(runtime.store, 'default')).length, 13)
  const from = { tenant: 'default', address: '127.0.0.1', device: '', where: '/account' }
  const enters = async ({ login, password }: { login: string; password: string }) =>
    (await passwordStep(runtime.people as SignInNeeds, from, login, password)).is
  for (const person of second) t.equal(await enters(person), 'in', person.login)
  for (const person of first.slice(0, 3)) t.equal(await enters(person), 'refused', 'a password of the start before')
})

t.test('a store in which something is stays as it is', async t => {
  const { runtime, needs, get, demo } = await opened(t)
  const body = { is: 'bytes', bytes: Buffer.from('{"resourceType":"Patient"}'), type: 'application/fhir+json' } as const
  const where = { tenant: 'default', base: 'http://x/fhir', query: '', headers: {} }
  await needs.ask({ ...where, method: 'POST', path: 'Patient', body })
  t.equal(await demo(), undefined)
  t.match(await get('Patient', '_summary=count'), { total: 1 })
  t.strictSame(await listAccounts(runtime.store, 'default'), [])
})

t.test('where nobody needs an account, nobody gets one', async t => {
  const { runtime, get, demo } = await opened(t, { KILN_AUTH: 'none' })
  t.strictSame(await demo(), [])
  t.match(await get('Patient', '_summary=count'), { total: 16 })
  t.strictSame(await listAccounts(runtime.store, 'default'), [])
})

t.test('elsewhere than on loopback it must be forced', async t => {
  t.throws(() => parseConfig({ KILN_DEMO: 'true', KILN_HOST: '0.0.0.0' }), {
    message: /KILN_DEMO is 'true' though KILN_HOST/,
  })
  t.equal(parseConfig({ KILN_DEMO: 'forced', KILN_HOST: '0.0.0.0' }).KILN_DEMO, 'forced')
  t.equal(parseConfig({ KILN_DEMO: 'true' }).KILN_DEMO, 'true')
  t.strictSame(withDemo({ KILN_DEMO: 'forced' }, ['--demo']), { KILN_DEMO: 'forced' })
  t.strictSame(withDemo({ KILN_DEMO: 'false' }, ['--demo']), { KILN_DEMO: 'true' })
  t.strictSame(withDemo({}, []), {})
})

t.test('--demo prints the sign-ins, once, and not into the log', async t => {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('KILN_'))
  const env = { ...Object.fromEntries(others), KILN_PORT: '0', KILN_STORE: `sqlite:${folder(t)}` }
  const child = spawn(process.execPath, ['src/server.ts', '--demo'], { env })
  t.teardown(() => child.kill('SIGKILL'))
  let said = ''
  for await (const chunk of child.stdout) {
    said += chunk
    if (said.includes('demo-proxy')) break
  }
  t.match(said, /Sign in at http:\/\/127\.0\.0\.1:\d+\/account, with a password of this start/)
  const [, password = ''] = /demo-physician +(\S+)/.exec(said) ?? []
  t.match(password, /^(?:[a-z2-9]{5}-){3}[a-z2-9]{5}$/)
  t.equal(said.split(password).length, 2)
})
