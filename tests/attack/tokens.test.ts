/** Access tokens that nobody issued, or not for this: https://www.rfc-editor.org/rfc/rfc8725 and https://www.rfc-editor.org/rfc/rfc6750#section-5 */
import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { Test } from 'tap'
import { signerOf } from '../../src/security/smart/keys.ts'
import type { Kiln } from '../http/kiln.ts'
import { authorized, errorOf, patientOf, registered } from '../security/smart/app.ts'
import { type Attack, attacking, baseOf, get } from './victim.ts'

type Part = Readonly<Record<string, unknown>>

function jwt(header: Part, claims: Part | string, signing: (input: Buffer) => Buffer): string {
  const text = typeof claims === 'string' ? claims : JSON.stringify(claims)
  const input = [JSON.stringify(header), text].map(part => Buffer.from(part).toString('base64url')).join('.')
  return `${input}.${signing(Buffer.from(input)).toString('base64url')}`
}

const ecdsa =
  (key: KeyObject, hash = 'sha256', dsaEncoding: 'ieee-p1363' | 'der' = 'ieee-p1363') =>
  (input: Buffer) =>
    sign(hash, input, { key, dsaEncoding })
const unsigned = () => Buffer.alloc(0)

/** What an attacker makes of all that he can know, and some with the server's own key, to tell which claim is looked at. */
async function forged(
  { smart, base, origin }: Kiln,
  lure: string,
): Promise<Record<'good' | 'bad', Record<string, string>>> {
  const set = await smart.keys.of('default')
  const { kid, jwk } = signerOf(set, 'ES256')
  const own = createPrivateKey({ key: jwk, format: 'jwk' })
  const known = createPublicKey(own)
  const pem = known.export({ format: 'pem', type: 'spki' })
  const der = known.export({ format: 'der', type: 'spki' })
  const thief = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const brought = thief.publicKey.export({ format: 'jwk' })
  const iat = Math.floor(Date.now() / 1000)
  const claims = {
    ...{ iss: origin, aud: base, sub: 'app', client_id: 'app', scope: 'system/*.cruds' },
    ...{ jti: 'j', iat, exp: iat + 300 },
  }
  const header = { alg: 'ES256', typ: 'at+jwt', kid }
  const signed = (more: Part, head: Part = {}) => jwt({ ...header, ...head }, { ...claims, ...more }, ecdsa(own))
  const stolen = (head: Part) => jwt({ ...header, ...head }, claims, ecdsa(thief.privateKey))
  const hmac = (secret: Buffer | string, alg = 'HS256', head: Part = {}) =>
    jwt({ ...header, alg, ...head }, claims, input =>
      createHmac(`sha${alg.slice(2)}`, secret)
        .update(input)
        .digest(),
    )
  const [head, body, signature] = signed({}).split('.') as [string, string, string]
  const [es384, rs256] = [signerOf(set, 'ES384'), signerOf(set, 'RS256')]
  const altered = Buffer.from(JSON.stringify({ ...claims, sub: 'admin' })).toString('base64url')
  const bad: Record<string, string> = {
    'without a signature, alg none': jwt({ ...header, alg: 'none' }, claims, unsigned),
    'without a signature, alg None': jwt({ ...header, alg: 'None' }, claims, unsigned),
    'without a signature, alg nOnE': jwt({ ...header, alg: 'nOnE' }, claims, unsigned),
    'without a signature, alg ES256': jwt(header, claims, unsigned),
    'of two parts': `${head}.${body}`,
    'of four parts': `${head}.${body}.${signature}.${signature}`,
    'with claims of others under a good signature': `${head}.${altered}.${signature}`,
    'with a signature of zeros (CVE-2022-21449)': `${head}.${body}.${Buffer.alloc(64).toString('base64url')}`,
    'with the order of the curve as signature': `${head}.${body}.${Buffer.alloc(64, 0xff).toString('base64url')}`,
    'with a signature in DER': jwt(header, claims, ecdsa(own, 'sha256', 'der')),
    'HS256 by the public key as PEM': hmac(pem as string),
    'HS256 by the public key as DER': hmac(der),
    'HS256 by the public key as JWK': hmac(JSON.stringify(known.export({ format: 'jwk' }))),
    'HS512 by the public key as PEM': hmac(pem as string, 'HS512'),
    'HS256 by nothing, with a kid that leads to an empty file': hmac('', 'HS256', { kid: '../../../dev/null' }),
    'by ES384 with the key of that': jwt(
      { ...header, alg: 'ES384', kid: es384.kid },
      claims,
      ecdsa(createPrivateKey({ key: es384.jwk, format: 'jwk' }), 'sha384'),
    ),
    'by RS256 with the key of id_tokens': jwt({ ...header, alg: 'RS256', kid: rs256.kid }, claims, input =>
      sign('sha256', input, createPrivateKey({ key: rs256.jwk, format: 'jwk' })),
    ),
    'by a key of the thief under a kid of ours': stolen({}),
    'by a key of the thief that comes along as jwk': stolen({ jwk: brought }),
    'by a key of the thief that comes along under its kid': stolen({ kid: 'thief', jwk: { ...brought, kid: 'thief' } }),
    'by a key of the thief that jku leads to': stolen({ kid: 'thief', jku: lure }),
    'by a key of the thief that x5u leads to': stolen({ kid: 'thief', x5u: lure }),
    'by a key of the thief as x5c': stolen({ x5c: [der.toString('base64')] }),
    'by a key of the thief whose kid is a URL': stolen({ kid: lure }),
    'by a key of the thief whose kid is __proto__': stolen({ kid: '__proto__' }),
    'by a key of the thief whose kid is a statement': stolen({ kid: "' OR 1=1 --" }),
    'by a key of the thief whose kid is an operator': stolen({ kid: { $ne: null } }),
    'without kid': signed({}, { kid: undefined }),
    'of the type of an id_token': signed({}, { typ: 'JWT' }),
    'of no type': signed({}, { typ: undefined }),
    'of another issuer': signed({ iss: 'https://evil.example' }),
    'of an issuer that begins like ours': signed({ iss: `${origin}.evil.example` }),
    'of no issuer': signed({ iss: undefined }),
    'for another server': signed({ aud: 'https://evil.example/fhir' }),
    'for the authorization server': signed({ aud: origin }),
    'for a tenant': signed({ aud: `${origin}/t/strict/fhir` }),
    'for nobody': signed({ aud: undefined }),
    'for an address that begins like ours': signed({ aud: `${base}.evil.example` }),
    'that is over': signed({ exp: iat - 1 }),
    'that never ends': signed({ exp: undefined }),
    'that ends in words': signed({ exp: '9999999999' }),
    'that begins later': signed({ nbf: iat + 600 }),
    'of no client': signed({ client_id: undefined }),
    'of nobody': signed({ sub: undefined }),
    'that cannot be revoked': signed({ jti: undefined }),
    'whose claims are a list': jwt(header, '[]', ecdsa(own)),
    'whose claims are null': jwt(header, 'null', ecdsa(own)),
    'that is no token': 'nonsense',
    'that is very long': `${head}.${'A'.repeat(10_000)}.${signature}`,
  }
  return { good: { 'ours, so that the others can fail': signed({}) }, bad }
}

