/** https://hl7.org/fhir/R4/search.html#number */
import { Decimal } from '../../fhir/decimal.ts'
import type { Json } from '../../fhir/resource.ts'
import { objectOf } from './member.ts'
import type { Extract, ParameterType } from './parameter-type.ts'

/**
 * What a number equals: `low` belongs to the interval, `high` does not; a point has both the same. What it is greater and less
 * than: `from` and `to`, the same number but for ranges, since then its digits do not count.
 * All are the doubles nearest to the exact decimals, so of two numbers the greater one is never the smaller double; numbers that
 * agree in 15 digits may be equal. None is infinite: stores, JSON and indexes take every one of them.
 */
export type Interval = { readonly low: number; readonly from: number; readonly to: number; readonly high: number }

/** 1.00 stands for [0.995, 1.005): its digits tell how exactly it is known. Integers are counts, and exact. */
export type NumberValue = { readonly type: 'number' } & Interval

export const lowest = -Number.MAX_VALUE
export const highest = Number.MAX_VALUE

const exact: Extract<NumberValue> = element => {
  const value = typeof element === 'number' || element instanceof Decimal ? finite(Number(element)) : undefined
  return value === undefined ? [] : [{ type: 'number', ...point(value) }]
}

export const number: ParameterType<NumberValue> = {
  extract: {
    integer: exact,
    positiveInt: exact,
    unsignedInt: exact,
    decimal: element => {
      const interval = intervalOf(element)
      return interval === undefined ? [] : [{ type: 'number', ...interval }]
    },
    Range: element => {
      const { low, high } = objectOf(element)
      const interval = span(intervalOf(objectOf(low)['value']), intervalOf(objectOf(high)['value']))
      return interval === undefined ? [] : [{ type: 'number', ...interval }]
    },
  },
}

/** From the lower of two intervals to the upper; a missing one leaves that end open. */
export function span(low: Interval | undefined, high: Interval | undefined): Interval | undefined {
  if (low === undefined && high === undefined) return undefined
  return { low: low?.low ?? lowest, from: low?.from ?? lowest, to: high?.to ?? highest, high: high?.high ?? highest }
}

function point(value: number): Interval {
  return { low: value, from: value, to: value, high: value }
}

/** The interval of a decimal element; its digits are those of the JSON. */
export function intervalOf(element: Json | undefined): Interval | undefined {
  if (element instanceof Decimal) return interval(element.text)
  if (typeof element !== 'number') return undefined
  // Halves of integers this small are exact, so the text need not be asked.
  if (Number.isInteger(element) && Math.abs(element) < 1e15)
    return { low: element - 0.5, from: element, to: element, high: element + 0.5 }
  return interval(String(element))
}

const decimalForm = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/
/** More significant digits than a double can tell apart: half a unit of the last one is nothing. */
const manyDigits = 30

/**
 * Half a unit of the last digit to both sides: `5.40` → [5.395, 5.405). "1e2 … is actually searching for values in the range
 * [95 … 105)": before an exponent, 1 is 1.0. `undefined`: no decimal.
 */
export function interval(text: string): Interval | undefined {
  const [found, sign = '', whole = '', written, exponent] = decimalForm.exec(text) ?? []
  if (found === undefined) return undefined
  const value = finite(Number(text))
  const fraction = written ?? (exponent === undefined ? '' : '0')
  const digits = whole + fraction
  if (digits.length > manyDigits) return point(value)
  // Beyond these exponents everything is 0 or infinite anyway, and they still print as plain digits.
  const scale = Math.max(-10_000, Math.min(10_000, Number(exponent ?? 0))) - fraction.length - 1
  const tenths = BigInt(digits) * (sign === '-' ? -10n : 10n)
  const [low, high] = [Number(`${tenths - 5n}e${scale}`), Number(`${tenths + 5n}e${scale}`)]
  return { low: finite(low), from: value, to: value, high: finite(high) }
}

function finite(value: number): number {
  return Math.max(lowest, Math.min(highest, value))
}
