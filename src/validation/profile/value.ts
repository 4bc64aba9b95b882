/** What a definition asks of a value by itself. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.fixed_x_ */
import type { ElementDefinition } from '../../conformance/structure-definition.ts'
import { parseDate, parseTime } from '../../fhir/date.ts'
import { Decimal } from '../../fhir/decimal.ts'
import { equal } from '../../fhir/equal.ts'
import { isObject, type Json, type JsonObject } from '../../fhir/resource.ts'
import { sameJson } from '../../fhir/same-json.ts'
import { add } from '../findings.ts'
import type { Part } from './part.ts'
import { fitting } from './pattern.ts'
import type { ItemCheck } from './run.ts'
import { type Against, asked, type Scope } from './scope.ts'

export type Valued = 'fixed' | 'pattern' | 'minValue' | 'maxValue'

/** `fixedCode`, whatever the type in its name. */
export function demandOf(definition: ElementDefinition, kind: Valued): Json | undefined {
  for (const name in definition) {
    if (name.startsWith(kind) && /^[A-Z]/.test(name.slice(kind.length))) {
      return definition[name as `fixed${string}`]
    }
  }
  return undefined
}

export function valueChecks({ definition }: Part, against: Against, scope: Scope): readonly ItemCheck[] {
  const checks: ItemCheck[] = []
  const rule = (kind: Valued, compile: (asked: Json, scope: Scope) => ItemCheck) => {
    const value = demandOf(definition, kind)
    if (value !== undefined && !against.some(part => equal(demandOf(part.definition, kind), value))) {
      checks.push(compile(value, scope))
    }
  }
  rule('fixed', fixedCheck)
  rule('pattern', patternCheck)
  rule('minValue', (least, within) => rangeCheck(least, 'least', within))
  rule('maxValue', (most, within) => rangeCheck(most, 'most', within))
  const { maxLength } = definition
  if (maxLength !== undefined && !against.some(part => (part.definition.maxLength ?? Infinity) <= maxLength)) {
    checks.push(lengthCheck(maxLength, scope))
  }
  return checks
}

function fixedCheck(fixed: Json, scope: Scope): ItemCheck {
  const expected = `expected exactly ${print(fixed)}`
  return (value, _twin, _type, { found }) => {
    if (!sameJson(value, fixed)) add(found, asked(scope, 'value', `found ${print(value)}, ${expected}`))
  }
}

function patternCheck(pattern: Json, scope: Scope): ItemCheck {
  const expected = `expected at least ${print(pattern)}`
  const fits = fitting(pattern)
  return (value, _twin, _type, { found }) => {
    if (!fits(value)) add(found, asked(scope, 'value', `found ${print(value)}, ${expected}`))
  }
}

function lengthCheck(most: number, scope: Scope): ItemCheck {
  return (value, _twin, _type, { found }) => {
    // A character beyond U+FFFF is one, but has two units.
    if (typeof value === 'string' && value.length > most && [...value].length > most) {
      add(found, asked(scope, 'value', `found ${[...value].length} characters, expected at most ${most}`))
    }
  }
}

/** Where precision or unit leaves it open which of both is greater, nothing is said. */
function rangeCheck(bound: Json, kind: 'least' | 'most', scope: Scope): ItemCheck {
  const expected = `expected at ${kind} ${print(bound)}`
  return (value, _twin, type, { found }) => {
    const order = value === undefined ? undefined : compare(value, bound, type)
    if (order !== undefined && (kind === 'least' ? order < 0 : order > 0)) {
      add(found, asked(scope, 'value', `found ${print(value)}, ${expected}`))
    }
  }
}

/** Below zero if the value is certainly less, above if it is certainly greater, `undefined` if that cannot be told. */
function compare(value: Json, bound: Json, type: string): number | undefined {
  if (isObject(value)) return isObject(bound) ? compareQuantities(value, bound) : undefined
  if (typeof value === 'string') return typeof bound === 'string' ? compareTimes(value, bound, type) : undefined
  return isNumber(value) && isNumber(bound) ? Number(value) - Number(bound) : undefined
}

function compareTimes(value: string, bound: string, type: string): number | undefined {
  const read = type === 'time' ? parseTime : parseDate
  const [a, b] = [read(value), read(bound)]
  if (a === undefined || b === undefined) return undefined
  if (a.high <= b.low) return -1
  return a.low >= b.high ? 1 : undefined
}

/** A bound without a value is a duration to be reckoned from now, which is not looked at. */
function compareQuantities(value: JsonObject, bound: JsonObject): number | undefined {
  const isSameUnit = ['system', 'code'].every(name => value[name] === bound[name])
  const [a, b] = [value['value'], bound['value']]
  return isSameUnit && isNumber(a) && isNumber(b) ? Number(a) - Number(b) : undefined
}

function isNumber(value: Json | undefined): value is number | Decimal {
  return typeof value === 'number' || value instanceof Decimal
}

/** As JSON, short enough to stand in a sentence. */
export function print(value: Json | undefined): string {
  if (value === undefined || value === null) return 'no value'
  const text = JSON.stringify(value)
  return text.length > 120 ? `${text.slice(0, 120)}…` : text
}
