/** Variables in criteria. */
import t from 'tap'
import { filled, noFacts, unknownVariables, valuesOf } from '../../../src/security/access/facts.ts'

const facts = { ...noFacts, patient: ['Patient/1', 'Patient/2'], user: ['Practitioner/3'] }

t.test('variables are what is known', async t => {
  t.equal(filled('subject=%patient', facts), 'subject=Patient/1,Patient/2')
  t.equal(filled('_id=%patient.id&performer=%user', facts), '_id=1,2&performer=Practitioner/3')
  t.equal(filled('code=a%7Cb', facts), 'code=a%7Cb', 'an escape is none')
  t.equal(filled('code=a%ecb', facts), 'code=a%ecb')
  t.same(valuesOf('%patient', facts), ['Patient/1', 'Patient/2'])
})

t.test('what is not known makes nothing fit', async t => {
  t.equal(filled('organization=%organization', facts), undefined)
  t.equal(filled('organization=%hospital', facts), undefined)
  t.equal(filled('organization=%constructor', facts), undefined)
  t.same(unknownVariables('a=%hospital&b=%patient&c=%toString'), ['hospital', 'to'])
  for (const text of ['patient', '%constructor', '%hospital', 'Patient/1']) t.same(valuesOf(text, facts), [], text)
})
