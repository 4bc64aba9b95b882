import type { Place } from '../../../search/node.ts'
import type { FirstSince } from './bind.ts'
import { currentSeq } from './condition.ts'
import type { Scope } from './filter.ts'
import { numbers } from './keys.ts'
import { keyValue, type SortColumn, sortedText } from './order.ts'
import { presence, type Source } from './source.ts'
import { type Arg, among, atMost, list, raw, type Sql, sql, yes } from './sql.ts'
import type { Statements } from './statements.ts'

/**
 * All resources that have a sort key, in its order: rows of an index that are gone through in windows. What is equal in the
 * key is never parted by the end of a window, and a resource with several values is only in the row of its first.
 */
export type Axis = {
  readonly source: Source
  /** True of the rows from the first that may be behind the place on. */
  readonly start: Sql
  /** Where a window of about so many rows ends that begins with what `from` is true of; `undefined`: it is the last. */
  readonly next: (from: Sql, rows: number) => Arg | undefined
  readonly upTo: (end: Arg) => Sql
  readonly behind: (end: Arg) => Sql
}

export type AxisNeeds = { readonly statements: Statements; readonly firstSince: FirstSince }

const side = 16 // terms walked side by side

/** `undefined`: there is no index in this order. */
export function axisOf(needs: AxisNeeds, key: SortColumn, scope: Scope, after: Place | undefined): Axis | undefined {
  const value = after?.[0]
  switch (key.by) {
    case 'range':
      return byEnd(needs, key, value)
    case 'term':
      return key.sets.length > side ? undefined : byText(needs, key, value)
    case 'updated':
      return scope.contained ? undefined : byTime(needs, key, scope, value)
    default:
      return scope.contained ? undefined : byId(needs, key, scope, value)
  }
}

type Value = Place[number] | undefined

const root = raw('c.root')

function byEnd({ statements }: AxisNeeds, key: SortColumn, value: Value): Axis | undefined {
  const { sets, descending } = key
  const units = statements.all(sql`SELECT key, text FROM term WHERE ${among('slots', sets)} ${atMost(side + 1)}`)
  if (units.length > side || units.some(([, unit]) => unit !== '')) return undefined
  const terms = numbers(units)
  const end = descending ? 'high' : 'low'
  const column = raw(`c.${end}`)
  const rows = raw(`range c INDEXED BY range_by_${end}`)
  const { order, from, behind, upTo } = direction(column, descending)
  const next = (start: Sql, offset: number) =>
    nearest(
      terms.map(term =>
        first(
          statements,
          sql`SELECT ${column} FROM ${rows} WHERE c.term = ${term} AND c.line = 1 AND ${start}
            ORDER BY ${order} LIMIT 1 OFFSET ${offset}`,
        ),
      ),
      descending,
    )
  const source = {
    from: sql`${list(terms)} u CROSS JOIN ${rows} ON c.term = u.value AND c.line = 1`,
    where: sql`${column} = ${keyValue(key, root)}`,
    root,
    exact: false,
  }
  return { source, start: typeof value === 'number' ? from(value) : yes, next, upTo, behind }
}

/**
 * Keys are compared up to U+001F, texts as a whole. Both orders agree at a text without control characters: what comes before
 * it in one comes before it in the other. Windows end at such texts.
 */
