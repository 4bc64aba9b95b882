import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { logReader } from '../../src/observe.ts'
import { issuesOf, openKiln, speak } from './kiln.ts'

const fhirJson = 'application/fhir+json'
const patient = JSON.stringify({ resourceType: 'Patient' })

t.test('100,000 headers are refused with 431, and the server lives on', async t => {
  const { base, port } = await openKiln(t)
  const headers = Array.from({ length: 100_000 }, (_, n) => `X-${n}: ${n}\r\n`).join('')
  const heard = await speak(port, socket =>
    socket.write(`GET /fhir/metadata HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`),
  )
  t.match(heard, /^HTTP\/1\.1 431 /)
  t.match(heard, /"resourceType":"OperationOutcome"/)
  t.equal((await fetch(`${base}/metadata`)).status, 200)
})

t.test('a header behind two thousand others still counts', async t => {
  const { port } = await openKiln(t)
  const many = Array.from({ length: 2_500 }, (_, n) => `a${n % 10}:\r\n`).join('')
  const heard = await speak(port, socket =>
    socket.write(
      `GET /fhir/metadata HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${many}Accept: text/html\r\n\r\n`,
    ),
  )
  t.match(heard, /^HTTP\/1\.1 406 /)
})

t.test('what is not HTTP gets a 400 with an OperationOutcome', async t => {
  const { port, events } = await openKiln(t)
  for (const rubbish of [
    'rubbish\r\n\r\n',
    '\u0016\u0003\u0001\u0002\u0000',
    'GET /fhir HTTP/9.9\r\n\r\n',
    'BREW /fhir HTTP/1.1\r\n\r\n',
  ]) {
    const heard = await speak(port, socket => socket.write(rubbish, 'latin1'))
    t.match(heard, /^HTTP\/1\.1 400 Bad Request\r\n/, JSON.stringify(rubbish))
    t.match(heard, /"resourceType":"OperationOutcome"/)
    t.notMatch(heard, /HPE_|node:|\.ts/)
  }
  t.equal(events.filter(({ event }) => event === 'http.malformed').length, 4)
})

t.test('rubbish behind a good request does not steal its answer', async t => {
  const { port } = await openKiln(t)
  const heard = await speak(port, socket =>
    socket.write('GET /fhir/Patient/absent HTTP/1.1\r\nHost: localhost\r\n\r\nrubbish rubbish\r\n\r\n'),
  )
  t.equal(heard.match(/HTTP\/1\.1 /g)?.length, 1)
  t.match(heard, /^HTTP\/1\.1 404 /)
})

t.test('a length that is told twice or in two ways is refused', async t => {
  const { port } = await openKiln(t)
  for (const framing of [
    'Content-Length: 26\r\nContent-Length: 5\r\n',
    'Content-Length: 26\r\nTransfer-Encoding: chunked\r\n',
    'Content-Length: -1\r\n',
    'Transfer-Encoding: chunked, identity\r\n',
  ]) {
    const heard = await speak(port, socket =>
      socket.write(
        `POST /fhir/Patient HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${fhirJson}\r\n${framing}\r\n${patient}`,
      ),
    )
    t.match(heard, /^HTTP\/1\.1 400 /, framing)
  }
})

const behind = 'PUT /fhir/Basic/smuggled HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n'

t.test('what two readers could frame in two ways is refused, and nothing behind it is taken for a request', async t => {
  const { port } = await openKiln(t)
  const chunked = 'Transfer-Encoding: chunked\r\n\r\n'
  for (const rest of [
    `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    `Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
    `Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`,
    `Transfer-Encoding: \u000bchunked\r\n\r\n0\r\n\r\n`,
    `Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
    `Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `Content-Length: +26\r\n\r\n${patient}`,
    `Content-Length: 0x1a\r\n\r\n${patient}`,
    `Content-Length: 2 6\r\n\r\n${patient}`,
    `Content-Length: 26, 26\r\n\r\n${patient}`,
    `Content-Length: 26\r\nContent-Length: 26\r\n\r\n${patient}`,
    `Content-Length: 99999999999999999999999\r\n\r\n${patient}`,
    `X: a\nContent-Length: 26\r\n\r\n${patient}`,
    `X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `X: a\u0000b\r\n\r\n`,
    `${chunked}1a;x="\r\n${patient}\r\n0\r\n\r\n`,
    `${chunked}0x1a\r\n${patient}\r\n0\r\n\r\n`,
    `${chunked}-1\r\n${patient}\r\n0\r\n\r\n`,
    `${chunked}fffffffffffffffff\r\n${patient}\r\n0\r\n\r\n`,
    `${chunked}1a\r\n${patient}XX\r\n0\r\n\r\n`,
    `${chunked}1a\n${patient}\n0\n\n`,
    `${chunked}1a\r\n${patient}\r\n0\r\nContent-Length: 5\r\n\r\n`,
  ]) {
    const request = `POST /fhir/Patient HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${fhirJson}\r\n${rest}`
    const heard = await speak(port, socket => socket.write(request + behind, 'latin1'))
    t.match(heard, /^HTTP\/1\.1 400 /, JSON.stringify(rest))
    t.equal(heard.match(/HTTP\/1\.1 /g)?.length, 1, 'one answer')
  }
})

