/** What clients stored never runs in a browser, and never becomes a header or a line of a log. */
import t, { type Test } from 'tap'
import { issuesOf, type Kiln, openKiln, speak } from '../http/kiln.ts'
import { operator } from '../security/smart/app.ts'

/** Who stores what is bad may do so; `fetch` is his. */
async function opened(t: Test): Promise<Kiln & { readonly authorization: string; readonly fetch: typeof fetch }> {
  const kiln = await openKiln(t, { KILN_AUTH: 'smart' })
  const { authorization } = await operator(kiln)
  const asker: typeof fetch = (input, init) => fetch(input, { ...init, headers: { authorization, ...init?.headers } })
  return { ...kiln, authorization, fetch: asker }
}

const fhirJson = { 'content-type': 'application/fhir+json' }
const page = '<script>alert(1)</script>'
const types = ['text/html', 'image/svg+xml', 'application/xhtml+xml', 'text/xml', 'text/javascript', 'application/pdf']

/** Neither type would be believed, nor what is in it run. */
function isHarmless(headers: Headers): boolean {
  const policy = headers.get('content-security-policy') ?? ''
  const sandboxed = policy.includes("default-src 'none'") && /; sandbox$/.test(policy)
  return (
    sandboxed &&
    headers.get('content-disposition') === 'attachment' &&
    headers.get('x-content-type-options') === 'nosniff'
  )
}

t.test('a Binary is handed out to be kept, not to be shown', async t => {
  const { base, fetch } = await opened(t)
  for (const type of types) {
    const made = await fetch(`${base}/Binary`, { method: 'POST', headers: { 'content-type': type }, body: page })
    t.equal(made.status, 201, type)
    const { headers, status } = await fetch(made.headers.get('location') ?? '', { headers: { accept: '*/*' } })
    t.ok(status === 200 && isHarmless(headers), type)
  }
})

t.test('a Binary names no type that is more than a type', async t => {
  const { base, fetch } = await opened(t)
  for (const contentType of [
    'text/html\r\nSet-Cookie: x=y',
    'text/html\nx: y',
    'text/html\u0000',
    'text/plain; charset=x\r\n\r\n<script>',
    'x'.repeat(5_000),
  ]) {
    const body = JSON.stringify({ resourceType: 'Binary', contentType, data: 'PGI+' })
    const made = await fetch(`${base}/Binary`, { method: 'POST', headers: fhirJson, body })
    if (made.status !== 201) {
      t.ok(made.status >= 400 && made.status < 500, `${JSON.stringify(contentType).slice(0, 60)} is refused`)
      continue
    }
    const { id } = (await made.json()) as { id: string }
    const { headers, status } = await fetch(`${base}/Binary/${id}`, { headers: { accept: '*/*' } })
    t.ok(
      status < 500 && !headers.has('set-cookie') && !headers.has('x'),
      `${JSON.stringify(contentType).slice(0, 60)} is no header`,
    )
  }
})

t.test('what a Binary says of who may see it is no header of its own', async t => {
  const { base, fetch } = await opened(t)
  for (const reference of ['Patient/1\r\nSet-Cookie: x=y', 'Patient/\u2028', 'Patient/ä']) {
    const body = JSON.stringify({
      resourceType: 'Binary',
      contentType: 'text/plain',
      securityContext: { reference },
      data: 'PGI+',
    })
    const made = await fetch(`${base}/Binary`, { method: 'POST', headers: fhirJson, body })
    if (made.status !== 201) {
      t.ok(made.status < 500, `${encodeURI(reference)} is refused`)
      continue
    }
    const { id } = (await made.json()) as { id: string }
    const { headers, status } = await fetch(`${base}/Binary/${id}`, { headers: { accept: 'text/plain' } })
    t.ok(status < 500 && !headers.has('set-cookie'), encodeURI(reference))
  }
})

t.test('no answer is a page, whatever is asked for', async t => {
  const { base, fetch } = await opened(t)
  for (const path of [
    `Patient?name=${page}`,
    `Patient/${page}`,
    `${page}`,
    `Patient?${page}=1`,
    `Patient?_sort=${page}`,
  ]) {
    const { headers } = await fetch(`${base}/${path.replaceAll('<', '%3C').replaceAll('>', '%3E')}`, {
      headers: { accept: '*/*' },
    })
    t.match(headers.get('content-type'), /^application\/fhir\+json/, path)
    t.equal(headers.get('x-content-type-options'), 'nosniff', path)
  }
  for (const accept of ['text/html', 'application/xhtml+xml', 'image/svg+xml']) {
    t.equal((await fetch(`${base}/Patient`, { headers: { accept } })).status, 406, accept)
  }
  t.ok((await fetch(`${base}/Patient?_format=text/html`)).status >= 400)
})

