import type { Decimal } from './decimal.ts'

/** FHIR data as it stands in memory. Values are never changed in place: a change makes a new value. */
export type Json = string | number | boolean | null | Decimal | readonly Json[] | JsonObject
export type JsonObject = { readonly [name: string]: Json | undefined }

/** https://hl7.org/fhir/R4/resource.html */
export type Resource = JsonObject & {
  readonly resourceType: string
  readonly id?: string
  readonly meta?: JsonObject
}

export function isObject(value: Json | undefined): value is JsonObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.getPrototypeOf(value) === Object.prototype
  )
}

export function isResource(value: Json | undefined): value is Resource {
  return isObject(value) && typeof value['resourceType'] === 'string'
}
