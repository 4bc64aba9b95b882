import { request } from 'node:http'
import t from 'tap'
import { siteCheck } from '../../src/http/site.ts'
import { openKiln } from './kiln.ts'

const own = { configured: '', host: '127.0.0.1', guarded: false, proxied: false }

t.test('names of this machine and of the configured base are answered to, others are not', async t => {
  const check = siteCheck({ ...own, configured: 'https://Hospital.example:8443/fhir' })
  const status = (host: string) => check({ method: 'GET', headers: { host } })?.status
  for (const host of [
    ...[
      'localhost',
      'localhost:8080',
      'LOCALHOST:1',
      '127.0.0.1:8080',
      '127.9.9.9',
      '[::1]:80',
      'kiln.localhost',
      '10.0.0.1',
      '[fe80::1]:80',
    ],
    ...['hospital.example', 'hospital.example:443'],
  ]) {
    t.equal(status(host), undefined, host)
    t.equal(status(host), undefined, `${host}, again`)
  }
  for (const host of [
    ...['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', 'xlocalhost', ''],
    ...['127.0.0.1@evil.example', 'hospital.example.evil.example', 'a b'],
  ]) {
    t.equal(status(host), 421, host)
  }
  const proxied = siteCheck({ ...own, proxied: true })
  for (const host of ['localhost, localhost', 'localhost:8080, evil.example']) {
    t.equal(status(host), 400, host)
    t.equal(proxied({ method: 'GET', headers: { host } })?.status, 400, host)
  }
  t.equal(proxied({ method: 'GET', headers: { host: 'kiln.internal' } }), undefined)
})

t.test('pages of other sites may not write', async t => {
  const check = siteCheck({ ...own, configured: 'https://hospital.example/fhir' })
  const status = (method: string, origin: string) => check({ method, headers: { host: 'localhost', origin } })?.status
  for (const origin of ['https://evil.example', 'null', 'file://', 'https://localhost.evil.example', 'nonsense', '']) {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) t.equal(status(method, origin), 403, `${method} ${origin}`)
    for (const method of ['GET', 'HEAD', 'OPTIONS']) t.equal(status(method, origin), undefined, `${method} ${origin}`)
  }
  for (const origin of [
    'http://localhost:3000',
    'https://hospital.example',
    'http://127.0.0.1:8080',
    'http://[::1]:9',
  ]) {
    t.equal(status('POST', origin), undefined, origin)
  }
})

t.test('where nothing is given without a token, pages of other sites may use theirs', async t => {
  const check = siteCheck({ ...own, guarded: true })
  const headers = { host: 'localhost', origin: 'https://app.example' }
  for (const method of ['GET', 'POST', 'DELETE']) t.equal(check({ method, headers }), undefined, method)
  t.equal(check({ method: 'GET', headers: { host: 'evil.example' } })?.status, 421)
})

t.test('a whole server refuses them, wherever they ask', async t => {
  const kiln = await openKiln(t)
  const ask = (
    path: string,
    method: string,
    headers: Record<string, string>,
  ): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const { port } = kiln
      const asked = request({ host: '127.0.0.1', port, path, method, headers }, answer => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', piece => {
          text += piece
        })
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
      })
      asked.on('error', reject)
      asked.end(method === 'POST' ? 'hello' : undefined)
    })
  for (const path of ['/fhir/metadata', '/fhir/Patient', '/ops/metrics', '/nowhere']) {
    const { status, text } = await ask(path, 'GET', { host: 'evil.example' })
    t.equal(status, 421, path)
    t.match(text, /evil\.example/, path)
  }
  const sent = { 'content-type': 'text/plain', origin: 'https://evil.example' }
  t.equal((await ask('/fhir/Binary', 'POST', sent)).status, 403)
  t.equal((await ask('/fhir/Binary', 'POST', { ...sent, origin: kiln.origin })).status, 201)
})
