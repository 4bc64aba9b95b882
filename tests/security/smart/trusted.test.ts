/** Access tokens of an authorization server elsewhere, which is a socket of its own. https://www.rfc-editor.org/rfc/rfc9068 */
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import t, { type Test } from 'tap'
import { parseConfig } from '../../../src/config.ts'
import { claimsIn, principalOf } from '../../../src/security/smart/access-token.ts'
import { Distrust, openTrusted } from '../../../src/security/smart/trusted.ts'
import { issuesOf, openKiln } from '../../http/kiln.ts'
import { bearer, operator } from './app.ts'
import { type Issuer, jwt, openIssuer } from './issuer.ts'

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const jwkOf = (key: KeyObject, more: object) => ({ ...key.export({ format: 'jwk' }), ...more })
const es256 = (key: KeyObject) => (input: Buffer) => sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' })
const rs256 = (input: Buffer) => sign('sha256', input, rsa.privateKey)
const header = { alg: 'ES256', typ: 'at+jwt', kid: 'one' }

function keysOf(issuer: Issuer, ...keys: readonly unknown[]): void {
  issuer.answers.set('/keys', { keys })
}

function good(issuer: Issuer, base: string, now: number) {
  const iat = Math.floor(now / 1000)
  return {
    ...{ iss: issuer.url, aud: base, sub: 'anna', client_id: 'app', scope: 'patient/*.rs openid' },
    ...{ jti: 'j', iat, exp: iat + 600, patient: '1', roles: ['nurse'] },
  }
}

async function scene(t: Test, path = '') {
  const issuer = await openIssuer(t, path)
  keysOf(issuer, jwkOf(ec.publicKey, { kid: 'one', use: 'sig', alg: 'ES256' }), jwkOf(rsa.publicKey, { kid: 'two' }))
  const time = { now: Date.now() }
  const place = { tenant: 'default', base: 'https://kiln.test/fhir' }
  const trusted = openTrusted({ issuers: [issuer.url], fetch: url => fetch(url), clock: () => time.now })
  const token = (over: object = {}, head: object = {}, key = ec.privateKey) =>
    jwt({ ...header, ...head }, { ...good(issuer, place.base, time.now), ...over }, es256(key))
  const ask = (text: string) => trusted.claims(place, issuer.url, text)
  return { issuer, time, place, token, ask, jwks: () => issuer.asked.filter(url => url === '/keys').length }
}

await t.test('what a token of theirs says is taken, under names that are none of ours', async t => {
  const { issuer, place, token, ask, jwks } = await scene(t, '/realms/ward')
  const claims = await ask(token({ fhirUser: `${place.base}/Practitioner/1` }))
  const { id, ...principal } = principalOf(place, claims)
  t.strictSame(principal, {
    ...{ tenant: 'default', client: `${issuer.url} app`, user: `${issuer.url} anna`, purposes: [] },
    ...{ scope: 'patient/*.rs openid', patient: '1', roles: ['nurse'], fhirUser: 'Practitioner/1' },
  })
  t.match(id, issuer.url)
  const service = principalOf(place, await ask(token({ sub: 'app' })))
  t.equal(service.user, undefined, 'a client that acts for itself is nobody')
  t.equal((await ask(token({ fhirUser: 'https://other.test/fhir/Practitioner/1' }))).fhirUser, undefined)
  t.equal((await ask(token({ fhirUser: `${place.base}/../x` }))).fhirUser, undefined)
  t.equal((await ask(token({ aud: ['https://x.test', place.base] }))).sub, `${issuer.url} anna`)
  t.ok(await ask(token({ client_id: undefined, azp: 'app' })), 'as older issuers call it')
  const signed = jwt({ alg: 'RS256', kid: 'two' }, claimsIn(token()), rs256)
  t.ok(await ask(signed), 'signed by RSA, without a type')
  t.equal(jwks(), 1, 'its keys are asked for once')
})

