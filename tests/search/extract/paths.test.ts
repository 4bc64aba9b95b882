import t from 'tap'
import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import { pathsOf } from '../../../src/search/extract/paths.ts'

const { shapes } = loadDefinitions()

function paths(expression: string, type: string, resourceType = type): object | undefined {
  const found = pathsOf(expression, { type, resourceType, shapes })
  return found && Object.fromEntries(found)
}

t.test('an expression without conditions is the properties that it leads through, and their types', async t => {
  t.strictSame(paths('Observation.code', 'Observation'), { code: 'CodeableConcept' })
  t.strictSame(paths('code', 'Observation.component', 'Observation'), { code: 'CodeableConcept' })
  t.strictSame(paths('(Observation.value as Quantity) | (Observation.value as SampledData)', 'Observation'), {
    valueQuantity: 'Quantity',
    valueSampledData: 'SampledData',
  })
  t.strictSame(paths('Observation | Observation.component', 'Observation'), {
    '': 'Observation',
    component: 'Observation.component',
  })
  t.strictSame(paths('Patient.name.given', 'Patient'), { 'name.given': 'string' })
  t.strictSame(paths('Patient.name', 'Observation'), {}, 'of another type')
})

t.test('with conditions, or what is no expression, nothing is said', async t => {
  for (const expression of [
    "telecom.where(system = 'phone')",
    'name[0]',
    'name.first()',
    'name.',
    'name.count()',
    '%resource.name',
  ])
    t.equal(pathsOf(expression, { type: 'Patient', resourceType: 'Patient', shapes }), undefined, expression)
})
