/** Values against the values of a definition. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_ */
import { Decimal } from '../../fhir/decimal.ts'
import { isObject, type Json } from '../../fhir/resource.ts'

/** fixed[x]: the same members, nothing else. Of a decimal the value counts, not the digits: 1.0 is 1.00. */
export function same(value: Json | undefined, fixed: Json | undefined): boolean {
  if (value === fixed) return true
  if (Array.isArray(fixed)) {
    return (
      Array.isArray(value) && value.length === fixed.length && fixed.every((item, index) => same(value[index], item))
    )
  }
  if (isObject(fixed)) {
    const names = Object.keys(fixed)
    return (
      isObject(value) &&
      names.length === Object.keys(value).length &&
      names.every(name => Object.hasOwn(value, name) && same(value[name], fixed[name]))
    )
  }
  return sameNumber(value, fixed)
}

/** pattern[x]: at least these members; of a list, each of its items is matched by some item. */
export function fits(value: Json | undefined, pattern: Json): boolean {
  if (Array.isArray(pattern)) {
    return Array.isArray(value) && pattern.every(wanted => value.some(item => fits(item, wanted)))
  }
  if (isObject(pattern)) {
    return isObject(value) && Object.keys(pattern).every(name => fits(value[name], pattern[name] ?? null))
  }
  return value === pattern || sameNumber(value, pattern)
}

function sameNumber(a: Json | undefined, b: Json | undefined): boolean {
  return isNumber(a) && isNumber(b) && digitsOf(a) === digitsOf(b)
}

function isNumber(value: Json | undefined): value is number | Decimal {
  return typeof value === 'number' || value instanceof Decimal
}

/** `-1.50e2` → `-15e1`: the same text for the same number, however many digits it has. */
function digitsOf(value: number | Decimal): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(String(value)) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  const power = BigInt(exponent) + BigInt(digits.length - significant.length - fraction.length)
  return `${sign}${significant}e${power}`
}
