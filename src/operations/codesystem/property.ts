/** Parameters of $lookup. https://hl7.org/fhir/R4/codesystem-operation-lookup.html */
import type { Json, JsonObject } from '../../fhir/resource.ts'

export function value(name: string, as: `value${string}`, given: Json): JsonObject {
  return { name, [as]: given }
}

/** `description` is "Human Readable representation of the property value (e.g. display for a code)". */
export function property(code: string, typed: JsonObject, description: string | undefined): JsonObject {
  return {
    name: 'property',
    part: [
      value('code', 'valueCode', code),
      { name: 'value', ...typed },
      ...(description === undefined ? [] : [value('description', 'valueString', description)]),
    ],
  }
}
