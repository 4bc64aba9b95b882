/** The JSON properties of an element, and what stands there. https://hl7.org/fhir/R4/json.html#primitive */
import { isObject, type Json, type JsonObject } from '../../fhir/resource.ts'
import type { Part } from './part.ts'
import type { Item } from './run.ts'
import { isPrimitiveType } from './scope.ts'

export type Slot = {
  /** `valueQuantity` */
  readonly name: string
  /** `_birthDate`, for a primitive. */
  readonly twin: string | undefined
  readonly type: string
}

/** One for each type of a choice. */
export function slotsOf({ name, definition }: Part, types: readonly string[]): readonly Slot[] {
  const isChoice = name.endsWith('[x]')
  const named = isChoice ? types : [types[0] ?? definition.path]
  return named.map(type => {
    const property = isChoice ? name.slice(0, -3) + type.charAt(0).toUpperCase() + type.slice(1) : name
    return { name: property, twin: isPrimitiveType(type) ? `_${property}` : undefined, type }
  })
}

/** `value` for `value[x]`. */
export function stepOf({ name }: Part): string {
  return name.endsWith('[x]') ? name.slice(0, -3) : name
}

const none: readonly Item[] = []

export function itemsOf(owner: JsonObject, slots: readonly Slot[]): readonly Item[] {
  let items = none
  for (const slot of slots) {
    const value = owner[slot.name]
    const beside = slot.twin === undefined ? undefined : owner[slot.twin]
    if (value === undefined && beside === undefined) continue
    const found = itemsAt(value, beside, slot.type)
    items = items === none ? found : [...items, ...found]
  }
  return items
}

function itemsAt(value: Json | undefined, beside: Json | undefined, type: string): readonly Item[] {
  if (!Array.isArray(value) && !Array.isArray(beside)) return [itemOf(value, beside, type)]
  const items: Item[] = []
  const length = Math.max(lengthOf(value), lengthOf(beside))
  for (let index = 0; index < length; index++) items.push(itemOf(at(value, index), at(beside, index), type, index))
  return items
}

/** The type of a resource is its own. */
export function itemOf(value: Json | undefined, twin: Json | undefined, type: string, index?: number): Item {
  const resourceType = isObject(value) ? value['resourceType'] : undefined
  return {
    value: value ?? undefined,
    twin: isObject(twin) ? twin : undefined,
    type: typeof resourceType === 'string' ? resourceType : type,
    index,
  }
}

export function at(list: Json | undefined, index: number): Json | undefined {
  return Array.isArray(list) ? (list[index] ?? undefined) : undefined
}

function lengthOf(list: Json | undefined): number {
  return Array.isArray(list) ? list.length : 0
}
