import t from 'tap'
import type { JsonObject, Resource } from '../../../src/fhir/resource.ts'
import { fits, worldOf } from '../../../src/search/match.ts'
import { ask, finds, found, noCodes, refusal } from './asking.ts'

const loinc = 'http://loinc.org'
const ucum = 'http://unitsofmeasure.org'

function coded(code: string, value: JsonObject): JsonObject {
  return { code: { coding: [{ system: loinc, code }] }, ...value }
}

function amount(value: number, code = 'mm[Hg]'): JsonObject {
  return { valueQuantity: { value, system: ucum, code, unit: code } }
}

function observed(body: JsonObject): Resource {
  return { ...body, resourceType: 'Observation' }
}

const pressure = observed({
  ...coded('85354-9', {}),
  component: [coded('8480-6', amount(120)), coded('8462-4', amount(80))],
})

t.test('code and value of one component, not of two', async t => {
  for (const name of ['component-code-value-quantity', 'combo-code-value-quantity']) {
    t.ok(await finds(pressure, name, `${loinc}|8480-6$120`), name)
    t.ok(await finds(pressure, name, `8480-6$gt100||mm[Hg]`), name)
    t.ok(await finds(pressure, name, `8462-4$lt20|${ucum}|kPa`), name)
    t.notOk(await finds(pressure, name, '8480-6$80'), name)
    t.notOk(await finds(pressure, name, '85354-9$120'), name)
    t.ok(await finds(pressure, name, '8480-6$80', '8462-4$80'), name)
    t.notOk(await finds(pressure, name, 'x|8480-6$120'), name)
  }
  t.notOk(await finds(pressure, 'code-value-quantity', '8480-6$120'))
})

t.test('code and value of the observation itself', async t => {
  const weight = observed(coded('29463-7', amount(70, 'kg')))
  for (const name of ['code-value-quantity', 'combo-code-value-quantity']) {
    t.ok(await finds(weight, name, `${loinc}|29463-7$70`), name)
    t.ok(await finds(weight, name, `29463-7$gt60000|${ucum}|g`), name)
    t.notOk(await finds(weight, name, '29463-7$71'), name)
    t.notOk(await finds(weight, name, 'x$70'), name)
    t.ok(await finds(weight, name, 'x$70', '29463-7$70'), name)
    t.notOk(await finds(weight, name, 'x$70', '29463-7$71'), 'alternatives are not mixed')
  }
  t.notOk(await finds(weight, 'component-code-value-quantity', '29463-7$70'))
})

t.test('other kinds of values are found by their own composites', async t => {
  const concept = observed(
    coded('a', { valueCodeableConcept: { coding: [{ system: 'urn:x', code: 'c' }], text: 'Words' } }),
  )
  t.ok(await finds(concept, 'code-value-concept', 'a$urn:x|c'))
  t.ok(await finds(concept, 'combo-code-value-concept', 'a$c'))
  t.ok(await finds(concept, 'value-string', 'words'), 'the text of a concept is a value')
  t.notOk(await finds(concept, 'code-value-string', 'a$words'), 'but not one of this composite')
  t.ok(await finds(observed(coded('a', { valueString: 'Words' })), 'code-value-string', 'a$wor'))
  t.ok(await finds(observed(coded('a', { valueDateTime: '2024-05-01' })), 'code-value-date', 'a$2024'))
  t.ok(await finds(observed(coded('a', { valuePeriod: { start: '2024' } })), 'code-value-date', 'a$gt2030'))
  const sampled = observed(
    coded('a', { valueSampledData: { origin: { value: 0 }, period: 1, dimensions: 1, data: '1 5' } }),
  )
  t.ok(await finds(sampled, 'value-quantity', 'gt4'))
  t.notOk(await finds(sampled, 'code-value-quantity', 'a$gt4'))
  t.notOk(await finds(sampled, 'combo-code-value-quantity', 'a$gt4'))
})

t.test('escaped separators are part of a value', async t => {
  const it = observed(coded('a$b', { valueString: 'x$y,z' }))
  t.ok(await finds(it, 'code-value-string', 'a\\$b$x\\$y\\,z'))
})

