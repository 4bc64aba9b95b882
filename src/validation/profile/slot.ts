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

/** Of one element. */
export type Slots = {
  readonly each: readonly Slot[]
  /** By property, of a choice of many types: few of them are there. */
  readonly named: ReadonlyMap<string, Slot> | undefined
}

const few = 4

/** One for each type of a choice. */
export function slotsOf({ name, definition }: Part, types: readonly string[]): Slots {
  const isChoice = name.endsWith('[x]')
  const named = isChoice ? types : [types[0] ?? definition.path]
  const each = named.map(type => {
    const property = isChoice ? name.slice(0, -3) + type.charAt(0).toUpperCase() + type.slice(1) : name
    return { name: property, twin: isPrimitiveType(type) ? `_${property}` : undefined, type }
  })
  return { each, named: each.length > few ? new Map(each.flatMap(byProperty)) : undefined }
}

function byProperty(slot: Slot): readonly (readonly [string, Slot])[] {
  return [slot.name, slot.twin].flatMap(property => (property === undefined ? [] : [[property, slot] as const]))
}

/** `value` for `value[x]`. */
export function stepOf({ name }: Part): string {
  return name.endsWith('[x]') ? name.slice(0, -3) : name
}

const none: readonly Item[] = []

export function itemsOf(owner: JsonObject, { each, named }: Slots): readonly Item[] {
  let items = none
  for (const slot of named === undefined ? each : slotsIn(owner, named)) {
    const value = owner[slot.name]
    const beside = slot.twin === undefined ? undefined : owner[slot.twin]
    if (value === undefined && beside === undefined) continue
    const found = itemsAt(value, beside, slot.type)
    items = items === none ? found : [...items, ...found]
  }
  return items
}

/** How many items there are. */
export function lengthIn(owner: JsonObject, { each, named }: Slots): number {
  let length = 0
  for (const slot of named === undefined ? each : slotsIn(owner, named)) {
    const value = owner[slot.name]
    const beside = slot.twin === undefined ? undefined : owner[slot.twin]
    if (value === undefined && beside === undefined) continue
    const isList = Array.isArray(value) || Array.isArray(beside)
    length += isList ? Math.max(lengthOf(value), lengthOf(beside)) : 1
  }
  return length
}

/** Those of which something is there: asking for each of fifty types would cost more than all else. */
function slotsIn(owner: JsonObject, named: ReadonlyMap<string, Slot>): readonly Slot[] {
  let found: Slot[] | undefined
  for (const property in owner) {
    const slot = named.get(property)
    if (slot === undefined || found?.includes(slot) === true) continue
    found ??= []
    found.push(slot)
  }
  return found ?? absent
}

const absent: readonly Slot[] = []

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
