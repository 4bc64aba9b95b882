import t from 'tap'
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { entriesOf } from '../../src/search/entries.ts'
import { type Entries, noEntries } from '../../src/search/entry.ts'
import { compileIndex } from '../../src/search/index-values.ts'
import { all, and, type Node, not, or } from '../../src/search/node.ts'
import { leastDate, tellsTarget, tellsValue, toldOf } from '../../src/search/told.ts'

const definitions = loadDefinitions()
const index = compileIndex(definitions)
const base = 'https://kiln.example.org/fhir'
const told = (resource: Resource) => toldOf(entriesOf(index(resource, base)))

t.test('R4 calls a patient and a date the same in all types', async t => {
  const r4 = definitions.searchParameters.filter(parameter => !parameter.own)
  const [patients, dates] = ['patient', 'date'].map(code => r4.filter(parameter => parameter.code === code))
  t.ok(patients?.length && dates?.length)
  for (const { url, type, target } of patients ?? []) {
    t.equal(type, 'reference', url)
    t.ok(target?.includes('Patient'), url)
  }
  for (const { url, type } of dates ?? []) t.equal(type, 'date', url)
})

t.test('a resource tells its patient and the end of its date', async t => {
  const observation = { resourceType: 'Observation', subject: { reference: 'Patient/1' } }
  t.same(told(observation), { patient: 'Patient/1' })
  t.same(told({ ...observation, effectiveDateTime: '2024-05-01' }), {
    patient: 'Patient/1',
    date: Date.UTC(2024, 4, 2),
  })
  t.same(told({ ...observation, subject: { reference: `${base}/Patient/1` } }), { patient: 'Patient/1' })
  t.same(told({ resourceType: 'Patient', birthDate: '1970-01-01' }), {}, 'a birth is no date of the patient’s data')
})

t.test('what is no patient of ours, or not alone, is not told', async t => {
  for (const reference of ['Group/1', 'https://other.example.org/fhir/Patient/1', 'urn:uuid:1', '#p']) {
    t.same(told({ resourceType: 'Observation', subject: { reference } }), {}, reference)
  }
  const named = (...texts: readonly string[]): Entries => ({
    ...noEntries,
    terms: texts.map((text, at) => ({ slot: 'patient', text, element: at })),
  })
  t.same(toldOf(named('Patient/1', 'Patient/2')), {})
  t.same(toldOf(named('Patient/1', 'Group/2')), {})
  t.same(toldOf(named('Patient/1', 'Patient/1')), { patient: 'Patient/1' })
})

t.test('of several dates the one that ends last is told', async t => {
  const range = (slot: string, high: number) => ({ slot, unit: '', low: 0, high, from: 0, to: high, element: 0 })
  t.same(toldOf({ ...noEntries, ranges: [range('date', 2), range('date', 7), range('date', 5), range('issued', 9)] }), {
    date: 7,
  })
})

t.test('only a question by these slots, in this order, is answered by what is told', async t => {
  const referred = (slot: string) => tellsTarget({ is: 'referred', type: 'Observation', slot, where: all })
  t.same(['patient', 'subject', 'patient|', 'date'].map(referred), [true, false, false, false])
  t.ok(tellsValue({ by: 'range', slot: 'date', descending: true }))
  t.notOk(tellsValue({ by: 'range', slot: 'date', descending: false }), 'it begins with the earliest')
  t.notOk(tellsValue({ by: 'range', slot: 'issued', descending: true }))
  t.notOk(tellsValue({ by: 'term', slot: 'date', descending: true }))
  t.notOk(tellsValue({ by: 'updated', descending: true }))
})

t.test('the least date that what fits can tell follows from the question', async t => {
  const asked = (slot: string, ...tests: Extract<Node, { is: 'range' }>['tests']): Node => ({
    is: 'range',
    slot,
    tests,
  })
  const ends = (than: number) => asked('date', { end: 'high', op: '>', than })
  const nothing = Number.NEGATIVE_INFINITY
  t.equal(leastDate(ends(5)), 5)
  t.equal(leastDate(asked('issued', { end: 'high', op: '>', than: 5 })), nothing, 'another slot')
  t.equal(leastDate(asked('date', { end: 'low', op: '<', than: 5 }, { end: 'high', op: '<=', than: 9 })), nothing)
  t.equal(leastDate(asked('date', { end: 'low', op: '>=', than: 3 }, { end: 'high', op: '<=', than: 9 })), 3)
  t.equal(leastDate(asked('date')), nothing)
  t.equal(leastDate(and([ends(5), ends(7), all])), 7, 'both hold')
  t.equal(leastDate(or([ends(5), ends(7)])), 5, 'either may hold')
  t.equal(leastDate({ is: 'or', of: [ends(5), { is: 'id', ids: ['a'] }] }), nothing)
  t.equal(leastDate(not(ends(5))), nothing)
  t.equal(leastDate({ is: 'referred', type: 'Observation', slot: 'patient', where: ends(5) }), nothing, 'of others')
})
