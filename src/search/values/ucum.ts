/** Units that can be compared: 5 mg and 0.005 g. https://ucum.org/ucum */
import { createRequire } from 'node:module'

/** Values in one unit → values in the unit that all of its kind share. */
export type Conversion = {
  /** Product of base units, such as `g.m-1.s-2`; `1` for pure numbers. */
  readonly unit: string
  readonly convert: (value: number) => number
  /** More in the one is less in the other: the lower the pH, the higher the concentration. */
  readonly reversed: boolean
}

type Base = {
  readonly status: 'succeeded' | 'invalid' | 'failed' | 'error'
  readonly magnitude: number
  readonly unitToExp: Readonly<Record<string, number>>
  readonly fromUnitIsSpecial: boolean
}
type Units = {
  convertToBaseUnits(unit: string, value: number): Base
  readonly uStrParser_: { parseString(unit: string, mode: 'validate'): unknown }
}

/** Units kept, the oldest goes first: a few hundred are in use, but clients may send any. */
const kept = 1_000
const known = new Map<string, Conversion | undefined>()
let loaded: Units | undefined

/** UCUM is printable ASCII without blanks; codes in use have up to 30 characters. */
const form = /^[!-~]{1,100}$/

/** `undefined` if the code is no UCUM, or an arbitrary unit (`[iU]`), which is comparable with nothing but itself. */
export function conversionOf(code: string): Conversion | undefined {
  if (!form.test(code)) return undefined
  if (known.has(code)) return known.get(code)
  const conversion = conversionFor(code)
  if (known.size >= kept) for (const oldest of known.keys().take(1)) known.delete(oldest)
  known.set(code, conversion)
  return conversion
}

function conversionFor(code: string): Conversion | undefined {
  const scale = scaleOf(code)
  return scale && { ...scale, reversed: scale.convert(1) > scale.convert(2) }
}

function scaleOf(code: string): Omit<Conversion, 'reversed'> | undefined {
  if (!isReadable(code)) return undefined
  const one = toBase(code, 1)
  if (one === undefined || !Number.isFinite(one.magnitude)) return undefined
  const at = (value: number): number => toBase(code, value)?.magnitude ?? Number.NaN
  const unit = printUnit(one.unitToExp)
  if (!one.fromUnitIsSpecial) return { unit, convert: value => rounded(value * one.magnitude) }
  // Temperatures are lines with an offset, logarithms are not.
  const offset = at(0)
  const slope = (at(1_000) - offset) / 1_000
  const isLine = Math.abs(offset + slope - one.magnitude) < 1e-9 * Math.abs(one.magnitude)
  return { unit, convert: isLine ? value => rounded(offset + value * slope) : value => rounded(at(value)) }
}

/** Factors are doubles, so 4.5 mg and 0.0045 g come out a few last bits apart; 12 digits are more than is ever measured. */
function rounded(value: number): number {
  return Number(value.toPrecision(12))
}

/** The package prints to the console what its own parser throws; what clients send has no place there. */
function isReadable(code: string): boolean {
  try {
    units().uStrParser_.parseString(code, 'validate')
    return true
  } catch {
    return false
  }
}

function toBase(code: string, value: number): Base | undefined {
  const base = units().convertToBaseUnits(code, value)
  return base.status === 'succeeded' ? base : undefined
}

/** At first use: its tables take 20 ms, which a start need not pay. `require`, so that callers stay synchronous. */
function units(): Units {
  if (loaded === undefined) {
    const required: { readonly UcumLhcUtils: { getInstance(): Units } } = createRequire(import.meta.url)(
      '@lhncbc/ucum-lhc',
    )
    loaded = required.UcumLhcUtils.getInstance()
  }
  return loaded
}

function printUnit(exponents: Readonly<Record<string, number>>): string {
  const names = Object.keys(exponents).sort()
  return names.map(name => `${name}${exponents[name] === 1 ? '' : exponents[name]}`).join('.') || '1'
}
