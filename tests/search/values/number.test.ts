import t from 'tap'
import { Decimal, numberOf } from '../../../src/fhir/decimal.ts'
import { highest, interval, intervalOf, lowest } from '../../../src/search/values/number.ts'
import { fc } from '../../property.ts'
import { extracted } from './extracted.ts'

/** https://hl7.org/fhir/R4/search.html#number: half a unit of the last digit to both sides. */
const intervals: readonly (readonly [string, number, number, number])[] = [
  ['100', 99.5, 100, 100.5],
  ['100.00', 99.995, 100, 100.005],
  ['1.00', 0.995, 1, 1.005],
  ['5.40', 5.395, 5.4, 5.405],
  ['5.4', 5.35, 5.4, 5.45],
  ['5.4e0', 5.35, 5.4, 5.45],
  ['1e2', 95, 100, 105],
  ['1.0e2', 95, 100, 105],
  ['-2e-1', -0.205, -0.2, -0.195],
  ['1.00E+2', 99.5, 100, 100.5],
  ['0', -0.5, 0, 0.5],
  ['-5', -5.5, -5, -4.5],
  ['-0.10', -0.105, -0.1, -0.095],
  ['5.4e-3', 0.00535, 0.0054, 0.00545],
  ['0.000000000000000000001', 0.5e-21, 1e-21, 1.5e-21],
  ['12345678901234567890.10', 12345678901234567000, 12345678901234567000, 12345678901234567000],
  ['1e400', highest, highest, highest],
  ['-1e400', lowest, lowest, lowest],
  [`1e${'9'.repeat(40)}`, highest, highest, highest],
  [`1e-${'9'.repeat(40)}`, 0, 0, 0],
  ['9'.repeat(200_000), highest, highest, highest],
]

t.test('the digits of a number tell how exactly it is known', async t => {
  for (const [text, low, value, high] of intervals) {
    const found = interval(text)
    t.same(
      { low: (found?.low ?? 0) + 0, from: value, to: value, high },
      { low, from: found?.from, to: found?.to, high: found?.high },
      text.slice(0, 40),
    )
  }
})

t.test('what is no decimal has no interval', async t => {
  for (const text of ['', '-', '.5', '5.', '1e', '0x10', 'NaN', 'Infinity', '1 ', '1,5', '٣'])
    t.equal(interval(text), undefined, text)
  for (const element of [null, undefined, '1', true, {}, [1]]) t.equal(intervalOf(element), undefined)
})

t.test('an element gives the interval of its JSON text', async t => {
  const literal = fc
    .tuple(
      fc.integer({ min: -1_000_000, max: 1_000_000 }),
      fc.integer({ min: 0, max: 999 }),
      fc.integer({ min: -5, max: 5 }),
    )
    .chain(([whole, part, exponent]) =>
      fc.constantFrom(`${whole}`, `${whole}.${part}`, `${whole}.${part}0`, `${whole}e${exponent}`),
    )
  fc.assert(
    fc.property(literal, text => {
      t.same(intervalOf(numberOf(text)), interval(text), text)
    }),
    { numRuns: 300 },
  )
})

t.test('intervals keep the order of the numbers, and hold them', async t => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (a, b) => {
      const [one, other] = [interval(String(Math.min(a, b))), interval(String(Math.max(a, b)))]
      if (!one || !other) return
      t.ok(one.low <= one.from && one.from <= one.high && one.from <= other.from)
      t.ok([one.low, one.to, one.high].every(Number.isFinite))
    }),
    { numRuns: 500 },
  )
})

t.test('integers are exact', async t => {
  for (const type of ['integer', 'positiveInt', 'unsignedInt']) {
    t.strictSame(extracted('number', type, 2), [{ type: 'number', low: 2, from: 2, to: 2, high: 2 }], type)
    t.strictSame(extracted('number', type, '2'), [], 'a text is no number')
  }
})

t.test('a decimal has its interval, and a Range goes from its low to its high', async t => {
  t.strictSame(extracted('number', 'decimal', new Decimal('1.00')), [
    { type: 'number', low: 0.995, from: 1, to: 1, high: 1.005 },
  ])
  const low = { value: new Decimal('0.10') }
  const high = { value: 0.5 }
  t.strictSame(extracted('number', 'Range', { low, high }), [
    { type: 'number', low: 0.095, from: 0.1, to: 0.5, high: 0.55 },
  ])
  t.strictSame(extracted('number', 'Range', { low }), [
    { type: 'number', low: 0.095, from: 0.1, to: highest, high: highest },
  ])
  t.strictSame(extracted('number', 'Range', { high }), [
    { type: 'number', low: lowest, from: lowest, to: 0.5, high: 0.55 },
  ])
  t.strictSame(extracted('number', 'Range', { low: { unit: '%' } }), [])
  t.strictSame(extracted('number', 'decimal', 'x'), [])
})
