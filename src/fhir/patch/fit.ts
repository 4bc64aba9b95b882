/** Which element a value is for, and whether it may stand there. https://hl7.org/fhir/R4/fhirpatch.html */
import { Decimal } from '../decimal.ts'
import { fail } from '../issue.ts'
import { type Element, elementsOf, withElements } from '../path/element.ts'
import type { JsonObject } from '../resource.ts'
import type { ElementShape, Shape, Shapes } from '../shape.ts'
import type { Value } from './patch-operation.ts'

/** The element of the shape that has the name, `deceased` with a `valueBoolean` as well as `deceasedBoolean`. */
export function elementFor(shape: Shape, name: string, value: Value): ElementShape {
  const own = shape.elements.get(name)
  if (own !== undefined) return own
  const type = value.is === 'typed' ? value.type : ''
  const chosen = shape.elements.get(name + type)
  if (chosen?.choice === `${name}[x]`) return chosen
  const choices = [...shape.elements.values()].filter(({ choice }) => choice === `${name}[x]`)
  if (choices.length > 0) {
    const expected = choices.map(choice => `value${upper(choice.type)}`).join(', ')
    throw fail('processing', `'${name}' of ${shape.name} takes ${expected}`, value.at)
  }
  throw fail('processing', `${shape.name} has no element '${name}'`, value.at)
}

/** "Add can be used for non-repeating elements as long as they do not already exist." */
export function addTo(object: JsonObject, shape: Shape, name: string, value: Value, shapes: Shapes): JsonObject {
  const element = elementFor(shape, name, value)
  const { choice, max } = element
  const rivals =
    choice === undefined ? [element] : [...shape.elements.values()].filter(other => other.choice === choice)
  const present = rivals.find(rival => elementsOf(object, rival).length > 0)
  if (max === 1 && present) {
    throw fail('processing', `${element.path} does not repeat, and '${present.name}' is there already`, value.at)
  }
  return withElements(object, element, [...elementsOf(object, element), fit(value, element, shapes)])
}

/** What becomes of the value in the element; throws if its type is wrong. */
export function fit(value: Value, element: ElementShape, shapes: Shapes): Element {
  if (value.is === 'parts') return { value: build(value, element, shapes) }
  if (!fits(value.type, value.element, element, shapes)) {
    const expected = /[.]/.test(element.type) ? 'nested parts' : `value${upper(element.type)}`
    throw fail('processing', `${element.path} takes ${expected}, received is value${value.type}`, value.at)
  }
  return value.element
}

function build(value: Value & { is: 'parts' }, element: ElementShape, shapes: Shapes): JsonObject {
  const shape = element.primitive ? undefined : shapes.shape(element.type)
  if (shape === undefined)
    throw fail('processing', `${element.path} takes value${upper(element.type)}, received are parts`, value.at)
  let object: JsonObject = {}
  for (const part of value.parts) object = addTo(object, shape, part.name, part.value, shapes)
  return object
}

/**
 * Of the same type; or primitives of the same JSON kind where the text is what the element's type allows: Parameters has no
 * `valueXhtml`, and clients write `valueString` for a code and `valueDate` for a dateTime.
 */
function fits(type: string, { value }: Element, element: ElementShape, shapes: Shapes): boolean {
  if (type === upper(element.type)) return true
  if (!element.primitive || !shapes.shape(lower(type))) return false
  if (value === undefined) return true
  if (kindOf(element.type) !== typeof value && !(value instanceof Decimal && kindOf(element.type) === 'number'))
    return false
  const pattern = shapes.shape(element.type)?.pattern
  return pattern === undefined || new RegExp(`^(?:${pattern})$`, 'u').test(String(value))
}

function kindOf(type: string): 'boolean' | 'number' | 'string' {
  if (type === 'boolean') return 'boolean'
  return ['decimal', 'integer', 'unsignedInt', 'positiveInt'].includes(type) ? 'number' : 'string'
}

function upper(type: string): string {
  return type.charAt(0).toUpperCase() + type.slice(1)
}

function lower(type: string): string {
  return type.charAt(0).toLowerCase() + type.slice(1)
}