await t.test('what is not quite right is not believed', async t => {
  const { token, ask } = await scene(t)
  const pem = ec.publicKey.export({ format: 'pem', type: 'spki' })
  const claims = claimsIn(token())
  const [head = '', body = ''] = token().split('.')
  const iat = Number(claims['iat'])
  const bad: Record<string, string> = {
    'alg none': jwt({ ...header, alg: 'none' }, claims, () => Buffer.alloc(0)),
    'HS256 with the public key': jwt({ ...header, alg: 'HS256' }, claims, input =>
      createHmac('sha256', pem).update(input).digest(),
    ),
    'a key of somebody else': token({}, {}, stranger.privateKey),
    'a key that is brought along': token({}, { jwk: jwkOf(stranger.publicKey, {}) }, stranger.privateKey),
    'another key of theirs': token({}, { kid: 'two' }),
    'a key for another algorithm': jwt({ ...header, alg: 'RS256' }, claims, rs256),
    'no signature': `${head}.${body}.`,
    'no kid where there are several keys': token({}, { kid: undefined, alg: 'PS256' }),
    'an unknown kid': token({}, { kid: 'nobody' }),
    'a logout token': token({}, { typ: 'logout+jwt' }),
    'another server’s audience': token({ aud: 'https://other.test/fhir' }),
    'another tenant’s audience': token({ aud: 'https://kiln.test/t/north/fhir' }),
    'an id_token’s audience': token({ aud: 'app' }),
    'no audience': token({ aud: undefined }),
    over: token({ exp: iat - 1 }),
    'without end': token({ exp: undefined }),
    'an end that is text': token({ exp: '9999999999' }),
    'issued in an hour': token({ iat: iat + 3600 }),
    'not good yet': token({ nbf: iat + 3600 }),
    'no sub': token({ sub: undefined }),
    'an empty sub': token({ sub: '' }),
    'no client': token({ client_id: undefined }),
    'another issuer': token({ iss: 'https://evil.test' }),
    'no JWT': 'opaque',
  }
  for (const [name, text] of Object.entries(bad)) await t.rejects(ask(text), Distrust, name)
  t.ok(await ask(token()), 'the good one is good still')
  const { ask: askAnew, issuer: careless, token: tokenOf } = await scene(t)
  const secret = Buffer.from('a secret that is told to everybody')
  keysOf(
    careless,
    { kty: 'oct', k: secret.toString('base64url'), kid: 'one' },
    { kty: 'EC', crv: 'P-0', kid: 'two' },
    7,
  )
  const hs256 = (input: Buffer) => createHmac('sha256', secret).update(input).digest()
  await t.rejects(askAnew(jwt(header, claimsIn(tokenOf()), hs256)), { name: 'Distrust', message: /has no key/ })
  await t.rejects(askAnew(tokenOf({}, { kid: 'two' })), { name: 'Distrust', message: /signature/ }, 'no key at all')
})

await t.test(
  'keys are kept as long as the issuer says, and a new one is found at once, but not asked for each time',
  async t => {
    const { issuer, time, token, ask, jwks } = await scene(t)
    await ask(token())
    time.now += 60_000
    await ask(token())
    t.equal(jwks(), 1, 'max-age=120')
    keysOf(issuer, jwkOf(stranger.publicKey, { kid: 'new' }))
    t.ok(await ask(token({}, { kid: 'new' }, stranger.privateKey)), 'a kid that is not known')
    t.equal(jwks(), 2)
    for (const kid of ['a', 'b', 'c']) await t.rejects(ask(token({}, { kid })), { message: /has no key/ })
    t.equal(jwks(), 2, 'whoever makes up kids makes nobody ask')
    await t.rejects(ask(token()), Distrust, 'the key that was taken back')
    time.now += 10_000
    await t.rejects(ask(token({}, { kid: 'd' })), Distrust)
    t.equal(jwks(), 3, 'once in ten seconds')
  },
)

await t.test('an issuer that does not answer is told of, and asked again soon', async t => {
  const { issuer, time, token, ask } = await scene(t)
  await ask(token())
  await issuer.down()
  time.now += 110_000
  t.ok(await ask(token()), 'its keys are known')
  time.now += 20_000
  await t.rejects(ask(token()), { name: 'Distrust', message: /the keys of http.* cannot be had/ })
})

