import type { Place, SortKey } from '../../../search/node.ts'
import { tellsValue } from '../../../search/told.ts'
import { currentSeq } from './condition.ts'
import { containerOf } from './contained.ts'
import type { Scope } from './filter.ts'
import { ofRanges, type Slots } from './slots.ts'
import type { Source } from './source.ts'
import { type Arg, among, joined, raw, type Sql, sql } from './sql.ts'

/** A sort key as the database computes it. */
export type SortColumn = SortKey & {
  readonly sets: readonly number[]
  /** Its name as a column. */
  readonly column: string
  /** Of contained resources. */
  readonly contained: boolean
}

export function columnsOf(
  sort: readonly SortKey[],
  { tenant, type, contained }: Scope,
  slots: Slots,
): readonly SortColumn[] {
  return sort.map((key, index) => {
    const name = key.by === 'term' ? key.slot : key.by === 'range' ? ofRanges(key.slot) : undefined
    const sets = name === undefined ? [] : slots.of(tenant, type, name)
    return { ...key, sets, column: `k${index}`, contained }
  })
}

/** Its value of the resource `root`; NULL: it has none. */
export function keyValue(key: SortColumn, root: Sql): Sql {
  switch (key.by) {
    case 'id':
      return sql`(SELECT id FROM ${raw(key.contained ? 'contained' : 'version')} WHERE rowid = ${root})`
    case 'updated': {
      const owner = key.contained ? containerOf(root) : root
      return sql`(SELECT updated FROM version WHERE seq = ${currentSeq(owner)})`
    }
    case 'range': {
      const value = raw(key.descending ? 'max(k.high)' : 'min(k.low)')
      return sql`(SELECT ${value} FROM range k WHERE k.root = ${root} AND ${among('k.slots', key.sets)})`
    }
    default: {
      const value = raw(`${key.descending ? 'max' : 'min'}(${sortedText('t.text')})`)
      const from = raw('found k CROSS JOIN term t ON t.key = k.term')
      return sql`(SELECT ${value} FROM ${from} WHERE k.root = ${root} AND ${among('k.slots', key.sets)})`
    }
  }
}

/** Up to the first U+001F; in bytes, because functions on texts end at NUL. */
export function sortedText(text: string): string {
  const end = `instr(CAST(${text} AS BLOB), x'1f')`
  return `CASE ${end} WHEN 0 THEN CAST(${text} AS BLOB) ELSE substr(CAST(${text} AS BLOB), 1, ${end} - 1) END`
}

/** `, value AS column` of each. */
export function keyColumns(keys: readonly SortColumn[], source: Source): Sql {
  return keys.reduce((columns, key) => sql`${columns}, ${keyOf(key, source)} AS ${raw(key.column)}`, raw(''))
}

/** The candidate's row may tell. */
function keyOf(key: SortColumn, { root, terms }: Source): Sql {
  const value = keyValue(key, root)
  return terms !== undefined && tellsValue(key) ? sql`coalesce(c.date, ${value})` : value
}

export function orderBy(keys: readonly SortColumn[]): Sql {
  const columns = keys.map(({ column, descending }) => `${column} IS NULL, ${column}${descending ? ' DESC' : ''}`)
  return raw([...columns, 'root'].join(', '))
}

/** Rows behind the place, in this order. */
export function behindPlace(keys: readonly SortColumn[], place: Place): Sql {
  const [key, ...rest] = keys
  if (!key) return sql`root > ${place[0] ?? 0}`
  const [value = null, ...others] = place
  const column = raw(key.column)
  const tied = sql`(${column} IS ${argOf(key, value)} AND ${behindPlace(rest, others)})`
  if (value === null) return tied
  const further = sql`${column} ${raw(key.descending ? '<' : '>')} ${argOf(key, value)}`
  return joined([further, sql`${column} IS NULL`, tied], 'OR')
}

export function argOf(key: SortColumn, value: string | number | null): Arg {
  return key.by === 'term' && typeof value === 'string' ? Buffer.from(value) : value
}

/** A row of `root, key, key …`. */
export function placeOf([root, ...values]: readonly [number, ...Arg[]]): Place {
  return [...values.map(value => (value instanceof Uint8Array ? Buffer.from(value).toString() : value)), root]
}
