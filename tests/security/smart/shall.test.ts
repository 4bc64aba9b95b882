/**
 * What SMART App Launch 2.2 demands of servers, one by one, asked by clients that know nothing of us. SMART-n is requirement n of
 * `hl7.fhir.uv.smart-app-launch_2.2.0`, as `src/security/SHALL.md` lists them; how each of them fails is tested beside this.
 */
import { randomUUID } from 'node:crypto'
import * as oauth from 'oauth4webapi'
import t from 'tap'
import { openKiln } from '../../http/kiln.ts'
import type { Loose } from '../../world.ts'
import {
  type App,
  agreed,
  authorized,
  authorizing,
  backend,
  bearer,
  browse,
  clientCredentials,
  cookieOf,
  errorOf,
  exchanged,
  type Keys,
  keyPair,
  launchOf,
  operator,
  patientOf,
  physician,
  redirect,
  registered,
  type Tokens,
} from './app.ts'

const kiln = await openKiln(t, { KILN_AUTH: 'smart', KILN_EGRESS_ALLOW: '127.0.0.1' })
const { base, origin } = kiln
const wish = 'launch/patient openid fhirUser patient/*.rs offline_access'
const app = await registered(kiln, { client_name: 'Growth chart' })
const secretApp = await registered(kiln, { client_name: 'Portal' }, 'a secret that is long enough')
const resourceServer = await registered(kiln, {}, 'another secret, of a resource server')
const amy = await patientOf(kiln, 'amy')
const bob = await patientOf(kiln, 'bob')
const admin = { ...(await operator(kiln)), 'content-type': 'application/fhir+json' }
const put = (resource: Loose, headers: Record<string, string> = admin) =>
  fetch(`${base}/${resource.resourceType}/${resource.id}`, { method: 'PUT', headers, body: JSON.stringify(resource) })
const get = (path: string, token: string) => fetch(`${base}/${path}`, { headers: bearer(token) })
const observation = (id: string, of: string, category: string) => ({
  ...{ resourceType: 'Observation', id, status: 'final', code: { text: 'x' }, subject: { reference: `Patient/${of}` } },
  category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: category }] }],
})
await put({ resourceType: 'Practitioner', id: 'house' })
await put({
  resourceType: 'Encounter',
  id: 'visit',
  status: 'planned',
  class: { code: 'AMB' },
  subject: { reference: 'Patient/amy' },
})
for (const [id, of, category] of [
  ['v', 'amy', 'vital-signs'],
  ['l', 'amy', 'laboratory'],
  ['w', 'bob', 'vital-signs'],
] as const) {
  await put(observation(id, of, category))
}