t.test('what the body of a GET or DELETE looks like does not matter: it is read and forgotten', async t => {
  const { port } = await openKiln(t)
  for (const method of ['GET', 'DELETE']) {
    const last = 'GET /fhir/Basic/last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
    const request = `${method} /fhir/Basic/first HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${behind.length}\r\n\r\n${behind}`
    const heard = await speak(port, socket => socket.write(request + last))
    t.match(heard.match(/HTTP\/1\.1 \d+/g), [/20.|404/, 'HTTP/1.1 404'], method)
  }
})

t.test('chunks of an HTTP/1.0 client are refused, and nothing behind them is taken for a request', async t => {
  const { port } = await openKiln(t)
  const heard = await speak(port, socket =>
    socket.write(
      `POST /fhir/Patient HTTP/1.0\r\nHost: localhost\r\nContent-Type: ${fhirJson}\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n1a\r\n${patient}\r\n0\r\n\r\n${behind}`,
    ),
  )
  t.equal(heard.match(/HTTP\/1\.1 /g)?.length, 1)
  t.match(heard, /^HTTP\/1\.1 400 /)
})

t.test('other protocols are not spoken', async t => {
  const { port } = await openKiln(t)
  const end = 'Host: localhost\r\nConnection: close, Upgrade, HTTP2-Settings\r\n'
  for (const [request, answer] of [
    [
      `GET /fhir/Basic/x HTTP/1.1\r\n${end}Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n${behind}`,
      /^HTTP\/1\.1 404 /,
    ],
    [`GET /fhir/Basic/x HTTP/1.1\r\n${end}Upgrade: websocket\r\n\r\n${behind}`, /^HTTP\/1\.1 404 /],
    [`TRACE /fhir/metadata HTTP/1.1\r\n${end}\r\n`, /^HTTP\/1\.1 405 /],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^HTTP\/1\.1 400 /],
    [`CONNECT evil.example:443 HTTP/1.1\r\n${end}\r\n`, /^$/],
  ] as const) {
    const heard = await speak(port, socket => socket.write(request))
    t.match(heard, answer, request)
    t.ok((heard.match(/HTTP\/1\.1 /g)?.length ?? 0) <= 1, 'one answer at most')
  }
})

t.test('several Host headers are refused, even if they agree', async t => {
  for (const settings of [{}, { KILN_TRUSTED_PROXIES: '127.0.0.1' }]) {
    const { port } = await openKiln(t, settings)
    for (const other of ['localhost', 'evil.example']) {
      const heard = await speak(port, socket =>
        socket.write(`GET /fhir/metadata HTTP/1.1\r\nHost: localhost\r\nHost: ${other}\r\nConnection: close\r\n\r\n`),
      )
      t.match(heard, /^HTTP\/1\.1 400 /, other)
      t.match(heard, /more than one Host/)
    }
  }
})

t.test('a URL that is longer than all headers may be is refused', async t => {
  const { base } = await openKiln(t)
  const answer = await fetch(`${base}/Patient?name=${'x'.repeat(40_000)}`)
  t.equal(answer.status, 431)
  t.match(await issuesOf(answer), [{ code: 'too-long', diagnostics: /by POST/ }])
  t.equal((await fetch(`${base}/Patient?name=${'x'.repeat(10_000)}`)).status, 200)
})

