import type { DatabaseSync } from 'node:sqlite'
import type { Dictionary } from './dictionary.ts'
import { type PackedRange, type PackedRow, unpack } from './pack.ts'
import { list, ofRanges } from './slots.ts'

type FoundRow = readonly [term: number, element: number, slots: number]
type RangeRow = readonly [
  slots: number,
  term: number,
  element: number,
  low: number,
  high: number,
  from: number,
  to: number,
  line: 0 | 1,
]

/** What a resource has, whoever its type and tenant are. */
export type Owner = { readonly tenant: number; readonly type: number; readonly root: number }

type Rows = { readonly found: readonly FoundRow[]; readonly ranges: readonly RangeRow[] }

/** Keeps the entries of resources; of one that had some, only the rows that differ are touched. */
export function openEntries(db: DatabaseSync, dictionary: Dictionary) {
  const rows = openRows(db)

  function textRows({ tenant, type }: Owner, texts: readonly PackedRow[]): FoundRow[] {
    return texts.flatMap(([names, text, element]) =>
      dictionary.slots(tenant, type, names).map((slots): FoundRow => [dictionary.term(slots, text), element, slots]),
    )
  }

  function rangeRows({ tenant, type }: Owner, ranges: readonly PackedRange[]): RangeRow[] {
    return ranges.flatMap(([names, unit, ...rest]) =>
      dictionary
        .slots(tenant, type, ofRanges(names))
        .map((slots): RangeRow => [slots, dictionary.term(slots, unit), ...rest, unit === '' ? 1 : 0]),
    )
  }

  function rowsOf(owner: Owner, packed: string | undefined): Rows {
    const [texts, intervals] = packed === undefined ? [[], []] : unpack(packed)
    const found = textRows(owner, [...texts, inList])
    const ranges = rangeRows(owner, intervals)
    const units = new Map(ranges.map(([slots, term]) => [term, slots]))
    for (const [term, slots] of units) found.push([term, 0, slots])
    return { found, ranges }
  }

  /**
   * Of the resource `root`, which stood before if `again`, and is gone if `packed` is `null`; `undefined`: nothing but its
   * place in the type's list.
   */
  return function apply(owner: Owner, packed: string | undefined | null, again: boolean): void {
    const { root } = owner
    const after = packed === null ? none : rowsOf(owner, packed)
    const before = again ? rows.of(root) : none
    rows.drop(root, { found: missing(before.found, after.found), ranges: missing(before.ranges, after.ranges) })
    rows.add(root, { found: missing(after.found, before.found), ranges: missing(after.ranges, before.ranges) })
  }
}

const inList: PackedRow = [list, '', 0]
const none: Rows = { found: [], ranges: [] }

/** Those that the others do not have. */
function missing<R extends readonly number[]>(rows: readonly R[], others: readonly R[]): readonly R[] {
  if (others.length === 0) return rows
  const known = new Set(others.map(row => row.join()))
  return rows.filter(row => !known.has(row.join()))
}

const together = 8 // rows in one statement; most of a row's cost is that of a statement

function openRows(db: DatabaseSync) {
  const found = db.prepare('SELECT term, element, slots FROM found WHERE root = ?')
  const ranges = db.prepare('SELECT slots, term, element, low, high, "from", "to", line FROM range WHERE root = ?')
  found.setReturnArrays(true)
  ranges.setReturnArrays(true)
  const dropFound = db.prepare('DELETE FROM found WHERE root = ? AND term = ? AND element = ?')
  const dropRange = db.prepare(
    `DELETE FROM range WHERE root = ? AND slots = ? AND term = ? AND element = ? AND low = ? AND high = ?
     AND "from" = ? AND "to" = ?`,
  )
  const addFound = openInsert(db, 'found (root, term, element, slots)', 4)
  const addRange = openInsert(db, 'range (root, slots, term, element, low, high, "from", "to", line)', 9)
  return {
    of: (root: number): Rows => ({
      found: found.all(root) as unknown as readonly FoundRow[],
      ranges: ranges.all(root) as unknown as readonly RangeRow[],
    }),
    add(root: number, rows: Rows): void {
      addFound(root, rows.found)
      addRange(root, rows.ranges)
    },
    drop(root: number, rows: Rows): void {
      for (const [term, element] of rows.found) dropFound.run(root, term, element)
      for (const [slots, term, element, low, high, from, to] of rows.ranges) {
        dropRange.run(root, slots, term, element, low, high, from, to)
      }
    },
  }
}

/** Texts that differ in lone surrogates alone are one in the database: IGNORE. */
function openInsert(db: DatabaseSync, into: string, width: number) {
  const row = `(${'?, '.repeat(width - 1)}?)`
  const one = db.prepare(`INSERT OR IGNORE INTO ${into} VALUES ${row}`)
  const several = db.prepare(`INSERT OR IGNORE INTO ${into} VALUES ${`${row}, `.repeat(together - 1)}${row}`)
  return (root: number, rows: readonly (readonly number[])[]): void => {
    let at = 0
    for (; at + together <= rows.length; at += together) {
      several.run(...rows.slice(at, at + together).flatMap(row => [root, ...row]))
    }
    for (; at < rows.length; at++) one.run(root, ...(rows[at] ?? []))
  }
}
