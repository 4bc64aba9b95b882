/** What may stand inside an element, and in which order. https://hl7.org/fhir/R4/xml.html: "Elements must always appear in the order documented" */
import type { ElementShape, Shape, Shapes } from '../shape.ts'

/** How an element is written: as an attribute, with a `value`, as a `div`, around one resource, or with children. */
export type Form = 'attribute' | 'primitive' | 'narrative' | 'resource' | 'complex'

export type Place = {
  readonly element: ElementShape
  readonly form: Form
  /** Those of one choice share their rank. */
  readonly rank: number
  /** The JSON property beside a primitive, for its id and extensions. */
  readonly twin: string
  /** Its name in FHIRPath: `value` for `valueQuantity`. */
  readonly step: string
  readonly repeats: boolean
  readonly inside: () => Order
}

export type Order = {
  readonly byName: ReadonlyMap<string, Place>
  /** By JSON property, the twins of primitives included. */
  readonly byProperty: ReadonlyMap<string, Place>
  readonly holdsNarrative: boolean
}

const empty: Order = { byName: new Map(), byProperty: new Map(), holdsNarrative: false }

/** Derived from a shape once; shapes live as long as the process. */
const known = new WeakMap<Shape, Order>()

/** The order inside a resource of the type; undefined if there is no such type. */
export function orderOfResource(type: string, shapes: Shapes): Order | undefined {
  const shape = shapes.shape(type)
  return shape?.kind === 'resource' ? orderOf(shape, shapes) : undefined
}

function orderOf(shape: Shape, shapes: Shapes): Order {
  const found = known.get(shape)
  if (found) return found
  const order = derive(shape, shapes)
  known.set(shape, order)
  return order
}

function derive(shape: Shape, shapes: Shapes): Order {
  const byName = new Map<string, Place>()
  const byProperty = new Map<string, Place>()
  let rank = 0
  let before: string | undefined
  for (const element of shape.elements.values()) {
    const group = element.choice ?? element.name
    if (group !== before) rank++
    before = group
    const place = placeOf(element, rank, shapes)
    byName.set(element.name, place)
    byProperty.set(element.name, place)
    if (place.form === 'primitive') byProperty.set(place.twin, place)
  }
  const holdsNarrative = [...byName.values()].some(place => place.form === 'narrative')
  return { byName, byProperty, holdsNarrative }
}

function placeOf(element: ElementShape, rank: number, shapes: Shapes): Place {
  const form = formOf(element)
  let inside: Order | undefined
  return {
    element,
    form,
    rank,
    twin: `_${element.name}`,
    step: element.choice?.replace('[x]', '') ?? element.name,
    repeats: element.max > 1,
    // Types contain each other without end, so an order is derived when its element is first met.
    inside: () => {
      inside ??= orderInside(element, form, shapes)
      return inside
    },
  }
}

function formOf(element: ElementShape): Form {
  if (element.attribute) return 'attribute'
  if (element.type === 'xhtml') return 'narrative'
  if (element.type === 'Resource') return 'resource'
  return element.primitive ? 'primitive' : 'complex'
}

function orderInside(element: ElementShape, form: Form, shapes: Shapes): Order {
  if (form !== 'complex' && form !== 'primitive') return empty
  const shape = shapes.shape(element.type)
  if (!shape) throw new Error(`the definitions have no type ${element.type}, which ${element.path} needs`)
  return orderOf(shape, shapes)
}
