/** Numbers with all of their digits. http://hl7.org/fhirpath/N1/#decimal */
import { type Decimal, numberOf } from '../../decimal.ts'

export type Numeric = number | Decimal

/** `digits` × 10^-`scale`. */
type Exact = { readonly digits: bigint; readonly scale: number }

/** Nothing that is measured is further from 1 than this; beyond, a short text would stand for gigabytes of digits. */
const furthest = 1_000
/** Characters of a number that is calculated with; multiplying takes the square of them. */
const longest = 2_000
/** Places behind the point of a quotient: FHIRPath asks for 8. */
const places = 16

export type Arithmetic = '+' | '-' | '*' | '/' | 'div' | 'mod'

/** `undefined` where there is no result: division by zero, a number beyond all measure. */
export function calculate(sign: Arithmetic, a: Numeric, b: Numeric): Numeric | undefined {
  if (Number.isSafeInteger(a) && Number.isSafeInteger(b) && sign !== '/') {
    const result = whole(sign, a as number, b as number)
    if (result === undefined || Number.isSafeInteger(result)) return result
  }
  const left = exactOf(a)
  const right = exactOf(b)
  const result = left && right && exact(sign, left, right)
  const printed = result && print(result)
  return printed === undefined || String(printed).length > longest ? undefined : printed
}

function whole(sign: Exclude<Arithmetic, '/'>, a: number, b: number): number | undefined {
  switch (sign) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b === 0 ? 0 : a * b
    case 'div':
      return b === 0 ? undefined : Math.trunc(a / b)
    default:
      return b === 0 ? undefined : a % b
  }
}

function exact(sign: Arithmetic, a: Exact, b: Exact): Exact | undefined {
  const scale = Math.max(a.scale, b.scale)
  const left = digitsAt(a, scale)
  const right = digitsAt(b, scale)
  switch (sign) {
    case '+':
      return { digits: left + right, scale }
    case '-':
      return { digits: left - right, scale }
    case '*':
      return { digits: a.digits * b.digits, scale: a.scale + b.scale }
    case '/':
      return right === 0n ? undefined : quotient(left, right)
    case 'div':
      return right === 0n ? undefined : { digits: left / right, scale: 0 }
    default:
      return right === 0n ? undefined : { digits: left % right, scale }
  }
}

function quotient(left: bigint, right: bigint): Exact {
  const more = (left * 10n ** BigInt(places + 1)) / right
  const half = more < 0n ? -5n : 5n
  return { digits: (more + half) / 10n, scale: places }
}

export function compareNumbers(a: Numeric, b: Numeric): number | undefined {
  if (typeof a === 'number' && typeof b === 'number') return Math.sign(a - b)
  const left = exactOf(a)
  const right = exactOf(b)
  if (left === undefined || right === undefined) return undefined
  const scale = Math.max(left.scale, right.scale)
  const difference = digitsAt(left, scale) - digitsAt(right, scale)
  if (difference === 0n) return 0
  return difference < 0n ? -1 : 1
}

export function negated(value: Numeric): Numeric {
  if (typeof value === 'number') return value === 0 ? 0 : -value
  return numberOf(value.text.startsWith('-') ? value.text.slice(1) : `-${value.text}`)
}

export function truncated(value: Numeric): Numeric | undefined {
  return roundedBy(value, 0, (digits, unit) => digits / unit)
}

export function floored(value: Numeric): Numeric | undefined {
  return roundedBy(value, 0, (digits, unit) => (digits - (((digits % unit) + unit) % unit)) / unit)
}

/** Halves go away from zero. */
export function rounded(value: Numeric, to: number): Numeric | undefined {
  return roundedBy(value, to, (digits, unit) => (digits * 2n + (digits < 0n ? -unit : unit)) / (unit * 2n))
}

function roundedBy(value: Numeric, to: number, round: (digits: bigint, unit: bigint) => bigint): Numeric | undefined {
  const number = exactOf(value)
  if (number === undefined || to < 0 || to > furthest) return undefined
  if (number.scale <= to) return print(number)
  return print({ digits: round(number.digits, 10n ** BigInt(number.scale - to)), scale: to })
}

/** Digits behind the point, as written. */
export function placesOf(value: Numeric): number {
  return Math.max(0, exactOf(value)?.scale ?? 0)
}

function exactOf(value: Numeric): Exact | undefined {
  const text = String(value)
  if (text.length > longest) return undefined
  const [, sign = '', whole = '', part = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  const scale = part.length - Number(power)
  if (whole === '' || Math.abs(scale) > furthest + part.length) return undefined
  const digits = BigInt(sign + whole + part)
  return scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale }
}

function digitsAt({ digits, scale }: Exact, wanted: number): bigint {
  return digits * 10n ** BigInt(wanted - scale)
}

function print({ digits, scale }: Exact): Numeric {
  const negative = digits < 0n
  const text = String(negative ? -digits : digits).padStart(scale + 1, '0')
  const whole = text.slice(0, text.length - scale)
  const part = text.slice(text.length - scale).replace(/0+$/, '')
  return numberOf(`${negative ? '-' : ''}${whole}${part === '' ? '' : `.${part}`}`)
}
