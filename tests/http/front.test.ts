import { once } from 'node:events'
import { type IncomingMessage, request as plainly } from 'node:http'
import { Agent, request } from 'node:https'
import { connect } from 'node:net'
import { fastify } from 'fastify'
import t, { type Test } from 'tap'
import { BadCertificate } from '../../src/http/certificate.ts'
import type { HttpEvent } from '../../src/http/event.ts'
import { openFront } from '../../src/http/front.ts'
import { issuesOf, openKiln, speak } from './kiln.ts'
import { inFiles, selfSigned } from './self-signed.ts'

const config = {
  KILN_HOST: '127.0.0.1',
  KILN_BASE_URL: '',
  KILN_TRUSTED_PROXIES: [] as string[],
  KILN_TLS_CERT: '',
  KILN_TLS_KEY: '',
  KILN_HSTS_MAX_AGE: 600,
  KILN_MAX_CONNECTIONS: 0,
  KILN_REQUEST_TIMEOUT: 60_000,
  KILN_RATE_ADDRESS: '',
  KILN_RATE_CLIENT: '',
  KILN_RATE_USER: '',
  KILN_RATE_TOKEN: '',
  KILN_RATE_SIGN_IN: '',
}

/** A server that says hello, and tells by a clock of the test. */
async function hello(t: Test, settings: Partial<typeof config>) {
  const events: HttpEvent[] = []
  let now = 0
  const front = openFront({
    config: { ...config, ...settings },
    guarded: false,
    local: true,
    elapsed: () => now,
    observe: event => events.push(event),
  })
  const server = fastify(front.options)
  front.guard(server)
  for (const path of ['/', '/ops/live']) server.get(path, async () => 'hello')
  server.setErrorHandler((error: { status?: number }, _request, reply) => reply.code(error.status ?? 500).send(''))
  await server.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => server.close())
  const { port } = server.server.address() as { port: number }
  const status = async (headers: Record<string, string> = {}, path = '/'): Promise<number> => {
    const asked = plainly({ port, path, headers: { host: 'localhost', connection: 'close', ...headers } }).end()
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    answer.resume()
    return answer.statusCode ?? 0
  }
  return { events, port, status, wait: (ms: number) => (now += ms) }
}

t.test('who asks too fast is told so, and served again when time has passed', async t => {
  const { status, wait } = await hello(t, { KILN_RATE_ADDRESS: '1:2' })
  t.same([await status(), await status(), await status()], [200, 200, 429])
  t.equal(await status({}, '/ops/live'), 200, 'probes are always served')
  wait(1000)
  t.same([await status(), await status()], [200, 429])
})

t.test('behind proxies each client is counted for itself, and cannot give itself another address', async t => {
  const { status } = await hello(t, { KILN_RATE_ADDRESS: '1:1', KILN_TRUSTED_PROXIES: ['127.0.0.0/8', '10.0.0.0/8'] })
  const from = (forwarded: string) => status({ 'x-forwarded-for': forwarded })
  t.same([await from('203.0.113.9'), await from('203.0.113.9')], [200, 429])
  t.equal(await from('203.0.113.9, 10.0.0.2'), 429, 'by another proxy')
  t.equal(await from('198.51.100.1, 203.0.113.9'), 429, 'whatever it writes')
  t.equal(await from('203.0.113.10'), 200)
  t.same([await from('2001:db8::1'), await from('2001:db8::2'), await from('2001:db8:0:1::1')], [200, 429, 200])
  const { status: bare } = await hello(t, { KILN_RATE_ADDRESS: '1:1' })
  t.equal(await bare({ 'x-forwarded-for': '203.0.113.9' }), 200)
  t.equal(await bare({ 'x-forwarded-for': '203.0.113.10' }), 429, 'nobody is trusted')
})

t.test('a whole server refuses with an OperationOutcome and Retry-After, before it reads the body', async t => {
  const kiln = await openKiln(t, { KILN_RATE_ADDRESS: '0.01:2' })
  t.equal((await fetch(`${kiln.base}/metadata`)).status, 200)
  t.equal((await fetch(`${kiln.base}/metadata`)).status, 200)
  const answer = await fetch(`${kiln.base}/Patient`, { method: 'POST', body: 'neither JSON nor XML' })
  t.equal(answer.status, 429)
  const seconds = Number(answer.headers.get('retry-after'))
  t.ok(seconds > 0 && seconds <= 100, `${seconds} s`)
  t.match(await issuesOf(answer), [{ code: 'throttled', diagnostics: /0\.01 a second are served, 2 at once/ }])
  t.equal((await fetch(`${kiln.origin}/ops/ready`)).status, 200)
  t.equal((await fetch(`${kiln.origin}/ops/metrics`)).status, 429)
  t.match(await (await fetch(`${kiln.base}?_format=xml`)).text(), /<OperationOutcome/)
})

