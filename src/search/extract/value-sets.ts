/** Which codes a code is one of: its type does not tell, its place does. https://hl7.org/fhir/R4/terminologies.html#code */
import type { ElementShape } from '../../fhir/shape.ts'
import type { Place } from './getter.ts'
import { pathsOf } from './paths.ts'

/** Of all elements that the expression finds; `undefined`: not all are codes of a known value set. */
export function valueSetsOf(expression: string, place: Place): readonly string[] | undefined {
  const found = [...(pathsOf(expression, place)?.keys() ?? [])].map(path => elementAt(path, place)?.valueSet)
  const known = found.filter(url => url !== undefined)
  return known.length > 0 && known.length === found.length ? [...new Set(known)] : undefined
}

function elementAt(path: string, { type, shapes }: Place): ElementShape | undefined {
  const [name = '', ...rest] = path.split('.')
  const element = shapes.shape(type)?.elements.get(name)
  return element === undefined || rest.length === 0
    ? element
    : elementAt(rest.join('.'), { type: element.type, resourceType: type, shapes })
}
