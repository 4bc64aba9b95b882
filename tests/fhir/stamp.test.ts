import t from 'tap'
import { Decimal } from '../../src/fhir/decimal.ts'
import type { JsonObject, Resource } from '../../src/fhir/resource.ts'
import { draft, stamp } from '../../src/fhir/stamp.ts'
import { fc } from '../property.ts'

const at = Date.parse('2026-11-21T08:00:00.123Z')

t.test('a stamped draft is the resource with the id, version and time that the server gave', async t => {
  const sent: Resource = {
    resourceType: 'Patient',
    id: 'mine',
    meta: {
      versionId: '99',
      _versionId: { id: 'x' },
      lastUpdated: '1999-01-01T00:00:00Z',
      tag: [{ code: 'a' }],
      source: '#1',
    },
    active: true,
    name: [{ family: 'Ünlü "quoted"' }],
  }
  t.equal(
    stamp(draft(sent, 'ours'), 3, at),
    '{"resourceType":"Patient","id":"ours","meta":{"versionId":"3","lastUpdated":"2026-11-21T08:00:00.123Z",' +
      '"tag":[{"code":"a"}],"source":"#1"},"active":true,"name":[{"family":"Ünlü \\"quoted\\""}]}',
  )
  t.equal(sent.id, 'mine', 'what was sent is untouched')
})

t.test('a resource without meta, without more meta or without a body is stamped too', async t => {
  const meta = '"meta":{"versionId":"1","lastUpdated":"2026-11-21T08:00:00.123Z"}'
  const of = (resource: Resource) => stamp(draft(resource, 'x'), 1, at)
  t.equal(of({ resourceType: 'Basic' }), `{"resourceType":"Basic","id":"x",${meta}}`)
  t.equal(of({ resourceType: 'Basic', meta: { versionId: '7' } }), `{"resourceType":"Basic","id":"x",${meta}}`)
  t.equal(of({ resourceType: 'Basic', language: 'de' }), `{"resourceType":"Basic","id":"x",${meta},"language":"de"}`)
})

t.test('decimals keep their digits', async t => {
  const text = stamp(
    draft({ resourceType: 'Basic', extension: [{ url: 'u', valueDecimal: new Decimal('1.00') }] }, 'x'),
    1,
    at,
  )
  t.match(text, '"valueDecimal":1.00')
})

t.test('nothing else is added or lost', async t => {
  const name = fc.stringMatching(/^[a-z][A-Za-z]{0,9}$/).filter(text => !['resourceType', 'id', 'meta'].includes(text))
  const object = fc.dictionary(name, fc.jsonValue({ noUnicodeString: false, maxDepth: 3 })) as fc.Arbitrary<JsonObject>
  fc.assert(
    fc.property(object, object, fc.integer({ min: 1 }), (body, meta, version) => {
      const { versionId: _v, lastUpdated: _l, ...kept } = meta
      const text = stamp(draft({ ...body, resourceType: 'Basic', meta }, 'x'), version, at)
      const server = { versionId: String(version), lastUpdated: '2026-11-21T08:00:00.123Z' }
      const expected = { ...body, resourceType: 'Basic', id: 'x', meta: { ...server, ...kept } }
      t.strictSame(JSON.parse(text), JSON.parse(JSON.stringify(expected)))
    }),
  )
})
