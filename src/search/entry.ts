/**
 * What a store keeps of a resource so that it is found: flat entries, printed from `Value`s. Stores know no parameter types.
 *
 * A slot is a name within a type: a parameter's code, with a mark where one parameter needs several (`code|`, `name:exact`).
 */

/** Text, compared as it is: equal, or by its beginning. */
export type Term = {
  readonly slot: string
  readonly text: string
  /** Entries of one resource with the same number belong together (the components of a composite); 0: to nothing. */
  readonly element: number
}

/**
 * An interval, `low` in it and `high` not (a point: both the same). `from` and `to` are the same interval for comparisons that
 * ask which is greater: of 5.40, which is [5.395, 5.405) when asked what it equals, both are 5.4.
 */
export type Range = {
  readonly slot: string
  /** Only numbers of one unit compare; empty: without. */
  readonly unit: string
  readonly low: number
  readonly high: number
  readonly from: number
  readonly to: number
  readonly element: number
}

/** No entry occurs twice. */
export type Entries = { readonly terms: readonly Term[]; readonly ranges: readonly Range[] }

export const noEntries: Entries = { terms: [], ranges: [] }
