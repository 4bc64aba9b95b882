/** Backends that are not who they say, and keys that lead the server elsewhere: https://www.rfc-editor.org/rfc/rfc7523#section-3 */
import { createHmac, createPublicKey, type JsonWebKey, type KeyObject, randomUUID, webcrypto } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { Test } from 'tap'
import { openKiln } from '../http/kiln.ts'
import {
  type App,
  backend,
  clientCredentials,
  errorOf,
  type Keys,
  keyPair,
  onEachStore,
  registered,
} from '../security/smart/app.ts'
import { portionOn } from './victim.ts'

type Claims = Readonly<Record<string, unknown>>

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

async function signed(key: Keys['privateKey'], header: object, claims: object): Promise<string> {
  const input = `${part(header)}.${part(claims)}`
  const signature = await webcrypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-384' }, key, Buffer.from(input))
  return `${input}.${Buffer.from(signature).toString('base64url')}`
}

function present({ server }: App, assertion: string, over: Record<string, string> = {}): Promise<Response> {
  const form = {
    ...{ grant_type: 'client_credentials', scope: 'system/*.rs', client_assertion: assertion },
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    ...over,
  }
  return fetch(server.token_endpoint ?? '', { method: 'POST', body: new URLSearchParams(form) })
}

const seconds = (): number => Math.floor(Date.now() / 1000)

/** A server inside, which nobody is to be led to. */
async function inner(t: Test, answer: RequestListener): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    answer(request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, asked }
}

