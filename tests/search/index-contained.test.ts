import t from 'tap'
import { parseJson } from '../../src/fhir/json.ts'
import type { Json, JsonObject, Resource } from '../../src/fhir/resource.ts'
import { entriesOf } from '../../src/search/entries.ts'
import { type Indexed, indexed } from '../../src/search/index-contained.ts'
import { base, index } from './questions/asking.ts'

function of(body: JsonObject, type = 'MedicationRequest'): Indexed {
  return indexed(index, { ...body, resourceType: type }, '23', base)
}

function medication(id: string, code: string, more: JsonObject = {}): JsonObject {
  return { resourceType: 'Medication', id, code: { coding: [{ code }] }, ...more }
}

/** `slot=text` */
function said({ terms }: Indexed['entries'], start = ''): readonly string[] {
  return terms.map(({ slot, text }) => `${slot}=${text}`).filter(text => text.startsWith(start))
}

t.test('a resource that contains nothing has the entries that it always had', async t => {
  const body = { resourceType: 'MedicationRequest', status: 'active', medicationReference: { reference: '#m1' } }
  t.same(of(body), { entries: entriesOf(index(body, base)), contained: [] })
  const none: readonly Json[] = [[], {}, null, 'x', [null], ['x'], [{}], [{ resourceType: 'Medication' }]]
  for (const contained of none) t.same(of({ contained }).contained, [], JSON.stringify(contained))
})

t.test('each contained resource has entries, its own id, its container, and its text', async t => {
  const { contained } = of({ contained: [medication('m1', 'abc'), { resourceType: 'Substance', id: 'p' }] })
  t.match(contained, [
    {
      type: 'Medication',
      id: 'm1',
      json: '{"resourceType":"Medication","id":"m1","code":{"coding":[{"code":"abc"}]}}',
    },
    { type: 'Substance', id: 'p', json: '{"resourceType":"Substance","id":"p"}' },
  ])
  t.same(
    contained.map(({ entries }) => said(entries)),
    [
      ['code=abc', 'code|=|abc', '#in=MedicationRequest/23', '_id=m1'],
      ['#in=MedicationRequest/23', '_id=p'],
    ],
  )
})

t.test('numbers stay as they were written', async t => {
  const text = '{"resourceType":"Observation","id":"o","valueQuantity":{"value":72.50}}'
  const container = parseJson(`{"resourceType":"DiagnosticReport","contained":[${text}]}`) as Resource
  t.equal(indexed(index, container, '1', base).contained[0]?.json, text)
})

t.test('references lead to contained resources, to the one beside, and back', async t => {
  const manufacturer = { reference: '#o1' }
  const { entries, contained } = of({
    contained: [
      medication('m1', 'abc', { manufacturer }),
      { resourceType: 'Organization', id: 'o1', partOf: { reference: '#' } },
    ],
    medicationReference: { reference: '#m1' },
    subject: { reference: '#nobody' },
  })
  t.same(said(entries, 'medication='), ['medication=#Medication/MedicationRequest/23#m1'])
  t.same(said(entries, 'subject'), [], 'what is not there is not referred to')
  t.same(said(contained[0]!.entries, 'manufacturer'), ['manufacturer=#Organization/MedicationRequest/23#o1'])
  t.same(said(contained[1]!.entries, 'partof'), ['partof=MedicationRequest/23'])
})

t.test('the type of a contained resource tells which parameters refer to it', async t => {
  const patient = { resourceType: 'Patient', id: 'p1' }
  const group = { resourceType: 'Group', id: 'g1' }
  const slots = (reference: string) =>
    said(of({ contained: [patient, group], subject: { reference } }, 'Observation').entries, '')
      .filter(text => text.includes('23#'))
      .map(text => text.split('=')[0])
  t.same(slots('#p1').sort(), ['patient', 'subject'])
  t.same(slots('#g1'), ['subject'])
  const observation = { resourceType: 'Observation', id: 'o1', subject: { reference: '#p1' } }
  const beside = of({ contained: [patient, observation] }, 'DiagnosticReport').contained[1]
  t.same(said(beside!.entries, 'patient'), ['patient=#Patient/DiagnosticReport/23#p1'])
})

t.test('a container is sorted by what it contains', async t => {
  const { entries } = of({ contained: [medication('m1', 'a'), medication('m2', 'b'), medication('m3', 'b')] })
  t.same(said(entries, '#'), ['#Medication.code=a', '#Medication.code=b'])
})

t.test('of two with the same id the first is the one that is referred to; what has no id is not found', async t => {
  const { contained } = of({
    contained: [medication('m1', 'a'), medication('m1', 'b'), medication('', 'c'), { resourceType: 'Basic' }],
  })
  t.same(
    contained.map(({ entries }) => said(entries, 'code=')),
    [['code=a']],
  )
})

t.test('more than a thousand are refused', async t => {
  const many = (count: number) => Array.from({ length: count }, (_, at) => ({ resourceType: 'Basic', id: `b${at}` }))
  t.equal(of({ contained: many(1000) }).contained.length, 1000)
  t.throws(() => of({ contained: many(1001) }), { status: 422, message: /1001.*at most 1000/ })
})

t.test('the first resource of a Bundle has a row that only the Bundle leads to', async t => {
  const bundle = (...resources: Json[]) =>
    of({ type: 'document', entry: resources.map(resource => ({ resource })) }, 'Bundle')
  const composition = { resourceType: 'Composition', id: 'c', title: 'X', subject: { reference: '#c' } }
  const { entries, contained } = bundle(composition, medication('m1', 'abc'))
  t.same(said(entries, 'composition'), ['composition=Composition/c', 'composition=#Composition/Bundle/23#c'])
  t.match(contained, [{ type: 'Composition', id: 'c', json: JSON.stringify(composition) }])
  t.same(
    contained.map(it => said(it.entries)),
    [['title=x\x1fX']],
    'neither a container nor an id',
  )
  const nameless = bundle({ resourceType: 'MessageHeader', eventUri: 'http://x' })
  t.same(said(nameless.entries, 'message'), ['message=#MessageHeader/Bundle/23#-'])
  t.match(nameless.contained, [{ type: 'MessageHeader', id: '-' }])
  for (const other of [bundle(), bundle(medication('m1', 'abc'), composition), bundle(null)])
    t.same(other.contained, [], 'nothing else is carried')
})
