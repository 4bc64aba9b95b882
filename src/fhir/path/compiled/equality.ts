/** Whether values are the same. http://hl7.org/fhirpath/N1/#equality */
import { isObject, type Json, type JsonObject } from '../../resource.ts'
import type { Item, Items, Run } from './item.ts'
import { compareMoments, momentOf, timeOf } from './moment.ts'
import { compareNumbers, type Numeric, placesOf, rounded } from './number.ts'
import { compareQuantities, isNumeric } from './quantity.ts'

/** `undefined`: nothing to compare, or not to be decided. */
export function equalLists(a: Items, b: Items, run: Run): boolean | undefined {
  if (a.length === 0 || b.length === 0) return undefined
  if (a.length !== b.length) return false
  let unclear = false
  for (let i = 0; i < a.length; i++) {
    const [left, right] = [a[i], b[i]]
    const same = left && right && equalItems(left, right)
    if (same === false) return false
    if (same === undefined) unclear = true
  }
  if (!unclear) return true
  run.unclear = true
  return undefined
}

export function equalItems(a: Item, b: Item): boolean | undefined {
  const [left, right] = [a.value, b.value]
  const kind = a.type.kind
  if (left === undefined || right === undefined) return left === right && equalJson(a.companion, b.companion)
  if (kind === 'text' && b.type.kind === 'text') return left === right
  if (isNumeric(left) && isNumeric(right)) return verdict(compareNumbers(left, right))
  if (isDated(a) && isDated(b)) return left === right || verdict(compareDated(a, b))
  if (kind === 'quantity' || b.type.kind === 'quantity') return equalQuantities(left, right)
  return equalJson(left, right)
}

function verdict(order: number | undefined): boolean | undefined {
  return order === undefined ? undefined : order === 0
}

function equalQuantities(a: Json, b: Json): boolean | undefined {
  const [left, right] = [amountOf(a), amountOf(b)]
  if (left === undefined || right === undefined) return false
  if (equalJson(left, right)) return true
  return verdict(compareQuantities(left, right))
}

/** Numbers are quantities of the unit 1. */
export function amountOf(value: Json | undefined): JsonObject | undefined {
  if (isNumeric(value)) return { value }
  return isObject(value) ? value : undefined
}

export function isDated({ type }: Item): boolean {
  return type.kind === 'date' || type.kind === 'dateTime' || type.kind === 'time'
}

/** Also `undefined` for what are no dates, and for a date beside a time of day. */
export function compareDated(a: Item, b: Item): number | undefined {
  if ((a.type.kind === 'time') !== (b.type.kind === 'time')) return undefined
  const [left, right] = [String(a.value), String(b.value)]
  const read = a.type.kind === 'time' ? timeOf : momentOf
  const [first, second] = [read(left), read(right)]
  return first && second && compareMoments(first, second)
}

function equalJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (isNumeric(a)) return isNumeric(b) && compareNumbers(a, b) === 0
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => equalJson(item, b[i]))
  if (!isObject(a) || !isObject(b)) return false
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length && names.every(name => Object.hasOwn(b, name) && equalJson(a[name], b[name]))
  )
}

/** http://hl7.org/fhirpath/N1/#equivalence: order, case, white space and finer digits do not matter. */
export function equivalentLists(a: Items, b: Items, run: Run): boolean {
  if (a.length !== b.length) return false
  const left = [...b]
  return a.every(item => {
    run.spend(left.length)
    const at = left.findIndex(other => equivalentItems(item, other))
    if (at >= 0) left.splice(at, 1)
    return at >= 0
  })
}

function equivalentItems(a: Item, b: Item): boolean {
  if (isDated(a) && isDated(b)) return compareDated(a, b) === 0
  if (a.type.kind === 'quantity' && b.type.kind === 'quantity') {
    return equalQuantities(a.value ?? null, b.value ?? null) === true || equivalentJson(a.value, b.value)
  }
  return equivalentJson(a.value, b.value)
}

function equivalentJson(a: Json | undefined, b: Json | undefined): boolean {
  if (typeof a === 'string' && typeof b === 'string') return folded(a) === folded(b)
  if (isNumeric(a) && isNumeric(b)) return equivalentNumbers(a, b)
  if (Array.isArray(a) && Array.isArray(b)) return equivalentArrays(a, b)
  if (!isObject(a) || !isObject(b)) return a === b
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every(name => Object.hasOwn(b, name) && equivalentJson(a[name], b[name]))
  )
}

function equivalentArrays(a: readonly Json[], b: readonly Json[]): boolean {
  const left = [...b]
  return (
    a.length === b.length &&
    a.every(item => {
      const at = left.findIndex(other => equivalentJson(item, other))
      if (at >= 0) left.splice(at, 1)
      return at >= 0
    })
  )
}

function folded(text: string): string {
  return text.toLowerCase().replaceAll(/\s/g, ' ')
}

/** As precise as the less precise of both. */
function equivalentNumbers(a: Numeric, b: Numeric): boolean {
  const places = Math.min(placesOf(a), placesOf(b))
  const [left, right] = [rounded(a, places), rounded(b, places)]
  return left !== undefined && right !== undefined && compareNumbers(left, right) === 0
}

/** Values that were there before; of texts and whole numbers it need not look at all. */
export class Seen {
  readonly #keys = new Set<string | number | boolean>()
  readonly #others: Item[] = []
  readonly #run: Run

  constructor(run: Run) {
    this.#run = run
  }

  has(item: Item): boolean {
    const key = keyOf(item)
    if (key !== undefined) return this.#keys.has(key)
    this.#run.spend(this.#others.length)
    return this.#others.some(other => equalItems(other, item) === true)
  }

  /** Whether it is a new one. */
  add(item: Item): boolean {
    if (this.has(item)) return false
    const key = keyOf(item)
    if (key === undefined) this.#others.push(item)
    else this.#keys.add(key)
    return true
  }
}

/** Equal keys for equal values, where that is plain to see. */
function keyOf({ value, type }: Item): string | number | boolean | undefined {
  if (type.kind === 'text' && typeof value === 'string') return value
  return undefined
}
