/** Where in the resource the elements stand that a FHIRPath expression gives. http://hl7.org/fhirpath/N1/#path-selection */
import { fail } from '../issue.ts'
import { isResource, type JsonObject, type Resource } from '../resource.ts'
import type { ElementShape, Shape, Shapes } from '../shape.ts'
import { quoted } from './compile.ts'
import { elementsOf, insideOf } from './element.ts'
import { engine, type Node } from './engine.ts'
import { type Limits, ofClients, run } from './evaluate.ts'

/** One level down: which property, and which of its elements (0 where it does not repeat). */
export type Step = { readonly element: ElementShape; readonly index: number }

/** From the resource to the element; empty for the resource itself. */
export type Location = readonly Step[]

export function locate(
  expression: string,
  resource: Resource,
  shapes: Shapes,
  limits: Limits = ofClients,
): readonly Location[] {
  return run(expression, resource, limits).map(result => {
    const location = engine().isNode(result) ? locationOf(result, resource, shapes) : undefined
    if (location === undefined) {
      throw fail('processing', `${quoted(expression)} gives a computed value, expected is an element of the resource`)
    }
    return location
  })
}

/** `Patient.name[1].given[0]` */
export function printLocation(resource: Resource, location: Location): string {
  const steps = location.map(({ element, index }) => (element.max > 1 ? `${element.name}[${index}]` : element.name))
  return [resource.resourceType, ...steps].join('.')
}

/** The object that the location leads to, and its shape. */
export type Place = { readonly object: JsonObject; readonly shape: Shape }

export function placeOf(resource: Resource, location: Location, shapes: Shapes): Place | undefined {
  let place: Place | undefined = placeIn(resource, resource.resourceType, shapes)
  for (const step of location) place = place && inward(place, step, shapes)
  return place
}

function inward({ object }: Place, { element, index }: Step, shapes: Shapes): Place | undefined {
  const found = elementsOf(object, element)[index]
  return found && placeIn(insideOf(found), element.type, shapes)
}

function placeIn(object: JsonObject, type: string, shapes: Shapes): Place | undefined {
  const shape = shapes.shape(type === 'Resource' && isResource(object) ? object.resourceType : type)
  return shape && { object, shape }
}

function locationOf(node: Node, resource: Resource, shapes: Shapes): Location | undefined {
  const nodes = [...ancestors(node)].reverse()
  const location: Step[] = []
  let place = placeIn(resource, resource.resourceType, shapes)
  for (const { propName, index } of nodes) {
    const element = place && propName !== null ? elementNamed(place, propName) : undefined
    if (element === undefined || place === undefined) return undefined
    const step = { element, index: index ?? 0 }
    location.push(step)
    place = inward(place, step, shapes)
  }
  return location
}

/** The node and those above it, up to but without the resource. */
function* ancestors(node: Node): Iterable<Node> {
  for (let at: Node = node; at.parentResNode !== null; at = at.parentResNode) yield at
}

/** `value` finds `valueQuantity` where that is the one of the choice that is present. */
function elementNamed({ object, shape }: Place, name: string): ElementShape | undefined {
  const own = shape.elements.get(name)
  if (own !== undefined) return own
  for (const element of shape.elements.values()) {
    if (element.choice === `${name}[x]` && elementsOf(object, element).length > 0) return element
  }
  return undefined
}