await onEachStore(async (t, settings) => {
  const kiln = await openKiln(t, settings)
  const some = portionOn(settings)
  const [keys, thief] = [await keyPair('ES384'), await keyPair('ES384')]
  const app = await backend(kiln, keys, 'system/*.rs')
  const another = await backend(kiln, await keyPair('ES384'), 'system/*.cruds')
  const { client_id: id } = app.client
  const header = { alg: 'ES384', kid: keys.kid, typ: 'JWT' }
  const good = (): Claims => ({
    ...{ iss: id, sub: id, aud: app.server.token_endpoint, jti: randomUUID(), exp: seconds() + 60 },
  })
  const claimed = (over: Claims) => signed(keys.privateKey, header, { ...good(), ...over })
  const stolen = (over: object) => signed(thief.privateKey, { ...header, ...over }, good())
  const known = createPublicKey({ key: keys.jwk as JsonWebKey, format: 'jwk' })
  const hmac = (alg: string, secret: string | Buffer | KeyObject): string => {
    const input = `${part({ ...header, alg })}.${part(good())}`
    return `${input}.${createHmac(`sha${alg.slice(2)}`, secret)
      .update(input)
      .digest('base64url')}`
  }
  const trap = await inner(t, (_, response) => response.end(JSON.stringify({ keys: [thief.jwk] })))

  await t.test('an assertion by the book is taken, so that the others can fail', async t => {
    t.equal((await present(app, await claimed({}))).status, 200)
  })

  const bad: Readonly<Record<string, () => string | Promise<string>>> = {
    'for another server': () => claimed({ aud: 'https://evil.example/oauth/token' }),
    'for the FHIR base': () => claimed({ aud: kiln.base }),
    'for another tenant': () => claimed({ aud: `${kiln.origin}/t/other/oauth/token` }),
    'for nobody': () => claimed({ aud: undefined }),
    'that is over': () => claimed({ exp: seconds() - 60 }),
    'that never ends': () => claimed({ exp: undefined }),
    'that ends in a year': () => claimed({ exp: seconds() + 31_536_000 }),
    'that ends in words': () => claimed({ exp: `${seconds() + 60}` }),
    'that begins later': () => claimed({ nbf: seconds() + 600 }),
    'without jti, which could be replayed': () => claimed({ jti: undefined }),
    'of another issuer': () => claimed({ iss: another.client.client_id }),
    'about another client': () => claimed({ sub: another.client.client_id }),
    'of and about another client': () => claimed({ iss: another.client.client_id, sub: another.client.client_id }),
    'of a client of a prototype': () => claimed({ iss: '__proto__', sub: '__proto__' }),
    'without a signature': async () => `${(await claimed({})).split('.').slice(0, 2).join('.')}.`,
    'without a signature, alg none': () => `${part({ ...header, alg: 'none' })}.${part(good())}.`,
    'with a signature of zeros': async () =>
      `${(await claimed({})).split('.').slice(0, 2).join('.')}.${Buffer.alloc(96).toString('base64url')}`,
    'HS256 by the public key as PEM': () => hmac('HS256', known.export({ format: 'pem', type: 'spki' }) as string),
    'HS384 by the public key as JWK': () => hmac('HS384', JSON.stringify(keys.jwk)),
    'HS256 by nothing': () => hmac('HS256', ''),
    'by a key of the thief': () => stolen({}),
    'by a key of the thief, brought along': () => stolen({ kid: thief.kid, jwk: thief.jwk }),
    'by a key of the thief that jku leads to': () => stolen({ kid: thief.kid, jku: `${trap.url}/jku` }),
    'by a key of the thief that x5u leads to': () => stolen({ kid: thief.kid, x5u: `${trap.url}/x5u` }),
    'by a key of the thief, kid a path': () => stolen({ kid: '../../../../dev/null' }),
    'by a key of the thief, with a header that must be understood': () => stolen({ crit: ['b64'], b64: false }),
    'under another algorithm than the key has': () => signed(keys.privateKey, { ...header, alg: 'ES256' }, good()),
    'that is none': () => 'nonsense',
  }
  for (const [what, make] of some(bad)) {
    await t.test(`an assertion ${what} is refused`, async t => {
      t.match(await errorOf(await present(app, await make())), /^40[01] invalid_(client|request)/)
    })
  }
  await t.test('no address that an assertion names was asked', async t => t.strictSame(trap.asked, []))

  await t.test('an assertion is taken once, by whichever of many comes first', async t => {
    const jwt = await claimed({})
    const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => present(app, jwt)))
    t.equal(answers.filter(({ status }) => status === 200).length, 1)
    t.match(await errorOf(await present(app, jwt)), /^401 invalid_client/)
  })

  await t.test('an assertion of one is not good for another', async t => {
    const jwt = await claimed({})
    const answer = await present(app, jwt, { client_id: another.client.client_id })
    t.match(await errorOf(answer), /^40[01] invalid_(client|request)/)
  })

  await t.test('a client that signs cannot be spoken for by a secret', async t => {
    for (const client_secret of ['', 'undefined', 'null', '[object Object]']) {
      const form = { grant_type: 'client_credentials', scope: 'system/*.rs', client_id: id, client_secret }
      const answer = await fetch(app.server.token_endpoint ?? '', { method: 'POST', body: new URLSearchParams(form) })
      t.match(await errorOf(answer), /^401 invalid_client/, `'${client_secret}'`)
    }
  })

  await t.test('a client gets no more scope than it was given', async t => {
    const granted = async (scope: string) => {
      const answer = await clientCredentials(app, scope)
      const { error, scope: given } = (await answer.json()) as Record<string, string>
      return error ?? given
    }
    t.equal(await granted('system/*.cruds'), 'system/*.rs')
    t.equal(await granted('system/Patient.*'), 'system/Patient.rs')
    for (const scope of ['system/*.rs user/*.rs', 'system/*.write', 'system/*.cud', 'patient/*.rs', '__proto__']) {
      t.equal(await granted(scope), 'invalid_scope', scope)
    }
  })

  const nowhere: readonly string[] = [
    ...[`${trap.url}/keys`, trap.url.replace('127.0.0.1', 'localhost'), trap.url.replace('127.0.0.1', '127.1')],
    ...[trap.url.replace('127.0.0.1', '[::ffff:127.0.0.1]'), trap.url.replace('127.0.0.1', '2130706433')],
    ...[trap.url.replace('127.0.0.1', '0.0.0.0'), trap.url.replace('127.0.0.1', '0x7f.1')],
    ...['http://169.254.169.254/latest/meta-data/', 'http://[::1]:80/', 'http://10.0.0.1/', 'file:///etc/passwd'],
    ...['gopher://127.0.0.1:6379/_FLUSHALL', 'http://[fd00:ec2::254]/latest'],
  ]
  for (const [, uri] of some(nowhere)) {
    await t.test(`keys are not fetched from ${uri.replace(/:\d{5}/, ':PORT')}`, async t => {
      const lured = await backend(kiln, thief, 'system/*.rs', { jwks_uri: uri })
      const answer = await clientCredentials(lured, 'system/*.rs')
      const told = await errorOf(answer)
      t.match(told, /^40[01] invalid_client/)
      t.notMatch(told, /ECONN|private|127\.0|refused|passwd/, 'nor is told what is there')
      t.strictSame(trap.asked, [])
    })
  }
  await t.test('a secret is not guessed by its beginning', async t => {
    const secret = 'a secret that is long enough'
    const confidential = await registered(
      kiln,
      { grant_types: ['client_credentials'], allowed_scope: 'system/*.rs', redirect_uris: [], response_types: [] },
      secret,
    )
    const attempt = async (text: string) => {
      const headers = { authorization: `Basic ${btoa(`${confidential.client.client_id}:${text}`)}` }
      const body = new URLSearchParams({ grant_type: 'client_credentials', scope: 'system/*.rs' })
      return (await fetch(confidential.server.token_endpoint ?? '', { method: 'POST', headers, body })).status
    }
    t.equal(await attempt(encodeURIComponent(secret)), 200)
    for (const text of ['', 'a', secret.slice(0, -1), `${secret} `, secret.toUpperCase(), `${secret}%00`]) {
      t.match(`${await attempt(text.replaceAll(' ', '%20'))}`, /^40[01]$/, text)
    }
  })
})

await onEachStore(async (t, settings) => {
  await t.test('keys that lead on, or never end, are not taken from where keys may be fetched', async t => {
    const kiln = await openKiln(t, { ...settings, KILN_EGRESS_ALLOW: '127.0.0.1' })
    const keys = await keyPair('ES384')
    const text = JSON.stringify({ keys: [keys.jwk] })
    const site = await inner(t, ({ url }, response) => {
      if (url === '/moved') return response.writeHead(302, { location: '/good' }).end()
      if (url === '/endless') return response.end(text + ' '.repeat(1_000_000))
      return response.writeHead(200, { 'content-type': 'application/json' }).end(text)
    })
    const at = async (path: string) => {
      const app = await backend(kiln, keys, 'system/*.rs', { jwks_uri: `${site.url}${path}` })
      return (await clientCredentials(app, 'system/*.rs')).status
    }
    t.equal(await at('/good'), 200)
    const before = site.asked.length
    t.match(`${await at('/moved')}`, /^40[01]$/)
    t.match(`${await at('/endless')}`, /^40[01]$/)
    t.strictSame(site.asked.slice(before), ['/moved', '/endless'])
  })
})
