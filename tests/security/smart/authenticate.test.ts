import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import type { Test } from 'tap'
import { FhirError } from '../../../src/fhir/issue.ts'
import type { Principal } from '../../../src/security/principal.ts'
import { type AccessClaims, mint } from '../../../src/security/smart/access-token.ts'
import { openAuthenticate } from '../../../src/security/smart/authenticate.ts'
import { openKeys, signerOf } from '../../../src/security/smart/keys.ts'
import { openRevoked } from '../../../src/security/smart/revoked.ts'
import { onBothStores, type World } from '../../world.ts'

const place = { tenant: 'default', base: 'https://kiln.test/fhir' }

function site({ store, ...world }: World, clock: () => number) {
  const needs = { store, clock, random: (bytes: number) => randomBytes(bytes) }
  const keys = openKeys(needs)
  const revoked = openRevoked({ ...needs, longest: 3_600_000 })
  return { ...world, keys, revoked, authenticate: openAuthenticate({ keys, revoked, clock }) }
}

type Part = Record<string, unknown>

function jwt(header: Part, claims: Part, signing: (input: Buffer) => Buffer): string {
  const input = [header, claims].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${input}.${signing(Buffer.from(input)).toString('base64url')}`
}

const ecdsa =
  (key: KeyObject, hash = 'sha256') =>
  (input: Buffer) =>
    sign(hash, input, { key, dsaEncoding: 'ieee-p1363' })

async function refusal(work: () => unknown): Promise<FhirError> {
  try {
    await work()
  } catch (error) {
    if (error instanceof FhirError) return error
    throw error
  }
  throw new Error('it was let in')
}

await onBothStores(async (t, open) => {
  await t.test('a token tells who asks', async t => {
    const world = await open()
    const { keys, authenticate } = site(world, () => world.clock)
    const iat = world.clock / 1000
    const claims = { jti: 'j', sub: 'app', client_id: 'app', scope: 'system/*.rs', iat, exp: iat + 300 }
    const token = mint(await keys.of('default'), place, claims)
    const ask = () => authenticate.principal(place, `Bearer ${token}`)
    const backend = { id: '["app",null]', tenant: 'default', client: 'app', scope: 'system/*.rs', purposes: [] }
    t.strictSame(await ask(), backend)
    t.strictSame(ask(), backend, 'the second time without waiting')
    t.strictSame(await authenticate.principal(place, `bearer ${token}`), backend, 'the scheme is case-insensitive')
    const user = { ...claims, sub: 'anna', fhirUser: `${place.base}/Patient/1`, patient: '1', encounter: '2' }
    const of = (more: object) => mint([signer], place, { ...user, ...more } as AccessClaims)
    const signer = signerOf(await keys.of('default'), 'ES256')
    t.strictSame(await authenticate.principal(place, `Bearer ${of({})}`), {
      ...{ id: '["app","anna"]', tenant: 'default', client: 'app', scope: 'system/*.rs', purposes: [] },
      ...{ user: 'anna', fhirUser: 'Patient/1', patient: '1', encounter: '2' },
    })
    // An account may be called like a client: who signed in is a person all the same.
    t.match(await authenticate.principal(place, `Bearer ${of({ sub: 'app', grant: 'g' })}`), { user: 'app' })
  })

  await t.test('a token is good until it is over or revoked', async t => {
    const world = await open()
    const { keys, revoked, authenticate } = site(world, () => world.clock)
    const iat = world.clock / 1000
    const set = await keys.of('default')
    const token = (jti: string, exp: number) =>
      mint(set, place, { jti, sub: 'app', client_id: 'app', scope: '', iat, exp })
    const [short, long] = [token('a', iat + 10), token('b', iat + 1_000)]
    const ask = async (token: string): Promise<Principal> => authenticate.principal(place, `Bearer ${token}`)
    await ask(short)
    await ask(long)
    world.clock += 10_000
    t.match(await refusal(() => ask(short)), { status: 401 })
    await ask(long)
    await revoked.revoke('default', 'token:b')
    t.match(await refusal(() => ask(long)), { status: 401 })
    t.equal(await authenticate.claims(place, long), undefined)
  })
})

await onBothStores(async (t, open) => {
  await t.test('what is no token of this place is refused', t => refused(t, open))
})

async function refused(t: Test, open: () => Promise<World>): Promise<void> {
  const { keys, authenticate } = site(await open(), Date.now)
  const set = await keys.of('default')
  const { kid, jwk } = signerOf(set, 'ES256')
  const key = createPrivateKey({ key: jwk, format: 'jwk' })
  const pem = createPublicKey(key).export({ format: 'pem', type: 'spki' })
  const iat = Math.floor(Date.now() / 1000)
  const claims = {
    ...{ iss: 'https://kiln.test', aud: place.base, sub: 'app', client_id: 'app', scope: 'system/*.cruds' },
    ...{ jti: 'j', iat, exp: iat + 300 },
  }
  const header = { alg: 'ES256', typ: 'at+jwt', kid }
  const good = jwt(header, claims, ecdsa(key))
  t.ok(await authenticate.principal(place, `Bearer ${good}`))

  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const rsa = signerOf(set, 'RS256')
  const es384 = signerOf(set, 'ES384')
  const north = signerOf(await keys.of('north'), 'ES256')
  const northKey = createPrivateKey({ key: north.jwk, format: 'jwk' })
  const hs = (input: Buffer) => createHmac('sha256', pem).update(input).digest()
  const none = () => Buffer.alloc(0)
  const [head = '', body = '', signature = ''] = good.split('.')
  const flipped = Buffer.from(signature, 'base64url').map((byte, at) => (at === 5 ? byte ^ 1 : byte))
  const bad: Record<string, string> = {
    'alg none': jwt({ ...header, alg: 'none' }, claims, none),
    'alg None': jwt({ ...header, alg: 'None' }, claims, none),
    'no signature': `${head}.${body}.`,
    'two parts': `${head}.${body}`,
    'HS256 with the public key': jwt({ ...header, alg: 'HS256' }, claims, hs),
    'ES256 that is HS256': jwt(header, claims, hs),
    'a zero signature': jwt(header, claims, () => Buffer.alloc(64)),
    'a flipped bit': `${head}.${body}.${Buffer.from(flipped).toString('base64url')}`,
    'other claims under the same signature': `${head}.${Buffer.from(JSON.stringify({ ...claims, sub: 'x' })).toString('base64url')}.${signature}`,
    'a key of somebody else': jwt(header, claims, ecdsa(other)),
    'a key of somebody else, brought along': jwt(
      { ...header, jwk: createPublicKey(other).export({ format: 'jwk' }) },
      claims,
      ecdsa(other),
    ),
    'a kid that nobody knows': jwt({ ...header, kid: 'nobody' }, claims, ecdsa(key)),
    'no kid': jwt({ alg: 'ES256', typ: 'at+jwt' }, claims, ecdsa(key)),
    'a kid that is no text': jwt({ ...header, kid: { kid } }, claims, ecdsa(key)),
    'a kid of __proto__': jwt({ ...header, kid: '__proto__' }, claims, ecdsa(key)),
    'an id_token’s type': jwt({ ...header, typ: 'JWT' }, claims, ecdsa(key)),
    'no type': jwt({ alg: 'ES256', kid }, claims, ecdsa(key)),
    'our RSA key': jwt({ ...header, alg: 'RS256', kid: rsa.kid }, claims, input =>
      sign('sha256', input, createPrivateKey({ key: rsa.jwk, format: 'jwk' })),
    ),
    'our ES384 key': jwt(
      { ...header, alg: 'ES384', kid: es384.kid },
      claims,
      ecdsa(createPrivateKey({ key: es384.jwk, format: 'jwk' }), 'sha384'),
    ),
    'another tenant’s key': jwt({ ...header, kid: north.kid }, claims, ecdsa(northKey)),
    'another issuer': jwt(header, { ...claims, iss: 'https://evil.test' }, ecdsa(key)),
    'a longer issuer': jwt(header, { ...claims, iss: 'https://kiln.test.evil.test' }, ecdsa(key)),
    'another audience': jwt(header, { ...claims, aud: 'https://kiln.test/t/north/fhir' }, ecdsa(key)),
    'a list of other audiences': jwt(header, { ...claims, aud: ['https://other.test'] }, ecdsa(key)),
    'no audience': jwt(header, { ...claims, aud: undefined }, ecdsa(key)),
    'over since a second': jwt(header, { ...claims, exp: iat - 1 }, ecdsa(key)),
    'no end': jwt(header, { ...claims, exp: undefined }, ecdsa(key)),
    'an end that is text': jwt(header, { ...claims, exp: '9999999999' }, ecdsa(key)),
    'not yet': jwt(header, { ...claims, nbf: iat + 600 }, ecdsa(key)),
    'no subject': jwt(header, { ...claims, sub: undefined }, ecdsa(key)),
    'no client': jwt(header, { ...claims, client_id: undefined }, ecdsa(key)),
    'no id': jwt(header, { ...claims, jti: undefined }, ecdsa(key)),
    'no JWT': 'opaque',
    'dots alone': '..',
    'JSON null': 'bnVsbA.bnVsbA.bnVsbA',
  }
  for (const [name, token] of Object.entries(bad)) {
    const error = await refusal(() => authenticate.principal(place, `Bearer ${token}`))
    t.equal(error.status, 401, name)
    t.match(error.headers['www-authenticate'], /^Bearer error="invalid_token"/, name)
    t.equal(await authenticate.claims(place, token), undefined, name)
  }
  for (const authorization of [undefined, '', 'Bearer', 'Bearer ', `Basic ${good}`, good, `Bearer ${good} x`]) {
    const error = await refusal(() => authenticate.principal(place, authorization))
    t.equal(error.status, 401, authorization ?? 'none')
    t.match(error.headers['www-authenticate'], /^Bearer resource_metadata=/)
  }
  for (const elsewhere of [
    { ...place, tenant: 'north' },
    { ...place, base: 'https://kiln.test/t/north/fhir' },
    { tenant: 'north', base: 'https://kiln.test/t/north/fhir' },
    { ...place, base: 'https://other.test/fhir' },
  ]) {
    const error = await refusal(() => authenticate.principal(elsewhere, `Bearer ${good}`))
    t.equal(error.status, 401, JSON.stringify(elsewhere))
  }
  t.ok(await authenticate.principal(place, `Bearer ${good}`), 'the good one is good still')
}