t.test('line breaks cannot be brought into headers', async t => {
  const { base, port } = await openKiln(t)
  const evil = '%0d%0aX-Evil:%201%0d%0a%0d%0a'
  const headers = { 'content-type': fhirJson }
  for (const [path, init] of [
    [`/Patient/a${evil}`, {}],
    [`/Patient/a${evil}`, { method: 'PUT', headers, body: patient }],
    [`/Patient/a/_history/1${evil}`, {}],
    [`/Patient${evil}`, {}],
    [`/Patient?name=${evil}&_count=1`, {}],
    [`/Patient?_format=${evil}`, {}],
    [`/Patient?_format=json${evil}`, {}],
    [`/Patient?identifier=${evil}`, { method: 'PUT', headers, body: patient }],
    [`/$x${evil}`, {}],
    [`/../t/a${evil}/fhir/Patient`, {}],
  ] as const) {
    const answer = await fetch(base + path, init)
    t.equal(answer.headers.get('x-evil'), null, `${answer.status} ${path}`)
    t.notMatch([...answer.headers.values()].join('|'), /evil/i)
  }
  const binary = JSON.stringify({ resourceType: 'Binary', contentType: 'text/plain\r\nX-Evil: 1', data: 'AAAA' })
  await fetch(`${base}/Binary/b`, { method: 'PUT', headers, body: binary.replace('"Binary"', '"Binary","id":"b"') })
  t.equal((await fetch(`${base}/Binary/b`, { headers: { accept: '*/*' } })).headers.get('x-evil'), null)
  for (const line of [
    'X-Request-Id: a\u0085b',
    'X-Request-Id: a\tb',
    'Prefer: return=\u000bminimal',
    'If-None-Exist: \u0085',
  ]) {
    const heard = await speak(port, socket =>
      socket.write(`GET /fhir/Patient/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${line}\r\n\r\n`, 'latin1'),
    )
    t.notMatch(heard.split('\r\n\r\n')[0], /(?![\r\n])\p{Cc}/u, JSON.stringify(line))
  }
})

t.test('lines of the log cannot be forged', async t => {
  const { port, base, events } = await openKiln(t)
  const forged = '{"level":60,"msg":"forged"}'
  await fetch(`${base}/Patient/%0a${encodeURIComponent(forged)}`)
  for (const id of [forged, `a\u0085${forged}`, `\u2028${forged}`]) {
    await speak(port, socket =>
      socket.write(
        `GET /fhir/metadata HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Request-Id: ${id}\r\n\r\n`,
      ),
    )
  }
  await speak(port, socket => socket.write(`${forged}\n${forged}\r\n\r\n`))
  let written = ''
  const log = logReader('trace', { write: line => (written += line) })
  for (const event of events) log(event)
  t.ok(events.some(({ event }) => event === 'http.malformed'))
  t.notMatch(written, /forged/)
  t.equal(written.split('\n').length - 1, events.length, 'a line for each event')
})

t.test('a client that sends its body too slowly is told so', async t => {
  const { base, port } = await openKiln(t, { KILN_REQUEST_TIMEOUT: '300' })
  const heard = await speak(port, socket =>
    socket.write(
      `POST /fhir/Patient HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${fhirJson}\r\nContent-Length: 100\r\n\r\n{"res`,
    ),
  )
  t.match(heard, /^HTTP\/1\.1 408 /)
  t.match(heard, /"code":"timeout"/)
  t.equal(heard.match(/HTTP\/1\.1 /g)?.length, 1, 'one answer')
  t.equal((await fetch(`${base}/metadata`)).status, 200)
})

t.test('a client that sends its headers too slowly is told so', async t => {
  const { port } = await openKiln(t, { KILN_REQUEST_TIMEOUT: '300' })
  const heard = await speak(port, socket => socket.write('GET /fhir/metadata HTTP/1.1\r\nHost: lo'))
  t.match(heard, /^HTTP\/1\.1 408 /)
})

t.test('a body that ends too early changes nothing', async t => {
  const { base, port } = await openKiln(t)
  await speak(port, socket =>
    socket.end(
      `PUT /fhir/Patient/half HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${fhirJson}\r\nContent-Length: 500\r\n\r\n{"resourceType":"Patient","id":"half"}`,
    ),
  )
  t.equal((await fetch(`${base}/Patient/half`)).status, 404)
})

t.test('a request without Host is refused', async t => {
  const { port } = await openKiln(t)
  const heard = await speak(port, socket => socket.write('GET /fhir/metadata HTTP/1.1\r\nConnection: close\r\n\r\n'))
  t.match(heard, /^HTTP\/1\.1 400 /)
  t.match(heard, /no Host header/)
})

