import t from 'tap'
import { parseManifest, readManifest } from '../../../src/conformance/package/manifest.ts'
import { unpack } from '../../../src/conformance/package/unpack.ts'
import { tgz } from './pack.ts'

const parse = (json: unknown) => parseManifest(Buffer.from(typeof json === 'string' ? json : JSON.stringify(json)))
const good = { name: 'example.one', version: '1.0.0', fhirVersions: ['4.0.1'] }

t.test('a manifest is read', async t => {
  t.strictSame(
    parse({ ...good, title: 'One', canonical: 'http://example.org', dependencies: { 'a.b': '1.0.x' }, type: 'IG' }),
    {
      name: 'example.one',
      version: '1.0.0',
      title: 'One',
      canonical: 'http://example.org',
      dependencies: [{ name: 'a.b', version: '1.0.x' }],
    },
  )
})

t.test('R4 is 4.0.0 and 4.0.1, wherever the package says so', async t => {
  const { fhirVersions: _, ...bare } = good
  for (const fhir of [
    { fhirVersions: ['4.0.0'] },
    { fhirVersions: ['4.0'] },
    { fhirVersions: ['3.0.2', '4.0.1'] },
    { 'fhir-version-list': ['4.0.1'] },
    { dependencies: { 'hl7.fhir.r4.core': '4.0.1' } },
  ]) {
    t.equal(parse({ ...bare, ...fhir }).name, 'example.one')
  }
})

t.test('packages for another FHIR are refused in a sentence', async t => {
  const { fhirVersions: _, ...bare } = good
  const said = (fhir: object) => {
    try {
      parse({ ...bare, ...fhir })
      return 'taken'
    } catch (error) {
      return (error as Error).message
    }
  }
  const end = ': this server takes packages for 4.0.1 (R4)'
  t.equal(said({ fhirVersions: ['4.3.0'] }), `example.one#1.0.0 is made for FHIR 4.3.0${end}`)
  t.equal(said({ fhirVersions: ['5.0.0', '4.3'] }), `example.one#1.0.0 is made for FHIR 5.0.0, 4.3${end}`)
  t.equal(said({ fhirVersions: [] }), `example.one#1.0.0 is made for FHIR an unknown version${end}`)
  t.equal(said({}), `example.one#1.0.0 is made for FHIR an unknown version${end}`)
  t.equal(said({ fhirVersions: ['4.0.10'] }), `example.one#1.0.0 is made for FHIR 4.0.10${end}`)
  t.equal(said({ dependencies: { 'hl7.fhir.r4.core': '4.3.0' } }), `example.one#1.0.0 is made for FHIR 4.3.0${end}`)
})

t.test('a manifest that is none is refused with its place', async t => {
  const cases: [unknown, RegExp][] = [
    ['{"name":', /^package\/package.json: /],
    ['[]', /expected an object/],
    [{ ...good, name: undefined }, /name is ''/],
    [{ ...good, name: '../up' }, /name is '..\/up': expected a package's name/],
    [{ ...good, name: 7 }, /name is ''/],
    [{ ...good, version: '1 0' }, /version is '1 0'/],
    [{ ...good, dependencies: ['a'] }, /dependencies: expected an object/],
    [{ ...good, dependencies: { a: 1 } }, /the version of 'a' is not a text/],
    [{ ...good, dependencies: { '../a': '1' } }, /'..\/a' is not a package's name/],
    ['{"name":"a","name":"b"}', /^package\/package.json: /],
  ]
  for (const [json, message] of cases) t.throws(() => parse(json), { name: 'FhirError', message })
})

t.test('an archive without a manifest is no package', async t => {
  const archive = () => unpack([tgz([{ name: 'package.json', body: '{}' }])])
  await t.rejects(readManifest(archive), { message: 'there is no package/package.json: expected a FHIR NPM package' })
})

t.test('what lies behind the manifest is not read for it', async t => {
  const archive = () =>
    unpack([tgz([{ name: 'package/package.json', body: JSON.stringify(good) }, { name: '../bad' }])])
  t.equal((await readManifest(archive)).name, 'example.one')
})
