/** Values of an element, as a parameter type takes them from it. */
import type { Json } from '../../../src/fhir/resource.ts'
import type { Extract } from '../../../src/search/values/parameter-type.ts'
import { type SimpleValue, simpleTypes } from '../../../src/search/values/simple.ts'

export function extracted(
  parameterType: keyof typeof simpleTypes,
  type: string,
  element: Json,
  base?: string,
): readonly SimpleValue[] {
  const extract: Readonly<Record<string, Extract<SimpleValue>>> = simpleTypes[parameterType].extract
  const found = extract[type]
  if (found === undefined) throw new Error(`a ${parameterType} parameter takes nothing from ${type}`)
  return found(element, base)
}
