import type { Test } from '../../../search/node.ts'

/** A `Node` of one type of one tenant, with the keys that the database has for its names. What nothing can fit is `none`. */
export type Filter =
  | { readonly is: 'all' }
  | { readonly is: 'none' }
  | { readonly is: 'and' | 'or'; readonly of: readonly Filter[] }
  | { readonly is: 'not'; readonly of: Filter }
  | { readonly is: 'roots'; readonly roots: readonly number[] }
  /** The `seq` of the current version is in [low, high). */
  | { readonly is: 'current'; readonly low: number; readonly high: number; readonly contained: boolean }
  /** It has a row in one of these: of texts, of ranges. */
  | { readonly is: 'present'; readonly sets: readonly number[]; readonly ranges: readonly number[] }
  | LeafFilter
  | { readonly is: 'element'; readonly of: readonly PartFilter[] }
  | {
      readonly is: 'refers' | 'referred'
      /** Of the slot, in the type that has the reference. */
      readonly sets: readonly number[]
      /** Rows of `other` tell beside whom they refer to. */
      readonly beside: boolean
      /** What `where` is asked of. */
      readonly other: Scope
      /** The type that is referred to. */
      readonly target: Scope
      readonly where: Filter
    }

export type LeafFilter =
  | { readonly is: 'terms'; readonly sets: readonly number[]; readonly terms: readonly number[] }
  | {
      readonly is: 'prefix' | 'contains'
      readonly sets: readonly number[]
      /** One of them. */
      readonly texts: readonly string[]
    }
  | {
      readonly is: 'range'
      readonly sets: readonly number[]
      /** Of the unit; `undefined`: any. */
      readonly terms: readonly number[] | undefined
      /** They have no unit: indexed by their ends. */
      readonly line: boolean
      /** All tests of one of them. */
      readonly any: readonly (readonly Test[])[]
    }

export type PartFilter =
  | LeafFilter
  | { readonly is: 'none' }
  | { readonly is: 'or'; readonly of: readonly PartFilter[] }

/** A type of a tenant. */
export type Scope = {
  readonly tenant: number
  readonly type: number
  readonly name: string
  /** Its resources are contained in others: in `contained`, not in `resource` and `version`. */
  readonly contained: boolean
  /** The term that every present resource of it has; `undefined`: there was none yet. */
  readonly list: number | undefined
}

export const everything: Filter = { is: 'all' }
export const nothing: Filter = { is: 'none' }

export function rootsFilter(roots: readonly number[]): Filter {
  return roots.length === 0 ? nothing : { is: 'roots', roots }
}

export function presentIn(sets: readonly number[], ranges: readonly number[]): Filter {
  return sets.length + ranges.length === 0 ? nothing : { is: 'present', sets, ranges }
}

/** The `seq` of the current version, be it the container's, is in [low, high). */
export function current(low: number, high: number, { contained }: Scope): Filter {
  return { is: 'current', low, high, contained }
}

export function allOf(of: readonly Filter[]): Filter {
  const parts = flat(of, 'and').filter(({ is }) => is !== 'all')
  if (parts.some(({ is }) => is === 'none')) return nothing
  return parts.length > 1 ? { is: 'and', of: parts } : (parts[0] ?? everything)
}

export function anyOf(of: readonly Filter[]): Filter {
  const parts = flat(of, 'or').filter(({ is }) => is !== 'none')
  if (parts.some(({ is }) => is === 'all')) return everything
  const merged = merge(parts)
  return merged.length > 1 ? { is: 'or', of: merged } : (merged[0] ?? nothing)
}

/** Nearly always there is nothing to flatten, and `flatMap` is slow. */
function flat(of: readonly Filter[], is: 'and' | 'or'): readonly Filter[] {
  return of.some(part => part.is === is) ? of.flatMap(part => (part.is === is ? part.of : [part])) : of
}

export function notOf(of: Filter): Filter {
  if (of.is === 'not') return of.of
  if (of.is === 'all') return nothing
  return of.is === 'none' ? everything : { is: 'not', of }
}

/** Alternatives in one slot become one leaf: `name=a,b,c`, `date=ge2024` (within 2024, or later). */
function merge(parts: readonly Filter[]): readonly Filter[] {
  const merged = new Map<string, Filter>()
  for (const [index, part] of parts.entries()) {
    const key = kindOf(part) ?? `${index}`
    const known = merged.get(key)
    merged.set(key, known ? together(known, part) : part)
  }
  return [...merged.values()]
}

function kindOf(part: Filter): string | undefined {
  switch (part.is) {
    case 'terms':
    case 'prefix':
    case 'contains':
      return `${part.is} ${part.sets}`
    case 'range':
      return `range ${part.sets} ${part.terms}`
    default:
      return undefined
  }
}

function together(a: Filter, b: Filter): Filter {
  if (a.is === 'terms' && b.is === 'terms') return { ...a, terms: [...new Set([...a.terms, ...b.terms])] }
  if (a.is === 'range' && b.is === 'range') return { ...a, any: [...a.any, ...b.any] }
  if ((a.is === 'prefix' || a.is === 'contains') && b.is === a.is) return { ...a, texts: [...a.texts, ...b.texts] }
  return a
}
