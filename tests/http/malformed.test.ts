import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import t from 'tap'
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
