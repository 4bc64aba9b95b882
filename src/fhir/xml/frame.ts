/** An element that is open while XML is read, and what becomes of it. https://hl7.org/fhir/R4/json.html#primitive */
import type { Json } from '../resource.ts'
import type { Order, Place } from './order.ts'

/** Its JSON is still nobody else's, so it is built in place. */
export type Frame = {
  readonly parent: Frame | undefined
  /** Absent for the root of a resource. */
  readonly place: Place | undefined
  readonly order: Order
  /** How many objects and arrays its JSON lies in. */
  readonly depth: number
  /** Its object; of a primitive, the twin with id and extensions. */
  readonly json: Record<string, Json | Json[]>
  /** Of a primitive, its value; of an element that holds a resource, the resource. */
  value: Json | undefined
  /** The last child element that has begun. */
  last: Place | undefined
  /** Repeating primitives that have a twin. */
  twins: Set<Place> | undefined
}

/** FHIRPath of the element: `Patient.name[1].given[0]`. */
export function pathOf(frame: Frame | undefined): string {
  const steps: string[] = []
  for (let at = frame; at; at = at.parent) {
    const { place, parent, json } = at
    if (place) steps.unshift(step(place, parent?.json))
    else if (!parent) steps.unshift(String(json['resourceType']))
  }
  return steps.join('.')
}

function step(place: Place, json: Frame['json'] | undefined): string {
  const before = json?.[place.element.name]
  return place.repeats ? `${place.step}[${Array.isArray(before) ? before.length : 0}]` : place.step
}

/** Puts a finished element into its parent. */
export function attach(child: Frame, place: Place, parent: Frame): void {
  const { name } = place.element
  if (place.form === 'primitive') attachPrimitive(child, place, parent)
  else if (place.repeats) listIn(parent.json, name).push(child.value ?? child.json)
  else parent.json[name] = child.value ?? child.json
}

function attachPrimitive({ value, last, json }: Frame, place: Place, parent: Frame): void {
  const { name } = place.element
  const hasTwin = last !== undefined || Object.hasOwn(json, 'id')
  if (place.repeats) {
    const values = listIn(parent.json, name)
    if (hasTwin) {
      const twins = padded(listIn(parent.json, place.twin), values.length)
      twins.push(json)
      parent.twins ??= new Set()
      parent.twins.add(place)
    }
    values.push(value ?? null)
  } else {
    if (value !== undefined) parent.json[name] = value
    if (hasTwin) parent.json[place.twin] = json
  }
}

/** "JSON null values are used to fill out both arrays so that the id and/or extension are aligned with the matching value" */
export function alignTwins({ twins, json }: Frame): void {
  for (const { twin, element } of twins ?? []) {
    const values = listIn(json, element.name)
    padded(listIn(json, twin), values.length)
    if (values.every(value => value === null)) delete json[element.name]
  }
}

function padded(list: Json[], length: number): Json[] {
  while (list.length < length) list.push(null)
  return list
}

function listIn(json: Frame['json'], name: string): Json[] {
  const found = json[name]
  if (Array.isArray(found)) return found
  const list: Json[] = []
  json[name] = list
  return list
}
