import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { type BaseNeeds, baseFinder, nameOf, originOf, secureFinder } from '../../src/http/base.ts'

function baseOf(
  needs: Partial<BaseNeeds>,
  headers: Record<string, string> = {},
  from = '127.0.0.1',
  tenant = 'default',
) {
  const find = baseFinder({ configured: '', origin: () => 'http://127.0.0.1:8080', trusted: [], ...needs })
  return find({ headers, socket: { remoteAddress: from } } as unknown as IncomingMessage, tenant)
}

const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'ehr.example.org', 'x-forwarded-prefix': '/kiln' }

t.test('without settings the base is the address that is listened on, whatever Host says', async t => {
  t.equal(baseOf({}, { host: 'evil.example.org' }), 'http://127.0.0.1:8080/fhir')
  t.equal(baseOf({}, {}, '127.0.0.1', 'north'), 'http://127.0.0.1:8080/t/north/fhir')
})

t.test('a configured base is used as it is, and those of tenants lie beside it', async t => {
  const configured = 'https://example.org/api/fhir'
  t.equal(baseOf({ configured }), configured)
  t.equal(baseOf({ configured }, {}, '127.0.0.1', 'north'), 'https://example.org/api/t/north/fhir')
  t.equal(baseOf({ configured: 'https://example.org/r4' }, {}, '', 'north'), 'https://example.org/r4/t/north/fhir')
})

t.test('what is forwarded counts only from a trusted proxy', async t => {
  const trusted = ['10.0.0.0/8', '192.0.2.7', 'fd00::/8']
  const base = 'https://ehr.example.org/kiln/fhir'
  t.equal(baseOf({}, forwarded), 'http://127.0.0.1:8080/fhir', 'nobody is trusted')
  for (const from of ['10.1.2.3', '192.0.2.7', 'fd00::1', '::ffff:10.1.2.3']) {
    t.equal(baseOf({ trusted }, forwarded, from), base, from)
  }
  for (const from of ['11.1.2.3', '192.0.2.8', 'fe80::1', '127.0.0.1']) {
    t.equal(baseOf({ trusted }, forwarded, from), 'http://127.0.0.1:8080/fhir', from)
  }
  t.equal(baseOf({ trusted }, forwarded, '10.1.2.3', 'north'), 'https://ehr.example.org/kiln/t/north/fhir')
  t.equal(baseOf({ trusted, configured: 'https://a.example/fhir' }, {}, '10.1.2.3'), 'https://a.example/fhir')
})

t.test('of several values the one that the nearest proxy appended counts', async t => {
  const headers = { 'x-forwarded-proto': 'gopher, https', 'x-forwarded-host': 'evil.example, ehr.example.org:8443' }
  t.equal(baseOf({ trusted: ['127.0.0.1'] }, headers), 'https://ehr.example.org:8443/fhir')
  t.equal(baseOf({ trusted: ['127.0.0.1'] }, { 'x-forwarded-proto': 'https' }), 'https://127.0.0.1:8080/fhir')
  t.equal(baseOf({ trusted: ['127.0.0.1'] }, { 'x-forwarded-host': '[::1]:81' }), 'http://[::1]:81/fhir')
  t.equal(baseOf({ trusted: ['127.0.0.1'] }, { 'x-forwarded-prefix': '/' }), 'http://127.0.0.1:8080/fhir')
})

t.test('a malformed value is refused', async t => {
  for (const headers of [
    { 'x-forwarded-proto': 'javascript' },
    { 'x-forwarded-host': 'a b' },
    { 'x-forwarded-host': 'user@example.org' },
    { 'x-forwarded-host': 'example.org/path' },
    { 'x-forwarded-prefix': 'kiln' },
    { 'x-forwarded-prefix': '/a"onload=' },
  ]) {
    t.throws(() => baseOf({ trusted: ['127.0.0.1'] }, headers), { message: /malformed/ }, JSON.stringify(headers))
  }
})

t.test(
  'the address that is listened on makes an origin, and all addresses together go by a name of this machine',
  async t => {
    t.equal(originOf('127.0.0.1', 8080, false), 'http://127.0.0.1:8080')
    t.equal(originOf('::1', 8443, true), 'https://[::1]:8443')
    t.equal(originOf('kiln.example', 8443, true), 'https://kiln.example:8443')
    for (const host of ['0.0.0.0', '::']) t.equal(originOf(host, 8080, false), 'http://localhost:8080', host)
    t.equal(nameOf('10.0.0.1'), '10.0.0.1')
  },
)

t.test('whether a client came by https follows from the same as the base', async t => {
  const trusted = ['10.0.0.0/8']
  const isSecure = (own: boolean, needs: Partial<BaseNeeds>, headers: Record<string, string> = {}, from = '10.1.2.3') =>
    secureFinder(
      { configured: '', trusted: [], ...needs },
      own,
    )({
      headers,
      socket: { remoteAddress: from },
    } as unknown as IncomingMessage)
  t.equal(isSecure(true, {}), true)
  t.equal(isSecure(false, {}), false)
  t.equal(isSecure(false, {}, { 'x-forwarded-proto': 'https' }), false, 'nobody is trusted')
  t.equal(isSecure(false, { configured: 'https://a.example/fhir' }), true)
  t.equal(isSecure(true, { configured: 'http://a.example/fhir' }), false)
  t.equal(isSecure(false, { trusted }, forwarded), true)
  t.equal(isSecure(false, { trusted }, forwarded, '11.1.2.3'), false)
  t.equal(isSecure(true, { trusted }, { 'x-forwarded-proto': 'http' }), false)
  t.equal(isSecure(true, { trusted }, { 'x-forwarded-proto': 'http, https' }), true, 'the nearest proxy says so')
  t.equal(isSecure(true, { trusted }, { 'x-forwarded-host': 'a.example' }), true)
  t.equal(isSecure(false, { trusted, configured: 'https://a.example/fhir' }), true, 'nothing was forwarded')
  t.equal(isSecure(false, { trusted }, { 'x-forwarded-proto': 'nonsense' }), false)
})
