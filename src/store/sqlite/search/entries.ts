import type { DatabaseSync } from 'node:sqlite'
import type { Dictionary, Sets } from './dictionary.ts'
import { type Packed, type PackedRange, type PackedRow, unpack } from './pack.ts'
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

  function rowsOf({ tenant, type }: Owner, packed: string | undefined): Rows {
    const sets = dictionary.setsOf(tenant, type)
    const [texts, intervals] = packed === undefined ? nothing : unpack(packed)
    const found: FoundRow[] = []
    for (const [names, text, element] of [...texts, inList]) {
      for (const set of sets(names)) found.push([dictionary.term(set, text), element, set.key])
    }
    return withRanges(found, intervals, sets)
  }

  /** Of ranges, their units are found. */
  function withRanges(found: FoundRow[], intervals: readonly PackedRange[], sets: Sets): Rows {
    const ranges: RangeRow[] = []
    const units = new Map<number, FoundRow>()
    for (const [names, unit, ...rest] of intervals) {
      for (const set of sets(ofRanges(names))) {
        const term = dictionary.term(set, unit)
        ranges.push([set.key, term, ...rest, unit === '' ? 1 : 0])
        units.set(term, [term, 0, set.key])
      }
    }
    found.push(...units.values())
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
const nothing: Packed = [[], []]
const none: Rows = { found: [], ranges: [] }

/** Those that the others do not have. */
function missing<R extends readonly number[]>(rows: readonly R[], others: readonly R[]): readonly R[] {
  if (others.length === 0) return rows
  const known = new Set(others.map(row => row.join()))
  return rows.filter(row => !known.has(row.join()))
}

const together = [16, 8, 4, 2, 1] // rows in one statement; much of a row's cost is that of a statement

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
  const row = `(?1${', ?'.repeat(width - 1)})`
  const inserts = together.map(count => {
    const rows = Array.from({ length: count }, () => row).join(', ')
    return { count, insert: db.prepare(`INSERT OR IGNORE INTO ${into} VALUES ${rows}`) }
  })
  return (root: number, rows: readonly (readonly number[])[]): void => {
    let at = 0
    for (const { count, insert } of inserts) {
      for (; at + count <= rows.length; at += count) insert.run(...argumentsOf(root, rows, at, at + count))
    }
  }
}

function argumentsOf(root: number, rows: readonly (readonly number[])[], from: number, to: number): number[] {
  const values = [root]
  for (let at = from; at < to; at++) values.push(...(rows[at] ?? []))
  return values
}
