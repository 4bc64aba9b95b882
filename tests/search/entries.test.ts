import t from 'tap'
import { resource as published } from '../../bench/drive/data.ts'
import { numberOf } from '../../src/fhir/decimal.ts'
import type { Json, JsonObject } from '../../src/fhir/resource.ts'
import { entriesOf } from '../../src/search/entries.ts'
import type { Entries } from '../../src/search/entry.ts'
import { randomResource } from '../fhir/xml/random-resource.ts'
import { fc } from '../property.ts'
import { lifelike } from './lifelike.ts'
import { base, definitions, index } from './questions/asking.ts'

const { shapes } = definitions

function entries(type: string, body: JsonObject): Entries {
  return entriesOf(index({ ...body, resourceType: type }, base))
}

/** `slot=text#element`, without `#0`. */
function terms(type: string, body: JsonObject, start: string): readonly string[] {
  return entries(type, body)
    .terms.filter(({ slot }) => slot.startsWith(start))
    .map(({ slot, text, element }) => `${slot}=${text.replace('\u001f', '/')}${element === 0 ? '' : `#${element}`}`)
    .sort()
}

function ranges(type: string, body: JsonObject, start: string): readonly (readonly (string | number)[])[] {
  return entries(type, body)
    .ranges.filter(({ slot }) => slot.startsWith(start))
    .map(({ slot, unit, low, from, to, high, element }) => [slot, unit, low, from, to, high, element])
}

t.test('tokens: the code, with its system, its text, and the type of an identifier', async t => {
  const concept = {
    coding: [{ system: 'urn:x', code: 'a', display: 'Ä' }, { code: 'b' }, { system: 'urn:y' }],
    text: 'Words',
  }
  t.same(terms('Condition', { code: concept }, 'code'), [
    ...['code:text=a', 'code:text=words', 'code=a', 'code=b', 'code|=urn:x|a', 'code|=urn:y|', 'code|=|b'],
  ])
  const identifier = [
    { system: 'urn:x', value: '1', type: { coding: [{ system: 'urn:t', code: 'MR' }, { code: 'Q' }] } },
  ]
  t.same(terms('Patient', { identifier }, 'identifier'), [
    ...['identifier:of-type=urn:t|MR|1', 'identifier:of-type=|Q|1', 'identifier=1', 'identifier|=urn:x|1'],
  ])
  t.same(terms('Patient', { gender: 'male' }, 'gender'), ['gender=male'], 'a code cannot have a system')
})

t.test('strings, references and URIs', async t => {
  t.same(terms('Patient', { name: [{ family: 'Müller' }] }, 'family'), ['family=muller/Müller'])
  const subject = { reference: `${base}/Patient/1/_history/2`, identifier: { system: 'urn:x', value: 'v' } }
  t.same(terms('Observation', { subject }, 'subject'), [
    ...['subject:identifier=v', 'subject:identifier|=urn:x|v', 'subject=Patient/1', 'subject|=Patient/1|2'],
  ])
  t.same(terms('Patient', { meta: { profile: ['http://a|1', 'http://b'] } }, '_profile'), [
    ...['_profile=http://a', '_profile=http://b', '_profile|=http://a|1'],
  ])
})

t.test('numbers and dates', async t => {
  const probability = numberOf('0.50')
  t.same(ranges('RiskAssessment', { prediction: [{ probabilityDecimal: probability }] as Json[] }, 'prob'), [
    ['probability', '', 0.495, 0.5, 0.5, 0.505, 0],
  ])
  const day = [Date.UTC(2024, 4, 1), Date.UTC(2024, 4, 2)] as const
  t.same(ranges('Patient', { birthDate: '2024-05-01' }, 'birth'), [
    ['birthdate', '', day[0], day[0], day[1], day[1], 0],
  ])
})

t.test('quantities in their own unit, in the one for people, and in that of all of their kind', async t => {
  const quantity = (unit: JsonObject) => ranges('Observation', { valueQuantity: { ...unit, value: 5 } }, 'value-q')
  const system = 'http://unitsofmeasure.org'
  t.same(quantity({ system, code: 'mg', unit: 'milligram' }), [
    ['value-quantity', 'mg', 4.5, 5, 5, 5.5, 0],
    ['value-quantity', 'milligram', 4.5, 5, 5, 5.5, 0],
    ['value-quantity~', 'g', 0.0045, 0.005, 0.005, 0.0055, 0],
  ])
  t.same(quantity({ system, code: 'mg', unit: 'mg' }).length, 2)
  t.same(
    quantity({ system, code: '[iU]' }).map(([slot, unit]) => [slot, unit]),
    [
      ['value-quantity', '[iU]'],
      ['value-quantity|', `${system}|[iU]`],
    ],
  )
  t.same(
    quantity({ unit: 'mg' }).map(([slot, unit]) => [slot, unit]),
    [['value-quantity', 'mg']],
  )
  t.same(
    quantity({}).map(([slot, unit]) => [slot, unit]),
    [['value-quantity', '']],
  )
})

t.test('the components of an element have its number', async t => {
  const coded = (code: string, value: number) => ({
    code: { coding: [{ system: 'urn:x', code }] },
    valueQuantity: { value },
  })
  const body = {
    component: [coded('a', 1), coded('b', 2), { code: { text: 'only words' }, valueQuantity: { value: 3 } }],
  }
  const name = 'component-code-value-quantity'
  t.same(terms('Observation', body, name), [
    ...[
      `${name}$0:text=only words#3`,
      `${name}$0=a#1`,
      `${name}$0=b#2`,
      `${name}$0|=urn:x|a#1`,
      `${name}$0|=urn:x|b#2`,
    ],
  ])
  t.same(
    ranges('Observation', body, name).map(([slot, , , from, , , element]) => [slot, from, element]),
    [
      [`${name}$1`, 1, 1],
      [`${name}$1`, 2, 2],
      [`${name}$1`, 3, 3],
    ],
  )
  t.same(terms('Observation', body, 'combo-code-value'), [], 'others answer for it')
})

t.test('where the parameters that answer for a composite find something else, it is marked', async t => {
  const data = { origin: { value: 0 }, period: 1, dimensions: 1, data: '1' }
  t.same(terms('Observation', { code: { text: 'x' }, valueSampledData: data }, 'code-value'), ['code-value-quantity!='])
  t.same(terms('Observation', { valueCodeableConcept: { text: 'x' } }, 'code-value'), ['code-value-string!='])
  t.same(terms('Observation', { valueCodeableConcept: { coding: [{ code: 'x' }] } }, 'code-value'), [])
  t.same(terms('Observation', { code: { text: 'x' }, valueQuantity: { value: 1 } }, 'code-value'), [])
})

t.test('a position is a point, one element', async t => {
  t.same(ranges('Location', { position: { latitude: 1.5, longitude: -2 } }, 'near'), [
    ['near$latitude', '', 1.5, 1.5, 1.5, 1.5, 1],
    ['near$longitude', '', -2, -2, -2, -2, 1],
  ])
})

function keys({ terms, ranges }: Entries): readonly string[] {
  return [...terms, ...ranges].map(entry => JSON.stringify(entry))
}

t.test('no entry occurs twice, however many there are', async t => {
  const same = Array.from({ length: 1_000 }, (_, n) => ({ system: 'phone', value: `555-${n % 20}` }))
  const found = entries('Patient', { telecom: same, name: [{ family: 'X' }, { family: 'X' }] })
  t.equal(found.terms.filter(({ slot }) => slot === 'phone').length, 20)
  t.equal(found.terms.filter(({ slot }) => slot === 'family').length, 1)
  for (const type of [...shapes.resourceTypes]) {
    const unique = fc.property(randomResource(type, shapes), fc.nat(100), (random, n) => {
      const all = keys(entriesOf(index(lifelike(random, shapes, n), base)))
      return new Set(all).size === all.length && all.every(key => !key.includes('null'))
    })
    fc.assert(unique, { numRuns: 3 })
  }
})

t.test('a large resource does not take forever', async t => {
  const coding = Array.from({ length: 20_000 }, (_, n) => ({ system: 'urn:x', code: `c${n}` }))
  t.equal(entries('Condition', { code: { coding } }).terms.length, 40_000)
})

t.test('so many entries as here a common resource has', async t => {
  const [patient, pressure] = [entriesOf(index(published(0), base)), entriesOf(index(published(1), base))]
  t.equal(patient.terms.length + patient.ranges.length, 35)
  t.equal(pressure.terms.length + pressure.ranges.length, 44)
})