t.test('three components, some from elsewhere in the resource', async t => {
  const it = {
    resourceType: 'MolecularSequence',
    referenceSeq: { chromosome: { coding: [{ code: '7' }] } },
    variant: [
      { start: 3, end: 5 },
      { start: 8, end: 9 },
    ],
  }
  t.ok(await finds(it, 'chromosome-variant-coordinate', '7$3$5'))
  t.ok(await finds(it, 'chromosome-variant-coordinate', '7$ge8$9'))
  t.notOk(await finds(it, 'chromosome-variant-coordinate', '7$3$9'))
})

t.test('a reference and a code', async t => {
  const it = {
    resourceType: 'DocumentReference',
    relatesTo: [{ code: 'replaces', target: { reference: 'DocumentReference/1' } }],
  }
  t.ok(await finds(it, 'relationship', 'DocumentReference/1$replaces'))
  t.ok(await finds(it, 'relationship', '1$replaces'))
  t.notOk(await finds(it, 'relationship', '1$signs'))
})

t.test('whether it is there', async t => {
  const words = { resourceType: 'Group', characteristic: [{ code: { text: 'x' }, valueBoolean: true }] }
  const missing = async (it: Resource, name: string) => {
    const [yes, no] = [await finds(it, `${name}:missing`, 'true'), await finds(it, `${name}:missing`, 'false')]
    t.not(yes, no, name)
    return yes
  }
  t.notOk(await missing(words, 'characteristic-value'), 'a text alone is a value, though no code finds it')
  t.notOk(await missing(pressure, 'combo-code-value-quantity'))
  t.notOk(await missing(pressure, 'component-code-value-quantity'))
  t.ok(await missing(pressure, 'code-value-quantity'))
  t.notOk(await missing(observed(coded('a', amount(1))), 'code-value-quantity'))
  t.ok(await missing(observed(amount(1)), 'code-value-quantity'), 'without a code')
  t.ok(
    await missing(
      observed(coded('a', { valueSampledData: { origin: { value: 0 }, data: '1' } })),
      'code-value-quantity',
    ),
  )
})

t.test('malformed composites are refused', async t => {
  const name = 'code-value-quantity'
  for (const text of ['8480-6', '8480-6$1$2', '$', 'a$', '$1', 'a\\$1'])
    t.match(
      await refusal('Observation', name, text),
      /^code-value-quantity '.*': expected 2 values with \$ between them/,
      text,
    )
  t.match(await refusal('Observation', name, 'a$b'), /^code-value-quantity 'b': expected number/)
  t.match(await refusal('Observation', `combo-${name}`, '|$1'), /^combo-code-value-quantity '\|': expected code/)
  t.match(await refusal('Observation', `${name}:exact`, 'a$1'), /expected :missing$/)
})

t.test('codes of systems without case are found in any, in each kind of composite', async t => {
  const codes = { ...noCodes, caseless: async (system: string) => system === 'urn:caseless' }
  const code = (system: string) => ({ code: { coding: [{ system, code: 'aB' }] } })
  const asked = async (it: Resource, name: string, value: string) =>
    fits(await ask('Observation', name, [value], codes), found(it), worldOf([]))
  for (const [system, finds] of [
    ['urn:caseless', true],
    ['urn:other', false],
  ] as const) {
    const own = observed({ ...code(system), ...amount(1) })
    const part = observed({ ...coded('x', {}), component: [{ ...code(system), ...amount(1) }] })
    for (const [it, name] of [
      [own, 'code-value-quantity'],
      [part, 'component-code-value-quantity'],
      [part, 'combo-code-value-quantity'],
    ] as const) {
      t.equal(await asked(it, name, `${system}|Ab$1`), finds, `${name}, ${system}`)
      t.ok(await asked(it, name, `${system}|aB$1`))
      t.notOk(await asked(it, name, `${system}|Ab$2`))
      t.notOk(await asked(it, name, `${system}|b$1`))
    }
    const concept = observed({ ...coded('a', {}), valueCodeableConcept: { coding: [{ system, code: 'aB' }] } })
    t.equal(await asked(concept, 'code-value-concept', `${loinc}|a$${system}|AB`), finds)
  }
})
