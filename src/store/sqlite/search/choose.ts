import { condition } from './condition.ts'
import { allOf, type Filter, type LeafFilter, type Scope } from './filter.ts'
import { byNumber, type Keys, numbers } from './keys.ts'
import { openSizes } from './size.ts'
import { anchorOf, dictionary, listSource, rootsSource, type Source, sourceOf, termsSource } from './source.ts'
import { list, raw, sql } from './sql.ts'
import type { Statements } from './statements.ts'

/** Where candidates come from, and what remains to be asked of each. */
export type Choice = {
  readonly source: Source
  readonly rest: Filter
  /** Its rows, estimated; exact up to `few`. */
  readonly size: number
  /** No index narrows it down. */
  readonly scan: boolean
}

type Sized = { readonly source: Source; readonly size: number }

/** From where on it is worth to think. */
export type Sizes = {
  /** Rows that are counted, collected and sorted without a second thought: 1 ms. */
  readonly few: number
  /** Rows of the first window of a walk; the next are larger. */
  readonly window: number
}

export const sizes: Sizes = { few: 500, window: 128 }

const tiny = 40 // rows; looking for something narrower takes as long as looking at them

type Chooser = {
  readonly statements: Statements
  readonly keys: Keys
  readonly few: number
  readonly sizeOf: (source: Source, rival?: number) => number
}

export function openChoice(statements: Statements, keys: Keys, { few }: Sizes) {
  const sizeOf = openSizes(statements, few)
  const chooser: Chooser = { statements, keys, few, sizeOf }
  return {
    sizeOf,
    /** The narrowest of what must hold; `most`: rows that may be collected on the way. */
    choose: (filter: Filter, scope: Scope, most: number): Choice => choose(chooser, filter, scope, most),
  }
}

export type Choosing = ReturnType<typeof openChoice>

function choose(chooser: Chooser, filter: Filter, scope: Scope, most: number): Choice {
  const parts = filter.is === 'and' ? filter.of : filter.is === 'all' ? [] : [filter]
  const best = narrowest(chooser, parts, scope, most)
  if (!best) return { source: listSource(scope), rest: filter, size: Number.POSITIVE_INFINITY, scan: parts.length > 0 }
  const { source, size, part } = best
  const rest = source.exact ? allOf(parts.filter(it => it !== part)) : filter
  return { source, rest, size, scan: false }
}

type Best = Sized & { readonly part: Filter }

/** What takes a search of its own to tell is only tried where nothing else is narrow. */
function narrowest(chooser: Chooser, parts: readonly Filter[], scope: Scope, most: number): Best | undefined {
  let best: Best | undefined
  for (const part of [...parts].sort((a, b) => Number(isLaborious(a)) - Number(isLaborious(b)))) {
    if (best && best.size <= (isLaborious(part) ? chooser.few : tiny)) break
    const found = narrowed(chooser, part, scope, most, best?.size)
    if (found && (!best || found.size < best.size)) best = { ...found, part }
  }
  return best
}

function isLaborious({ is }: Filter): boolean {
  return is === 'refers' || is === 'referred' || is === 'contains' || is === 'or' || is === 'and'
}

/** `rival`: rows of the best so far. `undefined`: no index helps. */
function narrowed(chooser: Chooser, filter: Filter, scope: Scope, most: number, rival?: number): Sized | undefined {
  switch (filter.is) {
    case 'roots':
      return { source: rootsSource(filter.roots), size: filter.roots.length }
    case 'prefix':
    case 'contains':
      return sized(chooser, texts(chooser, filter, most), rival)
    case 'element': {
      const anchor = anchorOf(filter.of)
      const found = anchor && narrowed(chooser, anchor, scope, most, rival)
      return found && { ...found, source: { ...found.source, exact: false } }
    }
    case 'or':
      return union(chooser, filter.of, scope, most)
    case 'and': {
      const { source, size, scan } = choose(chooser, filter, scope, most)
      return scan ? undefined : { source: { ...source, exact: false }, size }
    }
    case 'refers':
    case 'referred':
      return linked(chooser, filter, most, rival)
    default:
      return sized(chooser, sourceOf(filter, scope), rival)
  }
}

function sized({ sizeOf }: Chooser, source: Source | undefined, rival?: number): Sized | undefined {
  return source && { source, size: sizeOf(source, rival) }
}

