/** https://hl7.org/fhir/smart-app-launch/backend-services.html and client-confidential-asymmetric.html */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import * as oauth from 'oauth4webapi'
import { openKiln } from '../../http/kiln.ts'
import {
  type App,
  backend,
  bearer,
  clientCredentials,
  errorOf,
  type Keys,
  keyPair,
  onEachStore,
  type Tokens,
} from './app.ts'

const assertion = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

type Claims = Record<string, unknown>

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

async function es384(key: Keys['privateKey'], header: object, claims: object) {
  const input = `${part(header)}.${part(claims)}`
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-384' }, key, Buffer.from(input))
  return `${input}.${Buffer.from(signature).toString('base64url')}`
}

function ask({ server }: App, client_assertion: string, over: Record<string, string> = {}): Promise<Response> {
  const form = {
    grant_type: 'client_credentials',
    scope: 'system/*.rs',
    client_assertion_type: assertion,
    client_assertion,
  }
  return fetch(server.token_endpoint ?? '', { method: 'POST', body: new URLSearchParams({ ...form, ...over }) })
}

await onEachStore(async (t, settings) => {
  const kiln = await openKiln(t, { ...settings, KILN_EGRESS_ALLOW: '127.0.0.1' })
  const now = () => Math.floor(Date.now() / 1000)

  for (const alg of ['RS384', 'ES384'] as const) {
    await t.test(
      `a backend that signs with ${alg} gets a token for five minutes at most, and no refresh token`,
      async t => {
        const app = await backend(kiln, await keyPair(alg), 'system/*.rs')
        const answer = await clientCredentials(app, 'system/Patient.rs')
        t.equal(answer.headers.get('cache-control'), 'no-store')
        t.equal(answer.headers.get('pragma'), 'no-cache')
        const tokens = await oauth.processClientCredentialsResponse(app.server, app.client, answer)
        t.equal(tokens.expires_in, 300)
        t.equal(tokens.refresh_token, undefined)
        t.equal(tokens.scope, 'system/Patient.rs')
        const read = (type: string) => fetch(`${kiln.base}/${type}`, { headers: bearer(tokens.access_token) })
        t.equal((await read('Patient')).status, 200)
        t.equal((await read('Observation')).status, 403)
      },
    )
  }

  await t.test(
    'keys by URL are fetched through the gateway, kept as long as they say, and anew when they are old',
    async t => {
      const [first, second] = [await keyPair('ES384'), await keyPair('ES384')]
      let keys = [first.jwk]
      let fetched = 0
      const server = createServer((_request, response) => {
        fetched++
        response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=3600' })
        response.end(JSON.stringify({ keys }))
      })
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      t.teardown(() => server.close())
      const { port } = server.address() as { port: number }
      const app = await backend(kiln, first, 'system/*.rs', { jwks_uri: `http://127.0.0.1:${port}/jwks` })
      for (let i = 0; i < 3; i++) t.equal((await clientCredentials(app, 'system/Patient.rs')).status, 200)
      t.equal(fetched, 1)
      keys = [second.jwk]
      const later = { ...app, auth: oauth.PrivateKeyJwt({ key: second.privateKey, kid: second.kid }) }
      t.match(await errorOf(await clientCredentials(later, 'system/Patient.rs')), /^401 invalid_client/)
      t.equal(fetched, 1, 'not even for a key that is not known, while they are fresh')
      const hidden = await backend(kiln, first, 'system/*.rs', { jwks_uri: 'http://localhost:1/jwks' })
      t.match(await errorOf(await clientCredentials(hidden, 'system/Patient.rs')), /^40[01] invalid_client/)
    },
  )

  await t.test('an assertion is taken once', async t => {
    const keys = await keyPair('ES384')
    const app = await backend(kiln, keys, 'system/*.rs')
    const id = app.client.client_id
    const claims = { iss: id, sub: id, aud: app.server.token_endpoint, jti: randomUUID(), exp: now() + 300 }
    const jwt = await es384(keys.privateKey, { alg: 'ES384', kid: keys.kid, typ: 'JWT' }, claims)
    const many = await Promise.all([1, 2, 3, 4, 5].map(() => ask(app, jwt)))
    t.strictSame(many.map(({ status }) => status).sort(), [200, 401, 401, 401, 401])
    t.match(await errorOf(await ask(app, jwt)), /^401 invalid_client/)
    const { jti: _, ...without } = claims
    t.match(
      await errorOf(await ask(app, await es384(keys.privateKey, { alg: 'ES384' }, without))),
      /^401 invalid_client/,
    )
  })

  await t.test('an assertion that is not by the book is refused', async t => {
    const keys = await keyPair('ES384')
    const thief = await keyPair('ES384')
    const app = await backend(kiln, keys, 'system/*.rs')
    const id = app.client.client_id
    const good = () => ({ iss: id, sub: id, aud: app.server.token_endpoint, jti: randomUUID(), exp: now() + 60 })
    const header = { alg: 'ES384', kid: keys.kid, typ: 'JWT' }
    const claimed = (over: Claims) => es384(keys.privateKey, header, { ...good(), ...over })
    t.equal((await ask(app, await claimed({}))).status, 200)
    const bad: Record<string, string> = {
      'another audience': await claimed({ aud: 'https://evil.example/oauth/token' }),
      'the FHIR base as audience': await claimed({ aud: kiln.base }),
      'no audience': await claimed({ aud: undefined }),
      over: await claimed({ exp: now() - 60 }),
      'no end': await claimed({ exp: undefined }),
      'longer than five minutes': await claimed({ exp: now() + 400 }),
      'an end that is text': await claimed({ exp: String(now() + 60) }),
      'another issuer': await claimed({ iss: 'somebody' }),
      'not yet': await claimed({ nbf: now() + 600 }),
      'a key of somebody else': await es384(thief.privateKey, header, good()),
      'a key of somebody else, brought along': await es384(
        thief.privateKey,
        { ...header, kid: thief.kid, jwk: thief.jwk },
        good(),
      ),
      'alg none': `${part({ ...header, alg: 'none' })}.${part(good())}.`,
      HS256: `${part({ ...header, alg: 'HS256' })}.${part(good())}.${Buffer.alloc(32).toString('base64url')}`,
      'alg ES256 for an ES384 key': await es384(keys.privateKey, { ...header, alg: 'ES256' }, good()),
      'no JWT': 'nonsense',
    }
    for (const [name, jwt] of Object.entries(bad)) {
      t.match(await errorOf(await ask(app, jwt)), /^40[01] invalid_(?:client|request)/, name)
    }
    t.match(
      await errorOf(await ask(app, await claimed({}), { client_assertion_type: 'urn:x' })),
      /^400 invalid_request/,
    )
    const secretly = new URLSearchParams({ grant_type: 'client_credentials', scope: 'system/*.rs', client_id: id })
    t.match(
      await errorOf(await fetch(app.server.token_endpoint ?? '', { method: 'POST', body: secretly })),
      /^401 invalid_client/,
    )
  })

  await t.test('a scope that is missing, unknown or not allowed is invalid_scope', async t => {
    const app = await backend(kiln, await keyPair('ES384'), 'system/Patient.rs')
    const scopes = [
      '',
      'nonsense',
      'patient/Patient.rs',
      'user/*.rs',
      'openid',
      'system/Observation.rs',
      'system/Patient.cud',
    ]
    for (const scope of [
      ...scopes,
      'system/Nothing.rs',
      'system/Patient.rs openid',
      'system/Patient.rs launch/patient',
    ]) {
      t.match(await errorOf(await clientCredentials(app, scope)), /^400 invalid_scope/, scope)
    }
    const tokens = (await (await clientCredentials(app, 'system/*.cruds')).json()) as Tokens
    t.equal(tokens.scope, 'system/Patient.rs', 'what it may have of it')
  })

  await t.test('who is registered for codes gets nothing for himself', async t => {
    const app = await backend(kiln, await keyPair('ES384'), 'system/*.rs', {
      grant_types: ['authorization_code'],
      response_types: ['code'],
      redirect_uris: ['https://a.example/'],
    })
    t.match(await errorOf(await clientCredentials(app, 'system/*.rs')), /^400 (?:unauthorized_client|invalid_request)/)
  })
})
