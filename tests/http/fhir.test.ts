import { request } from 'node:http'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { OutcomeUnknown, StoreUnavailable } from '../../src/store/port.ts'
import { issuesOf, openKiln, speak } from './kiln.ts'

/** What `fetch` hides: whether the body came compressed, and whether there was one. */
function raw(
  url: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
    const sent = request(url, { method, headers }, answer => {
      const chunks: Buffer[] = []
      answer.on('data', chunk => chunks.push(chunk))
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
      )
    })
    sent.on('error', reject)
    sent.end()
  })
}

t.test('an answer carries what FHIR and caches need', async t => {
  const { base, create } = await openKiln(t)
  const id = await create('Patient', { active: true })
  const answer = await fetch(`${base}/Patient/${id}`, { headers: { 'x-request-id': 'mine-7' } })
  t.equal(answer.status, 200)
  for (const [name, value] of [
    ['content-type', 'application/fhir+json; charset=utf-8'],
    ['cache-control', 'private, no-store'],
    ['vary', 'Authorization, Accept, Origin'],
    ['x-content-type-options', 'nosniff'],
    ['x-request-id', 'mine-7'],
    ['etag', 'W/"1"'],
  ] as const) {
    t.equal(answer.headers.get(name), value, name)
  }
  t.ok(answer.headers.get('last-modified'))
  t.match(await answer.json(), { resourceType: 'Patient', id, active: true })
})

t.test('HEAD answers as GET does, but for the body', async t => {
  const { base, create } = await openKiln(t)
  const url = `${base}/Patient/${await create('Patient', { active: true })}`
  const get = await raw(url)
  const head = await raw(url, { method: 'HEAD' })
  t.equal(head.status, 200)
  t.equal(head.body.length, 0)
  const { date: _d, 'x-request-id': _r, ...expected } = get.headers
  t.match(head.headers, expected)
  t.equal(head.headers['content-length'], String(get.body.length))
  t.equal((await raw(`${base}/Patient/absent`, { method: 'HEAD' })).status, 404)
})

t.test('the format is negotiated, for errors too', async t => {
  const { base, create } = await openKiln(t)
  const url = `${base}/Patient/${await create('Patient', { active: true })}`
  for (const [target, accept, type] of [
    [url, 'application/fhir+xml', /^application\/fhir\+xml; charset=utf-8$/],
    [`${url}?_format=xml`, 'application/fhir+json', /^application\/fhir\+xml/],
    [`${url}?_format=application/fhir+xml`, '*/*', /^application\/fhir\+xml/],
    [`${base}/Patient/absent`, 'application/fhir+xml', /^application\/fhir\+xml/],
    [`${base}/Nothing`, 'text/xml', /^application\/fhir\+xml/],
    [url, 'application/fhir+xml; fhirVersion=4.0', /^application\/fhir\+xml; charset=utf-8; fhirVersion=4\.0$/],
    [url, '*/*', /^application\/fhir\+json/],
  ] as const) {
    const answer = await fetch(target, { headers: { accept } })
    t.match(answer.headers.get('content-type'), type, `${target} ${accept}`)
    const text = await answer.text()
    if (type.source.includes('xml'))
      t.match(text, /^<\?xml.*<(Patient|OperationOutcome) xmlns="http:\/\/hl7.org\/fhir"/s)
  }
})

t.test('what cannot be given is refused before anything is done', async t => {
  const { base } = await openKiln(t)
  const answer = await fetch(`${base}/Patient/wanted`, {
    method: 'PUT',
    headers: { accept: 'text/turtle', 'content-type': 'application/fhir+json' },
    body: JSON.stringify({ resourceType: 'Patient', id: 'wanted' }),
  })
  t.equal(answer.status, 406)
  t.equal(answer.headers.get('content-type'), 'application/fhir+json; charset=utf-8')
  t.match(await issuesOf(answer), [{ diagnostics: /application\/fhir\+json or application\/fhir\+xml/ }])
  t.equal((await fetch(`${base}/Patient/wanted`)).status, 404)
})

