import { request as ask } from 'node:http'
import { Socket } from 'node:net'
import t from 'tap'
import { type Asked, commonHeaders } from '../../src/http/headers.ts'
import { openKiln, speak } from './kiln.ts'

const common = {
  'cache-control': 'private, no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
}

t.test('every answer of every scope carries them once, and none says what runs here', async t => {
  const kiln = await openKiln(t)
  const id = await kiln.create('Patient')
  for (const [path, init] of [
    [`/fhir/Patient/${id}`, {}],
    [`/fhir/Patient/${id}`, { method: 'HEAD' }],
    [`/fhir/Patient/${id}?_format=xml`, {}],
    [`/fhir/Patient/${id}`, { method: 'DELETE' }],
    ['/fhir/Binary/page', { method: 'PUT', body: '<script>', headers: { 'content-type': 'text/html' } }],
    ['/fhir/Binary/page', { headers: { accept: 'text/html' } }],
    ['/fhir/metadata', {}],
    ['/fhir/Patient/absent', {}],
    ['/fhir/Patient', { method: 'POST', body: '{' }],
    ['/fhir/%zz', {}],
    ['/fhir/metadata', { headers: { accept: 'image/png' } }],
    ['/nowhere', {}],
    ['/ops/live', {}],
    ['/ops/ready', {}],
    ['/ops/metrics', {}],
  ] as const) {
    const { headers, status } = await fetch(kiln.origin + path, init)
    for (const [name, value] of Object.entries(common)) t.equal(headers.get(name), value, `${status} ${path}: ${name}`)
    for (const name of ['server', 'x-powered-by', 'strict-transport-security']) t.equal(headers.get(name), null, name)
  }
  const heard = await speak(kiln.port, socket => socket.write('rubbish\r\n\r\n'))
  for (const [name, value] of Object.entries(common)) t.match(heard.toLowerCase(), `\r\n${name}: ${value}\r\n`)
})

t.test('who keeps a copy knowingly need not fetch it again', async t => {
  const kiln = await openKiln(t)
  const id = await kiln.create('Patient')
  const answer = await fetch(`${kiln.base}/Patient/${id}`)
  const etag = answer.headers.get('etag') ?? ''
  const again = await fetch(`${kiln.base}/Patient/${id}`, { headers: { 'if-none-match': etag } })
  t.equal(again.status, 304)
  t.equal(again.headers.get('cache-control'), 'private, no-store')
})

const asked: Asked = { headers: {}, socket: new Socket() }

t.test('browsers are bound to HTTPS only by answers that come over HTTPS', async t => {
  const ageOf = (isSecure: boolean, maxAge: number): string | undefined => {
    const lines = commonHeaders({ isSecure: () => isSecure, maxAge })(asked)
    t.equal(lines.length % 2, 0)
    const at = lines.indexOf('Strict-Transport-Security')
    return at < 0 ? undefined : lines[at + 1]
  }
  t.equal(ageOf(true, 31_536_000), 'max-age=31536000')
  t.equal(ageOf(true, 0), 'max-age=0', 'which takes it back')
  t.equal(ageOf(false, 31_536_000), undefined)
})

/** The header as it comes back from a server with these settings. */
async function transportSecurity(
  t: Parameters<typeof openKiln>[0],
  settings: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<unknown> {
  const { port } = await openKiln(t, settings)
  return new Promise((resolve, reject) => {
    ask({ port, path: '/fhir/Patient/absent', headers: { host: 'localhost', ...headers } }, answer => {
      answer.resume()
      resolve(answer.headers['strict-transport-security'])
    })
      .on('error', reject)
      .end()
  })
}

t.test('behind a proxy it counts how the client came', async t => {
  const age = { KILN_HSTS_MAX_AGE: '600' }
  const proxied = { ...age, KILN_TRUSTED_PROXIES: '127.0.0.1' }
  t.equal(await transportSecurity(t, { ...age, KILN_BASE_URL: 'https://ehr.example/fhir' }), 'max-age=600')
  t.equal(await transportSecurity(t, { ...age, KILN_BASE_URL: 'http://ehr.example/fhir' }), undefined)
  t.equal(await transportSecurity(t, proxied, { 'x-forwarded-proto': 'https' }), 'max-age=600')
  t.equal(await transportSecurity(t, proxied, { 'x-forwarded-proto': 'https, http' }), undefined)
  t.equal(await transportSecurity(t, proxied), undefined)
  t.equal(await transportSecurity(t, age, { 'x-forwarded-proto': 'https' }), undefined, 'nobody is trusted')
})
