/** What the edge tells to whoever has no token, and to pages of other origins. */
import t from 'tap'
import { issuesOf, openKiln } from './kiln.ts'

const page = 'https://app.example'
const required = [
  'token_endpoint',
  'grant_types_supported',
  'capabilities',
  'code_challenge_methods_supported',
  'issuer',
]

t.test('smart-configuration is JSON, whatever Accept says, and for everybody', async t => {
  const kiln = await openKiln(t, { KILN_AUTH: 'smart', KILN_TENANTS: 'north' })
  for (const accept of ['application/json', 'application/fhir+xml', 'text/html', 'image/png', '']) {
    const answer = await fetch(`${kiln.base}/.well-known/smart-configuration`, { headers: { accept, origin: page } })
    t.equal(answer.status, 200, accept)
    t.match(answer.headers.get('content-type'), /^application\/json/)
    t.equal(answer.headers.get('access-control-allow-origin'), '*')
    t.equal(answer.headers.get('access-control-allow-credentials'), null)
    const told = (await answer.json()) as Record<string, unknown>
    for (const name of required) t.ok(told[name], name)
    t.strictSame(told['code_challenge_methods_supported'], ['S256'])
  }
})

t.test('what discovery tells is there, at the tenant’s own place', async t => {
  const kiln = await openKiln(t, { KILN_AUTH: 'smart', KILN_TENANTS: 'north' })
  for (const [issuer, base] of [
    [kiln.origin, kiln.base],
    [`${kiln.origin}/t/north`, `${kiln.origin}/t/north/fhir`],
  ] as const) {
    const told = async (url: string) => {
      const answer = await fetch(url)
      t.equal(answer.status, 200, url)
      return (await answer.json()) as Record<string, string>
    }
    const smart = await told(`${base}/.well-known/smart-configuration`)
    const openid = await told(`${issuer}/.well-known/openid-configuration`)
    const path = issuer.slice(kiln.origin.length)
    const rfc8414 = await told(`${kiln.origin}/.well-known/oauth-authorization-server${path}`)
    t.strictSame(openid, rfc8414)
    for (const name of ['issuer', 'jwks_uri', 'authorization_endpoint', 'token_endpoint', 'introspection_endpoint']) {
      t.equal(smart[name], openid[name], name)
      t.ok(smart[name]?.startsWith(issuer), name)
    }
    for (const name of ['revocation_endpoint', 'registration_endpoint', 'userinfo_endpoint', 'scopes_supported']) {
      t.strictSame(smart[name], openid[name], name)
    }
    const { keys } = (await (await fetch(smart['jwks_uri'] ?? '')).json()) as { keys: Record<string, unknown>[] }
    t.strictSame(
      keys.map(({ alg }) => alg),
      ['ES256', 'RS256', 'ES384'],
    )
    for (const key of keys)
      t.strictSame(
        Object.keys(key).filter(name => /^(?:d|p|q|dp|dq|qi|k|oth)$/.test(name)),
        [],
      )
    const { pathname } = new URL(base)
    const resource = await told(`${kiln.origin}/.well-known/oauth-protected-resource${pathname}`)
    t.match(resource, { resource: base, authorization_servers: [issuer] })
    const { rest } = (await (await fetch(`${base}/metadata`)).json()) as {
      rest: { security: { extension: object[] } }[]
    }
    t.match(rest[0]?.security, { cors: true, service: [{ coding: [{ code: 'SMART-on-FHIR' }] }] })
    t.match(JSON.stringify(rest[0]?.security.extension), smart['token_endpoint'])
  }
  for (const path of [
    '/t/south/fhir/.well-known/smart-configuration',
    '/t/south/oauth/jwks',
    '/oauth',
    '/oauth/nothing',
  ]) {
    t.equal((await fetch(kiln.origin + path)).status, 404, path)
  }
})