t.test('_pretty is for people', async t => {
  const { base, create } = await openKiln(t)
  const url = `${base}/Patient/${await create('Patient', { active: true })}`
  t.match(await (await fetch(`${url}?_pretty=true`)).text(), /^\{\n {2}"resourceType": "Patient",\n/)
  t.match(await (await fetch(`${url}?_pretty=true&_format=xml`)).text(), /\n\s*<active value="true"\/>/)
  t.notMatch(await (await fetch(`${url}?_pretty=false`)).text(), /\n/)
})

t.test('a large answer is compressed for those who ask', async t => {
  const { base } = await openKiln(t)
  const plain = await raw(`${base}/metadata`)
  t.equal(plain.headers['content-encoding'], undefined)
  for (const accept of ['gzip', 'deflate, gzip;q=0.5, br', 'GZIP']) {
    const packed = await raw(`${base}/metadata`, { headers: { 'accept-encoding': accept } })
    t.equal(packed.headers['content-encoding'], 'gzip', accept)
    t.equal(packed.headers['vary'], 'Authorization, Accept, Origin, Accept-Encoding')
    t.same(gunzipSync(packed.body), plain.body)
    t.ok(packed.body.length < plain.body.length / 5)
  }
  for (const accept of ['br', 'gzip;q=0', 'identity']) {
    t.equal(
      (await raw(`${base}/metadata`, { headers: { 'accept-encoding': accept } })).headers['content-encoding'],
      undefined,
    )
  }
})

t.test("a Binary's content cannot run in a browser, and is never unacceptable", async t => {
  const { base } = await openKiln(t)
  const page = '<script>alert(1)</script>'
  const made = await fetch(`${base}/Binary`, { method: 'POST', headers: { 'content-type': 'text/html' }, body: page })
  t.equal(made.status, 201)
  const url = (made.headers.get('location') ?? '').replace(/\/_history.*/, '')
  for (const accept of ['text/html', '*/*', 'application/json', 'nonsense']) {
    const answer = await fetch(url, { headers: { accept } })
    t.equal(answer.status, 200, accept)
    t.match(answer.headers.get('content-type'), /^text\/html/)
    t.equal(answer.headers.get('content-disposition'), 'attachment')
    t.equal(answer.headers.get('x-content-type-options'), 'nosniff')
    t.match(answer.headers.get('content-security-policy'), /default-src 'none'.*; sandbox/)
    t.equal(await answer.text(), page)
  }
  t.match(await (await fetch(url, { headers: { accept: 'application/fhir+json' } })).json(), { resourceType: 'Binary' })
})

t.test('a media type that cannot be sent as a header becomes a neutral one', async t => {
  const { base } = await openKiln(t)
  for (const [id, contentType] of [
    ['split', 'text/html\r\nX: 1'],
    ['wide', 'text/plain; name="ж"'],
  ]) {
    const body = JSON.stringify({ resourceType: 'Binary', id, contentType, data: 'aGVsbG8=' })
    const made = await fetch(`${base}/Binary/${id}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/fhir+json' },
      body,
    })
    if (made.status !== 201) continue // validation may refuse it before
    const answer = await fetch(`${base}/Binary/${id}`)
    t.equal(answer.status, 200, String(id))
    t.equal(answer.headers.get('content-type'), 'application/octet-stream')
  }
})

t.test('a security context that cannot be sent as a header does no harm', async t => {
  const { base } = await openKiln(t)
  const body = JSON.stringify({
    resourceType: 'Binary',
    id: 'b',
    contentType: 'text/plain',
    securityContext: { reference: 'Patient/Жuk\nX: 1' },
    data: 'aGVsbG8=',
  })
  const made = await fetch(`${base}/Binary/b`, {
    method: 'PUT',
    headers: { 'content-type': 'application/fhir+json' },
    body,
  })
  t.ok([201, 400].includes(made.status))
  const answer = await fetch(`${base}/Binary/b`)
  t.ok([200, 404].includes(answer.status), String(answer.status))
  t.equal(answer.headers.get('x'), null)
})

t.test('the base answers with and without a trailing slash, for each tenant', async t => {
  const { base, origin } = await openKiln(t, { KILN_TENANTS: 'north' })
  const post = (url: string) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify({ resourceType: 'Bundle', type: 'batch' }),
    })
  for (const url of [base, `${base}/`, `${origin}/t/north/fhir`, `${origin}/t/north/fhir/`]) {
    t.equal((await post(url)).status, 200, url)
  }
  t.equal((await fetch(`${base}/metadata/`)).status, 200)
})

t.test('tenants do not see each other, and one that is not there is not found', async t => {
  const { base, origin, create } = await openKiln(t, { KILN_TENANTS: 'north' })
  const id = await create('Patient')
  t.equal((await fetch(`${base}/Patient/${id}`)).status, 200)
  t.equal((await fetch(`${origin}/t/north/fhir/Patient/${id}`)).status, 404)
  for (const tenant of ['south', 'default', '%6eorth', 'x'.repeat(200)]) {
    const answer = await fetch(`${origin}/t/${tenant}/fhir/metadata`)
    t.ok([404, 414].includes(answer.status), tenant)
    t.ok((await issuesOf(answer)).length > 0)
  }
})

t.test('what a DELETE carries is not looked at', async t => {
  const { base, create } = await openKiln(t)
  const body = new TextEncoder().encode('{}')
  t.equal((await fetch(`${base}/Patient/${await create('Patient')}`, { method: 'DELETE', body })).status, 204)
})

t.test('every wrong path and method gets an OperationOutcome', async t => {
  const { origin, port } = await openKiln(t)
  for (const [method, path, status] of [
    ['GET', '/', 404],
    ['GET', '/fhirx', 404],
    ['POST', '/elsewhere?name=Chalmers', 404],
    ['GET', '/fhir/Patient/%zz', 400],
    ['OPTIONS', '/fhir/Patient', 405],
    ['PROPFIND', '/fhir', 405],
    ['QUERY', '/fhir/Patient', 405],
    ['PUT', '/fhir/metadata', 405],
    ['PUT', '/fhir/Patient/_search', 405],
  ] as const) {
    const heard = await speak(port, socket =>
      socket.write(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`),
    )
    t.match(heard, new RegExp(`^HTTP/1.1 ${status} `), `${method} ${path}`)
    t.match(heard, /"resourceType":"OperationOutcome"/)
    t.notMatch(heard, /Chalmers/, 'the query is not repeated')
    if (status === 405) t.match(heard, /\r\nallow: \S+/i)
  }
  t.equal((await fetch(`${origin}/%66hir/metadata`)).status, 404)
})