t.test('names, ids and addresses do not become headers', async t => {
  const { base, port, authorization, fetch } = await opened(t)
  for (const path of [
    'Patient/x%0d%0aSet-Cookie:%20x=y',
    'Patient?_id=x%0d%0aSet-Cookie:%20x=y',
    '%0d%0aSet-Cookie:%20x=y',
    '//evil.test/%2e%2e',
  ]) {
    const heard = await speak(port, socket =>
      socket.write(
        `GET /fhir/${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\nConnection: close\r\n\r\n`,
      ),
    )
    t.notMatch(heard, /^set-cookie/im, path)
    t.match(heard, /^HTTP\/1\.1 [24]/, path)
  }
  const headers = { ...fhirJson, 'if-none-exist': 'identifier=x%0d%0aSet-Cookie:%20x=y' }
  const made = await fetch(`${base}/Patient`, { method: 'POST', headers, body: '{"resourceType":"Patient"}' })
  t.notOk(made.headers.has('set-cookie'))
  t.equal(made.headers.get('location')?.startsWith(base), true)
})

t.test('an id of a request that somebody brings is not printed unless it is one', async t => {
  const { port, authorization } = await opened(t)
  for (const id of ['x y', '<script>', 'x'.repeat(1_000), '{"level":60}', '\u001b[2J']) {
    const heard = await speak(port, socket =>
      socket.write(
        `GET /fhir/Patient HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\nX-Request-Id: ${id}\r\nConnection: close\r\n\r\n`,
        'latin1',
      ),
    )
    t.notOk(heard.includes(`x-request-id: ${id}`), JSON.stringify(id).slice(0, 40))
    t.notOk(heard.includes('\u001b'))
  }
})

t.test('events, which logs are made of, carry nothing of what was asked for', async t => {
  const { base, events, fetch } = await opened(t)
  await fetch(`${base}/Patient?name=Secret%0aName&identifier=urn:ssn|078-05-1120`)
  await fetch(`${base}/Patient/078-05-1120`)
  await fetch(`${base}/Patient`, {
    method: 'POST',
    headers: fhirJson,
    body: '{"resourceType":"Patient","name":[{"family":"Secret"}],"x":1}',
  })
  const told = JSON.stringify(events, (_, value) => (value instanceof Error ? value.message : value))
  t.ok(events.length > 0)
  t.notMatch(told, /Secret|078-05-1120/)
})

t.test('methods that are no methods are refused, and one cannot stand for another', async t => {
  const { base, authorization, fetch } = await opened(t)
  const made = await fetch(`${base}/Patient`, { method: 'POST', headers: fhirJson, body: '{"resourceType":"Patient"}' })
  const { id } = (await made.json()) as { id: string }
  const headers = { ...fhirJson, 'x-http-method-override': 'DELETE', 'x-method-override': 'DELETE' }
  await fetch(`${base}/Patient/${id}`, { headers })
  await fetch(`${base}/Patient/${id}?_method=DELETE`, { headers })
  t.equal((await fetch(`${base}/Patient/${id}`)).status, 200)
  for (const method of ['TRACE', 'CONNECT', 'PROPFIND', 'LINK']) {
    const heard = await speak(Number(new URL(base).port), socket =>
      socket.write(
        `${method} /fhir/Patient/${id} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\nConnection: close\r\n\r\n`,
      ),
    )
    t.notMatch(heard, /^HTTP\/1\.1 (2|5)/, method)
  }
})

t.test('a bomb of depth in any format is refused', async t => {
  const { base, fetch } = await opened(t)
  const deep = `${'<extension url="x">'.repeat(5_000)}${'</extension>'.repeat(5_000)}`
  const bodies = {
    'application/fhir+json': `${'{"extension":['.repeat(5_000)}${']}'.repeat(5_000)}`,
    'application/fhir+xml': `<Patient xmlns="http://hl7.org/fhir">${deep}</Patient>`,
  }
  for (const [type, body] of Object.entries(bodies)) {
    const answer = await fetch(`${base}/Patient`, { method: 'POST', headers: { 'content-type': type }, body })
    t.equal(answer.status, 400, type)
    t.ok((await issuesOf(answer)).length > 0)
  }
})