await t.test('what an issuer says about itself must be about itself', async t => {
  const { issuer, token, ask, time } = await scene(t)
  const discovery = '/.well-known/openid-configuration'
  const says = async (answer: object | string | undefined, why: RegExp) => {
    if (answer === undefined) issuer.answers.delete(discovery)
    else issuer.answers.set(discovery, answer)
    time.now += 20_000
    await t.rejects(ask(token()), { name: 'Distrust', message: why })
  }
  await says({ issuer: 'https://evil.test', jwks_uri: `${issuer.url}/keys` }, /calls itself/)
  await says({ issuer: issuer.url }, /no jwks_uri/)
  await says('<html>', /no JSON/)
  await says(undefined, /tells nothing about itself/)
  issuer.answers.set('/.well-known/oauth-authorization-server', { issuer: issuer.url, jwks_uri: `${issuer.url}/keys` })
  time.now += 20_000
  t.ok(await ask(token()), 'RFC 8414 will do')
})

await t.test(
  'over HTTP: a token of a trusted issuer opens what its scopes say; without an answer it is a 401',
  async t => {
    const issuer = await openIssuer(t)
    keysOf(issuer, jwkOf(ec.publicKey, { kid: 'one' }))
    const settings = { KILN_AUTH: 'smart', KILN_EGRESS_ALLOW: '127.0.0.1' }
    const other = await openIssuer(t)
    const kiln = await openKiln(t, { ...settings, KILN_TRUSTED_ISSUERS: `${issuer.url}, ${other.url}` })
    const deaf = await openKiln(t, { ...settings, KILN_EGRESS_ALLOW: '', KILN_TRUSTED_ISSUERS: issuer.url })
    const stranger = await openKiln(t, settings)
    const token = (base: string, over: object = {}) =>
      jwt(header, { ...good(issuer, base, Date.now()), ...over }, es256(ec.privateKey))
    const get = (base: string, text: string, path = 'Patient/1') => fetch(`${base}/${path}`, { headers: bearer(text) })
    const headers = { ...(await operator(kiln)), 'content-type': 'application/fhir+json' }
    for (const id of ['1', '2']) {
      const body = JSON.stringify({ resourceType: 'Patient', id })
      t.equal((await fetch(`${kiln.base}/Patient/${id}`, { method: 'PUT', headers, body })).status, 201)
    }
    t.equal((await get(kiln.base, token(kiln.base, { roles: undefined }))).status, 200)
    t.equal((await get(kiln.base, token(kiln.base, { roles: undefined }))).status, 200, 'and again')
    t.equal((await get(kiln.base, token(kiln.base, { roles: undefined }), 'Patient/2')).status, 404)
    t.equal((await get(kiln.base, token(kiln.base, { scope: 'openid' }))).status, 403)
    const asked = await fetch(kiln.base.replace('/fhir', '/.well-known/oauth-protected-resource/fhir'))
    t.match(await asked.json(), { authorization_servers: [kiln.origin, issuer.url, other.url] })

    const elsewhere = await get(kiln.base, token(deaf.base))
    t.equal(elsewhere.status, 401)
    t.match(elsewhere.headers.get('www-authenticate'), /^Bearer error="invalid_token"/)
    t.match(await issuesOf(elsewhere), [{ code: 'login', diagnostics: /expected aud to be the FHIR base/ }])
    t.equal((await get(stranger.base, token(stranger.base))).status, 401, 'where it is not trusted')
    const unheard = await get(deaf.base, token(deaf.base))
    t.equal(unheard.status, 401)
    t.match(await issuesOf(unheard), [{ code: 'login', diagnostics: /cannot be had: .*KILN_EGRESS_ALLOW/ }])
    await other.down()
    const down = await get(kiln.base, token(kiln.base, { iss: other.url }))
    t.equal(down.status, 401)
    t.match(await issuesOf(down), [{ code: 'login', diagnostics: /cannot be had: .*cannot be reached/ }])
  },
)

t.test('issuers are URLs without anything behind the path', async t => {
  const issuers = (text: string) => parseConfig({ KILN_TRUSTED_ISSUERS: text }).KILN_TRUSTED_ISSUERS
  t.strictSame(issuers('https://a.test/, https://b.test/x'), ['https://a.test/', 'https://b.test/x'])
  for (const text of ['http://a.test', 'https://a.test?x', 'https://u:p@a.test', 'a.test', 'https://a.test/#x']) {
    t.throws(() => issuers(text), { name: 'ConfigError', message: /KILN_TRUSTED_ISSUERS/ }, text)
  }
})
