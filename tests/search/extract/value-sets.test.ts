import t from 'tap'
import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import { valueSetsOf } from '../../../src/search/extract/value-sets.ts'

const { shapes } = loadDefinitions()
const of = (expression: string, type = 'Patient') => valueSetsOf(expression, { type, resourceType: type, shapes })
const gender = 'http://hl7.org/fhir/ValueSet/administrative-gender'

t.test('a code is one of the value set of its place', async t => {
  t.same(of('Patient.gender'), [gender])
  t.same(of('Patient.contact.gender | Patient.gender'), [gender], 'each once')
  t.same(of('Patient.gender | Observation.status'), [gender], 'other types are not looked at')
  t.same(of('Patient.address.use'), ['http://hl7.org/fhir/ValueSet/address-use'])
  t.same(of('Patient.gender | Patient.address.use'), [gender, 'http://hl7.org/fhir/ValueSet/address-use'])
})

t.test('where not all are codes that must be of a value set, it is not known', async t => {
  for (const expression of [
    'Patient.language', // only preferred
    'Patient.name',
    'Patient.gender | Patient.active',
    "Patient.telecom.where(system = 'phone').use", // a condition
    'Patient',
    'Observation.status',
  ])
    t.equal(of(expression), undefined, expression)
})
