/**
 * Elements of an object, a primitive's value together with its id and extensions.
 * https://hl7.org/fhir/R4/json.html#primitive: `given: ["A", null], _given: [null, {…}]`
 */
import { isObject, type Json, type JsonObject } from '../resource.ts'
import type { ElementShape } from '../shape.ts'

/** An element as it is, wherever it stands. At least one of both is there. */
export type Element = {
  readonly value?: Json
  /** Id and extensions of a primitive: what stands under `_name`. */
  readonly companion?: JsonObject
}

export function elementsOf(parent: JsonObject, { name, primitive }: ElementShape): readonly Element[] {
  const values = asList(parent[name])
  const companions = primitive ? asList(parent[`_${name}`]) : []
  return Array.from({ length: Math.max(values.length, companions.length) }, (_, i) =>
    element(values[i], isObject(companions[i]) ? companions[i] : undefined),
  )
}

/** The object with exactly these elements under the name, in the place where the name stood. */
export function withElements(parent: JsonObject, shape: ElementShape, elements: readonly Element[]): JsonObject {
  const { name, max } = shape
  const values = elements.map(({ value }) => value ?? null)
  const companions = elements.map(({ companion }) => companion ?? null)
  const form = (list: readonly Json[]): Json | undefined => {
    if (list.every(item => item === null)) return undefined
    return max > 1 ? list : list[0]
  }
  const changed = { ...parent, [name]: form(values), [`_${name}`]: form(companions) }
  return Object.fromEntries(Object.entries(changed).filter(([, member]) => member !== undefined))
}

/** What stands inside of the element: its own members, or a primitive's id and extensions. */
export function insideOf({ value, companion }: Element): JsonObject {
  return isObject(value) ? value : (companion ?? {})
}

/** `undefined` if nothing is left of it: "an element SHALL have either a value, child elements, or both". */
export function withInside({ value }: Element, inside: JsonObject, { primitive }: ElementShape): Element | undefined {
  const left = Object.keys(inside).length > 0 ? inside : undefined
  if (!primitive) return left && { value: left }
  return value === undefined && left === undefined ? undefined : element(value, left)
}

function element(value: Json | undefined, companion: JsonObject | undefined): Element {
  return { ...(value === undefined || value === null ? {} : { value }), ...(companion ? { companion } : {}) }
}

function asList(member: Json | undefined): readonly Json[] {
  if (member === undefined) return []
  return Array.isArray(member) ? member : [member as Json]
}