/** Where else a token might be believed. */
async function misplaced(t: Test, { kiln, own, some }: Attack): Promise<void> {
  const token = await kiln.smart.token(
    { tenant: 'default', base: kiln.base },
    { client: 'x', scope: 'system/*.rs', seconds: 60 },
  )
  const ways: Record<string, readonly [string, RequestInit]> = {
    'in the URL': [`Patient?access_token=${token}`, {}],
    'in the URL and in the header': [
      `Patient?access_token=${token}`,
      { headers: { authorization: `Bearer ${token}` } },
    ],
    'in a cookie': ['Patient', { headers: { cookie: `access_token=${token}; Authorization=Bearer ${token}` } }],
    'in a form': ['Patient/_search', { method: 'POST', body: new URLSearchParams({ access_token: token }) }],
    'as a password': ['Patient', { headers: { authorization: `Basic ${btoa(`x:${token}`)}` } }],
    'under another scheme': ['Patient', { headers: { authorization: `DPoP ${token}` } }],
    'without a scheme': ['Patient', { headers: { authorization: token } }],
    'in a header of proxies': [
      'Patient',
      { headers: { 'x-forwarded-authorization': `Bearer ${token}`, 'x-access-token': token } },
    ],
    twice: [
      'Patient',
      {
        headers: [
          ['authorization', `Bearer ${token}`],
          ['authorization', `Bearer ${token}`],
        ],
      },
    ],
  }
  t.equal((await fetch(`${kiln.base}/Patient`, { headers: { authorization: `Bearer ${token}` } })).status, 200)
  for (const [where, [path, init]] of some(ways)) {
    await t.test(`a token ${where} is not taken`, async t => {
      const answer = await fetch(`${kiln.base}/${path}`, init)
      t.ok(answer.status === 401 || answer.status === 400, `${answer.status}`)
      t.notMatch(await answer.text(), /"Bundle"/)
    })
  }
  t.equal((await own(get('Patient'))).status, 200)
}