function byText({ statements }: AxisNeeds, key: SortColumn, value: Value): Axis {
  const { sets, descending } = key
  const edge = descending ? printable : behindPrintable
  const { order } = direction(raw('u.text'), descending)
  const next = (from: Sql, offset: number) => {
    const texts = sets.map(set =>
      first(
        statements,
        sql`SELECT u.text FROM term u CROSS JOIN found c ON c.term = u.key WHERE u.slots = ${set} AND ${from}
          ORDER BY ${order} LIMIT 1 OFFSET ${offset}`,
      ),
    )
    const ends = texts.filter(text => typeof text === 'string').map(edge)
    const best = raw(descending ? 'max(value)' : 'min(value)')
    return ends.length < 2 ? ends[0] : first(statements, sql`SELECT ${best} FROM ${list(ends)}`)
  }
  const source = {
    from: sql`${list(sets)} s CROSS JOIN term u ON u.slots = s.value CROSS JOIN found c ON c.term = u.key`,
    where: sql`${raw(sortedText('u.text'))} = ${keyValue(key, root)}`,
    root,
    exact: false,
  }
  // What is behind an end begins with it on the way up, and is before it on the way down.
  const upTo = (end: Arg) => (descending ? sql`u.text >= ${end}` : sql`u.text < ${end}`)
  const behind = (end: Arg) => (descending ? sql`u.text < ${end}` : sql`u.text >= ${end}`)
  const start = (text: string) => (descending ? behind(behindPrintable(text)) : behind(text))
  return { source, start: typeof value === 'string' ? start(value) : yes, next, upTo, behind }
}

/** `seq` and time rise together; versions of one commit, at least, have one time. */
function byTime({ statements, firstSince }: AxisNeeds, key: SortColumn, scope: Scope, value: Value): Axis {
  const { descending } = key
  const { tenant, type } = scope
  const { order, behind, upTo } = direction(raw('c.seq'), descending)
  const rows = sql`c.tenant = ${tenant} AND c.type = ${type}`
  const from = raw('version c INDEXED BY version_by_type')
  const edge = (time: number) => (descending ? firstSince(tenant, time) : firstSince(tenant, time + 1) - 1)
  const next = (start: Sql, offset: number) => {
    const time = first(
      statements,
      sql`SELECT c.updated FROM ${from} WHERE ${rows} AND ${start} ORDER BY ${order} LIMIT 1 OFFSET ${offset}`,
    )
    return typeof time === 'number' ? edge(time) : undefined
  }
  const where = sql`${rows} AND ${presence(scope, root)}
    AND c.seq = ${currentSeq(root)}`
  const start = (time: number) =>
    descending ? behind(firstSince(tenant, time + 1)) : behind(firstSince(tenant, time) - 1)
  return {
    source: { from, where, root, exact: false },
    start: typeof value === 'number' ? start(value) : yes,
    next,
    upTo,
    behind,
  }
}

function byId({ statements }: AxisNeeds, { descending }: SortColumn, scope: Scope, value: Value): Axis {
  const { order, from, behind, upTo } = direction(raw('c.id'), descending)
  const rows = sql`c.tenant = ${scope.tenant} AND c.type = ${scope.type}`
  const next = (start: Sql, offset: number) =>
    first(
      statements,
      sql`SELECT c.id FROM resource c WHERE ${rows} AND ${start} ORDER BY ${order} LIMIT 1 OFFSET ${offset}`,
    )
  const where = sql`${rows} AND ${presence(scope, root)}`
  const source = { from: raw('resource c'), where, root, exact: false }
  return { source, start: typeof value === 'string' ? from(value) : yes, next, upTo, behind }
}

function first(statements: Statements, sql: Sql): Arg | undefined {
  return statements.get(sql)?.[0]
}

function direction(column: Sql, descending: boolean) {
  const [on, back] = descending ? ['<', '>'] : ['>', '<']
  return {
    order: sql`${column} ${raw(descending ? 'DESC' : 'ASC')}`,
    from: (value: Arg) => sql`${column} ${raw(`${on}=`)} ${value}`,
    behind: (value: Arg) => sql`${column} ${raw(on)} ${value}`,
    upTo: (value: Arg) => sql`${column} ${raw(`${back}=`)} ${value}`,
  }
}

function nearest(ends: readonly (Arg | undefined)[], descending: boolean): number | undefined {
  const values = ends.filter(end => typeof end === 'number')
  if (values.length === 0) return undefined
  return descending ? Math.max(...values) : Math.min(...values)
}

/** The beginning of the text, up to the first control character. */
function printable(text: string): string {
  const end = text.split('').findIndex(unit => unit < ' ')
  return end < 0 ? text : text.slice(0, end)
}

/** Behind all texts with the same beginning as far as it is printable and nothing printable behind it. */
function behindPrintable(text: string): string {
  return `${printable(text)} `
}
