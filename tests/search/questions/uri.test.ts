import t from 'tap'
import type { Resource } from '../../../src/fhir/resource.ts'
import { finds, refusal } from './asking.ts'

function set(url: string): Resource {
  return { resourceType: 'ValueSet', url }
}

const acme = 'http://acme.org/fhir/ValueSet/123'

const cases: readonly (readonly [url: string, name: string, asked: string, fits: boolean])[] = [
  [acme, 'url', acme, true],
  [acme, 'url', 'http://acme.org/fhir/ValueSet/123/', false],
  [acme, 'url', 'http://ACME.org/fhir/ValueSet/123', false],
  [acme, 'url:below', 'http://acme.org/fhir/', true],
  [acme, 'url:below', acme, true],
  [acme, 'url:below', `${acme}/history`, false],
  [acme, 'url:above', `${acme}/_history/5`, true],
  [acme, 'url:above', acme, true],
  [acme, 'url:above', 'http://acme.org/fhir/ValueSet/1234', false],
  [acme, 'url:above', 'http://acme.org/fhir', false],
  ['http://acme.org/', 'url:above', acme, true],
  ['http://acme.org', 'url:above', acme, true],
  ['urn:oid:1.2.3', 'url', 'urn:oid:1.2.3', true],
  ['urn:oid:1.2.3.4', 'url:below', 'urn:oid:1.2.3', false],
  ['urn:oid:1.2.3', 'url:below', 'urn:oid:1.2.3', true],
  ['urn:oid:1.2', 'url:above', 'urn:oid:1.2/3', false],
  ['http://a.example/x,y', 'url', 'http://a.example/x\\,y', true],
]

t.test('URIs to the letter, above and below', async t => {
  for (const [url, name, asked, expected] of cases)
    t.equal(await finds(set(url), name, asked), expected, `${name}=${asked} ${url}`)
})

t.test('a profile without version stands for every version', async t => {
  const patient = {
    resourceType: 'Patient',
    meta: { profile: ['http://example.org/p|1.0'], source: 'http://a.example|b' },
  }
  t.ok(await finds(patient, '_profile', 'http://example.org/p'))
  t.ok(await finds(patient, '_profile', 'http://example.org/p|1.0'))
  t.notOk(await finds(patient, '_profile', 'http://example.org/p|2.0'))
  t.ok(await finds(patient, '_profile:below', 'http://example.org/'))
  t.notOk(await finds(patient, '_profile', '#x'), 'a fragment alone names none')
  t.ok(await finds(patient, '_source', 'http://a.example|b'), 'a uri has no version')
})

t.test('a URL of too many levels is refused, and so are other modifiers', async t => {
  t.match(
    await refusal('ValueSet', 'url:above', `http://x${'/a'.repeat(200)}`),
    /^url:above '.*…': expected a URL with at most/,
  )
  t.match(await refusal('ValueSet', 'url:contains', 'x'), /expected :missing, :above, :below$/)
})

t.test('a version behind the URL of a resource is that of the resource', async t => {
  const it: Resource = { resourceType: 'ValueSet', url: acme, version: '1.0-RC' }
  t.ok(await finds(it, 'url', `${acme}|1.0-rc`), 'versions have no case')
  t.ok(await finds(it, 'url', `${acme}\\|1.0-RC`))
  t.ok(await finds(it, 'url', 'http://other.example|2', `http://other.example|1.0-RC`, `${acme}|1.0-RC`))
  t.notOk(await finds(it, 'url', `${acme}|1.0`))
  t.notOk(await finds(it, 'url', `http://other.example|1.0-RC`, `${acme}|2`))
  t.notOk(await finds(it, 'url', `|1.0-RC`, `${acme}|`))
  const versions = Array.from({ length: 101 }, (_, n) => `${acme}|${n}`)
  t.match(await refusal('ValueSet', 'url', ...versions), /^url '.*…': expected canonical URLs of at most 100 versions/)
})

t.test('below a version of a profile', async t => {
  const patient = { resourceType: 'Patient', meta: { profile: ['http://example.org/p|1.0'] } }
  t.ok(await finds(patient, '_profile:below', 'http://example.org/p|1'))
  t.notOk(await finds(patient, '_profile:below', 'http://example.org/p|1.0.1'))
})
