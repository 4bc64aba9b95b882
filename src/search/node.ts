/**
 * A question about the resources of one type, without any FHIR left in it: stores print it, `match.ts` runs it. Plain data, so
 * that it crosses threads and can be compared, logged and stored.
 */
export type Node =
  | { readonly is: 'all' }
  | { readonly is: 'none' }
  | { readonly is: 'and' | 'or'; readonly of: readonly Node[] }
  | { readonly is: 'not'; readonly of: Node }
  | { readonly is: 'id'; readonly ids: readonly string[] }
  /** `low <= lastUpdated < high`, ms. */
  | { readonly is: 'updated'; readonly low: number; readonly high: number }
  /** There is an entry in one of these slots. */
  | { readonly is: 'present'; readonly slots: readonly string[] }
  | Leaf
  /** All of these hold for entries with the same `element` number, which is not 0. */
  | { readonly is: 'element'; readonly of: readonly Part[] }
  /** A chain: a term of the slot is `type/id` of a present resource that fits. */
  | { readonly is: 'refers'; readonly slot: string; readonly type: string; readonly where: Node }
  /** `_has`: a present resource of the type fits, and a term of its slot is this resource's `Type/id`. */
  | { readonly is: 'referred'; readonly type: string; readonly slot: string; readonly where: Node }

/** True if one entry fits. */
export type Leaf =
  | { readonly is: 'term'; readonly slot: string; readonly texts: readonly string[] }
  /** The term begins like this. */
  | { readonly is: 'prefix'; readonly slot: string; readonly text: string }
  /** The term has this anywhere. */
  | { readonly is: 'contains'; readonly slot: string; readonly text: string }
  /** One entry passes all tests; without `unit`, whatever its unit is. */
  | { readonly is: 'range'; readonly slot: string; readonly unit?: string; readonly tests: readonly Test[] }

export type Part = Leaf | { readonly is: 'or'; readonly of: readonly Part[] }

export type Test = {
  readonly end: 'low' | 'high' | 'from' | 'to'
  readonly op: '<' | '<=' | '>' | '>='
  readonly than: number
}

/**
 * What results are sorted by. Resources with several entries take the one that comes first in that order, those with none come
 * last in both orders. Terms compare by code points, and only up to `\x1f`; ranges by `low` (descending: by `high`).
 */
export type SortKey =
  | { readonly by: 'term' | 'range'; readonly slot: string; readonly descending: boolean }
  | { readonly by: 'id' | 'updated'; readonly descending: boolean }

/**
 * Where a resource stands in an order: the value of each sort key (`null`: it has none), then `born`, the `seq` of its first
 * version, which settles ties and is the order where no other is asked for. Of contained resources it is `bornWithin` that.
 */
export type Place = readonly (string | number | null)[]

export const all: Node = { is: 'all' }
export const none: Node = { is: 'none' }

/** What holds anyway is left out; what cannot hold decides. */
export function and(of: readonly Node[]): Node {
  const parts = once(flat(of, 'and').filter(({ is }) => is !== 'all'))
  if (parts.some(({ is }) => is === 'none')) return none
  return parts.length > 1 ? { is: 'and', of: parts } : (parts[0] ?? all)
}

/** A restriction may be asked for more than once on the way to the store: the same object says nothing new. */
function once(parts: readonly Node[]): readonly Node[] {
  return parts.length < 2 ? parts : [...new Set(parts)]
}

export function or(of: readonly Node[]): Node {
  const parts = flat(of, 'or').filter(({ is }) => is !== 'none')
  if (parts.some(({ is }) => is === 'all')) return all
  return parts.length > 1 ? { is: 'or', of: parts } : (parts[0] ?? none)
}

/** Nearly always there is nothing to flatten, and `flatMap` is slow. */
function flat(of: readonly Node[], is: 'and' | 'or'): readonly Node[] {
  return of.some(node => node.is === is) ? of.flatMap(node => (node.is === is ? node.of : [node])) : of
}

export function not(of: Node): Node {
  if (of.is === 'not') return of.of
  if (of.is === 'all') return none
  return of.is === 'none' ? all : { is: 'not', of }
}