t.test('a body over the limit is refused with 413, plain, chunked and compressed', async t => {
  const { base } = await openKiln(t, { KILN_MAX_BODY: '2000' })
  const headers = { 'content-type': fhirJson }
  const large = `${patient}${' '.repeat(4000)}`
  const chunked = new Blob([large]).stream()
  const bodies: RequestInit[] = [
    { body: large, headers },
    { body: chunked, headers, duplex: 'half' },
    { body: gzipSync(large), headers: { ...headers, 'content-encoding': 'gzip' } },
    {
      body: gzipSync(Buffer.alloc(100_000_000, ' ')).subarray(0, 1900),
      headers: { ...headers, 'content-encoding': 'gzip' },
    },
  ]
  for (const init of bodies) {
    const answer = await fetch(`${base}/Patient`, { method: 'POST', ...init })
    t.equal(answer.status, 413)
    t.match(await issuesOf(answer), [{ code: 'too-long', diagnostics: /2000 bytes/ }])
  }
})

t.test('a body of 100 MB is refused by what it says of its length, before it comes', async t => {
  const { port } = await openKiln(t)
  const heard = await speak(port, socket =>
    socket.write(
      `POST /fhir/Patient HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: ${fhirJson}\r\nContent-Length: 104857600\r\n\r\n{`,
    ),
  )
  t.match(heard, /^HTTP\/1\.1 413 /)
})

t.test('a gzip bomb is defused: what it would become is never held', async t => {
  const { base } = await openKiln(t, { KILN_MAX_BODY: '1000000' })
  const bomb = gzipSync(Buffer.alloc(300_000_000, ' '))
  t.ok(bomb.length < 1_000_000, 'as sent it is within the limit')
  const before = process.memoryUsage().rss
  const answer = await fetch(`${base}/Patient`, {
    method: 'POST',
    headers: { 'content-type': fhirJson, 'content-encoding': 'gzip' },
    body: bomb,
  })
  t.equal(answer.status, 413)
  t.ok(process.memoryUsage().rss - before < 150_000_000)
})

t.test('a compressed body is understood, and a broken one refused', async t => {
  const { base } = await openKiln(t)
  const send = (body: Uint8Array<ArrayBuffer>, encoding: string) =>
    fetch(`${base}/Patient`, {
      method: 'POST',
      headers: { 'content-type': fhirJson, 'content-encoding': encoding },
      body,
    })
  t.equal((await send(gzipSync(patient), 'gzip')).status, 201)
  t.equal((await send(gzipSync(patient), 'GZIP')).status, 201)
  t.equal((await send(gzipSync(patient).subarray(0, 20), 'gzip')).status, 400)
  t.equal((await send(new Uint8Array(randomBytes(50)), 'gzip')).status, 400)
  t.equal((await send(gzipSync(gzipSync(patient)), 'gzip, gzip')).status, 415)
  const other = await send(gzipSync(patient), 'br')
  t.equal(other.status, 415)
  t.equal(other.headers.get('accept-encoding'), 'gzip')
})

t.test('a media type that cannot be trusted is refused with 415', async t => {
  const { base, port } = await openKiln(t)
  for (const type of [
    'text/plain',
    'application/json garbage',
    'application/fhir+json; charset=utf-8; charset=utf-16',
    'application/fhir+json; charset=utf-16',
    'application/fhir+json; fhirVersion=3.0',
    'application/fhir+json, text/plain',
    'application/fhir+json;',
    'nonsense',
  ]) {
    const answer = await fetch(`${base}/Patient`, { method: 'POST', headers: { 'content-type': type }, body: patient })
    t.equal(answer.status, 415, type)
    t.match(await issuesOf(answer), [{ code: 'not-supported' }], type)
  }
  for (const types of [
    'Content-Type: application/fhir+json\t;x=1',
    `Content-Type: ${fhirJson}\r\nContent-Type: text/plain`,
    'X: 1',
  ]) {
    const heard = await speak(port, socket =>
      socket.write(
        `POST /fhir/Patient HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${types}\r\nContent-Length: ${patient.length}\r\n\r\n${patient}`,
      ),
    )
    t.match(heard, /^HTTP\/1\.1 415 /, JSON.stringify(types))
    t.match(heard, /"OperationOutcome"/)
  }
})