await attacking(async (t, attack) => {
  const { kiln, some } = attack
  let lured = 0
  const trap = createServer((_, response) => {
    lured++
    response.end('{"keys":[]}')
  })
  await new Promise<void>(resolve => trap.listen(0, '127.0.0.1', resolve))
  t.teardown(() => trap.close())
  const lure = `http://127.0.0.1:${(trap.address() as { port: number }).port}/keys`
  const { good, bad } = await forged(kiln, lure)
  const answer = (token: string, base = kiln.base) =>
    fetch(`${base}/Patient/other`, { headers: { authorization: `Bearer ${token}` } })

  for (const [what, token] of Object.entries(good)) {
    await t.test(`a token ${what}, is taken`, async t => t.equal((await answer(token)).status, 200))
  }
  for (const [what, token] of some(bad)) {
    await t.test(`a token ${what} is refused`, async t => {
      const { status, headers } = await answer(token)
      t.equal(status, 401)
      t.match(headers.get('www-authenticate'), /^Bearer /)
    })
  }
  await t.test('no address that a token names was asked', async t => t.equal(lured, 0))

  await misplaced(t, attack)

  await t.test('what else the authorization server hands out is no access token', async t => {
    const app = await registered(kiln)
    await patientOf(kiln, 'mine')
    const tokens = await authorized(kiln, app, 'openid launch/patient patient/*.rs offline_access', { patient: 'mine' })
    t.equal((await answer(tokens.access_token)).status, 404, 'another’s record')
    for (const [name, token] of Object.entries({ id: tokens.id_token, refresh: tokens.refresh_token })) {
      t.equal((await answer(token ?? '')).status, 401, `${name} token`)
    }
    const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: app.client.client_id })
    form.set('refresh_token', tokens.access_token)
    const refreshed = await fetch(app.server.token_endpoint ?? '', { method: 'POST', body: form })
    t.match(await errorOf(refreshed), /^400 invalid_grant/, 'nor is an access token good for another')
  })

  await t.test('tokens of one tenant are nothing in another', async t => {
    for (const [of, at] of [
      ['default', 'strict'],
      ['strict', 'default'],
      ['strict', 'elsewhere'],
    ] as const) {
      const wish = { client: 'operator', scope: 'system/*.cruds', seconds: 60 }
      const token = await kiln.smart.token({ tenant: of, base: baseOf(kiln, of) }, wish)
      const own = await fetch(`${baseOf(kiln, of)}/Patient`, { headers: { authorization: `Bearer ${token}` } })
      t.equal(own.status, 200)
      t.equal((await answer(token, baseOf(kiln, at))).status, 401, `${of} at ${at}`)
    }
  })
})
