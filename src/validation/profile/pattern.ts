/** Values against a pattern. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_ */
import { isObject, type Json } from '../../fhir/resource.ts'
import { sameJson } from '../../fhir/same-json.ts'

export type Fits = (value: Json | undefined) => boolean

/** pattern[x]: at least these members; of a list, each of its items is matched by some item. Of a decimal the value counts. */
export function fitting(pattern: Json): Fits {
  if (Array.isArray(pattern)) {
    const items = pattern.map(fitting)
    return value => Array.isArray(value) && items.every(fits => value.some(fits))
  }
  if (isObject(pattern)) {
    const members = Object.keys(pattern).map(name => ({ name, fits: fitting(pattern[name] ?? null) }))
    return value => isObject(value) && members.every(({ name, fits }) => fits(value[name]))
  }
  return value => sameJson(value, pattern)
}
