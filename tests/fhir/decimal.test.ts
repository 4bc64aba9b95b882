import t from 'tap'
import { Decimal, numberOf } from '../../src/fhir/decimal.ts'
import { fc } from '../property.ts'

t.test('a number that prints as it was written stays a plain number', async t => {
  for (const literal of ['0', '1', '-7', '1.5', '-0.001', '9007199254740991', '1e+21', '1e-7']) {
    t.equal(numberOf(literal), Number(literal), literal)
  }
})

t.test('a number that would be printed otherwise becomes a Decimal with its digits', async t => {
  for (const literal of [
    '1.00',
    '-0',
    '1e400',
    '1E2',
    '1e5',
    '0.0000001',
    '12345678901234567890',
    '0.1234567890123456789',
  ]) {
    const number = numberOf(literal)
    t.ok(number instanceof Decimal, literal)
    t.equal(String(number), literal)
    t.equal(JSON.stringify({ value: number }), `{"value":${literal}}`)
  }
})

t.test('every double survives', async () => {
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      x => Number(numberOf(String(x))) === Number(String(x)),
    ),
  )
})

t.test('a Decimal compares by its value', async t => {
  t.ok(new Decimal('1.00') < new Decimal('1.5'))
  t.equal(Number(new Decimal('1.50')), 1.5)
  t.equal(new Decimal('1e400').valueOf(), Number.POSITIVE_INFINITY)
})

t.test('a Decimal whose text is no JSON number cannot be printed', async t => {
  for (const text of ['', '01', '+1', '1.', 'NaN', ' 1', '{}']) {
    t.throws(() => JSON.stringify(new Decimal(text)), { name: 'SyntaxError' }, JSON.stringify(text))
  }
})
