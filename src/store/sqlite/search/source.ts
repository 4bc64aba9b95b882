import type { Test } from '../../../search/node.ts'
import { behind, between, rangeTest } from './condition.ts'
import type { Filter, LeafFilter, PartFilter, Scope } from './filter.ts'
import { atMost, list, raw, type Sql, sql } from './sql.ts'

/** Where candidates come from: rows `c`, whose `root` is a resource that may fit; some several times. */
export type Source = {
  readonly from: Sql
  readonly where: Sql
  readonly root: Sql
  /** All rows fit the filter that they were made from. */
  readonly exact: boolean
  /** Their rows, one term's after the other, each in order of root. */
  readonly terms?: readonly number[]
}

const column = raw('c.root')

export function rootsSource(roots: readonly number[]): Source {
  return { from: sql`${list(roots)} c`, where: raw('1'), root: raw('c.value'), exact: true }
}

export function termsSource(terms: readonly number[], exact = true): Source {
  const [only = -1] = terms
  if (terms.length < 2) return { from: raw('found c'), where: sql`c.term = ${only}`, root: column, exact, terms }
  return {
    from: sql`${list(terms)} u CROSS JOIN found c ON c.term = u.value`,
    where: raw('1'),
    root: column,
    exact,
    terms,
  }
}

/** All present resources. */
export function listSource({ list }: Scope): Source {
  return termsSource([list ?? -1])
}

/** It is in the type's list. */
export function presence({ list }: Scope, root: Sql): Sql {
  return sql`EXISTS (SELECT 1 FROM found p WHERE p.term = ${list ?? -1} AND p.root = ${root})`
}

/** The rows of an index that a filter alone narrows down; `undefined`: there is none. */
export function sourceOf(filter: Filter, scope: Scope): Source | undefined {
  switch (filter.is) {
    case 'roots':
      return rootsSource(filter.roots)
    case 'terms':
      return termsSource(filter.terms)
    case 'range':
      return rangeSource(filter)
    case 'current':
      return scope.contained ? undefined : currentSource(filter.low, filter.high, scope)
    default:
      return undefined
  }
}

function rangeSource(filter: Extract<LeafFilter, { is: 'range' }>): Source | undefined {
  const { terms, line, any } = filter
  if (terms === undefined) return undefined
  if (!line) return termsSource(terms, false)
  const limits = limitsOf(any)
  const end = limits.end === 'high' ? 'high' : 'low'
  const range = raw(`range c INDEXED BY range_by_${end} ON c.term = u.value AND c.line = 1`)
  const bounds = sql`c.${raw(end)} >= ${limits.least} AND c.${raw(end)} <= ${limits.most}`
  return {
    from: sql`${list(terms)} u CROSS JOIN ${range}`,
    where: sql`${bounds} AND ${rangeTest(any, 'c')}`,
    root: column,
    exact: true,
  }
}

type Limits = { readonly end: 'low' | 'high'; readonly least: number; readonly most: number }

/**
 * What all alternatives say of one end. As low <= from <= to <= high, what bounds one of them from above bounds those before
 * it, and what bounds it from below those behind it.
 */
export function limitsOf(any: readonly (readonly Test[])[]): Limits {
  const each = (end: 'low' | 'high', up: boolean) => any.map(tests => limit(tests, end, up))
  const low: Limits = { end: 'low', least: Math.min(...each('low', false)), most: Math.max(...each('low', true)) }
  const high: Limits = { end: 'high', least: Math.min(...each('high', false)), most: Math.max(...each('high', true)) }
  const known = ({ least, most }: Limits) => Number(Number.isFinite(least)) + Number(Number.isFinite(most))
  return known(high) > known(low) ? high : low
}

const rank = { low: 0, from: 1, to: 2, high: 3 } as const

function limit(tests: readonly Test[], end: 'low' | 'high', up: boolean): number {
  const values = tests
    .filter(test => (up ? test.op.startsWith('<') : test.op.startsWith('>')))
    .filter(test => (up ? rank[test.end] >= rank[end] : rank[test.end] <= rank[end]))
    .map(({ than }) => than)
  return up ? Math.min(Number.POSITIVE_INFINITY, ...values) : Math.max(Number.NEGATIVE_INFINITY, ...values)
}

/** Versions of the time; those that were replaced since are no matches. */
function currentSource(low: number, high: number, scope: Scope): Source {
  const { tenant, type } = scope
  return {
    from: raw('version c INDEXED BY version_by_type'),
    where: sql`c.tenant = ${tenant} AND c.type = ${type} AND c.seq >= ${low} AND c.seq < ${high}
      AND ${presence(scope, column)}`,
    root: column,
    exact: false,
  }
}

/** The terms of one of these parts: resources that fit an element have one of them. */
export function anchorOf(parts: readonly PartFilter[]): LeafFilter | undefined {
  const leaves = parts.filter(part => part.is !== 'or' && part.is !== 'none')
  return leaves.find(({ is }) => is === 'terms') ?? leaves.find(({ is }) => is === 'range')
}

/** Keys of the terms in the dictionary that begin like this, or have it; `limit` of them. */
export function dictionary(
  { is, sets, texts }: Extract<LeafFilter, { is: 'prefix' | 'contains' }>,
  limit: number,
): Sql {
  const [only = ''] = texts
  if (is === 'prefix' && texts.length > 1) {
    const pairs = JSON.stringify(texts.map(start => [start, behind(start) ?? null]))
    return sql`SELECT DISTINCT t.key FROM json_each(${pairs}) p CROSS JOIN ${list(sets)} s CROSS JOIN term t
      ON t.slots = s.value AND t.text >= p.value ->> 0 AND t.text < coalesce(p.value ->> 1, x'ff')
      WHERE tick(t.key) ${atMost(limit)}`
  }
  const test =
    is === 'prefix'
      ? between(raw('t.text'), only)
      : sql`EXISTS (SELECT 1 FROM ${list(texts)} WHERE instr(t.text, value) > 0)`
  return sql`SELECT t.key FROM ${list(sets)} s CROSS JOIN term t ON t.slots = s.value WHERE tick(t.key) AND ${test} ${atMost(limit)}`
}
