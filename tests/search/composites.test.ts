import t from 'tap'
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import { meansOf } from '../../src/search/composites.ts'
import { type SearchParameter, searchParameters } from '../../src/search/parameters.ts'

const definitions = loadDefinitions()
const { shapes } = definitions
const parameters = searchParameters(definitions)

t.test('these composites need no entries of their own', async t => {
  const found = shapes.resourceTypes.flatMap(type =>
    [...parameters.of(type).values()]
      .filter(parameter => parameter.type === 'composite')
      .flatMap(parameter => {
        const means = meansOf(parameter, { type, shapes, parameters })
        if (means.by === 'elements') return []
        const beyond = means.by === 'twins' && means.beyond.length > 0 ? ` unless ${means.beyond.join()}` : ''
        const of = means.of.map(({ code }) => code).join(means.by === 'union' ? ' or ' : ' and ')
        return [`${type} ${parameter.code}: ${of}${beyond}`]
      }),
  )
  t.strictSame(found.sort(), [
    'Observation code-value-concept: code and value-concept',
    'Observation code-value-date: code and value-date',
    'Observation code-value-quantity: code and value-quantity unless valueSampledData',
    'Observation code-value-string: code and value-string unless valueCodeableConcept.text',
    'Observation combo-code-value-concept: code-value-concept or component-code-value-concept',
    'Observation combo-code-value-quantity: code-value-quantity or component-code-value-quantity',
  ])
})

function own(code: string, expression: string, ...component: readonly (readonly [string, string])[]): SearchParameter {
  return {
    ...{ url: `http://example.org/${code}`, name: code, code, base: ['Patient'], type: 'composite', expression },
    component: component.map(([definition, expression]) => ({
      definition: `http://hl7.org/fhir/SearchParameter/${definition}`,
      expression,
    })),
  }
}

t.test('where the components may find something else than the parameters, they keep their own', async t => {
  const by = (parameter: SearchParameter): string => meansOf(parameter, { type: 'Patient', shapes, parameters }).by
  const gender = ['individual-gender', 'gender'] as const
  t.equal(by(own('a', 'Patient', gender, ['individual-birthdate', 'birthDate'])), 'twins')
  t.equal(by(own('b', 'Patient.contact', gender, gender)), 'elements', 'not of the patient')
  t.equal(
    by(own('c', 'Patient', gender, ['individual-family', 'contact.name.family'])),
    'elements',
    'found by no other',
  )
  t.equal(
    by(own('d', 'Patient', gender, ['individual-phone', "telecom.where(system='phone')"])),
    'elements',
    'a condition',
  )
  t.equal(by(own('e', 'Patient', gender, ['Patient-address', 'address'])), 'elements', 'no such definition')
  t.equal(by(own('f', 'Patient', gender, ['Patient-name', 'name.given'])), 'twins')
  t.equal(by(own('g', 'Patient.where(active)', gender)), 'elements')
  t.equal(by(own('h', 'Patient')), 'elements', 'without components')
  const both = own('i', 'Patient', ['clinical-code', 'multipleBirth.ofType(boolean)'], gender)
  t.equal(by(both), 'elements')
})
