/** RFC 7662 and 7009, as https://hl7.org/fhir/smart-app-launch/token-introspection.html wants them. */
import * as oauth from 'oauth4webapi'
import { openKiln } from '../../http/kiln.ts'
import {
  type App,
  authorized,
  backend,
  bearer,
  clientCredentials,
  errorOf,
  keyPair,
  onEachStore,
  operator,
  patientOf,
  plainly,
  registered,
  type Tokens,
} from './app.ts'

type Told = Record<string, unknown>

async function introspected({ server, client, auth }: App, token: string): Promise<Told> {
  const answer = await oauth.introspectionRequest(server, client, auth, token, plainly)
  return (await answer.json()) as Told
}

function revoke({ server, client, auth }: App, token: string | undefined): Promise<Response> {
  return oauth.revocationRequest(server, client, auth, token ?? '', plainly)
}

await onEachStore(async (t, settings) => {
  const kiln = await openKiln(t, settings)
  // Another process on the same store, behind the same address.
  const twin = await openKiln(t, { ...settings, KILN_STORE: kiln.place, KILN_BASE_URL: kiln.base })
  const secret = 'a secret that is long enough'
  const app = await registered(kiln)
  const resourceServer = await registered(kiln, {}, secret)
  const patient = await patientOf(kiln, 'amy')
  const wish = 'openid fhirUser launch/patient patient/*.rs offline_access'
  const status = async (origin: string, token: string) =>
    (await fetch(`${origin}/fhir/Patient/${patient}`, { headers: bearer(token) })).status

  await t.test('introspection tells all that a resource server must know', async t => {
    const tokens = await authorized(kiln, app, wish, { patient })
    const told = await introspected(resourceServer, tokens.access_token)
    t.match(told, {
      ...{ active: true, scope: wish, client_id: app.client.client_id, exp: Number, iat: Number, patient },
      ...{ sub: 'house', iss: kiln.origin, aud: kiln.base, fhirUser: `${kiln.base}/Practitioner/house` },
      token_type: 'Bearer',
    })
    const refresh = await introspected(resourceServer, tokens.refresh_token ?? '')
    t.match(refresh, { active: true, client_id: app.client.client_id })
    t.strictSame(String(refresh['scope']).split(' ').sort(), wish.split(' ').sort())
    t.match(await introspected(app, tokens.access_token), { active: true }, 'a public app may ask about its own')
  })

  await t.test('nothing is told to others, or about what is no good', async t => {
    const tokens = await authorized(kiln, app, wish, { patient })
    const other = await registered(kiln)
    t.strictSame(await introspected(other, tokens.access_token), { active: false })
    const parts = tokens.access_token.split('.')
    const forged = [parts[0], parts[1], Buffer.alloc(64).toString('base64url')].join('.')
    for (const token of ['nonsense', forged, '..', 'a.b.c']) {
      t.strictSame(await introspected(resourceServer, token), { active: false }, token)
    }
    const { introspection_endpoint: url = '' } = app.server
    const body = new URLSearchParams({ token: tokens.access_token })
    t.match(await errorOf(await fetch(url, { method: 'POST', body })), /^400 invalid_request/)
    const headers = { authorization: `Basic ${btoa(`${resourceServer.client.client_id}:wrong`)}` }
    t.match(await errorOf(await fetch(url, { method: 'POST', body, headers })), /^401 invalid_client/)
  })

  await t.test('a Bearer token is good for introspection, too', async t => {
    const tokens = await authorized(kiln, app, wish, { patient })
    const url = app.server.introspection_endpoint ?? ''
    const ask = (headers: Record<string, string>) =>
      fetch(url, { method: 'POST', body: new URLSearchParams({ token: tokens.access_token }), headers })
    const told = (await (await ask({ ...(await operator(kiln)) })).json()) as Told
    t.match(told, { active: true, patient, client_id: app.client.client_id })
    t.notOk('grant' in told)
    t.match(await (await ask({ ...bearer(tokens.access_token) })).json(), { active: true }, 'about itself')
    const other = await authorized(kiln, await registered(kiln), 'patient/*.rs', { patient })
    t.strictSame(await (await ask({ ...bearer(other.access_token) })).json(), { active: false })
    const refused = await ask(bearer('nonsense'))
    t.equal(refused.status, 401)
    t.match(refused.headers.get('www-authenticate'), /^Bearer error="invalid_token"/)
  })

  await t.test('a revoked access token is good nowhere within a second', async t => {
    const tokens = await authorized(kiln, app, wish, { patient })
    t.strictSame(
      [await status(kiln.origin, tokens.access_token), await status(twin.origin, tokens.access_token)],
      [200, 200],
    )
    t.equal((await revoke(app, tokens.access_token)).status, 200)
    t.equal(await status(kiln.origin, tokens.access_token), 401, 'here at once')
    await new Promise(resolve => setTimeout(resolve, 600))
    t.equal(await status(twin.origin, tokens.access_token), 401)
    t.strictSame(await introspected(resourceServer, tokens.access_token), { active: false })
  })

  await t.test('a revoked refresh token takes all with it that came of it', async t => {
    const tokens = await authorized(kiln, app, wish, { patient })
    t.equal((await revoke(app, tokens.refresh_token)).status, 200)
    t.equal(await status(kiln.origin, tokens.access_token), 401)
    const again = await oauth.refreshTokenGrantRequest(
      app.server,
      app.client,
      app.auth,
      tokens.refresh_token ?? '',
      plainly,
    )
    t.match(await errorOf(again), /^400 invalid_grant/)
  })

  await t.test('nobody revokes the tokens of others', async t => {
    const tokens = await authorized(kiln, app, wish, { patient })
    const other = await registered(kiln)
    for (const token of [tokens.access_token, tokens.refresh_token, 'nonsense', 'a.b.c']) {
      t.equal((await revoke(other, token)).status, 200, 'RFC 7009: what is not known is revoked already')
    }
    t.equal(await status(kiln.origin, tokens.access_token), 200)
    t.match(await introspected(resourceServer, tokens.refresh_token ?? ''), { active: true })
  })

  await t.test('a backend may give its token back', async t => {
    const lab = await backend(kiln, await keyPair('ES384'), 'system/*.rs')
    const { access_token: token } = (await (await clientCredentials(lab, 'system/*.rs')).json()) as Tokens
    t.match(await introspected(lab, token), { active: true, sub: lab.client.client_id, scope: 'system/*.rs' })
    t.equal(await status(kiln.origin, token), 200)
    t.equal((await revoke(lab, token)).status, 200)
    t.equal(await status(kiln.origin, token), 401)
  })

  await t.test('the command line’s tokens can be asked about', async t => {
    const place = { tenant: 'default', base: kiln.base }
    const token = await kiln.smart.token(place, {
      client: 'kiln-cli',
      scope: 'user/*.rs',
      seconds: 60,
      user: 'Practitioner/1',
    })
    t.match(await introspected(resourceServer, token), { active: true, fhirUser: `${kiln.base}/Practitioner/1` })
  })

  await t.test('userinfo is for who asked for openid', async t => {
    const url = app.server.userinfo_endpoint ?? ''
    const plain = await authorized(kiln, app, 'patient/*.rs', { patient })
    const denied = await fetch(url, { headers: bearer(plain.access_token) })
    t.equal(denied.status, 403)
    t.match(denied.headers.get('www-authenticate'), /insufficient_scope/)
    const open = await authorized(kiln, app, 'openid', {})
    const told = await fetch(url, { method: 'POST', headers: bearer(open.access_token) })
    t.strictSame(await told.json(), { sub: 'house' })
    t.equal(told.headers.get('cache-control'), 'no-store')
    t.equal((await fetch(url)).status, 401)
  })
})
