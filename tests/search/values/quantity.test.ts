import t from 'tap'
import { Decimal, numberOf } from '../../../src/fhir/decimal.ts'
import type { JsonObject } from '../../../src/fhir/resource.ts'
import { highest, lowest } from '../../../src/search/values/number.ts'
import type { QuantityValue } from '../../../src/search/values/quantity.ts'
import { extracted } from './extracted.ts'

const ucum = 'http://unitsofmeasure.org'

function one(type: string, element: JsonObject): QuantityValue {
  const [value, ...more] = extracted('quantity', type, element)
  if (value?.type !== 'quantity' || more.length > 0) throw new Error('one quantity is expected')
  return value
}

function measured(text: string, code: string): QuantityValue {
  return one('Quantity', { value: numberOf(text), system: ucum, code })
}

/** Two ways to say the same, as exactly. */
const same: readonly (readonly [readonly [string, string], readonly [string, string]])[] = [
  [
    ['5', 'mg'],
    ['0.005', 'g'],
  ],
  [
    ['5.40', 'mg'],
    ['0.00540', 'g'],
  ],
  [
    ['70', 'kg'],
    ['7.0e4', 'g'],
  ],
  [
    ['5', 'ug/dL'],
    ['0.05', 'mg/L'],
  ],
  [
    ['7.3', 'mmol/L'],
    ['7.3', 'mol/m3'],
  ],
  [
    ['120', 'mm[Hg]'],
    ['12.0', 'cm[Hg]'],
  ],
  [
    ['10', '%'],
    ['0.10', '1'],
  ],
  [
    ['5', '10*3/uL'],
    ['5', '10*9/L'],
  ],
  [
    ['90', 'min'],
    ['5.4e3', 's'],
  ],
]

t.test('one amount in two units has one canonical form', async t => {
  for (const [[text, unit], [otherText, otherUnit]] of same) {
    const [left, right] = [measured(text, unit).canonical, measured(otherText, otherUnit).canonical]
    t.ok(left, unit)
    t.equal(left?.unit, right?.unit)
    t.equal(left?.from, right?.from, `${text} ${unit} = ${otherText} ${otherUnit}`)
  }
  const [mg, g] = [measured('5', 'mg').canonical, measured('0.005', 'g').canonical]
  t.strictSame(mg, g, 'precision included')
  t.strictSame(mg, { low: 0.0045, from: 0.005, to: 0.005, high: 0.0055, unit: 'g' })
})

t.test('scales with an offset, logarithmic ones and those that run backwards are converted', async t => {
  t.equal(measured('37.0', 'Cel').canonical?.from, 310.15)
  t.equal(measured('98.6', '[degF]').canonical?.from, 310.15)
  t.equal(measured('310.15', 'K').canonical?.unit, measured('37', 'Cel').canonical?.unit)
  const [acid, base] = [measured('4.0', '[pH]').canonical, measured('9.0', '[pH]').canonical]
  t.ok(acid && base && base.high < acid.low && acid.low < acid.from && acid.from < acid.high)
})

t.test('units that cannot be converted are compared as they stand', async t => {
  for (const code of ['[iU]', 'nonsense', 'mg/', '', 'MG/dl!', '1'.repeat(10_000)]) {
    const value = one('Quantity', { value: 5, system: ucum, unit: 'x', ...(code && { code }) })
    if (code.length < 100) t.equal(value.canonical, undefined, code)
    t.match(value, { low: 4.5, from: 5, to: 5, high: 5.5, system: ucum, unit: 'x' })
  }
  t.equal(one('Quantity', { value: 5, system: 'http://example.org', code: 'mg' }).canonical, undefined)
  t.strictSame(one('Quantity', { value: 5, unit: 'mg' }), {
    type: 'quantity',
    low: 4.5,
    from: 5,
    to: 5,
    high: 5.5,
    unit: 'mg',
  })
  t.strictSame(one('Quantity', { value: new Decimal('1.00') }), {
    type: 'quantity',
    low: 0.995,
    from: 1,
    to: 1,
    high: 1.005,
  })
})

t.test('the console is left alone, whatever unit is sent', async t => {
  const written = t.capture(console, 'log')
  for (const code of [
    '9999__proto__',
    '(m)(m)',
    '((m))((g))',
    'm per s',
    '1e400per',
    'constructor',
    '//',
    '{',
    'm\u0000',
    '(',
  ]) {
    t.equal(measured('1', code).canonical, undefined, code)
  }
  t.strictSame(written(), [])
})

