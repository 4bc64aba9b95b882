import t from 'tap'
import { placesIn } from '../../src/fhir/json-place.ts'
import { fc } from '../property.ts'

const text = `\uFEFF{
  "resourceType" : "Observation", "status":"final",
  "valueQuantity": { "value": -1.50e2, "unit": "k\\"g" },
  "_status": { "extension": [ { "url": "urn:x", "valueBoolean": true } ] },
  "category": [ {"text": "a"}, {"coding": [{"code": "c"}, {}]} ],
  "note": [],
  "contained": [ { "resourceType": "Patient", "name": [{ "given": ["x", null], "_given": [null, {"id": "g"}] }] } ]
}`

const shown = (expression: string): string => {
  const { start, end } = placesIn(text)(expression)
  return text.slice(start, end)
}

t.test('an expression leads to its value, or to the name of what is too large to show', async t => {
  for (const [expression, expected] of [
    ['Observation.status', '"final"'],
    ['Observation.value.value', '-1.50e2'],
    ['Observation.value.unit', '"k\\"g"'],
    ['Observation.value', '"valueQuantity"'],
    ['Observation.value.ofType(Quantity).unit', '"k\\"g"'],
    ['Observation.category', '"category"'],
    ['Observation.category[1]', '{'],
    ['Observation.category[1].coding[0].code', '"c"'],
    ['Observation.note', '"note"'],
    ['Observation.contained[0].name[0].given[0]', '"x"'],
  ] as const) {
    t.equal(shown(expression), expected, expression)
  }
})

t.test('what a primitive has beside its value is found in its companion', async t => {
  t.equal(shown('Observation.status.extension[0].value'), 'true')
  t.equal(shown('Observation.status.extension'), '"extension"')
  t.equal(shown('Observation.contained[0].name[0].given[1].id'), '"g"')
})

t.test('of what is not there, the place is that of what is around it', async t => {
  for (const [expression, expected] of [
    ['Observation.code', '{'],
    ['Observation.value.code', '"valueQuantity"'],
    ['Observation.category[1].coding[1].code', '{'],
    ['Observation.category[7]', '"category"'],
    ["Observation.extension('urn:x').value", '{'],
    ['', '{'],
    ['Observation', '{'],
    ['this is no path', '{'],
  ] as const) {
    t.equal(shown(expression), expected, expression)
  }
})

t.test('in any JSON every member is found where it stands', async t => {
  const name = fc.stringMatching(/^[a-z]{1,6}$/)
  const primitive = fc.oneof(
    fc.string(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
  )
  const { tree } = fc.letrec<{ tree: unknown }>(tie => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      primitive,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(name, tie('tree'), { maxKeys: 5, noNullPrototype: true }),
    ),
  }))
  const check = (value: unknown, path: string, document: string): void => {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) check(item, `${path}[${index}]`, document)
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) check(item, `${path}.${key}`, document)
    } else {
      const { start, end } = placesIn(document)(path)
      if (!Object.is(JSON.parse(document.slice(start, end)), value)) throw new Error(`${path} in ${document}`)
    }
  }
  fc.assert(
    fc.property(fc.dictionary(name, tree, { noNullPrototype: true }), fc.constantFrom(undefined, 2), (root, indent) => {
      check(root, 'Root', JSON.stringify(root, undefined, indent))
    }),
  )
  t.pass('all of them')
})
