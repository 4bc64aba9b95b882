/** Elements that policies name, and their places in JSON. https://hl7.org/fhir/R4/element.html */
import { equal } from '../../fhir/equal.ts'
import { isObject, type Json, type JsonObject } from '../../fhir/resource.ts'
import type { ElementShape, Shapes } from '../../fhir/shape.ts'

export type Named =
  /** Properties below the resource, by dots: `telecom`, `contact.telecom`; of a choice all of its types. */
  | { readonly paths: readonly string[]; readonly required: boolean }
  /** Why there is no such element. */
  | { readonly unknown: string }

/** Without them nothing can be told from anything else. */
const always: ReadonlySet<string> = new Set(['id', 'meta', 'resourceType'])

/** `Patient.contact.telecom` or `contact.telecom`; a choice is `deceased[x]`, or one of its types `deceasedBoolean`. */
export function elementsNamed(text: string, type: string, shapes: Shapes): Named {
  const names = (text.startsWith(`${type}.`) ? text.slice(type.length + 1) : text).split('.')
  if (always.has(names[0] ?? '')) return { unknown: `${type}.${names[0]} belongs to every resource` }
  let places: readonly Place[] = [{ path: '', type, required: false }]
  for (const name of names) {
    places = places.flatMap(place => below(place, name, shapes))
    if (places.length === 0) return { unknown: `${type} has no element '${text}'` }
  }
  return { paths: places.map(({ path }) => path), required: places.some(({ required }) => required) }
}

type Place = { readonly path: string; readonly type: string; readonly required: boolean }

function below({ path, type }: Place, name: string, shapes: Shapes): readonly Place[] {
  const elements = [...(shapes.shape(type)?.elements.values() ?? [])].filter(element => isCalled(element, name))
  return elements.map(element => ({
    path: path === '' ? element.name : `${path}.${element.name}`,
    type: element.type,
    required: element.min > 0,
  }))
}

function isCalled(element: ElementShape, name: string): boolean {
  return element.name === name || element.choice === name || element.choice === `${name}[x]`
}

/** Paths as a tree; a leaf is an element that is meant as a whole. */
export type Tree = ReadonlyMap<string, Tree>

const whole: Tree = new Map()

export function treeOf(paths: readonly string[]): Tree {
  const split = paths.map(path => path.split('.'))
  const byName = Map.groupBy(split, ([name = '']) => name)
  return new Map(
    [...byName].map(([name, of]): [string, Tree] => {
      const rest = of.map(([, ...more]) => more.join('.'))
      return [name, rest.includes('') ? whole : treeOf(rest)]
    }),
  )
}

/** `_birthDate` belongs to `birthDate`. */
function elementOf(property: string): string {
  return property.startsWith('_') ? property.slice(1) : property
}

/** The same without these elements; lists and objects that nothing is left of are left out. */
export function without(value: JsonObject, tree: Tree): JsonObject {
  const kept: [string, Json][] = []
  for (const [name, item] of Object.entries(value)) {
    const part = tree.get(elementOf(name))
    if (item === undefined || part?.size === 0) continue
    const left = part === undefined ? item : withoutIn(item, part)
    if (left !== undefined) kept.push([name, left])
  }
  return Object.fromEntries(kept)
}

function withoutIn(value: Json, tree: Tree): Json | undefined {
  if (Array.isArray(value)) {
    const items = value.map((item: Json) => withoutIn(item, tree)).filter(item => item !== undefined)
    return items.length === 0 ? undefined : items
  }
  if (!isObject(value)) return value
  const left = without(value, tree)
  return Object.keys(left).length === 0 ? undefined : left
}

/** Only these elements: two resources have the same of them if this is the same. */
export function only(value: JsonObject, tree: Tree): JsonObject {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]): [string, Json][] => {
      const part = tree.get(elementOf(name))
      if (part === undefined || item === undefined) return []
      const left = part.size === 0 ? item : onlyIn(item, part)
      return left === undefined ? [] : [[name, left]]
    }),
  )
}

function onlyIn(value: Json, tree: Tree): Json | undefined {
  if (Array.isArray(value)) {
    const items = value.map((item: Json) => onlyIn(item, tree)).filter(item => item !== undefined)
    return items.length === 0 ? undefined : items
  }
  if (!isObject(value)) return undefined
  const left = only(value, tree)
  return Object.keys(left).length === 0 ? undefined : left
}

/** The first of these elements that differs. */
export function difference(a: JsonObject, b: JsonObject, paths: readonly string[]): string | undefined {
  return paths.find(path => {
    const tree = treeOf([path])
    return !equal(only(a, tree), only(b, tree))
  })
}

/** `next`, which was written by who does not see these elements, with what `before` has of them. */
export function restored(next: JsonObject, before: JsonObject, tree: Tree): JsonObject {
  const kept = Object.entries(before).flatMap(([name, item]): [string, Json][] => {
    const part = tree.get(elementOf(name))
    if (part === undefined || item === undefined) return []
    if (part.size === 0) return [[name, item]]
    const back = restoredIn(next[name], item, part)
    return back === undefined ? [] : [[name, back]]
  })
  return { ...next, ...Object.fromEntries(kept) }
}

/** Of a list each item gets back what the one had that looked the same; else, if none came or went, the one in its place. */
function restoredIn(next: Json | undefined, before: Json, tree: Tree): Json | undefined {
  if (Array.isArray(before)) return restoredList(Array.isArray(next) ? next : [], before, tree)
  if (!isObject(before)) return next
  if (isObject(next)) return restored(next, before, tree)
  return isBlank(before, tree) ? before : next
}

/** Nothing of it is shown, so nobody meant to remove it. */
function isBlank(value: Json, tree: Tree): boolean {
  return withoutIn(value, tree) === undefined
}

function restoredList(next: readonly Json[], before: readonly Json[], tree: Tree): Json | undefined {
  const old = before.filter(item => !isBlank(item, tree))
  const shown = old.map(item => withoutIn(item, tree))
  const taken = new Set<number>()
  const same = next.map(item => {
    const at = shown.findIndex((one, index) => !taken.has(index) && equal(one, item))
    if (at >= 0) taken.add(at)
    return at
  })
  const items = next.map((item, index) => {
    const found = same[index] ?? -1
    const was = old[found < 0 && next.length === old.length && !taken.has(index) ? index : found]
    return isObject(item) && isObject(was) ? restored(item, was, tree) : item
  })
  const all = [...items, ...before.filter(item => isBlank(item, tree))]
  return all.length === 0 ? undefined : all
}
