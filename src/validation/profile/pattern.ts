/** Values against a pattern. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_ */
import { isObject, type Json } from '../../fhir/resource.ts'
import { sameJson } from '../../fhir/same-json.ts'

/** pattern[x]: at least these members; of a list, each of its items is matched by some item. Of a decimal the value counts. */
export function fits(value: Json | undefined, pattern: Json): boolean {
  if (Array.isArray(pattern)) {
    return Array.isArray(value) && pattern.every(wanted => value.some(item => fits(item, wanted)))
  }
  if (isObject(pattern)) {
    return isObject(value) && Object.keys(pattern).every(name => fits(value[name], pattern[name] ?? null))
  }
  return sameJson(value, pattern)
}
