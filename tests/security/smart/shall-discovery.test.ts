/** What SMART App Launch 2.2 demands of discovery; `shall.test.ts` goes on. https://hl7.org/fhir/smart-app-launch/conformance.html */
import t from 'tap'
import { openKiln } from '../../http/kiln.ts'
import type { Loose } from '../../world.ts'
import { authorized, bearer, patientOf, registered } from './app.ts'

const kiln = await openKiln(t, { KILN_AUTH: 'smart' })
const { base } = kiln
const app = await registered(kiln)
const amy = await patientOf(kiln, 'amy')

const answer = await fetch(`${base}/.well-known/smart-configuration`, {
  headers: { accept: 'application/fhir+xml', origin: 'https://app.example' },
})
const told = (await answer.clone().json()) as Loose
t.test(
  '[SMART-30 228 372 373 374 377 380] smart-configuration is JSON below the base, whatever Accept says',
  async t => {
    t.equal(answer.status, 200)
    t.match(answer.headers.get('content-type'), /^application\/json/)
    t.match(told, { token_endpoint: String, authorization_endpoint: String, capabilities: Array })
  },
)
t.test('[SMART-378 381 382 383 384 385 393 394] what is required is there, and URLs are absolute', async t => {
  const urls = Object.entries(told).filter(([name]) => /_endpoint$|_uri$|^issuer$/.test(name))
  for (const [name, url] of urls) t.ok(URL.canParse(String(url)), name)
  for (const name of ['issuer', 'jwks_uri', 'authorization_endpoint', 'token_endpoint']) t.type(told[name], 'string')
  t.ok(['authorization_code', 'client_credentials'].every(one => told.grant_types_supported.includes(one)))
  t.strictSame(told.code_challenge_methods_supported, ['S256'])
})
t.test('[SMART-285 286 287 288 289] asymmetric clients are announced', async t => {
  t.ok(told.capabilities.includes('client-confidential-asymmetric'))
  t.ok(told.scopes_supported.length > 0)
  t.ok(told.token_endpoint_auth_methods_supported.includes('private_key_jwt'))
  t.strictSame(told.token_endpoint_auth_signing_alg_values_supported, ['RS384', 'ES384'])
})
t.test('[SMART-348 349 350 351] all four capability sets', async t => {
  const sets = `launch-standalone launch-ehr client-public client-confidential-symmetric context-standalone-patient
    context-ehr-patient context-ehr-encounter permission-patient permission-user`
  for (const one of sets.split(/\s+/)) t.ok(told.capabilities.includes(one), one)
})
t.test('[SMART-371] app state is not announced, so nothing is owed', async t => {
  t.notOk(told.capabilities.includes('smart-app-state'))
})
t.test('[SMART-16 17] pages of other origins may ask for discovery, tokens and data', async t => {
  const headers = { origin: 'https://app.example' }
  const token = (await authorized(kiln, app, 'patient/*.rs', { patient: amy })).access_token
  for (const one of [
    answer,
    await fetch(`${base}/metadata`, { headers }),
    await fetch(told.token_endpoint, { method: 'POST', headers, body: new URLSearchParams({ grant_type: 'x' }) }),
    await fetch(`${base}/Patient/amy`, { headers: { ...headers, ...bearer(token) } }),
  ]) {
    t.equal(one.headers.get('access-control-allow-origin'), '*', one.url)
  }
})
