/** An app as anybody would write it, by an OAuth client that knows nothing of us, and a browser without pages. */
import { randomUUID, type webcrypto } from 'node:crypto'
import * as oauth from 'oauth4webapi'
import t, { type Test } from 'tap'
import type { Environment } from '../../../src/config.ts'
import type { Account } from '../../../src/security/accounts/account.ts'
import type { ClientMetadata } from '../../../src/security/smart/client.ts'
import { addClient, digest } from '../../../src/security/smart/client.ts'
import type { Asked, Decision } from '../../../src/security/smart/sign-in.ts'
import type { Kiln } from '../../http/kiln.ts'
import { mongoUrl } from '../../mongo-engine/engine.ts'

/** Plain HTTP on loopback. */
export const plainly = { [oauth.allowInsecureRequests]: true } as const

export type App = {
  readonly server: oauth.AuthorizationServer
  readonly client: oauth.Client
  readonly auth: oauth.ClientAuth
}

export const redirect = 'https://app.example/callback'

export async function discovered(base: string): Promise<oauth.AuthorizationServer> {
  const answer = await fetch(`${base}/.well-known/smart-configuration`)
  return (await answer.json()) as oauth.AuthorizationServer
}

/** Registered by the operator. */
export async function registered(
  kiln: Kiln,
  metadata: Partial<ClientMetadata> = {},
  secret?: string,
  tenant = 'default',
): Promise<App> {
  const id = metadata.client_id ?? randomUUID()
  const client: ClientMetadata = {
    token_endpoint_auth_method: secret === undefined ? 'none' : 'client_secret_basic',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: [redirect],
    ...metadata,
    client_id: id,
  }
  await hired(kiln, tenant)
  await addClient(kiln.store, tenant, { metadata: client, secrets: secret === undefined ? [] : [digest(secret)] })
  const base = tenant === 'default' ? kiln.base : `${kiln.origin}/t/${tenant}/fhir`
  const auth = secret === undefined ? oauth.None() : oauth.ClientSecretBasic(secret)
  return { server: await discovered(base), client: { client_id: id }, auth }
}

export type Keys = { readonly privateKey: webcrypto.CryptoKey; readonly jwk: object; readonly kid: string }

export async function keyPair(alg: 'RS384' | 'ES384'): Promise<Keys> {
  const kid = randomUUID()
  const made = await oauth.generateKeyPair(alg, { extractable: true })
  const jwk = { ...(await crypto.subtle.exportKey('jwk', made.publicKey)), kid, alg, use: 'sig' }
  return { privateKey: made.privateKey, jwk, kid }
}

/** A backend that signs its requests. */
export async function backend(
  kiln: Kiln,
  { jwk, privateKey, kid }: Keys,
  scope: string,
  metadata: Partial<ClientMetadata> = {},
): Promise<App> {
  const app = await registered(kiln, {
    token_endpoint_auth_method: 'private_key_jwt',
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    allowed_scope: scope,
    ...('jwks_uri' in metadata ? {} : { jwks: { keys: [jwk] } }),
    ...metadata,
  })
  return { ...app, auth: oauth.PrivateKeyJwt({ key: privateKey, kid }) }
}

export async function clientCredentials({ server, client, auth }: App, scope: string): Promise<Response> {
  return oauth.clientCredentialsGrantRequest(server, client, auth, new URLSearchParams({ scope }), plainly)
}

/** What the browser remembers. */
export type Jar = Map<string, string>

export function cookieOf(jar: Jar): string {
  return [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
}

export async function browse(jar: Jar, url: string, init: RequestInit = {}): Promise<Response> {
  const headers = { ...init.headers, cookie: cookieOf(jar) }
  const answer = await fetch(url, { redirect: 'manual', ...init, headers })
  for (const line of answer.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    if (value === '') jar.delete(name)
    else jar.set(name, value)
  }
  return answer
}

export type Way = {
  readonly jar: Jar
  readonly verifier: string
  readonly state: string
  readonly nonce: string
  readonly url: URL
}

export async function authorizing(
  { server, client }: App,
  base: string,
  scope: string,
  more: Record<string, string> = {},
): Promise<Way> {
  const verifier = oauth.generateRandomCodeVerifier()
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()]
  const url = new URL(server.authorization_endpoint ?? '')
  const parameters = {
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: redirect,
    scope,
    state,
    aud: base,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...(scope.split(' ').includes('openid') ? { nonce } : {}),
    ...more,
  }
  for (const [name, value] of Object.entries(parameters)) if (value !== '') url.searchParams.set(name, value)
  return { jar: new Map(), verifier, state, nonce, url }
}

export const physician = { id: 'house', fhirUser: 'Practitioner/house', name: 'Gregory House' }

