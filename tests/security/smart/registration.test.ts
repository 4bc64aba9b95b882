/** https://www.rfc-editor.org/rfc/rfc7591 under the three policies. */
import * as oauth from 'oauth4webapi'
import { type Kiln, openKiln } from '../../http/kiln.ts'
import {
  type App,
  authorized,
  clientCredentials,
  discovered,
  errorOf,
  hired,
  keyPair,
  onEachStore,
  operator,
  patientOf,
  redirect,
} from './app.ts'

type Told = Record<string, unknown>

function register(kiln: Kiln, metadata: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${kiln.origin}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(metadata),
  })
}

const page = { redirect_uris: [redirect], token_endpoint_auth_method: 'none', client_name: 'Growth chart' }

async function appOf(kiln: Kiln, told: Told, auth: oauth.ClientAuth): Promise<App> {
  await hired(kiln, 'default')
  return { server: await discovered(kiln.base), client: { client_id: String(told['client_id']) }, auth }
}

await onEachStore(async (t, settings) => {
  await t.test('token: only with an initial access token, or an administrator’s', async t => {
    const kiln = await openKiln(t, settings)
    const patient = await patientOf(kiln, 'amy')
    t.match(await errorOf(await register(kiln, page)), /^40[01] invalid_(?:token|request)/)
    t.match(await errorOf(await register(kiln, page, { authorization: 'Bearer nonsense' })), /^401 invalid_token/)
    const weak = await kiln.smart.token(
      { tenant: 'default', base: kiln.base },
      { client: 'x', scope: 'system/*.rs', seconds: 60 },
    )
    t.match(await errorOf(await register(kiln, page, { authorization: `Bearer ${weak}` })), /^401 invalid_token/)

    const invited = { authorization: `Bearer ${await kiln.smart.invite('default')}` }
    const answer = await register(kiln, { ...page, scope: 'launch/patient patient/*.rs' }, invited)
    t.equal(answer.status, 201)
    t.equal(answer.headers.get('cache-control'), 'no-store')
    const told = (await answer.json()) as Told
    t.match(told, { client_id: String, scope: 'launch/patient patient/*.rs', registration_access_token: String })
    t.notOk('allowed_scope' in told)
    const app = await appOf(kiln, told, oauth.None())
    const tokens = await authorized(kiln, app, 'launch/patient patient/*.cruds', { patient })
    t.equal(tokens.scope, 'launch/patient patient/*.rs')

    const headers = { authorization: `Bearer ${told['registration_access_token']}` }
    const read = await fetch(String(told['registration_client_uri']), { headers })
    t.match(await read.json(), { client_id: told['client_id'], client_name: 'Growth chart', scope: told['scope'] })
    t.equal((await fetch(String(told['registration_client_uri']))).status, 401)
    t.equal((await fetch(String(told['registration_client_uri']), { method: 'DELETE', headers })).status, 204)
    const gone = await fetch(`${kiln.origin}/fhir/Patient/${patient}`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    })
    t.equal(gone.status, 401, 'and its tokens with it')
  })

  await t.test('a backend registers its keys and no redirect URI', async t => {
    const kiln = await openKiln(t, settings)
    const keys = await keyPair('RS384')
    const metadata = {
      client_name: 'Lab',
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [keys.jwk] },
      scope: 'system/*.rs',
    }
    const answer = await register(kiln, metadata, await operator(kiln))
    t.equal(answer.status, 201)
    const told = (await answer.json()) as Told
    t.match(told, { redirect_uris: [], response_types: [], scope: 'system/*.rs' })
    t.notOk('client_secret' in told)
    const app = await appOf(kiln, told, oauth.PrivateKeyJwt({ key: keys.privateKey, kid: keys.kid }))
    t.equal((await clientCredentials(app, 'system/Patient.rs')).status, 200)
    const { jwks: _, ...keyless } = metadata
    t.match(await errorOf(await register(kiln, keyless, await operator(kiln))), /^400 invalid_client_metadata/)
  })

  await t.test('a secret is told once and not kept', async t => {
    const kiln = await openKiln(t, settings)
    const patient = await patientOf(kiln, 'amy')
    const answer = await register(kiln, { redirect_uris: [redirect], scope: 'patient/*.rs' }, await operator(kiln))
    const told = (await answer.json()) as Told
    const secret = String(told['client_secret'])
    t.ok(secret.length >= 43)
    const note = await kiln.store.note({ tenant: 'default', kind: 'client', id: String(told['client_id']) })
    t.notMatch(note?.text, secret)
    const app = await appOf(kiln, told, oauth.ClientSecretBasic(secret))
    t.match(await authorized(kiln, app, 'patient/*.rs', { patient }), { patient })
    const headers = { authorization: `Bearer ${told['registration_access_token']}` }
    const read = (await (await fetch(String(told['registration_client_uri']), { headers })).json()) as Told
    t.notMatch(JSON.stringify(read), secret)
    t.notOk('client_secret' in read)
    const { registration_client_uri: uri } = read
    const mine = Object.fromEntries(Object.entries(read).filter(([name]) => !/^registration_|_at$/.test(name)))
    const update = await fetch(String(uri), {
      method: 'PUT',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ ...mine, client_name: 'Another name' }),
    })
    t.equal(update.status, 200)
    t.match(await update.json(), { client_name: 'Another name', scope: 'patient/*.rs' })
    t.match(await authorized(kiln, app, 'patient/*.rs', { patient }), { patient }, 'the secret is still good')
  })

  await t.test('open: everybody, but none that acts for itself', async t => {
    const kiln = await openKiln(t, { ...settings, KILN_REGISTRATION: 'open' })
    const patient = await patientOf(kiln, 'amy')
    const told = (await (await register(kiln, page)).json()) as Told
    t.match(await authorized(kiln, await appOf(kiln, told, oauth.None()), 'patient/*.rs', { patient }), { patient })
    const keys = await keyPair('ES384')
    const greedy = {
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [keys.jwk] },
      scope: 'system/*.cruds',
    }
    const answer = await register(kiln, greedy)
    const thief = await appOf(
      kiln,
      (await answer.json()) as Told,
      oauth.PrivateKeyJwt({ key: keys.privateKey, kid: keys.kid }),
    )
    t.match(await errorOf(await clientCredentials(thief, 'system/*.rs')), /^40[01] /)
    const sly = (await (
      await register(kiln, { ...greedy, scope: undefined, allowed_scope: 'system/*.cruds' })
    ).json()) as Told
    const slyApp = await appOf(kiln, sly, oauth.PrivateKeyJwt({ key: keys.privateKey, kid: keys.kid }))
    t.match(await errorOf(await clientCredentials(slyApp, 'system/*.rs')), /^40[01] /)
    const trusted = (await (await register(kiln, greedy, await operator(kiln))).json()) as Told
    const trustedApp = await appOf(kiln, trusted, oauth.PrivateKeyJwt({ key: keys.privateKey, kid: keys.kid }))
    t.equal((await clientCredentials(trustedApp, 'system/*.rs')).status, 200, 'an administrator may')
    const headers = { authorization: `Bearer ${told['registration_access_token']}`, 'content-type': 'application/json' }
    const { registration_access_token: _, registration_client_uri: uri, client_id_issued_at: __, ...mine } = told
    const grown = { ...mine, grant_types: ['authorization_code', 'client_credentials'], scope: 'system/*.cruds' }
    const update = await fetch(String(uri), { method: 'PUT', headers, body: JSON.stringify(grown) })
    t.notMatch(await update.text(), /system/)
  })

  await t.test('off: nobody, and it is not announced', async t => {
    const kiln = await openKiln(t, { ...settings, KILN_REGISTRATION: 'off' })
    t.equal((await register(kiln, page, await operator(kiln))).status, 404)
    t.notOk('registration_endpoint' in (await discovered(kiln.base)))
    const told = (await (await fetch(`${kiln.origin}/.well-known/openid-configuration`)).json()) as Told
    t.notOk('registration_endpoint' in told)
  })

  await t.test('what cannot be registered is refused with a reason', async t => {
    const kiln = await openKiln(t, { ...settings, KILN_REGISTRATION: 'open' })
    for (const metadata of [
      { ...page, redirect_uris: [] },
      { ...page, redirect_uris: ['javascript:alert(1)'] },
      { ...page, redirect_uris: ['https://app.example/#fragment'] },
      { ...page, redirect_uris: 'https://app.example/' },
      { ...page, token_endpoint_auth_method: 'client_secret_jwt' },
      { ...page, scope: 7 },
      { ...page, grant_types: ['password'] },
      { ...page, jwks: { keys: [] }, jwks_uri: 'https://app.example/jwks' },
      { ...page, id_token_signed_response_alg: 'none' },
    ]) {
      t.match(
        await errorOf(await register(kiln, metadata)),
        /^400 invalid_(?:client_metadata|redirect_uri) /,
        JSON.stringify(metadata),
      )
    }
    const answer = await fetch(`${kiln.origin}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    })
    t.match(await errorOf(answer), /^400 invalid_request/)
    const big = await register(kiln, { ...page, client_name: 'x'.repeat(70_000) })
    t.equal(big.status, 413)
    const own = (await (await register(kiln, { ...page, client_id: 'admin' })).json()) as Told
    t.not(own['client_id'], 'admin')
  })
})
