/** What an operation gives back where it is not a single resource. https://hl7.org/fhir/R4/operations.html#response */
import type { Json, Resource } from '../../fhir/resource.ts'

/** `['result', 'boolean', true]` */
export type Out = readonly [name: string, type: string, value: Json]

export function parameters(values: readonly Out[]): Resource {
  return {
    resourceType: 'Parameters',
    parameter: values.map(([name, type, value]) => ({ name, [nameOf(type)]: value })),
  }
}

/** `value[x]` of a type, made once for each. */
const names = new Map<string, string>()

function nameOf(type: string): string {
  const before = names.get(type)
  if (before !== undefined) return before
  const name = `value${type.charAt(0).toUpperCase()}${type.slice(1)}`
  names.set(type, name)
  return name
}