t.test('without a token nobody gets anything but the server’s description', async t => {
  const kiln = await openKiln(t, { KILN_AUTH: 'smart', KILN_TENANTS: 'north' })
  for (const path of ['metadata', 'metadata?mode=terminology', 'metadata/']) {
    t.equal((await fetch(`${kiln.base}/${path}`)).status, 200, path)
  }
  const resource = JSON.stringify({ resourceType: 'Patient' })
  for (const [method, path] of [
    ['GET', 'Patient'],
    ['GET', 'Patient/1'],
    ['HEAD', 'Patient/1'],
    ['GET', ''],
    ['GET', '_history'],
    ['GET', 'Patient/1/metadata'],
    ['GET', 'metadata/Patient'],
    ['GET', 'Patient/../metadata'],
    ['GET', '$versions'],
    ['GET', 'Nonsense'],
    ['POST', ''],
    ['POST', 'Patient'],
    ['POST', 'metadata'],
    ['PUT', 'Patient/1'],
    ['PATCH', 'Patient/1'],
    ['DELETE', 'Patient/1'],
    ['POST', '$validate'],
    ['POST', 'Patient/_search'],
    ['GET', '%6detadata'],
  ] as const) {
    for (const base of [kiln.base, `${kiln.origin}/t/north/fhir`]) {
      const body = method === 'GET' || method === 'HEAD' ? {} : { body: resource }
      const answer = await fetch(`${base}/${path}`, {
        method,
        headers: { 'content-type': 'application/fhir+json' },
        ...body,
      })
      // What a URL parser makes `metadata` of is `metadata`.
      if (path === 'Patient/../metadata') continue
      t.equal(answer.status, 401, `${method} ${path}`)
      const resourceMetadata = `${kiln.origin}/.well-known/oauth-protected-resource${new URL(base).pathname}`
      t.equal(answer.headers.get('www-authenticate'), `Bearer resource_metadata="${resourceMetadata}"`)
      if (method !== 'HEAD') t.match(await issuesOf(answer), [{ code: 'login' }])
    }
  }
  const xml = await fetch(`${kiln.base}/Patient`, { headers: { accept: 'application/fhir+xml' } })
  t.match(await xml.text(), /<OperationOutcome/)
})

t.test('an access token in the URL is not taken', async t => {
  const kiln = await openKiln(t, { KILN_AUTH: 'smart' })
  const token = await kiln.smart.token(
    { tenant: 'default', base: kiln.base },
    { client: 'x', scope: 'system/*.rs', seconds: 60 },
  )
  for (const path of ['Patient', 'metadata']) {
    const answer = await fetch(`${kiln.base}/${path}?access_token=${token}`)
    t.equal(answer.status, 400, path)
    t.match(await issuesOf(answer), [{ diagnostics: /Authorization: Bearer/ }])
  }
  const answer = await fetch(`${kiln.origin}/oauth/userinfo?access_token=${token}`)
  t.equal(answer.status, 401)
})

t.test('tokens of one tenant are nothing in another', async t => {
  const kiln = await openKiln(t, { KILN_AUTH: 'smart', KILN_TENANTS: 'north,south' })
  const places = ['default', 'north', 'south'].map(tenant => ({
    tenant,
    base: tenant === 'default' ? kiln.base : `${kiln.origin}/t/${tenant}/fhir`,
  }))
  const wish = { client: 'x', scope: 'system/*.rs', seconds: 60 }
  for (const from of places) {
    const token = await kiln.smart.token(from, wish)
    for (const at of places) {
      const answer = await fetch(`${at.base}/Patient`, { headers: { authorization: `Bearer ${token}` } })
      t.equal(answer.status, at === from ? 200 : 401, `${from.tenant} at ${at.tenant}`)
    }
    const forged = await kiln.smart.token({ tenant: from.tenant, base: kiln.base }, wish)
    const answer = await fetch(`${kiln.base}/Patient`, { headers: { authorization: `Bearer ${forged}` } })
    t.equal(answer.status, from.tenant === 'default' ? 200 : 401, 'the base alone does not help')
  }
})

t.test('pages of other origins may read, with a token and without cookies', async t => {
  const kiln = await openKiln(t, { KILN_AUTH: 'smart' })
  const urls = [
    `${kiln.base}/Patient`,
    `${kiln.base}/metadata`,
    kiln.base,
    `${kiln.origin}/oauth/token`,
    `${kiln.origin}/.well-known/openid-configuration`,
  ]
  for (const url of urls) {
    const asked = {
      origin: page,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    }
    const preflight = await fetch(url, { method: 'OPTIONS', headers: asked })
    t.equal(preflight.status, 204, url)
    t.equal(preflight.headers.get('access-control-allow-origin'), '*')
    t.match(preflight.headers.get('access-control-allow-headers'), /Authorization.*If-None-Exist.*Prefer/)
    t.match(preflight.headers.get('access-control-allow-methods'), /POST/)
    const answer = await fetch(url, { headers: { origin: page } })
    t.equal(answer.headers.get('access-control-allow-credentials'), null)
  }
  const token = await kiln.smart.token(
    { tenant: 'default', base: kiln.base },
    { client: 'x', scope: 'system/*.rs', seconds: 60 },
  )
  for (const headers of [{ authorization: `Bearer ${token}` }, {}]) {
    const answer = await fetch(`${kiln.base}/Patient`, { headers: { origin: page, ...headers } })
    t.equal(answer.headers.get('access-control-allow-origin'), '*')
    const exposed = answer.headers.get('access-control-expose-headers') ?? ''
    for (const name of [
      'ETag',
      'Location',
      'Content-Location',
      'Last-Modified',
      'Retry-After',
      'X-Request-Id',
      'WWW-Authenticate',
    ]) {
      t.ok(exposed.split(', ').includes(name), name)
    }
  }
  const refused = await fetch(`${kiln.origin}/oauth/token`, {
    method: 'POST',
    headers: { origin: page },
    body: new URLSearchParams(),
  })
  t.equal(refused.status, 400)
  t.equal(refused.headers.get('access-control-allow-origin'), '*')
})

