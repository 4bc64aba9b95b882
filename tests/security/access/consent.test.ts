/** What is read out of a Consent. https://hl7.org/fhir/R4/consent.html */
import t from 'tap'
import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import { searchParameters } from '../../../src/search/parameters.ts'
import { consentOf, type PatientConsent } from '../../../src/security/access/consent.ts'
import { consented, grouped } from '../../../src/security/access/consented.ts'
import { noFacts } from '../../../src/security/access/facts.ts'

const definitions = loadDefinitions()
const parameters = searchParameters(definitions)
const { compartments } = definitions
const consent = {
  ...{ resourceType: 'Consent', status: 'active', patient: { reference: 'Patient/1' } },
  scope: { coding: [{ code: 'patient-privacy' }] },
}

t.test('one that is not in force, of another scope, or of nobody here, is none', async t => {
  t.match(consentOf(consent), { patient: '1', provision: { type: 'permit', provisions: [] } })
  for (const over of [
    ...[{ status: 'draft' }, { status: 'inactive' }, { status: 'entered-in-error' }, { scope: { text: 'privacy' } }],
    ...[{ patient: { reference: 'Group/1' } }, { patient: { display: 'Ann' } }, { patient: undefined }],
  ]) {
    t.equal(consentOf({ ...consent, ...over }), undefined, JSON.stringify(over))
  }
})

t.test('nested provisions are exceptions, unless they say what they are', async t => {
  const found = consentOf({
    ...consent,
    provision: { type: 'deny', provision: [{ class: [{ code: 'Patient' }] }, { type: 'deny', provision: [{}] }] },
  })
  t.match(found?.provision, {
    type: 'deny',
    provisions: [
      { type: 'permit', classes: ['Patient'] },
      { type: 'deny', provisions: [{ type: 'permit' }] },
    ],
  })
})

const needs = { compartments, parameters, facts: noFacts, client: 'c', purposes: [], broken: [], now: 0 }
const of = (id: number, provision: object): PatientConsent =>
  consentOf({ ...consent, patient: { reference: `Patient/${id}` }, provision } as never) as PatientConsent

t.test('ten thousand who say the same are one node, with one list for each slot', async t => {
  const many = Array.from({ length: 10_000 }, (_, id) => of(id, { type: 'deny' }))
  const groups = grouped(many)
  t.equal(groups.length, 1)
  const { allowed } = consented(groups, needs)
  const node = allowed?.('Condition')
  t.match(node, { is: 'not', of: { is: 'or' } })
  const parts = node?.is === 'not' && node.of.is === 'or' ? node.of.of : []
  t.ok(parts.length <= 3)
  for (const part of parts) t.equal(part.is === 'term' && part.texts.length, 10_000)
  const own = allowed?.('Patient')
  t.match(own, { is: 'not', of: { is: 'or', of: [{ is: 'id' }, { is: 'term', slot: 'link' }] } })
  t.same(allowed?.('Organization'), { is: 'all' }, 'of no patient')
})

t.test('who is not concerned pays nothing', async t => {
  const other = { type: 'deny', actor: [{ reference: { reference: 'Practitioner/1' } }] }
  t.equal(consented(grouped([of(1, other)]), needs).allowed, undefined)
  t.equal(consented([], needs).allowed, undefined)
  const self = { ...needs, facts: { ...noFacts, user: ['Patient/1'] } }
  t.equal(consented(grouped([of(1, { type: 'deny' })]), self).allowed, undefined)
})

t.test('a condition that is not understood forbids, and permits nothing', async t => {
  const odd = { class: [{ system: 'http://example.org', display: 'letters' }] }
  const denied = consented(grouped([of(1, { type: 'deny', ...odd })]), needs)
  t.match(denied.allowed?.('Patient'), { is: 'not', of: { is: 'or', of: [{ is: 'id', ids: ['1'] }] } })
  const permitted = consented(grouped([of(1, { type: 'permit', ...odd })]), needs)
  t.same(permitted.permitted('Patient'), { is: 'none' })
})

t.test('who broke the glass of one patient did so for him alone', async t => {
  const provision = { type: 'deny', provision: [{ type: 'permit', purpose: [{ code: 'BTG' }] }] }
  const groups = grouped([of(1, provision), of(2, provision)])
  const closed = (over: object) => JSON.stringify(consented(groups, { ...needs, ...over }).allowed?.('Patient'))
  t.match(closed({}), /"ids":\["1","2"\]/)
  t.match(closed({ purposes: ['BTG'] }), /"ids":\["1","2"\]/, 'a purpose without a patient is none')
  t.match(closed({ broken: ['1'] }), /"ids":\["2"\]/)
  t.notMatch(closed({ broken: ['1'] }), /"1"/)
})
