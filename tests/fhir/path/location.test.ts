import t from 'tap'
import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import { Decimal } from '../../../src/fhir/decimal.ts'
import { FhirError } from '../../../src/fhir/issue.ts'
import { locate, placeOf, printLocation } from '../../../src/fhir/path/location.ts'
import type { Resource } from '../../../src/fhir/resource.ts'

const { shapes } = loadDefinitions()

const bundle: Resource = {
  resourceType: 'Bundle',
  entry: [
    { resource: { resourceType: 'Patient', name: [{ given: ['A', 'B'], _given: [null, { id: 'b' }, { id: 'c' }] }] } },
    {
      resource: {
        resourceType: 'Observation',
        contained: [{ resourceType: 'Device', id: 'd', status: 'active' }],
        valueQuantity: { value: new Decimal('1.00') },
        _effectiveDateTime: { extension: [{ url: 'u', valueCode: 'x' }] },
      },
    },
  ],
}

const cases: readonly (readonly [string, readonly string[]])[] = [
  ['Bundle', ['Bundle']],
  ['Bundle.entry', ['Bundle.entry[0]', 'Bundle.entry[1]']],
  ['Bundle.entry.last()', ['Bundle.entry[1]']],
  [
    'Bundle.entry.resource.ofType(Patient).name.given.tail()',
    ['Bundle.entry[0].resource.name[0].given[1]', 'Bundle.entry[0].resource.name[0].given[2]'],
  ],
  ["descendants().where($this = 'B')", ['Bundle.entry[0].resource.name[0].given[1]']],
  ["Bundle.entry.resource.name.given.where(id = 'c')", ['Bundle.entry[0].resource.name[0].given[2]']],
  [
    'Bundle.entry.resource.name.given.id',
    ['Bundle.entry[0].resource.name[0].given[1].id', 'Bundle.entry[0].resource.name[0].given[2].id'],
  ],
  ['Bundle.entry.resource.ofType(Observation).value.value', ['Bundle.entry[1].resource.valueQuantity.value']],
  ['Bundle.entry[1].resource.children().where($this is Quantity)', ['Bundle.entry[1].resource.valueQuantity']],
  [
    "Bundle.entry[1].resource.effective.extension('u').value",
    ['Bundle.entry[1].resource.effectiveDateTime.extension[0].valueCode'],
  ],
  ['Bundle.entry.resource.contained.status', ['Bundle.entry[1].resource.contained[0].status']],
  ['Bundle.entry.resource.nothing', []],
]

t.test('every element that an expression gives is found in its place', async t => {
  for (const [expression, expected] of cases) {
    const locations = locate(expression, bundle, shapes)
    t.strictSame(
      locations.map(location => printLocation(bundle, location)),
      expected,
      expression,
    )
  }
})

t.test('a location leads to the object and its shape', async t => {
  const [location = []] = locate('Bundle.entry[1].resource.contained', bundle, shapes)
  const place = placeOf(bundle, location, shapes)
  t.equal(place?.shape.name, 'Device')
  t.equal(place?.object['id'], 'd')
  t.equal(placeOf({ resourceType: 'Bundle' }, location, shapes), undefined, 'if it is there')
})

t.test('what is computed has no place', async t => {
  for (const expression of [
    '1 + 1',
    'Bundle.entry.count()',
    "'a' | 'b'",
    'Bundle.entry.exists()',
    'Bundle.type()',
    'Bundle.constructor',
  ]) {
    t.throws(() => locate(expression, bundle, shapes), FhirError, expression)
    t.throws(() => locate(expression, bundle, shapes), { message: /gives a computed value/ }, expression)
  }
})