t.test('many units do not pile up, and stay right', async t => {
  for (let n = 1; n < 1_500; n++) t.equal(measured('1', `${n}.g`).canonical?.from, n)
})

t.test('"less than 5" is all that is less than 5', async t => {
  const bounds = { value: 5, system: ucum, code: 'g' }
  const cases: readonly (readonly [string, number, number, number, number])[] = [
    ['<', lowest, lowest, 5, 5],
    ['<=', lowest, lowest, 5, 5.5],
    ['>=', 4.5, 5, highest, highest],
    ['>', 5, 5, highest, highest],
    ['ad', 4.5, 5, 5, 5.5],
  ]
  for (const [comparator, low, from, to, high] of cases) {
    t.strictSame(
      one('Quantity', { ...bounds, comparator }),
      { type: 'quantity', low, from, to, high, system: ucum, code: 'g', canonical: { low, from, to, high, unit: 'g' } },
      comparator,
    )
  }
})

t.test('all kinds of quantities are quantities', async t => {
  for (const type of ['Quantity', 'Age', 'Count', 'Distance', 'Duration']) {
    t.match(
      one(type, { value: 2, unit: 'a', system: ucum, code: 'a' }),
      { from: 2, code: 'a', canonical: { unit: 's' } },
      type,
    )
  }
  t.strictSame(one('Money', { value: new Decimal('9.90'), currency: 'EUR' }), {
    ...{ type: 'quantity', low: 9.895, from: 9.9, to: 9.9, high: 9.905 },
    ...{ system: 'urn:iso:std:iso:4217', code: 'EUR' },
  })
  const [low, high] = [
    { value: 1, unit: 'g' },
    { value: 3, unit: 'g' },
  ]
  t.strictSame(one('Range', { low, high }), { type: 'quantity', low: 0.5, from: 1, to: 3, high: 3.5, unit: 'g' })
  t.strictSame(one('Range', { low }), { type: 'quantity', low: 0.5, from: 1, to: highest, high: highest, unit: 'g' })
  t.strictSame(one('Range', { high }), { type: 'quantity', low: lowest, from: lowest, to: 3, high: 3.5, unit: 'g' })
  const origin = { value: 10, unit: 'uV' }
  t.strictSame(one('SampledData', { origin, factor: 2, data: 'E 3 -1 U 2.5 L' }), {
    type: 'quantity',
    low: 8,
    from: 8,
    to: 16,
    high: 16,
    unit: 'uV',
  })
  t.strictSame(one('SampledData', { origin, data: '3' }), {
    type: 'quantity',
    low: 13,
    from: 13,
    to: 13,
    high: 13,
    unit: 'uV',
  })
})

t.test('without a number there is no quantity', async t => {
  for (const element of [{}, { value: '5' }, { unit: 'mg' }, null, 5]) {
    for (const type of ['Quantity', 'Money', 'Range', 'SampledData'])
      t.strictSame(extracted('quantity', type, element), [], type)
  }
  t.strictSame(extracted('quantity', 'SampledData', { origin: { value: 0 }, data: 'E U' }), [])
  t.strictSame(extracted('quantity', 'SampledData', { data: '1 2' }), [])
})

t.test('amounts beyond a double stay finite', async t => {
  for (const [text, code] of [
    ['1e400', 'kg'],
    ['-1e400', 'kg'],
    ['1e308', 'kg'],
    ['1e308', 'Cel'],
    ['1e308', 'B[V]'],
    ['-1e308', '[pH]'],
  ] as const) {
    const value = measured(text, code)
    t.ok(value.canonical, code)
    t.ok([value.low, value.high, value.canonical?.low, value.canonical?.high].every(Number.isFinite), text)
  }
})

t.test('a position is on earth', async t => {
  t.strictSame(
    extracted('special', 'Location.position', { latitude: new Decimal('42.10'), longitude: -71, altitude: 3 }),
    [{ type: 'special', latitude: 42.1, longitude: -71 }],
  )
  for (const element of [{ latitude: 91, longitude: 0 }, { latitude: 0, longitude: 181 }, { latitude: 0 }, {}, null]) {
    t.strictSame(extracted('special', 'Location.position', element), [])
  }
})
