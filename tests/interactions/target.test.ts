import t from 'tap'
import { parseTarget } from '../../src/interactions/target.ts'

const forms: [string, object][] = [
  ['', { at: 'system', verb: '' }],
  ['/', { at: 'system', verb: '' }],
  ['metadata', { at: 'system', verb: 'metadata' }],
  ['_history', { at: 'system', verb: '_history' }],
  ['$convert', { at: 'system', verb: '$convert' }],
  ['Patient', { at: 'type', type: 'Patient' }],
  ['Patient/', { at: 'type', type: 'Patient' }],
  ['/Patient', { at: 'type', type: 'Patient' }],
  ['Patient/_history', { at: 'type', type: 'Patient', verb: '_history' }],
  ['Patient/_search', { at: 'type', type: 'Patient', verb: '_search' }],
  ['CodeSystem/$lookup', { at: 'type', type: 'CodeSystem', verb: '$lookup' }],
  ['CodeSystem/%24lookup', { at: 'type', type: 'CodeSystem', verb: '$lookup' }],
  ['Patient/1', { at: 'instance', type: 'Patient', id: '1' }],
  ['Patient/A-b.9', { at: 'instance', type: 'Patient', id: 'A-b.9' }],
  ['Patient/1/', { at: 'instance', type: 'Patient', id: '1' }],
  ['Patient/1/_history', { at: 'instance', type: 'Patient', id: '1', verb: '_history' }],
  ['Patient/1/_history/', { at: 'instance', type: 'Patient', id: '1', verb: '_history' }],
  ['Patient/1/$everything', { at: 'instance', type: 'Patient', id: '1', verb: '$everything' }],
  ['Patient/1/_history/3', { at: 'version', type: 'Patient', id: '1', vid: '3' }],
  ['Patient/1/_history/3/$meta', { at: 'version', type: 'Patient', id: '1', vid: '3', verb: '$meta' }],
  ['Patient/1/Observation', { at: 'compartment', type: 'Patient', id: '1', of: 'Observation' }],
  ['Patient/1/*', { at: 'compartment', type: 'Patient', id: '1', of: '*' }],
]

t.test('every form of the grammar', async t => {
  for (const [path, expected] of forms) {
    t.strictSame(parseTarget(path), { type: '', id: '', vid: '', verb: '', of: '', ...expected }, path)
  }
})

t.test('what is of no form is refused, and the sentence says why', async t => {
  for (const [path, status, says] of [
    ['Patient/a_b', 400, /'a_b' is not a resource id/],
    ['Patient/..', 404, /./],
    ['Patient/%2e%2e/secret', 404, /not a FHIR URL/],
    ['patient/1', 404, /not a FHIR URL/],
    ['Patient//1', 404, /not a FHIR URL/],
    ['Patient/1/_history/3/4', 404, /not a FHIR URL/],
    ['Patient/1%00', 400, /not a resource id/],
    ['Patient/1\n', 400, /not a resource id/],
    ['%', 400, /percent-encoding/],
  ] as const) {
    try {
      const target = parseTarget(path)
      t.equal(path, 'Patient/..', `${path} was taken for ${JSON.stringify(target)}`)
    } catch (error) {
      t.match(error, { status, message: says }, path)
    }
  }
})

t.test('a path that comes again is understood as before, whatever came between', async t => {
  const lookup = parseTarget('CodeSystem/$lookup')
  for (let n = 0; n < 1_000; n++) t.equal(parseTarget(`Patient/$op${n}`).verb, `$op${n}`)
  t.strictSame(parseTarget('CodeSystem/$lookup'), lookup)
  for (const id of ['a', 'b']) t.equal(parseTarget(`Patient/${id}`).id, id)
  for (let n = 0; n < 2; n++) t.throws(() => parseTarget('patient'), { message: /is not a FHIR URL/ })
})