const form = (url: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', body: new URLSearchParams(fields), headers })
const refresh = async ({ server, client }: App, token: string | undefined, scope?: string): Promise<Response> =>
  form(server.token_endpoint ?? '', {
    ...{ grant_type: 'refresh_token', refresh_token: token ?? '', client_id: client.client_id },
    ...(scope === undefined ? {} : { scope }),
  })
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const partsOf = (token: string) =>
  token
    .split('.')
    .slice(0, 2)
    .map(text => JSON.parse(Buffer.from(text, 'base64url').toString())) as Loose[]

async function assertion({ server, client }: App, { privateKey, kid }: Keys, header: object = {}, over: object = {}) {
  const id = client.client_id
  const exp = Math.floor(Date.now() / 1000) + 300
  const claims = { iss: id, sub: id, aud: server.token_endpoint, jti: randomUUID(), exp, ...over }
  const input = `${part({ alg: 'ES384', kid, typ: 'JWT', ...header })}.${part(claims)}`
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-384' }, privateKey, Buffer.from(input))
  return `${input}.${Buffer.from(signature).toString('base64url')}`
}

const presented = ({ server }: App, client_assertion: string) =>
  form(server.token_endpoint ?? '', {
    ...{ grant_type: 'client_credentials', scope: 'system/Patient.rs', client_assertion },
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  })

await t.test('[SMART-18 24 316] apps are registered with all their redirect URIs, and told a client_id', async t => {
  const metadata = { redirect_uris: [redirect], token_endpoint_auth_method: 'none' }
  const headers = { ...admin, 'content-type': 'application/json' }
  const made = await fetch(app.server.registration_endpoint ?? '', {
    method: 'POST',
    headers,
    body: JSON.stringify(metadata),
  })
  const { client_id: id } = (await made.json()) as Loose
  t.type(id, 'string')
  const own = { ...app, client: { client_id: id } }
  const way = await authorizing(own, base, wish, { redirect_uri: `${redirect}/other` })
  const answer = await browse(way.jar, way.url.href)
  t.equal(answer.status, 400, 'not sent to one that is not registered')
  t.equal(answer.headers.get('location'), null)
})

await t.test('[SMART-14 15 31] PKCE by S256 alone, and the verifier must be right', async t => {
  const to = async (more: Record<string, string>) => {
    const way = await authorizing(app, base, wish, more)
    return (await browse(way.jar, way.url.href)).headers.get('location') ?? ''
  }
  t.match(await to({}), /\/oauth\/interaction\//)
  t.match(await to({ code_challenge_method: 'plain' }), /error=invalid_request/)
  t.match(await to({ code_challenge: '' }), /error=invalid_request/)
  for (const verifier of ['', 'x'.repeat(43)]) {
    const way = await authorizing(app, base, wish)
    const { back } = await agreed(kiln, way, { patient: amy })
    const fields = {
      grant_type: 'authorization_code',
      code: back.searchParams.get('code') ?? '',
      redirect_uri: redirect,
    }
    const more = { client_id: app.client.client_id, ...(verifier === '' ? {} : { code_verifier: verifier }) }
    t.match(await errorOf(await form(app.server.token_endpoint ?? '', { ...fields, ...more })), /^400 invalid_/)
  }
})

await t.test(
  '[SMART-48 49 53 54 56 57 59 354] by GET and POST, a code and the state go back, or a refusal',
  async t => {
    const way = await authorizing(app, base, wish)
    const { back } = await agreed(kiln, way, { patient: amy })
    t.equal(`${back.origin}${back.pathname}`, redirect)
    t.ok(back.searchParams.get('code'))
    t.equal(back.searchParams.get('state'), way.state)
    const posted = await authorizing(app, base, wish)
    const { origin: place, pathname, search } = posted.url
    const body = new URLSearchParams(search)
    const answer = await browse(posted.jar, `${place}${pathname}`, { method: 'POST', body })
    t.match(answer.headers.get('location'), /\/oauth\/interaction\//)
    const uid = answer.headers.get('location')?.split('/').at(-1) ?? ''
    const browser = { place: { tenant: 'default', base }, uid, cookie: cookieOf(posted.jar) }
    const next = await (await kiln.smart.signIn()).refuse(browser, 'the user refused')
    const refused = new URL((await browse(posted.jar, next)).headers.get('location') ?? '')
    t.match(Object.fromEntries(refused.searchParams), { error: 'access_denied', state: posted.state })
  },
)

await t.test('[SMART-73 74 75 78 84 85 86 87 88 89] the answer of the token endpoint', async t => {
  const way = await authorizing(app, base, wish)
  const { back } = await agreed(kiln, way, { patient: amy })
  const parameters = { code: back.searchParams.get('code') ?? '', redirect_uri: redirect, code_verifier: way.verifier }
  const answer = await form(app.server.token_endpoint ?? '', {
    ...{ grant_type: 'authorization_code', client_id: app.client.client_id, ...parameters },
  })
  t.equal(answer.headers.get('cache-control'), 'no-store')
  t.equal(answer.headers.get('pragma'), 'no-cache')
  t.match(answer.headers.get('content-type'), /^application\/json/)
  t.match(await answer.json(), {
    ...{ access_token: /^[\w.-]+$/, token_type: 'Bearer', expires_in: 900, scope: wish, refresh_token: String },
  })
  t.equal((await authorized(kiln, app, 'patient/*.rs', { patient: amy })).refresh_token, undefined)
  t.match(
    await errorOf(await form(app.server.token_endpoint ?? '', { grant_type: 'authorization_code' })),
    /^400 invalid_/,
  )
})

await t.test('[SMART-77 94 95 96 247 265 266] of tokens the end, the scope and the audience are judged', async t => {
  const { access_token: token } = await authorized(kiln, app, 'patient/Patient.rs', { patient: amy })
  t.equal((await get('Patient/amy', token)).status, 200)
  t.equal((await get('Observation', token)).status, 403)
  t.equal((await fetch(`${base}/Patient/amy`)).status, 401)
  t.equal((await fetch(`${base}/metadata`)).status, 200)
  const brief = await openKiln(t, { KILN_AUTH: 'smart', KILN_STORE: kiln.place })
  t.equal((await fetch(`${brief.base}/Patient/amy`, { headers: bearer(token) })).status, 401, 'for another base')
  const over = await kiln.smart.token({ tenant: 'default', base }, { client: 'x', scope: 'system/*.rs', seconds: 0 })
  t.equal((await get('Patient/amy', over)).status, 401)
  const way = await authorizing(app, base, wish, { aud: 'https://other.example/fhir' })
  t.match((await browse(way.jar, way.url.href)).headers.get('location'), /error=invalid_request/)
})

await t.test('[SMART-100 101 103 104 109 110 111 112 113 114 115 365 366] refreshing', async t => {
  const tokens = await authorized(kiln, app, wish, { patient: amy })
  t.match(await errorOf(await refresh(secretApp, tokens.refresh_token)), /^40[01] /, 'not for another client')
  const next = (await (await refresh(app, tokens.refresh_token)).json()) as Tokens
  t.match(next, { access_token: String, token_type: 'Bearer', expires_in: 900, scope: wish, patient: amy })
  t.equal((await get('Patient/amy', next.access_token)).status, 200)
  const less = (await (await refresh(app, next.refresh_token, 'patient/*.rs')).json()) as Tokens
  t.equal(less.scope, 'patient/*.rs')
  t.match(await errorOf(await refresh(app, less.refresh_token, `${wish} user/*.cruds`)), /^400 invalid_scope/)
  const online = await authorized(kiln, app, 'patient/*.rs online_access', { patient: amy })
  t.equal((await refresh(app, online.refresh_token)).status, 200)
})

await t.test('[SMART-119 140 368] user scopes open no more than policies do', async t => {
  const { access_token: token } = await authorized(kiln, app, 'user/*.cruds')
  t.equal((await get('Patient/amy', token)).status, 403, 'the account has no role')
  const ward = await kiln.smart.token(
    { tenant: 'default', base },
    { client: 'x', scope: 'user/Patient.rs', seconds: 60 },
  )
  t.equal((await get('Patient/amy', ward)).status, 403)
})

await t.test('[SMART-123 130] an update scope may create, and a Bundle is judged by its entries', async t => {
  const headers = { ...bearer(await system('system/Patient.u')), 'content-type': 'application/fhir+json' }
  t.equal((await put({ resourceType: 'Patient', id: 'new' }, headers)).status, 405, 'not where nothing may be created')
  const both = { ...headers, ...bearer(await system('system/Patient.cu')) }
  t.equal((await put({ resourceType: 'Patient', id: 'new' }, both)).status, 201)
  t.equal((await put({ resourceType: 'Practitioner', id: 'new' }, headers)).status, 403)
  const entry = ['Patient/amy', 'Practitioner/house'].map(url => ({ request: { method: 'GET', url } }))
  const answer = await fetch(base, {
    ...{ method: 'POST', headers: { ...headers, ...bearer(await system('system/Patient.rs')) } },
    body: JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry }),
  })
  const { entry: told } = (await answer.json()) as Loose
  t.match(
    told.map(({ response }: Loose) => response.status),
    [/^200/, /^403/],
  )
})

async function system(scope: string): Promise<string> {
  return kiln.smart.token({ tenant: 'default', base }, { client: 'robot', scope, seconds: 60 })
}

await t.test('[SMART-136 139 142 144 367 369 370] patient, system, wildcard, v1 and granular scopes', async t => {
  const ids = async (token: string, path: string) => {
    const { entry = [] } = (await (await get(path, token)).json()) as Loose
    return entry.map(({ resource }: Loose) => resource.id).sort()
  }
  const granted = async (scope: string) => (await authorized(kiln, app, scope, { patient: amy })).access_token
  t.strictSame(await ids(await granted('patient/*.rs'), 'Observation'), ['l', 'v'])
  t.strictSame(await ids(await granted('patient/Observation.read'), 'Observation'), ['l', 'v'])
  t.strictSame(await ids(await granted('patient/Observation.rs?category=vital-signs'), 'Observation'), ['v'])
  t.strictSame(await ids(await system('system/*.rs'), 'Observation'), ['l', 'v', 'w'])
  await put({ resourceType: 'Patient', id: 'twin', link: [{ other: { reference: 'Patient/amy' }, type: 'seealso' }] })
  await put(observation('t', 'twin', 'laboratory'))
  const token = await granted('patient/*.rs')
  t.strictSame(await ids(token, 'Patient'), ['amy', 'twin'], 'a record that links to hers is in her compartment')
  t.strictSame(await ids(token, 'Observation'), ['l', 'v'], 'what is about it is not')
})

await t.test(
  '[SMART-149 164 168 169 170 353 363 364] standalone: what is asked for is chosen, and comes beside the token',
  async t => {
    const scope = 'launch/patient launch/encounter patient/*.rs'
    const way = await authorizing(app, base, scope)
    const { asked, back } = await agreed(kiln, way, { patient: amy, encounter: 'visit' })
    t.strictSame(asked.choose, { patient: true, encounter: true })
    const tokens = await exchanged(app, way, back)
    t.match(tokens, { patient: amy, encounter: 'visit' })
    t.equal((await get('Patient/bob', tokens.access_token)).status, 404)
    await t.rejects(authorized(kiln, app, 'patient/*.rs', {}), /a patient must be chosen/)
  },
)

await t.test(
  '[SMART-171 172 173 174 175 176 177 178 188 190 352 359 360 361 362] EHR launch: all of its context',
  async t => {
    const launch = await launchOf(kiln, [
      { name: 'patient', valueString: amy },
      { name: 'encounter', valueString: 'visit' },
      { name: 'fhirContext', valueString: 'Practitioner/house' },
      { name: 'intent', valueString: 'order' },
      { name: 'needPatientBanner', valueBoolean: false },
    ])
    const tokens = await authorized(kiln, app, 'launch patient/*.rs', {}, { launch })
    t.match(tokens, { patient: amy, encounter: 'visit', intent: 'order', need_patient_banner: false })
    t.strictSame(tokens['fhirContext'], [{ reference: 'Practitioner/house' }], 'a reference, and no empty role')
    const style = await fetch(String(tokens['smart_style_url']))
    t.match(await style.json(), { color_background: String })
    t.equal(tokens['tenant'], undefined)
    await t.rejects(launchOf(kiln, [{ name: 'fhirContext', valueString: `Patient/${bob}` }]), 'no place for patients')
    const north = await openKiln(t, { KILN_AUTH: 'smart', KILN_TENANTS: 'north' })
    const there = await registered(north, {}, undefined, 'north')
    const way = await authorizing(there, `${north.origin}/t/north/fhir`, 'openid')
    const { back } = await agreed(north, way, {}, 'north')
    t.equal((await exchanged(there, way, back))['tenant'], 'north')
  },
)

await t.test('[SMART-197 198 200 205 207 209 210 358] OpenID Connect', async t => {
  const tokens = await authorized(kiln, app, 'openid fhirUser')
  const [header, claims] = partsOf(tokens.id_token ?? '')
  t.equal(header.alg, 'RS256')
  t.match(claims, { iss: origin, aud: app.client.client_id, sub: 'house', fhirUser: `${base}/${physician.fhirUser}` })
  const { keys } = (await (await fetch(`${origin}/oauth/jwks`)).json()) as Loose
  const key = keys.find(({ kid }: Loose) => kid === header.kid)
  t.match(key, { kty: 'RSA', n: String, e: String })
  t.equal(key.d, undefined)
  const [head = '', body = '', signature = ''] = (tokens.id_token ?? '').split('.')
  const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const imported = await crypto.subtle.importKey('jwk', key, rsa, false, ['verify'])
  t.ok(await crypto.subtle.verify(rsa, imported, Buffer.from(signature, 'base64url'), Buffer.from(`${head}.${body}`)))
  const nobody = await authorized(kiln, app, 'openid fhirUser', { account: { id: 'house' } })
  t.equal(partsOf(nobody.id_token ?? '')[1].sub, 'house')
})

await t.test('[SMART-240 241 249 250 253 254 255 256 258 259 261 310 340 251 357] backend services', async t => {
  for (const alg of ['RS384', 'ES384'] as const) {
    const robot = await backend(kiln, await keyPair(alg), 'system/Patient.rs')
    const answer = await clientCredentials(robot, 'system/Patient.rs')
    const told = (await answer.json()) as Tokens
    t.match(told, { access_token: String, token_type: 'Bearer', expires_in: 300, scope: 'system/Patient.rs' })
    t.equal(told.refresh_token, undefined)
    t.equal((await get('Patient', told.access_token)).status, 200)
    t.equal((await get('Observation', told.access_token)).status, 403)
    t.match(await errorOf(await clientCredentials(robot, 'system/Observation.rs')), /^400 invalid_scope /)
    t.match(await errorOf(await form(robot.server.token_endpoint ?? '', { grant_type: 'x' })), /^400 \w+/)
    const stranger = { ...robot, client: { client_id: 'nobody' } }
    t.match(await errorOf(await clientCredentials(stranger, 'system/Patient.rs')), /^401 invalid_client /)
  }
})

await t.test('[SMART-335 336 337 338] assertions: signature, jti, issuer, and the key that was registered', async t => {
  const [keys, thief] = [await keyPair('ES384'), await keyPair('ES384')]
  const robot = await backend(kiln, keys, 'system/*.rs')
  const once = await assertion(robot, keys)
  t.equal((await presented(robot, once)).status, 200)
  for (const [name, bad] of Object.entries({
    'a second time': once,
    'by a key of somebody else': await assertion(robot, thief),
    'by a key of somebody else, under our kid': await assertion(robot, { ...thief, kid: keys.kid }),
    'of another issuer': await assertion(robot, keys, {}, { iss: 'somebody' }),
    'of another subject': await assertion(robot, keys, {}, { sub: 'somebody' }),
    'with keys from elsewhere': await assertion(robot, keys, { jku: 'https://evil.example/jwks' }),
    'of a type of key that does not fit': await assertion(robot, keys, { alg: 'RS384' }),
  })) {
    t.match(await errorOf(await presented(robot, bad)), /^401 invalid_client/, name)
  }
})

await t.test('[SMART-296 297 305 339 341] keys inline and by URL', async t => {
  const keys = await keyPair('ES384')
  let [fetched, served] = [0, [keys.jwk]]
  const { createServer } = await import('node:http')
  const server = createServer((request, response) => {
    fetched++
    t.equal(request.method, 'GET')
    response.setHeader('cache-control', 'no-cache').end(JSON.stringify({ keys: served }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const jwks_uri = `http://127.0.0.1:${(server.address() as { port: number }).port}/jwks`
  const robot = await backend(kiln, keys, 'system/*.rs', { jwks_uri })
  t.equal((await presented(robot, await assertion(robot, keys, { jku: jwks_uri }))).status, 200)
  t.equal((await presented(robot, await assertion(robot, keys))).status, 200)
  t.equal(fetched, 2, 'not kept, as it says no-cache')
  served = []
  t.match(await errorOf(await presented(robot, await assertion(robot, keys))), /^401 /, 'a key that was taken back')
  const inline = await backend(kiln, keys, 'system/*.rs')
  t.equal((await presented(inline, await assertion(inline, keys))).status, 200)
  t.match(
    await errorOf(await presented(inline, await assertion(inline, keys, { jku: jwks_uri }))),
    /^401 invalid_client/,
  )
  const url = `${origin}/oauth/register/${inline.client.client_id}`
  t.equal(
    (await fetch(url, { method: 'PUT', body: '{}', headers: { 'content-type': 'application/json' } })).status,
    401,
  )
  const found = await get(`Basic?identifier=${inline.client.client_id}`, await system('system/*.rs'))
  t.match(await found.json(), { entry: undefined }, 'no FHIR request reaches them')
})

await t.test('[SMART-355 356] public clients, and clients with a secret', async t => {
  t.ok(await authorized(kiln, app, wish, { patient: amy }))
  t.ok(await authorized(kiln, secretApp, wish, { patient: amy }))
  const wrong = { ...secretApp, auth: oauth.ClientSecretBasic('wrong') }
  await t.rejects(authorized(kiln, wrong, wish, { patient: amy }))
})

await t.test('[SMART-271 272 273 274 275 276 277 278 279 282 283] introspection', async t => {
  const tokens = await authorized(kiln, app, wish, { patient: amy })
  const url = app.server.introspection_endpoint ?? ''
  const asked = await form(url, { token: tokens.access_token }, await operator(kiln))
  const told = (await asked.json()) as Loose
  const [, claims] = partsOf(tokens.id_token ?? '')
  t.match(told, { active: true, scope: tokens.scope, client_id: app.client.client_id, patient: amy, exp: Number })
  t.ok(Math.abs(told.exp - told.iat - Number(tokens.expires_in)) <= 1)
  t.match(told, { iss: claims.iss, sub: claims.sub, fhirUser: claims.fhirUser })
  const secret = `Basic ${btoa(`${resourceServer.client.client_id}:another%20secret%2C%20of%20a%20resource%20server`)}`
  t.match(await (await form(url, { token: tokens.access_token }, { authorization: secret })).json(), { active: true })
  t.strictSame(await (await form(url, { token: 'x' }, await operator(kiln))).json(), { active: false })
})
