/** Members of an element, by what they should be. What is missing or something else is not there. */
import { isObject, type Json, type JsonObject } from '../../fhir/resource.ts'

const empty: JsonObject = {}

export function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : empty
}

export function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}
