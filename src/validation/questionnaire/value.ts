/** Answers as values with their types, and how they compare. https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.answerOption.value_x_ */
import { isObject, type Json, type JsonObject } from '../../fhir/resource.ts'
import { sameJson } from '../../fhir/same-json.ts'

export type Value = {
  /** `Coding`, `String`, `Integer`. */
  readonly type: string
  /** Absent for a primitive that has only extensions. */
  readonly json: Json | undefined
}

/** Of `answer[x]` or `value[x]`. */
export function valueIn(owner: JsonObject, stem: 'value' | 'answer'): Value | undefined {
  for (const name in owner) {
    const bare = name.startsWith('_') ? name.slice(1) : name
    const type = bare.startsWith(stem) ? bare.slice(stem.length) : ''
    if (/^[A-Z]/.test(type)) return { type, json: owner[bare] }
  }
  return undefined
}

/** Codes and units count, what they are called does not. */
export function isSame(a: Value, b: Value): boolean {
  if (a.type !== b.type || a.json === undefined || b.json === undefined) return false
  if (!isObject(a.json) || !isObject(b.json)) return sameJson(a.json, b.json)
  const [one, other] = [a.json, b.json]
  const names = identity[a.type]
  return names === undefined ? sameJson(one, other) : names.every(name => sameJson(one[name], other[name]))
}

const identity: Readonly<Record<string, readonly string[]>> = {
  Coding: ['system', 'code'],
  Quantity: ['value', 'system', 'code'],
  Reference: ['reference', 'identifier'],
}

/** Below, at, or above zero; `undefined` for what has no order, or units that differ. */
export function compare(a: Value, b: Value): number | undefined {
  if (a.type !== b.type) return undefined
  const [one, other] = a.type === 'Quantity' ? amounts(a.json, b.json) : [a.json, b.json]
  if (typeof one === 'string' && typeof other === 'string') return compareTexts(one, other, a.type)
  const difference = Number(one) - Number(other)
  return one === undefined || other === undefined || Number.isNaN(difference) ? undefined : difference
}

function amounts(a: Json | undefined, b: Json | undefined): readonly (Json | undefined)[] {
  if (!isObject(a) || !isObject(b) || !sameJson(a['code'] ?? a['unit'], b['code'] ?? b['unit'])) return []
  return [a['value'], b['value']]
}

/** Dates as far as both are precise; moments by the clock. */
function compareTexts(a: string, b: string, type: string): number {
  if (type === 'DateTime' && a.length > 10 && b.length > 10) return Date.parse(a) - Date.parse(b)
  const length = type === 'Date' || type === 'DateTime' ? Math.min(a.length, b.length) : undefined
  const [one, other] = [a.slice(0, length), b.slice(0, length)]
  if (one === other) return 0
  return one < other ? -1 : 1
}
