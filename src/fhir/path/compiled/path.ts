/** Members of members. http://hl7.org/fhirpath/N1/#path-selection */
import { isObject, type Json, type JsonObject } from '../../resource.ts'
import { type Code, Item, type Items, none, type Run, truthOf } from './item.ts'
import { absent, type Member, type Property, type Type, waysIn } from './type.ts'

/** One name of a path. It remembers the members of the type that it saw last, which nearly always is the only one. */
class Step {
  readonly name: string
  readonly next: Step | undefined
  #type: Type | undefined
  #member: Member = absent

  constructor(name: string, next: Step | undefined) {
    this.name = name
    this.next = next
  }

  ways(type: Type, inside: JsonObject): readonly Property[] {
    if (type !== this.#type) {
      this.#member = type.member(this.name)
      this.#type = type
    }
    return waysIn(inside, this.#member)
  }
}

/** `of.a.b.c`; the whole path is walked at once, and makes items of its last step only. */
export function pathOf(of: Code | undefined, names: readonly string[]): Code {
  const first = names.reduceRight<Step | undefined>((next, name) => new Step(name, next), undefined)
  if (first === undefined) throw new Error('a path has at least one step')
  const items = (focus: Item, run: Run): Items => {
    let found = none
    if (of === undefined) found = gather(first, focus.type, focus.inside, run, found)
    else for (const item of of.items(focus, run)) found = gather(first, item.type, item.inside, run, found)
    if (found !== none) run.spend(found.length)
    return found
  }
  const exists = (focus: Item, run: Run): boolean =>
    of === undefined
      ? some(first, focus.type, focus.inside, run)
      : of.items(focus, run).some(item => some(first, item.type, item.inside, run))
  return {
    items,
    count: (focus, run) => items(focus, run).length,
    exists,
    truth: (focus, run) => truthOf(items(focus, run), run),
    ...(of === undefined && first.next === undefined ? { text: (focus, run) => textAt(first, focus, run) } : {}),
    fixed: of?.fixed ?? false,
  }
}

function textAt(step: Step, { type, inside }: Item, run: Run): string | undefined {
  if (!isPlain(inside)) return undefined
  const [property, another] = step.ways(type, inside)
  if (property === undefined || another !== undefined || property.type.kind !== 'text') return undefined
  const value = inside[property.name]
  run.spend(1)
  return typeof value === 'string' ? value : undefined
}

/** A list is made for the first that is found: nearly all paths of constraints find nothing, or one. */
function withOne(found: Items, item: Item): Items {
  if (found === none) return [item]
  ;(found as Item[]).push(item)
  return found
}

/** What was found before, and what the rest of the path finds. */
function gather(step: Step, type: Type, inside: JsonObject | undefined, run: Run, before: Items): Items {
  if (!isPlain(inside)) return before
  let found = before
  for (const property of step.ways(type, inside)) {
    const value = inside[property.name]
    const companion = property.twin === undefined ? undefined : inside[property.twin]
    if (value === undefined && companion === undefined) continue
    if (Array.isArray(value) || Array.isArray(companion)) {
      const values = listOf(value)
      const companions = listOf(companion)
      const length = Math.max(values.length, companions.length)
      for (let i = 0; i < length; i++) found = enter(step, property, values[i], companions[i], run, found)
    } else found = enter(step, property, value, companion, run, found)
  }
  return found
}

function enter(
  step: Step,
  { type: declared }: Property,
  value: Json | undefined,
  companion: Json | undefined,
  run: Run,
  found: Items,
): Items {
  const bare = value ?? undefined
  const twin = isObject(companion) ? companion : undefined
  if (bare === undefined && twin === undefined) return found
  const type = run.types.concrete(declared, bare)
  return step.next === undefined
    ? withOne(found, new Item(type, bare, twin))
    : gather(step.next, type, type.primitive ? twin : (bare as JsonObject), run, found)
}

/** The same walk, up to the first that is there. */
function some(step: Step, type: Type, inside: JsonObject | undefined, run: Run): boolean {
  if (!isPlain(inside)) return false
  for (const property of step.ways(type, inside)) {
    const value = inside[property.name]
    const companion = property.twin === undefined ? undefined : inside[property.twin]
    if (value === undefined && companion === undefined) continue
    if (step.next === undefined) {
      if (isThere(value) || isThere(companion)) return true
    } else if (someBehind(step.next, property, value, companion, run)) return true
  }
  return false
}

function someBehind(
  next: Step,
  { type, twin }: Property,
  value: Json | undefined,
  companion: Json | undefined,
  run: Run,
): boolean {
  const inside = twin === undefined ? value : companion
  if (!Array.isArray(inside)) return someIn(next, type, inside, run)
  for (const item of inside) if (someIn(next, type, item, run)) return true
  return false
}

function someIn(next: Step, type: Type, inside: Json | undefined, run: Run): boolean {
  return some(next, run.types.concrete(type, inside), inside as JsonObject | undefined, run)
}

function isThere(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.some(item => item !== null)
  return value !== undefined && value !== null
}

function listOf(value: Json | undefined): readonly Json[] {
  if (Array.isArray(value)) return value
  return value === undefined ? [] : [value as Json]
}

function isPlain(inside: JsonObject | undefined): inside is JsonObject {
  return typeof inside === 'object' && inside !== null
}

/** Every member of the items. http://hl7.org/fhirpath/N1/#children-collection */
export function childrenOf(items: Items, run: Run): Items {
  let found = none
  for (const { type, inside } of items) {
    if (!isPlain(inside)) continue
    for (const property of presentIn(inside, type)) found = each(property, inside, run, found)
  }
  run.spend(found.length)
  return found
}

export function childCount({ type, inside }: Item): number {
  if (!isPlain(inside)) return 0
  let count = 0
  for (const name in inside) {
    const property = type.properties.get(name) ?? twinOnly(name, inside, type)
    if (property !== undefined) count += lengthOf(inside, property)
  }
  return count
}

function* presentIn(inside: JsonObject, type: Type): Iterable<Property> {
  for (const name of Object.keys(inside)) {
    const property = type.properties.get(name) ?? twinOnly(name, inside, type)
    if (property !== undefined) yield property
  }
}

/** `_birthDate` where no `birthDate` is beside it. */
function twinOnly(name: string, inside: JsonObject, type: Type): Property | undefined {
  if (!name.startsWith('_')) return undefined
  const bare = name.slice(1)
  return bare in inside ? undefined : type.properties.get(bare)
}

function lengthOf(inside: JsonObject, property: Property): number {
  const value = inside[property.name]
  const companion = property.twin === undefined ? undefined : inside[property.twin]
  if (!Array.isArray(value) && !Array.isArray(companion)) return 1
  return Math.max(listOf(value).length, listOf(companion).length)
}

function each(property: Property, inside: JsonObject, run: Run, before: Items): Items {
  const values = listOf(inside[property.name])
  const companions = property.twin === undefined ? [] : listOf(inside[property.twin])
  const length = Math.max(values.length, companions.length)
  let found = before
  for (let i = 0; i < length; i++) found = enter(last, property, values[i], companions[i], run, found)
  return found
}

const last = new Step('', undefined)

/** The items' members, theirs, and so on. */
export function descendantsOf(items: Items, run: Run): Items {
  const all: Item[] = []
  for (let level = childrenOf(items, run); level.length > 0; level = childrenOf(level, run)) {
    for (const item of level) all.push(item)
  }
  return all
}