/** Has an account, of an id that tests can tell. */
export async function hired({ store }: Kiln, tenant: string): Promise<void> {
  const { id, name, fhirUser } = physician
  const account: Account = {
    ...{ id, login: id, name, links: [fhirUser], roles: [], locked: false },
    ...{ passkeys: [], emailCodes: false, recovery: [], created: 0 },
  }
  const note = { tenant, kind: 'account', id, text: JSON.stringify(account), tags: [`account:${id}`], revision: 0 }
  await store.keepNote(note)
}

/** Signs in and agrees to all, but for what is decided otherwise; gives the URL at which the app is called back. */
export async function agreed(
  kiln: Kiln,
  { jar, url }: Pick<Way, 'jar' | 'url'>,
  decision: Partial<Decision> = {},
  tenant = 'default',
): Promise<{ readonly asked: Asked; readonly back: URL }> {
  const started = await browse(jar, url.href)
  const page = started.headers.get('location') ?? ''
  const uid = /\/oauth\/interaction\/([^/]+)$/.exec(page)?.[1]
  if (uid === undefined) throw new Error(`${started.status} ${page} ${await started.text()}`)
  const signIn = await kiln.smart.signIn()
  const base = tenant === 'default' ? kiln.base : `${kiln.origin}/t/${tenant}/fhir`
  const browser = { place: { tenant, base }, uid, cookie: cookieOf(jar) }
  const asked = await signIn.asked(browser)
  const next = await signIn.finish(browser, { account: physician, scopes: asked.scopes, ...decision })
  const back = await browse(jar, next)
  return { asked, back: new URL(back.headers.get('location') ?? '') }
}

export type Tokens = oauth.TokenEndpointResponse & Record<string, unknown>

export async function exchanged(app: App, way: Way, back: URL): Promise<Tokens> {
  const parameters = oauth.validateAuthResponse(app.server, app.client, back, way.state)
  const answer = await oauth.authorizationCodeGrantRequest(
    app.server,
    app.client,
    app.auth,
    parameters,
    redirect,
    way.verifier,
    plainly,
  )
  const expectedNonce = way.url.searchParams.has('nonce') ? { expectedNonce: way.nonce } : {}
  return (await oauth.processAuthorizationCodeResponse(app.server, app.client, answer, expectedNonce)) as Tokens
}

export async function authorized(
  kiln: Kiln,
  app: App,
  scope: string,
  decision: Partial<Decision> = {},
  more: Record<string, string> = {},
): Promise<Tokens> {
  const way = await authorizing(app, kiln.base, scope, more)
  const { back } = await agreed(kiln, way, decision)
  return exchanged(app, way, back)
}

export function bearer(token: string): { readonly authorization: string } {
  return { authorization: `Bearer ${token}` }
}

/** Runs the same tests on SQLite and, where there is one, on a MongoDB-compatible engine; `settings` lead to the store. */
export async function onEachStore(run: (test: Test, settings: Environment) => Promise<void>): Promise<void> {
  await t.test('on SQLite', test => run(test, { KILN_AUTH: 'smart' }))
  const url = await mongoUrl()
  if (url === undefined) return
  await t.test('on MongoDB', async test => {
    const place = new URL(url)
    place.pathname = `/kiln_${randomUUID().slice(0, 8)}`
    test.teardown(async () => {
      const { MongoClient } = await import('mongodb')
      const client = await MongoClient.connect(place.href)
      await client.db().dropDatabase()
      await client.close()
    })
    await run(test, { KILN_AUTH: 'smart', KILN_STORE: place.href })
  })
}

/** The error of an OAuth answer. */
export async function errorOf(answer: Response): Promise<string> {
  const { error = 'none', error_description: why = '' } = (await answer.json()) as Record<string, string>
  return `${answer.status} ${error} ${why}`.trim()
}

/** Of whoever runs the server. */
export async function operator(kiln: Kiln): Promise<{ readonly authorization: string }> {
  const wish = { client: 'ehr', scope: 'system/*.cruds', seconds: 60 }
  return bearer(await kiln.smart.token({ tenant: 'default', base: kiln.base }, wish))
}

export async function patientOf(kiln: Kiln, id: string): Promise<string> {
  const headers = { ...(await operator(kiln)), 'content-type': 'application/fhir+json' }
  const body = JSON.stringify({ resourceType: 'Patient', id })
  const answer = await fetch(`${kiln.base}/Patient/${id}`, { method: 'PUT', headers, body })
  if (!answer.ok) throw new Error(await answer.text())
  return id
}

/** As an EHR gets it. */
export async function launchOf(kiln: Kiln, parameter: readonly object[]): Promise<string> {
  const headers = { ...(await operator(kiln)), 'content-type': 'application/fhir+json' }
  const body = JSON.stringify({ resourceType: 'Parameters', parameter })
  const answer = await fetch(`${kiln.base}/$launch`, { method: 'POST', headers, body })
  const { parameter: out } = (await answer.json()) as { parameter: { name: string; valueString?: string }[] }
  return out.find(({ name }) => name === 'launch')?.valueString ?? ''
}
