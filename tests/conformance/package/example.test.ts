import t from 'tap'
import { exampleId, packagedExample } from '../../../src/conformance/package/example.ts'
import { packagedId, packageOf } from '../../../src/conformance/package/packaged.ts'

const from = { name: 'example.one', version: '1.0.0' }
const base = 'http://kiln.test/fhir'
const needs = { from, base, definitions: new Set(['Questionnaire/q']) }
const packaged = (resource: object) => packagedExample({ resourceType: 'Observation', id: 'o', ...resource }, needs)

t.test('an example is told from real data by source, tag and label, whatever it said before', async t => {
  const tag = [{ system: 'http://example.org', code: 'kept' }]
  const { id, meta = {} } = packaged({ meta: { profile: ['http://example.org/p'], source: 'http://example.org', tag } })
  t.equal(id, exampleId(from, 'o'))
  t.strictSame(meta, {
    profile: ['http://example.org/p'],
    source: 'package:example.one#1.0.0/example',
    tag: [...tag, { system: 'urn:kiln:package-example', code: 'example', display: 'Example of a FHIR package' }],
    security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'HTEST' }],
  })
  t.strictSame(packaged({ meta }).meta, meta, 'no label twice')
  t.strictSame(packageOf({ meta }), from)
})

t.test('its id is that of no definition, of this package or another', async t => {
  const names = [from, { ...from, version: '1.0.1' }, { name: 'example', version: '1.0.0' }]
  const ids = names.flatMap(name =>
    ['o', 'example-o', 'x'.repeat(64)].flatMap(id => [packagedId(name, id), exampleId(name, id)]),
  )
  t.equal(new Set(ids).size, ids.length)
  for (const id of ids) t.match(id, /^[A-Za-z0-9.-]{1,64}$/)
})

t.test('its references lead to what the package brings, and nowhere else', async t => {
  const lead = (reference: string) =>
    (packaged({ subject: { reference } })['subject'] as { reference: string }).reference
  t.equal(lead('Patient/p'), `Patient/${exampleId(from, 'p')}`)
  t.equal(lead('Patient/p/_history/2'), `Patient/${exampleId(from, 'p')}`)
  t.equal(lead(`${base}/Patient/p`), `Patient/${exampleId(from, 'p')}`)
  t.equal(lead('Questionnaire/q'), `Questionnaire/${packagedId(from, 'q')}`)
  for (const other of ['#p', 'http://example.org/fhir/Patient/p', 'urn:uuid:1', 'Patient?identifier=1', 'nonsense']) {
    t.equal(lead(other), other)
  }
})

t.test('references are followed wherever they stand, but within a Bundle', async t => {
  const reference = 'Patient/p'
  const ours = `Patient/${exampleId(from, 'p')}`
  const extension = [{ url: 'http://example.org/x', valueReference: { reference } }]
  const contained = [{ resourceType: 'Encounter', id: 'e', subject: { reference, display: 'P' } }]
  const {
    performer,
    extension: found,
    contained: inside,
  } = packaged({ performer: [{ reference }], extension, contained })
  t.strictSame(performer, [{ reference: ours }])
  t.strictSame(found, [{ url: 'http://example.org/x', valueReference: { reference: ours } }])
  t.strictSame(inside, [{ resourceType: 'Encounter', id: 'e', subject: { reference: ours, display: 'P' } }])
  const entry = [{ fullUrl: 'http://example.org/fhir/Encounter/e', resource: contained[0] }]
  t.strictSame(packagedExample({ resourceType: 'Bundle', id: 'b', type: 'collection', entry }, needs)['entry'], entry)
})