/** Terms that begin like this, or have it, unless they are too many. */
function texts(
  { statements }: Chooser,
  filter: Extract<LeafFilter, { is: 'prefix' | 'contains' }>,
  most: number,
): Source | undefined {
  const keys = numbers(statements.all(dictionary(filter, most + 1)))
  return keys.length > most ? undefined : termsSource(keys.sort(byNumber))
}

function union(chooser: Chooser, of: readonly Filter[], scope: Scope, most: number): Sized | undefined {
  const roots = new Set<number>()
  for (const part of of) {
    const found = collected(chooser, part, scope, most - roots.size)
    if (!found) return undefined
    for (const root of found) roots.add(root)
  }
  return listed(roots)
}

/** Each once. */
function listed(roots: Iterable<number>): Sized {
  const sorted = [...new Set(roots)].sort(byNumber)
  return { source: rootsSource(sorted), size: sorted.length }
}

/** All that fit, if they are few. */
function collected(chooser: Chooser, filter: Filter, scope: Scope, most: number): readonly number[] | undefined {
  const found = collectedRows(chooser, filter, scope, most)
  return found && numbers(found)
}

type FoundRow = readonly [root: number, patient: number | null]

function collectedRows(chooser: Chooser, filter: Filter, scope: Scope, most: number): readonly FoundRow[] | undefined {
  const { source, rest, size, scan } = choose(chooser, filter, scope, most)
  if (scan || size > most) return undefined
  const { from, where, root, terms } = source
  return chooser.statements.all<FoundRow>(
    sql`SELECT DISTINCT ${root}, ${raw(terms ? 'c.patient' : 'NULL')} FROM ${from}
      WHERE tick(${root}) AND ${where} AND ${condition(rest, root)}`,
  )
}

type Link = Extract<Filter, { is: 'refers' | 'referred' }>

/** From the other end of a reference, where few fit. */
function linked(chooser: Chooser, filter: Link, most: number, rival?: number): Sized | undefined {
  if (filter.is === 'referred') return referredTo(chooser, filter, most)
  const { other, target, sets, where } = filter
  const found = collected(chooser, where, other, most)
  if (!found) return undefined
  const ids = chooser.statements.all(
    sql`SELECT v.id FROM ${list(found)} r CROSS JOIN ${raw(other.contained ? 'contained' : 'version')} v ON v.rowid = r.value`,
  )
  const names = ids.map(([id]) => `${target.name}/${id}`)
  return sized(chooser, termsSource(chooser.keys.termsOf(sets, names)), rival)
}

function referredTo(chooser: Chooser, { other, target, sets, where, beside }: Link, most: number): Sized | undefined {
  const found = collectedRows(chooser, where, other, most)
  if (!found) return undefined
  const told = beside ? found.flatMap(([, patient]) => patient ?? []) : []
  const silent = told.length === 0 ? found : found.filter(([, patient]) => patient === null)
  return listed([
    ...(told.length === 0 ? [] : present(chooser, target, told)),
    ...(silent.length === 0 ? [] : named(chooser, target, sets, numbers(silent))),
  ])
}

function present({ statements }: Chooser, { list: all }: Scope, roots: readonly number[]): readonly number[] {
  return numbers(
    statements.all(
      sql`SELECT p.root FROM ${list(roots)} r CROSS JOIN found p ON p.term = ${all ?? -1} AND p.root = r.value`,
    ),
  )
}

/** Those that one of these names in its references. */
function named(
  { statements }: Chooser,
  target: Scope,
  sets: readonly number[],
  roots: readonly number[],
): readonly number[] {
  const start = `${target.name}/`
  return numbers(
    statements.all(
      sql`SELECT DISTINCT x.root FROM ${list(roots)} r CROSS JOIN ${list(sets)} s
      CROSS JOIN found f ON f.root = r.value AND f.slots = s.value CROSS JOIN term t ON t.key = f.term
      CROSS JOIN ${raw(target.contained ? 'contained' : 'resource')} x ON x.tenant = ${target.tenant} AND x.type = ${target.type}
        AND x.id = substr(t.text, length(${start}) + 1)
      WHERE t.text = ${start} || x.id AND x.deleted = 0`,
    ),
  )
}
