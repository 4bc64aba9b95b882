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
    let found: Item[] | undefined
    const push = (item: Item): void => {
      if (found === undefined) found = [item]
      else found.push(item)
    }
    if (of === undefined) gather(first, focus.type, focus.inside, run, push)
    else for (const item of of.items(focus, run)) gather(first, item.type, item.inside, run, push)
    if (found === undefined) return none
    run.spend(found.length)
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
    fixed: of?.fixed ?? false,
  }
}

type Push = (item: Item) => void

function gather(step: Step, type: Type, inside: JsonObject | undefined, run: Run, push: Push): void {
  if (!isPlain(inside)) return
  for (const property of step.ways(type, inside)) {
    const value = inside[property.name]
    const companion = property.twin === undefined ? undefined : inside[property.twin]
    if (value === undefined && companion === undefined) continue
    if (Array.isArray(value) || Array.isArray(companion)) {
      const values = listOf(value)
      const companions = listOf(companion)
      const length = Math.max(values.length, companions.length)
      for (let i = 0; i < length; i++) enter(step, property, values[i], companions[i], run, push)
    } else enter(step, property, value, companion, run, push)
  }
}

function enter(
  step: Step,
  { type: declared }: Property,
  value: Json | undefined,
  companion: Json | undefined,
  run: Run,
  push: Push,
): void {
  const bare = value ?? undefined
  const twin = isObject(companion) ? companion : undefined
  if (bare === undefined && twin === undefined) return
  const type = run.types.concrete(declared, bare)
  if (step.next === undefined) push(new Item(type, bare, twin))
  else gather(step.next, type, type.primitive ? twin : (bare as JsonObject), run, push)
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
  const found: Item[] = []
  for (const { type, inside } of items) {
    if (!isPlain(inside)) continue
    for (const property of presentIn(inside, type)) each(property, inside, run, item => found.push(item))
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

function each(property: Property, inside: JsonObject, run: Run, push: Push): void {
  const values = listOf(inside[property.name])
  const companions = property.twin === undefined ? [] : listOf(inside[property.twin])
  const length = Math.max(values.length, companions.length)
  for (let i = 0; i < length; i++) enter(last, property, values[i], companions[i], run, push)
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