t.test('who guesses, or asks too often, is told to wait', async t => {
  const limits = { KILN_RATE_TOKEN: '0.001:2', KILN_RATE_CLIENT: '0.001:3' }
  const kiln = await openKiln(t, { KILN_AUTH: 'smart', ...limits })
  const guess = () => fetch(`${kiln.origin}/oauth/token`, { method: 'POST', body: new URLSearchParams() })
  t.same([(await guess()).status, (await guess()).status], [400, 400])
  const refused = await guess()
  t.equal(refused.status, 429)
  t.ok(Number(refused.headers.get('retry-after')) > 0)
  t.equal((await fetch(`${kiln.origin}/.well-known/openid-configuration`)).status, 200, 'what is public costs little')
  const place = { tenant: 'default', base: kiln.base }
  const read = async (client: string) => {
    const token = await kiln.smart.token(place, { client, scope: 'system/*.rs', seconds: 60 })
    return fetch(`${kiln.base}/Patient`, { headers: { authorization: `Bearer ${token}` } })
  }
  for (const wanted of [200, 200, 200, 429]) t.equal((await read('busy')).status, wanted)
  t.match(await issuesOf(await read('busy')), [{ code: 'throttled', diagnostics: /this client/ }])
  t.equal((await read('other')).status, 200, 'each client is counted by itself')
})

t.test('where nobody needs a token, pages of other origins read the description alone', async t => {
  const kiln = await openKiln(t)
  const allowed = async (path: string, method = 'GET') =>
    (await fetch(`${kiln.base}/${path}`, { method, headers: { origin: page } })).headers.get(
      'access-control-allow-origin',
    )
  t.equal(await allowed('metadata'), '*')
  t.equal(await allowed('metadata', 'OPTIONS'), '*')
  for (const path of ['Patient', 'Patient?x=/fhir/metadata', '$versions', 'metadata/x'])
    t.equal(await allowed(path), null, path)
  t.equal(await allowed('Patient', 'OPTIONS'), null)
  t.equal((await fetch(`${kiln.origin}/oauth/jwks`)).status, 404)
  const { rest } = (await (await fetch(`${kiln.base}/metadata`)).json()) as { rest: { security?: object }[] }
  t.equal(rest[0]?.security, undefined)
})

t.test('only what is written just so is an endpoint', async t => {
  const kiln = await openKiln(t, { KILN_AUTH: 'smart', KILN_REGISTRATION: 'open' })
  const body = JSON.stringify({ grant_types: ['client_credentials'], allowed_scope: 'system/*.cruds' })
  for (const path of [
    '/oauth/register/',
    '/oauth/REGISTER',
    '/oauth/Register',
    '/oauth//register',
    '/oauth/register%2f',
  ]) {
    const answer = await fetch(kiln.origin + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    t.equal(answer.status, 404, path)
  }
  for (const charset of ['utf-16le', 'utf-8']) {
    const text = Buffer.from(body, charset === 'utf-8' ? 'utf8' : 'utf16le')
    const headers = { 'content-type': `application/json; charset=${charset}` }
    const answer = await fetch(`${kiln.origin}/oauth/register`, { method: 'POST', headers, body: text })
    t.notMatch(await answer.text(), /system/, charset)
  }
  const sly = '{"grant_types":["client_credentials"],"__proto__":{"allowed_scope":"system/*.cruds"}}'
  const answer = await fetch(`${kiln.origin}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: sly,
  })
  t.notMatch(await answer.text(), /system/)
})

t.test('what is too large is refused in the words of OAuth, and is no bug', async t => {
  const kiln = await openKiln(t, { KILN_AUTH: 'smart' })
  const before = kiln.events.length
  const big = await fetch(`${kiln.origin}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ x: 'x'.repeat(70_000) }),
  })
  t.equal(big.status, 413)
  t.match(await big.json(), { error: 'invalid_request' })
  t.notOk(kiln.events.slice(before).some(({ event }) => event === 'http.failed'))
})
