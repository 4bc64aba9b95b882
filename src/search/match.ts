/** Questions answered in memory: what the stores' compilers must agree with, and how one resource is judged without a store. */
import type { Entries, Range, Term } from './entry.ts'
import type { Leaf, Node, Part, Place, SortKey, Test } from './node.ts'

/** A present resource, as a store knows it. */
export type Found = {
  readonly type: string
  readonly id: string
  /** `lastUpdated`, ms. */
  readonly updated: number
  /** `seq` of its first version. */
  readonly born: number
  readonly entries: Entries
}

/** The resources that a chain may lead to. */
export type World = {
  readonly get: (type: string, id: string) => Found | undefined
  readonly all: (type: string) => readonly Found[]
}

export function worldOf(resources: readonly Found[]): World {
  const byKey = new Map(resources.map(it => [`${it.type}/${it.id}`, it]))
  const byType = Map.groupBy(resources, ({ type }) => type)
  return { get: (type, id) => byKey.get(`${type}/${id}`), all: type => byType.get(type) ?? [] }
}

export function fits(node: Node, it: Found, world: World): boolean {
  switch (node.is) {
    case 'all':
      return true
    case 'none':
      return false
    case 'and':
      return node.of.every(part => fits(part, it, world))
    case 'or':
      return node.of.some(part => fits(part, it, world))
    case 'not':
      return !fits(node.of, it, world)
    case 'id':
      return isAmong(it.id, node.ids)
    case 'updated':
      return node.low <= it.updated && it.updated < node.high
    case 'present':
      return entriesOf(it).some(({ slot }) => node.slots.includes(slot))
    case 'element':
      return elementsOf(it).some(element => node.of.every(part => fitsPart(part, it.entries, element)))
    case 'refers':
      return refers(node, it, world)
    case 'referred':
      return world
        .all(node.type)
        .some(other => hasTerm(other, node.slot, `${it.type}/${it.id}`) && fits(node.where, other, world))
    default:
      return fitsLeaf(node, it.entries)
  }
}

const short = 64 // texts
const sets = new WeakMap<readonly string[], ReadonlySet<string>>()

/** Of long lists, such as those of all patients who forbid something, a set is made once. */
function isAmong(text: string, texts: readonly string[]): boolean {
  if (texts.length <= short) return texts.includes(text)
  const set = sets.get(texts) ?? new Set(texts)
  sets.set(texts, set)
  return set.has(text)
}

function entriesOf({ entries }: Found): readonly (Term | Range)[] {
  return [...entries.terms, ...entries.ranges]
}

function elementsOf(it: Found): readonly number[] {
  return [...new Set(entriesOf(it).map(({ element }) => element))].filter(element => element !== 0)
}

function hasTerm({ entries }: Found, slot: string, text: string): boolean {
  return entries.terms.some(term => term.slot === slot && term.text === text)
}

function refers({ slot, type, where }: Extract<Node, { readonly is: 'refers' }>, it: Found, world: World): boolean {
  const start = `${type}/`
  return it.entries.terms.some(term => {
    if (term.slot !== slot || !term.text.startsWith(start)) return false
    const target = world.get(type, term.text.slice(start.length))
    return target !== undefined && fits(where, target, world)
  })
}

function fitsPart(part: Part, entries: Entries, element: number): boolean {
  if (part.is === 'or') return part.of.some(alternative => fitsPart(alternative, entries, element))
  return fitsLeaf(part, entries, element)
}

/** `element`: only entries with this number; absent: all of them. */
function fitsLeaf(leaf: Leaf, { terms, ranges }: Entries, element?: number): boolean {
  const inPlace = (entry: Term | Range): boolean =>
    entry.slot === leaf.slot && (element === undefined || entry.element === element)
  if (leaf.is !== 'range') return terms.some(term => inPlace(term) && fitsText(leaf, term.text))
  const { unit, tests } = leaf
  return ranges.some(
    range => inPlace(range) && (unit === undefined || range.unit === unit) && tests.every(test => passes(test, range)),
  )
}

function fitsText(leaf: Exclude<Leaf, { readonly is: 'range' }>, text: string): boolean {
  switch (leaf.is) {
    case 'term':
      return isAmong(text, leaf.texts)
    case 'prefix':
      return text.startsWith(leaf.text)
    default:
      return text.includes(leaf.text)
  }
}

function passes({ end, op, than }: Test, range: Range): boolean {
  const value = range[end]
  switch (op) {
    case '<':
      return value < than
    case '<=':
      return value <= than
    case '>':
      return value > than
    default:
      return value >= than
  }
}

export type Search = {
  readonly type: string
  readonly where: Node
  readonly sort: readonly SortKey[]
  /** Continue behind this place. */
  readonly after?: Place
  readonly limit: number
}

export type Matches = {
  readonly matches: readonly { readonly found: Found; readonly place: Place }[]
  /** There are more behind the last one. */
  readonly more: boolean
}

/** What a store with these resources must answer. */
export function searchAll(resources: readonly Found[], { type, where, sort, after, limit }: Search): Matches {
  const world = worldOf(resources)
  const matches = resources
    .filter(it => it.type === type && fits(where, it, world))
    .map(found => ({ found, place: placeOf(found, sort) }))
    .filter(({ place }) => after === undefined || comparePlaces(sort, place, after) > 0)
    .sort((a, b) => comparePlaces(sort, a.place, b.place))
  return { matches: matches.slice(0, limit), more: matches.length > limit }
}

/** The end of what terms are sorted by. */
const unit = '\x1f'

export function placeOf(it: Found, sort: readonly SortKey[]): Place {
  return [...sort.map(key => first(valuesOf(key, it), key)), it.born]
}

function valuesOf(key: SortKey, { id, updated, entries }: Found): readonly (string | number)[] {
  switch (key.by) {
    case 'id':
      return [id]
    case 'updated':
      return [updated]
    case 'term':
      return entries.terms.filter(({ slot }) => slot === key.slot).map(({ text }) => text.split(unit, 1)[0] ?? '')
    default:
      return entries.ranges
        .filter(({ slot }) => slot === key.slot)
        .map(({ low, high }) => (key.descending ? high : low))
  }
}

function first(values: readonly (string | number)[], key: SortKey): string | number | null {
  return values.reduce<string | number | null>(
    (best, value) => (best === null || compareBy(key, value, best) < 0 ? value : best),
    null,
  )
}

/** Negative: `a` comes before `b`. Both are places in this order, so they are equally long. */
export function comparePlaces(sort: readonly SortKey[], a: Place, b: Place): number {
  for (const [index, key] of sort.entries()) {
    const order = compareBy(key, a[index] ?? null, b[index] ?? null)
    if (order !== 0) return order
  }
  return Number(a[sort.length]) - Number(b[sort.length])
}

function compareBy({ descending }: SortKey, a: string | number | null, b: string | number | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  const order = typeof a === 'string' && typeof b === 'string' ? compareTexts(a, b) : Number(a) - Number(b)
  return descending ? -order : order
}

/** By code points; JavaScript's own order is that of UTF-16 units, where U+FFFD comes behind U+10000. */
export function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)]
    if (one !== other) return rank(one) - rank(other)
  }
  return a.length - b.length
}

/** Surrogates (U+D800 to U+DFFF) stand for what comes behind U+FFFF. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}
