/** What CapabilityStatement and TerminologyCapabilities have in common. https://hl7.org/fhir/R4/capabilitystatement.html */
import type { Json, JsonObject } from '../fhir/resource.ts'
import type { Claims } from './claims.ts'

export function identity({ software, date }: Claims, what: string): JsonObject {
  const { name, version } = software
  return { version, name: `${name}${what}`, title: `${name} ${what}`, status: 'active', date, kind: 'instance' }
}

/** cpb-14: an instance has one. */
export function implementation({ description, base }: Claims): JsonObject {
  return { implementation: { description, url: base } }
}

/** FHIR knows no empty arrays. */
export function list(name: string, values: readonly Json[]): JsonObject {
  return values.length === 0 ? {} : { [name]: values }
}
