import t from 'tap'
import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import { readContents } from '../../../src/conformance/package/contents.ts'
import { sourceOf } from '../../../src/conformance/package/packaged.ts'
import { inState, isInForce, parseRecord, printRecord } from '../../../src/conformance/package/record.ts'
import { unpack } from '../../../src/conformance/package/unpack.ts'
import { compileStructure } from '../../../src/validation/structure.ts'
import { files, tgz, valueSet } from './pack.ts'

const validate = compileStructure(loadDefinitions().shapes)
const manifest = { name: 'example.one', version: '1.0.0', title: 'One', canonical: 'http://example.org/one' }
const contentsOf = (resources: readonly object[], over: object = {}) =>
  readContents(
    () => unpack([tgz(files({ ...manifest, ...over }, resources))]),
    () => [],
    async () => {},
  )

const guide = {
  resourceType: 'ImplementationGuide',
  id: 'example.one',
  meta: { tag: [{ system: 'http://example.org', code: 'kept' }], profile: ['http://example.org/p'] },
  text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">links to pages</div>' },
  url: 'http://example.org/guide',
  version: '0.9',
  name: 'OneGuide',
  status: 'draft',
  packageId: 'example.one',
  license: 'CC0-1.0',
  fhirVersion: ['4.0.0'],
  dependsOn: [{ uri: 'http://example.org/core', packageId: 'hl7.fhir.r4.core', version: '4.0.1' }],
  definition: {
    resource: [{ reference: { reference: 'ValueSet/a' } }],
    page: { nameUrl: 'x.html', title: 'x', generation: 'html' },
  },
}

t.test('a record is made where the package has no guide; it is a sound resource', async t => {
  const contents = await contentsOf([valueSet('a'), valueSet('b')])
  const record = printRecord(contents, [{ name: 'example.two', version: '2.0.0' }], 'loading')
  t.strictSame(validate(record, 'ImplementationGuide'), [])
  t.match(record, {
    url: 'http://example.org/one/ImplementationGuide/example.one',
    name: 'ExampleOne',
    title: 'One',
    status: 'active',
    packageId: 'example.one',
    version: '1.0.0',
    fhirVersion: ['4.0.1'],
    dependsOn: [{ packageId: 'example.two', version: '2.0.0' }],
    meta: { source: 'package:example.one#1.0.0' },
  })
})

t.test("the package's own guide lends its words, not its lists", async t => {
  const record = printRecord(await contentsOf([guide, valueSet('a')]), [], 'installed')
  t.strictSame(validate(record, 'ImplementationGuide'), [])
  t.match(record, {
    url: 'http://example.org/guide',
    name: 'OneGuide',
    status: 'draft',
    license: 'CC0-1.0',
    version: '1.0.0',
  })
  t.match(record.meta, { profile: ['http://example.org/p'], tag: [{ code: 'kept' }, { code: 'installed' }, {}] })
  t.equal(record['text'], undefined)
  t.equal(record['dependsOn'], undefined)
  t.match(record['definition'], { resource: [{ reference: { reference: /^ValueSet\/example.one-1.0.0-a-/ } }] })
})

t.test('what is written is read again', async t => {
  const contents = await contentsOf([valueSet('a'), valueSet('b')])
  const dependencies = [{ name: 'example.two', version: '2.0.0' }]
  const record = printRecord(contents, dependencies, 'loading')
  const read = parseRecord(record)
  t.match(read, { name: 'example.one', version: '1.0.0', state: 'loading', digest: contents.digest, dependencies })
  t.equal(read?.resources.length, 2)
  const installed = inState(record, 'installed')
  t.strictSame(parseRecord(installed), { ...read, state: 'installed' })
  t.strictSame(printRecord(contents, dependencies, 'installed'), installed)
})

t.test('a package without definitions has a sound record, too', async t => {
  const record = printRecord(await contentsOf([], { name: '3m.x-y' }), [], 'installed')
  t.strictSame(validate(record, 'ImplementationGuide'), [])
  t.match(record['name'], /^P3mXY$/)
  t.strictSame(parseRecord(record)?.resources, [])
})

t.test('an ImplementationGuide like any other is no record, nor is a copy of one', async t => {
  t.equal(parseRecord({ ...guide }), undefined)
  const record = printRecord(await contentsOf([guide]), [], 'installed')
  t.equal(parseRecord({ ...record, id: 'copy' }), undefined)
  t.equal(parseRecord({ ...record, meta: { tag: [{ system: 'urn:kiln:package-state', code: 'other' }] } }), undefined)
})

t.test('a definition of a package counts while its package is installed, any other always', async t => {
  const source = sourceOf(manifest)
  const it = { resourceType: 'ValueSet', meta: { source } }
  t.notOk(isInForce(it, new Set()))
  t.ok(isInForce(it, new Set([source])))
  t.ok(isInForce({}, new Set()))
  t.ok(isInForce({ meta: { source: 'http://example.org' } }, new Set()))
})
