/** What an operation gives back where it is not a single resource. https://hl7.org/fhir/R4/operations.html#response */
import type { Json, Resource } from '../../fhir/resource.ts'

/** `['result', 'boolean', true]` */
export type Out = readonly [name: string, type: string, value: Json]

export function parameters(values: readonly Out[]): Resource {
  const parameter = values.map(([name, type, value]) => ({
    name,
    [`value${type.charAt(0).toUpperCase()}${type.slice(1)}`]: value,
  }))
  return { resourceType: 'Parameters', parameter }
}
