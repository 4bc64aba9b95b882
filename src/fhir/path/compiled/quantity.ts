/** Amounts with units. http://hl7.org/fhirpath/N1/#quantity */
import { isObject, type Json, type JsonObject } from '../../resource.ts'
import { evaluate, ofDefinitions } from '../evaluate.ts'
import { calculate, compareNumbers, type Numeric } from './number.ts'

export const ucum = 'http://unitsofmeasure.org'

/** Of FHIRPath's units of the calendar, those that UCUM has as well: a month is not always as long as `mo`. */
const inUcum: Readonly<Record<string, string>> = { second: 's', millisecond: 'ms' }
const calendar = /^(year|month|week|day|hour|minute|second|millisecond)s?$/

export function quantityOf(value: Numeric, unit: string, ofCalendar: boolean): JsonObject {
  const word = ofCalendar ? unit.replace(/s$/, '') : unit
  const code = ofCalendar ? inUcum[word] : unit
  return { value, unit: word, ...(code === undefined ? {} : { system: ucum, code }) }
}

/** `undefined`: they cannot be compared, or one has no value. */
export function compareQuantities(a: Json | undefined, b: Json | undefined): number | undefined {
  if (!isObject(a) || !isObject(b) || !isNumeric(a['value']) || !isNumeric(b['value'])) return undefined
  if (unitOf(a) === unitOf(b)) return compareNumbers(a['value'], b['value'])
  const [left, right] = [inCalendar(a, a['value']), inCalendar(b, b['value'])]
  if (left?.unit !== undefined && left.unit === right?.unit) return compareNumbers(left.value, right.value)
  if (a['system'] !== ucum || b['system'] !== ucum) return undefined
  const [less, same] = ['<', '='].map(sign => converted(sign, a, b))
  if (same === true) return 0
  return less === undefined ? undefined : less === true ? -1 : 1
}

/** A week has seven days and a year twelve months, but no year has so many days. */
function inCalendar(
  quantity: JsonObject,
  value: Numeric,
): { readonly unit: string; readonly value: Numeric } | undefined {
  const [unit, size] = sizes[calendar.exec(String(quantity['unit']))?.[1] ?? ''] ?? []
  const amount = size && calculate('*', value, size)
  return unit === undefined || amount === undefined ? undefined : { unit, value: amount }
}

const sizes: Readonly<Record<string, readonly [unit: string, size: number]>> = {
  year: ['month', 12],
  month: ['month', 1],
  week: ['millisecond', 604_800_000],
  day: ['millisecond', 86_400_000],
  hour: ['millisecond', 3_600_000],
  minute: ['millisecond', 60_000],
  second: ['millisecond', 1_000],
  millisecond: ['millisecond', 1],
}

/** The word of the calendar, or the unit as UCUM has it. */
export function timeUnitOf(quantity: JsonObject): string | undefined {
  const { unit, code, system } = quantity
  if (system === ucum && typeof code === 'string') return calendar.exec(String(unit))?.[1] ?? code
  return typeof unit === 'string' ? calendar.exec(unit)?.[1] : undefined
}

function unitOf({ system, code, unit }: JsonObject): string {
  if (code !== undefined) return `${system ?? ''}|${code}`
  return unit === undefined ? `${ucum}|1` : `|${unit}`
}

/** Units that differ are the engine's to convert; they are rare, and UCUM is a science of its own. */
function converted(sign: string, a: JsonObject, b: JsonObject): Json | undefined {
  const [result] = evaluate(
    `Observation.referenceRange.low ${sign} Observation.referenceRange.high`,
    { resourceType: 'Observation', referenceRange: [{ low: a, high: b }] },
    ofDefinitions,
  )
  return result
}

export function isNumeric(value: Json | undefined): value is Numeric {
  return (
    typeof value === 'number' || (typeof value === 'object' && value !== null && 'text' in value && !isObject(value))
  )
}
