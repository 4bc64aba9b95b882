/** What a whole server with authentication leaves in its audit, as those see it who may read it. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import tap, { type Test } from 'tap'
import { addAccount } from '../../../src/security/accounts/account.ts'
import { hashPassword } from '../../../src/security/accounts/password.ts'
import { kinds, type Place } from '../../faults/places.ts'
import { type Kiln, openKiln } from '../../http/kiln.ts'
import type { Loose } from '../../world.ts'
import { backend, bearer, browse, clientCredentials, type Jar, keyPair } from '../smart/app.ts'
import { patientsOf, short } from './auditing.ts'

const password = 'seven quiet herons'
const json = 'application/fhir+json'

type Ask = (method: string, path: string, body?: object) => Promise<{ readonly status: number; readonly body: Loose }>

type Scene = {
  readonly kiln: Kiln
  readonly operator: Ask
  readonly as: (scope: string, more?: object) => Promise<Ask>
}

async function open(t: Test, { store }: Place): Promise<Scene> {
  const kiln = await openKiln(t, { KILN_AUTH: 'smart', KILN_STORE: store })
  const as = async (scope: string, more = {}): Promise<Ask> => {
    const wish = { client: 'app', scope, seconds: 300, ...more }
    return asking(kiln, bearer(await kiln.smart.token({ tenant: 'default', base: kiln.base }, wish)))
  }
  const operator = await as('system/*.cruds')
  for (const id of ['amy', 'bob']) await operator('PUT', `Patient/${id}`, { resourceType: 'Patient', id })
  return { kiln, operator, as }
}

function asking({ base }: Kiln, authorization: Record<string, string>): Ask {
  return async (method, path, body) => {
    const headers = { ...authorization, ...(body ? { 'content-type': json } : {}) }
    const answer = await fetch(`${base}/${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) })
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
  }
}

/** The events by the query, once there are as many: they are written down and indexed a moment later. */
async function found(ask: Ask, query: string, count: number): Promise<readonly Loose[]> {
  for (let tries = 0; ; tries++) {
    const { body } = await ask('GET', `AuditEvent?_sort=date&${query}`)
    const events = (body.entry ?? []).map(({ resource }: Loose) => resource)
    if (events.length >= count || tries > 150) return events
    await sleep(200)
  }
}

tap.setTimeout(240_000)