t.test('an error that quotes what XML cannot say comes as JSON, and the server lives on', async t => {
  const { base } = await openKiln(t)
  for (const path of ['%00', 'Patient/%01', 'Patient/%EF%BF%BF', '%ED%A0%80']) {
    const answer = await fetch(`${base}/${path}?_format=xml`)
    t.ok([400, 404].includes(answer.status), path)
    t.match(await answer.text(), /OperationOutcome/, path)
  }
  t.equal((await fetch(`${base}/metadata`)).status, 200)
})

t.test('a store that cannot be reached is a 503 that may be tried again', async t => {
  const read = async () => {
    throw new StoreUnavailable('disk on fire')
  }
  const { base } = await openKiln(t, {}, { read })
  const answer = await fetch(`${base}/Patient/1`)
  t.equal(answer.status, 503)
  t.equal(answer.headers.get('retry-after'), '1')
  t.match(await issuesOf(answer), [{ code: 'transient', diagnostics: /nothing was changed/ }])
})

t.test('a write of unknown outcome says so, and how to find out', async t => {
  const commit = async () => {
    throw new OutcomeUnknown('connection lost')
  }
  const { base } = await openKiln(t, {}, { commit })
  const answer = await fetch(`${base}/Patient/1`, {
    method: 'PUT',
    headers: { 'content-type': 'application/fhir+json' },
    body: '{"resourceType":"Patient","id":"1"}',
  })
  t.equal(answer.status, 504)
  t.match(await issuesOf(answer), [{ code: 'incomplete', diagnostics: /may have.*_history/ }])
})

t.test('a bug is reported, and the client learns nothing of it', async t => {
  const read = async () => {
    throw new TypeError('secret of /home/kiln')
  }
  const { base, events } = await openKiln(t, {}, { read })
  for (const accept of ['application/fhir+json', 'application/fhir+xml']) {
    const answer = await fetch(`${base}/Patient/1`, { headers: { accept } })
    t.equal(answer.status, 500)
    t.match(answer.headers.get('content-type'), accept.slice(0, 16))
    t.notMatch(await answer.text(), /secret|home|TypeError|\.ts/)
  }
  t.equal(events.filter(({ event }) => event === 'http.failed').length, 2)
})

t.test('requests are reported by interaction and status, without their URL', async t => {
  const { base, events } = await openKiln(t)
  await fetch(`${base}/Patient/chalmers`)
  await fetch(`${base}/Patient?family=Chalmers`, { headers: { accept: 'text/html' } })
  const answered = events.filter(({ event }) => event === 'http.answered')
  t.match(answered, [
    { interaction: 'read', status: 404, ms: Number },
    { interaction: 'none', status: 406 },
  ])
  t.notMatch(JSON.stringify(events), /chalmers/i)
})