t.test('limits that nobody set hold where strangers can connect', async t => {
  const isLimited = (local: boolean, guarded: boolean, proxies: string[]): boolean => {
    const settings = { ...config, KILN_TRUSTED_PROXIES: proxies }
    return (
      openFront({ config: settings, local, guarded, elapsed: () => 0, observe: () => {} }).throttles.address !==
      undefined
    )
  }
  t.equal(isLimited(true, false, []), false)
  t.equal(isLimited(true, true, []), false)
  t.equal(isLimited(true, false, ['127.0.0.1']), false)
  t.equal(isLimited(true, true, ['127.0.0.1']), true)
  t.equal(isLimited(false, true, []), true)
})

async function overTls(t: Test, settings: Record<string, string> = {}) {
  const own = selfSigned('kiln')
  const files = inFiles(t, own)
  const kiln = await openKiln(t, { KILN_TLS_CERT: files.cert, KILN_TLS_KEY: files.key, ...settings })
  const agent = new Agent({ ca: own.cert, keepAlive: true })
  t.teardown(() => agent.destroy())
  const ask = (method: string, path: string, headers = {}, body?: string) =>
    new Promise<{ status: number; headers: IncomingMessage['headers']; text: string }>((resolve, reject) => {
      const asked = request({ agent, host: '127.0.0.1', port: kiln.port, method, path, headers }, async answer => {
        let text = ''
        for await (const chunk of answer) text += chunk
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text })
      })
      asked.on('error', reject).end(body)
    })
  return { ...kiln, ask }
}

t.test('with a certificate Kiln speaks HTTPS, and says so in every link', async t => {
  const { ask, port } = await overTls(t)
  const patient = '{"resourceType":"Patient"}'
  const created = await ask('POST', '/fhir/Patient', { 'content-type': 'application/fhir+json' }, patient)
  t.equal(created.status, 201)
  t.match(created.headers.location, `https://127.0.0.1:${port}/fhir/Patient/`)
  t.equal(created.headers['strict-transport-security'], 'max-age=31536000')
  const found = await ask('GET', '/fhir/Patient')
  t.equal(found.status, 200)
  t.match(JSON.parse(found.text), {
    link: [{ relation: 'self', url: `https://127.0.0.1:${port}/fhir/Patient` }],
    entry: [{ fullUrl: created.headers.location?.replace(/\/_history.*/, '') }],
  })
  t.equal((await ask('GET', '/ops/live')).headers['strict-transport-security'], 'max-age=31536000')
})

t.test('who does not speak TLS is hung up on, and the others are served', async t => {
  const { ask, port, events } = await overTls(t)
  t.equal(await speak(port, socket => socket.write('GET /fhir/metadata HTTP/1.1\r\nHost: localhost\r\n\r\n')), '')
  t.notMatch(await speak(port, socket => socket.write('\u0016\u0003\u0001rubbish'.repeat(500), 'latin1')), 'HTTP')
  const gone = connect(port, '127.0.0.1', () => gone.destroy())
  await once(gone, 'close')
  t.equal((await ask('GET', '/ops/live')).status, 200)
  t.equal(events.filter(({ event }) => event === 'tls.failed').length, 2)
})

t.test('over TLS the limits are the same: long headers, slow clients, what is not HTTP', async t => {
  const { ask } = await overTls(t, { KILN_REQUEST_TIMEOUT: '300', KILN_MAX_BODY: '2000' })
  const long = await ask('GET', `/fhir/Patient?name=${'x'.repeat(40_000)}`)
  t.equal(long.status, 431)
  t.match(long.text, /OperationOutcome/)
  t.equal(long.headers['strict-transport-security'], 'max-age=31536000')
  const slow = await ask(
    'POST',
    '/fhir/Patient',
    { 'content-type': 'application/fhir+json', 'content-length': 100 },
    '{',
  ).catch(error => error)
  t.equal(slow.status, 408)
  t.equal((await ask('POST', '/fhir/Patient', { 'content-length': 4000 }, ' '.repeat(4000))).status, 413)
})

t.test('a server without its certificate does not start', async t => {
  const files = inFiles(t, selfSigned('kiln'))
  await t.rejects(openKiln(t, { KILN_TLS_CERT: `${files.cert}.absent`, KILN_TLS_KEY: files.key }), BadCertificate)
})