for (const { name, fresh } of await kinds()) {
  tap.test(`on ${name}`, async t => {
    await t.test('who comes without a token, or may not do it, is recorded before he is told', async t => {
      const { kiln, operator, as } = await open(t, fresh(t))
      for (const header of [{}, bearer('nonsense')]) {
        t.equal((await asking(kiln, header)('GET', 'Patient/amy')).status, 401)
      }
      const refused = await found(operator, 'subtype=token-refused', 2)
      t.same(refused.map(short), Array(2).fill('E token-refused: 4 (401 login)'))
      for (const { agent, entity, source, recorded } of refused) {
        t.equal(agent[0].network.address, '127.0.0.1')
        t.equal(agent[0].who.display, 'not authenticated')
        t.match(entity[0].what.identifier.value, /\S/, 'by which request')
        t.equal(source.observer.identifier.value, kiln.base)
        t.ok(Math.abs(Date.parse(recorded) - Date.now()) < 60_000)
      }
      const ask = await as('system/Observation.rs')
      t.equal((await ask('GET', 'Patient/amy')).status, 403)
      t.same((await found(operator, 'outcome=4&subtype=read', 1)).map(short), [
        'R read Patient/amy → Patient/amy: 4 (403 forbidden)',
      ])
      const reading = await as('system/Patient.rs', { user: 'Practitioner/23' })
      await reading('GET', 'Patient/amy')
      const [event] = await found(operator, 'subtype=read&outcome=0', 1)
      t.match(event.agent, [
        { who: { identifier: { value: 'app' } }, network: { address: '127.0.0.1' } },
        { who: { identifier: { value: kiln.base } } },
        { who: { reference: 'Practitioner/23' }, requestor: true },
      ])
    })

    await t.test('who is not let in at the authorization server is recorded as well', async t => {
      const { kiln, operator, as } = await open(t, fresh(t))
      const at = (name: string, init: RequestInit = {}) => fetch(`${kiln.origin}/oauth/${name}`, init)
      const post = (name: string, headers: Record<string, string>) =>
        at(name, { method: 'POST', headers, body: new URLSearchParams({ token: 'x' }) })
      const stranger = { authorization: `Basic ${btoa('nobody:nothing')}` }
      const wish = { client: 'app', scope: 'system/Patient.rs', seconds: 300 }
      const token = await kiln.smart.token({ tenant: 'default', base: kiln.base }, wish)
      t.equal((await at('userinfo', { headers: bearer('nonsense') })).status, 401)
      t.equal((await at('userinfo')).status, 401)
      t.equal((await at('userinfo', { headers: bearer(token) })).status, 403)
      t.equal((await post('introspect', bearer('nonsense'))).status, 401)
      t.equal((await post('introspect', stranger)).status, 401)
      t.equal((await post('revoke', stranger)).status, 401)
      const headers = { 'content-type': 'application/json' }
      t.equal((await at('register', { method: 'POST', headers, body: '{}' })).status, 401)
      t.equal(
        (await at('register', { method: 'POST', headers: { ...headers, ...bearer('x') }, body: '{}' })).status,
        401,
      )
      const refused = await found(operator, 'subtype=token-refused', 8)
      t.same(refused.map(short), [
        'E token-refused: 4 (userinfo: invalid_token)',
        'E token-refused: 4 (userinfo: invalid_token)',
        'E token-refused: 4 (userinfo: insufficient_scope)',
        'E token-refused: 4 (introspect: invalid_token)',
        'E token-refused: 4 (introspection: invalid_client)',
        'E token-refused: 4 (revocation: invalid_client)',
        'E token-refused: 4 (registration: invalid_token)',
        'E token-refused: 4 (registration: invalid_token)',
      ])
      for (const { agent } of refused) t.equal(agent[0].network.address, '127.0.0.1')
      const reading = await as('system/AuditEvent.rs')
      t.equal((await reading('GET', `Patient/amy?access_token=${token}`)).status, 400)
      const [told] = await found(operator, 'subtype=token-in-url', 1)
      t.equal(short(told), 'E token-in-url: 4 (400 invalid)')
      t.match(told.entity[0].what.identifier.value, /\S/, 'by which request')
      t.notMatch(JSON.stringify(told), token, 'the token itself is not told')
    })

    await t.test('who asks too often is recorded, once for however often that was', async t => {
      const place = fresh(t)
      const limits = { KILN_RATE_CLIENT: '0.001:5', KILN_TENANTS: 'north' }
      await t.test('asking', async t => {
        const kiln = await openKiln(t, { KILN_AUTH: 'smart', KILN_STORE: place.store, ...limits })
        const base = `${kiln.origin}/t/north/fhir`
        const token = await kiln.smart.token(
          { tenant: 'north', base },
          { client: 'app', scope: 'system/*.rs', seconds: 60 },
        )
        const statuses = []
        for (let n = 0; n < 40; n++) statuses.push((await fetch(`${base}/Patient`, { headers: bearer(token) })).status)
        t.same(statuses.filter(status => status === 429).length, 35)
      })
      const kiln = await openKiln(t, { KILN_AUTH: 'smart', KILN_STORE: place.store, KILN_TENANTS: 'north' })
      const north = { ...kiln, base: `${kiln.origin}/t/north/fhir` }
      const wish = { client: 'auditor', scope: 'system/*.rs', seconds: 60 }
      const token = await kiln.smart.token({ tenant: 'north', base: north.base }, wish)
      const told = await found(asking(north, bearer(token)), 'subtype=throttled', 1)
      t.same(told.map(short), ['E throttled: 4 (429 throttled, 35 times in a minute)'])
      t.equal(told[0]?.agent[0].who.identifier.value, 'app')
    })

    await t.test('a patient reads who looked at her record, and nothing of others', async t => {
      const { operator, as } = await open(t, fresh(t))
      await operator('GET', 'Patient/amy')
      await operator('GET', 'Patient/bob')
      await operator('GET', 'Patient')
      t.equal((await found(operator, 'subtype=read&patient=Patient/bob', 1)).length, 1)
      const amy = await as('patient/AuditEvent.rs', { patient: 'amy', user: 'Patient/amy' })
      const seen = await found(amy, 'subtype=update,read', 2)
      t.same(seen.map(short), ['U update Patient/amy → Patient/amy: 0', 'R read Patient/amy → Patient/amy: 0'])
      for (const { id } of seen) t.equal((await amy('GET', `AuditEvent/${id}`)).status, 200)
      const all = await found(operator, 'subtype=update,read&_count=100', 4)
      const others = all.filter(event => !patientsOf(event).includes('Patient/amy'))
      t.ok(others.length > 0)
      for (const { id } of others) t.equal((await amy('GET', `AuditEvent/${id}`)).status, 404)
      t.same((await found(amy, 'patient=Patient/bob', 0)).map(short), [])
      t.equal((await (await as('patient/Patient.rs', { patient: 'amy' }))('GET', 'AuditEvent')).status, 403)
    })

    await t.test('no token is good for writing an event', async t => {
      const { operator, as } = await open(t, fresh(t))
      const [event] = await found(operator, 'subtype=update', 2)
      const entry = [{ resource: event, request: { method: 'POST', url: 'AuditEvent' } }]
      for (const ask of [operator, await as('patient/*.cruds', { patient: 'amy' })]) {
        for (const [method, path, body] of [
          ['POST', 'AuditEvent', event],
          ['PUT', `AuditEvent/${event.id}`, { ...event, outcome: '8' }],
          ['DELETE', `AuditEvent/${event.id}`],
          ['DELETE', 'AuditEvent?outcome=0'],
          ['POST', '', { resourceType: 'Bundle', type: 'transaction', entry }],
        ] as const) {
          t.equal((await ask(method, path, body)).status, 405, `${method} ${path}`)
        }
      }
      t.equal((await operator('GET', `AuditEvent/${event.id}`)).body.outcome, '0')
    })

    await t.test('tokens are recorded when they are issued and when they are refused', async t => {
      const { kiln, operator } = await open(t, fresh(t))
      const app = await backend(kiln, await keyPair('ES384'), 'system/Patient.rs')
      t.equal((await clientCredentials(app, 'system/Patient.rs')).status, 200)
      t.equal((await clientCredentials(app, 'system/Practitioner.rs')).status, 400)
      const [issued] = await found(operator, 'subtype=token-issued', 1)
      t.equal(short(issued), 'C token-issued: 0 (client_credentials scope system/Patient.rs)')
      t.equal(issued.agent[0].who.identifier.value, app.client.client_id)
      t.equal(issued.agent[0].network.address, '127.0.0.1')
      const body = new URLSearchParams({ grant_type: 'client_credentials', scope: 'system/Patient.rs' })
      const headers = { authorization: `Basic ${btoa('nobody:nothing')}` }
      t.equal((await fetch(`${kiln.origin}/oauth/token`, { method: 'POST', headers, body })).status, 401)
      const [narrow, unknown] = await found(operator, 'subtype=token-refused', 2)
      t.equal(short(narrow), 'E token-refused: 4 (client_credentials: invalid_scope)')
      t.equal(short(unknown), 'E token-refused: 4 (client_credentials: invalid_client)')
      t.equal(unknown.agent[0].who.display, 'not authenticated')
    })

    await t.test('people who sign in, or fail to, or sign out are recorded', async t => {
      const { kiln, operator } = await open(t, fresh(t))
      const own = { store: kiln.store, clock: Date.now, random: randomBytes }
      const account = await addAccount(own, 'default', {
        ...{ login: 'amy', name: 'Amy', roles: ['patient'], links: ['Patient/amy'] },
        password: await hashPassword(password, randomBytes),
      })
      const jar: Jar = new Map()
      await signIn(kiln, jar, 'wrong')
      await signIn(kiln, jar, password)
      const events = await found(operator, 'type=110114&subtype=110122', 2)
      t.same(events.map(short), ['E 110122: 4 (account)', 'E 110122: 0 (pwd)'])
      for (const { agent } of events) t.equal(agent.at(-1).who.identifier.value, account.id)
    })

    await t.test('broken glass is an alarm, with the reason, and durable before the answer', async t => {
      const { kiln, operator } = await open(t, fresh(t))
      const wish = { client: 'app', scope: 'user/*.rs', seconds: 300, user: await physician(kiln) }
      const token = await kiln.smart.token({ tenant: 'default', base: kiln.base }, wish)
      const ask = asking(kiln, bearer(token))
      const body = {
        resourceType: 'Parameters',
        parameter: [
          { name: 'patient', valueString: 'Patient/amy' },
          { name: 'reason', valueString: 'unconscious, "no" one to ask' },
        ],
      }
      const { status, body: given } = await ask('POST', '$break-glass', body)
      t.equal(status, 200, JSON.stringify(given))
      const [event] = await found(operator, 'subtype=110127', 1)
      t.equal(short(event), 'E 110127 → Patient/amy: 0')
      const patient = event.entity.find(({ what }: Loose) => what.reference === 'Patient/amy')
      t.match(patient.detail, [
        { type: 'reason', valueString: 'unconscious, "no" one to ask' },
        { type: 'until', valueString: /^\d{4}-/ },
      ])
      t.equal((await ask('POST', '$break-glass', { resourceType: 'Parameters' })).status, 400)
      t.equal((await found(operator, 'subtype=110127&outcome=4', 1)).length, 1)
    })
  })
}

async function physician({ store }: Kiln): Promise<string> {
  const own = { store, clock: Date.now, random: randomBytes }
  const { id } = await addAccount(own, 'default', {
    ...{ login: 'house', name: 'House', roles: ['physician'], links: ['Practitioner/1'] },
    password: await hashPassword(password, randomBytes),
  })
  return id
}

async function signIn({ origin }: Kiln, jar: Jar, typed: string): Promise<void> {
  const page = await (await browse(jar, `${origin}/account`)).text()
  const hidden = [...page.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)]
  const form = new URLSearchParams(hidden.map(([, name = '', value = '']): [string, string] => [name, value]))
  form.set('name', 'amy')
  form.set('password', typed)
  const headers = { 'content-type': 'application/x-www-form-urlencoded', origin }
  await browse(jar, `${origin}/account/sign-in`, { method: 'POST', headers, body: form.toString() })
}
