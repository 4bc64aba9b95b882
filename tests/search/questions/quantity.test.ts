import t from 'tap'
import type { JsonObject } from '../../../src/fhir/resource.ts'
import { finds, refusal } from './asking.ts'

const ucum = 'http://unitsofmeasure.org'

function measured(value: string, unit: JsonObject): string {
  const quantity = JSON.stringify({ ...unit, value: 0 }).replace('"value":0', `"value":${value}`)
  return `{"resourceType":"Observation","valueQuantity":${quantity}}`
}

const mg = { system: ucum, code: 'mg', unit: 'milligram' }
const unknown = { system: 'http://example.org/units', code: 'blob', unit: 'blobs' }

const cases: readonly (readonly [value: string, unit: JsonObject, asked: string, fits: boolean])[] = [
  ['5.4', mg, '5.4', true],
  ['5.4', mg, '5.4||mg', true],
  ['5.4', mg, '5.4||milligram', true],
  ['5.4', mg, '5.4||g', false],
  ['5.4', mg, `5.4|${ucum}|mg`, true],
  ['5.4', mg, `0.0054|${ucum}|g`, true],
  ['5.4', mg, `5400|${ucum}|ug`, false],
  ['5.4', mg, `5.4e3|${ucum}|ug`, true],
  ['5.40', mg, `5400|${ucum}|ug`, false],
  ['5.400', mg, `5400|${ucum}|ug`, true],
  ['5', mg, `0.005|${ucum}|g`, true],
  ['5', mg, `5|http://example.org/units|mg`, false],
  ['5', mg, `5|${ucum}|s`, false],
  ['5', mg, `gt4|${ucum}|mg`, true],
  ['5', mg, `gt0.004|${ucum}|g`, true],
  ['5', mg, `lt0.004|${ucum}|g`, false],
  ['5', mg, `ge5|${ucum}|mg`, true],
  ['5', mg, `gt5|${ucum}|mg`, false],
  ['5', mg, `ne5|${ucum}|mg`, false],
  ['5', mg, `ne6|${ucum}|mg`, true],
  ['5', mg, `ap5.5|${ucum}|mg`, true],
  ['5', mg, `ap5.6|${ucum}|mg`, false],
  ['5', unknown, '5|http://example.org/units|blob', true],
  ['5', unknown, `5|${ucum}|blob`, false],
  ['5', unknown, '5||blob', true],
  ['5', unknown, '5||blobs', true],
  ['5', unknown, 'sa4|http://example.org/units|blob', true],
  ['5', {}, '5', true],
  ['5', {}, '5||mg', false],
  ['5', { unit: 'mg' }, '5||mg', true],
  ['5', { unit: 'mg' }, `5|${ucum}|mg`, false],
  ['37.0', { system: ucum, code: 'Cel' }, `310.15|${ucum}|K`, false],
  ['37.0', { system: ucum, code: 'Cel' }, `310|${ucum}|K`, true],
  ['37', { system: ucum, code: 'Cel' }, `gt98|${ucum}|[degF]`, true],
  // The lower the pH, the higher the concentration that it stands for.
  ['7.4', { system: ucum, code: '[pH]' }, `gt7|${ucum}|[pH]`, true],
  ['7.4', { system: ucum, code: '[pH]' }, `lt7|${ucum}|[pH]`, false],
  ['7.4', { system: ucum, code: '[pH]' }, `7.4|${ucum}|[pH]`, true],
  ['7.4', { system: ucum, code: '[pH]' }, `eb7.5|${ucum}|[pH]`, true],
  ['7.4', { system: ucum, code: '[pH]', comparator: '>' }, `gt9|${ucum}|[pH]`, true],
  ['7.4', { system: ucum, code: '[pH]', comparator: '>' }, `lt7|${ucum}|[pH]`, false],
  ['5', { ...mg, comparator: '<' }, 'lt1', true],
  ['5', { ...mg, comparator: '<' }, 'gt5', false],
  ['5', { ...mg, comparator: '<=' }, 'ge5', true],
  ['5', { ...mg, comparator: '>' }, `gt1|${ucum}|kg`, true],
  ['5', { ...mg, comparator: '>' }, '5', false],
]

t.test('amounts by number, unit, code, and across units', async t => {
  for (const [value, unit, asked, expected] of cases) {
    t.equal(
      await finds(measured(value, unit), 'value-quantity', asked),
      expected,
      `${value} ${JSON.stringify(unit)} by ${asked}`,
    )
  }
})

t.test('money is an amount of its currency', async t => {
  const invoice = { resourceType: 'Invoice', totalGross: { value: 9.9, currency: 'EUR' } }
  t.ok(await finds(invoice, 'totalgross', '9.9|urn:iso:std:iso:4217|EUR'))
  t.ok(await finds(invoice, 'totalgross', 'gt9||EUR'))
  t.notOk(await finds(invoice, 'totalgross', 'gt9||USD'))
})

t.test('samples reach from the lowest to the highest', async t => {
  const sampled = { origin: { value: 0, unit: 'mV' }, period: 1, dimensions: 1, data: '1 5 3' }
  const it = { resourceType: 'Observation', valueSampledData: sampled }
  t.ok(await finds(it, 'value-quantity', 'gt4||mV'))
  t.notOk(await finds(it, 'value-quantity', 'gt5||mV'))
  t.notOk(await finds(it, 'value-quantity', '3'))
})

t.test('malformed quantities are refused', async t => {
  for (const text of ['mg', '5|mg', '5|x|', '5||', '|', '5|a|b|c', '||mg', 'gt', '5,4||mg', '5mg', 'NaN||mg'])
    t.match(await refusal('Observation', 'value-quantity', text), /^value-quantity '.*': expected number/, text)
  t.match(await refusal('Observation', 'value-quantity:exact', '5'), /expected :missing$/)
})
