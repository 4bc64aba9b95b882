/** Reads elements of a resource that nobody may have validated: what has another type than expected is as good as absent. */
import { Decimal } from '../fhir/decimal.ts'
import { isObject, type Json, type JsonObject } from '../fhir/resource.ts'

export function textOf(element: JsonObject | undefined, name: string): string | undefined {
  const value = element?.[name]
  return typeof value === 'string' ? value : undefined
}

export function flagOf(element: JsonObject | undefined, name: string): boolean | undefined {
  const value = element?.[name]
  return typeof value === 'boolean' ? value : undefined
}

export function objectOf(element: JsonObject | undefined, name: string): JsonObject | undefined {
  const value = element?.[name]
  return isObject(value) ? value : undefined
}

const none: readonly JsonObject[] = []

/** The objects of a repeating element. */
export function objectsOf(element: JsonObject | undefined, name: string): readonly JsonObject[] {
  const value = element?.[name]
  if (!Array.isArray(value)) return none
  return value.every(isObject) ? value : value.filter(isObject)
}

export function textsOf(element: JsonObject | undefined, name: string): readonly string[] {
  const value = element?.[name]
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : []
}

export function extensionOf(element: JsonObject | undefined, url: string): JsonObject | undefined {
  return objectsOf(element, 'extension').find(extension => extension['url'] === url)
}

/** The one `value[x]` of an element. */
export function anyValueOf(element: JsonObject): Json | undefined {
  for (const name in element) {
    if (name.startsWith('value') && name.length > 5) return element[name]
  }
  return undefined
}

export function isNumber(value: Json | undefined): value is number | Decimal {
  return typeof value === 'number' || value instanceof Decimal
}
