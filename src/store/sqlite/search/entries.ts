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

/** What all rows of a resource tell beside: see the columns of `found`, and `Told`. */
type Beside = readonly [patient: number | null, date: number | null]

type Rows = { readonly found: readonly FoundRow[]; readonly ranges: readonly RangeRow[]; readonly beside: Beside }

/** The root of a tenant's `Type/id`. */
export type RootOf = (tenant: number, name: string) => number | undefined

/** Keeps the entries of resources; of one that had some, only the rows that differ are touched. */
export function openEntries(db: DatabaseSync, dictionary: Dictionary, rootOf: RootOf) {
  const rows = openRows(db)

  function rowsOf({ tenant, type }: Owner, packed: string | undefined): Rows {
    const sets = dictionary.setsOf(tenant, type)
    const [texts, intervals, { patient, date }] = packed === undefined ? nothing : unpack(packed)
    const found = textsOf(sets, [...texts, inList])
    const ranges = rangesOf(sets, intervals)
    found.push(...unitsOf(ranges))
    // A patient that is not there yet is looked up by whoever asks.
    const root = patient === undefined ? undefined : rootOf(tenant, patient)
    return { found, ranges, beside: [root ?? null, date ?? null] }
  }

  function textsOf(sets: Sets, texts: readonly PackedRow[]): FoundRow[] {
    const found: FoundRow[] = []
    for (const [names, text, element] of texts) {
      for (const set of sets(names)) found.push([dictionary.term(set, text), element, set.key])
    }
    return found
  }

  function rangesOf(sets: Sets, intervals: readonly PackedRange[]): readonly RangeRow[] {
    const ranges: RangeRow[] = []
    for (const [names, unit, element, low, high, from, to] of intervals) {
      for (const set of sets(ofRanges(names))) {
        ranges.push([set.key, dictionary.term(set, unit), element, low, high, from, to, unit === '' ? 1 : 0])
      }
    }
    return ranges
  }

  /**
   * Of the resource `root`, which stood before if `again`, and is gone if `packed` is `null`; `undefined`: nothing but its
   * place in the type's list.
   */
  return function apply(owner: Owner, packed: string | undefined | null, again: boolean): void {
    const { root } = owner
    const after = packed === null ? none : rowsOf(owner, packed)
    const before = again ? rows.of(root) : none
    const alike = before.beside.every((told, at) => told === after.beside[at])
    const [stay, come] = alike ? [before.found, after.found] : [[], []]
    rows.drop(root, { found: missing(before.found, come), ranges: missing(before.ranges, after.ranges) })
    rows.add(root, {
      found: missing(after.found, stay),
      ranges: missing(after.ranges, before.ranges),
      beside: after.beside,
    })
  }
}

/** They are found by their unit; those that have none, by their ends. */
function unitsOf(ranges: readonly RangeRow[]): Iterable<FoundRow> {
  const units = new Map<number, FoundRow>()
  for (const [slots, term, , , , , , line] of ranges) if (line === 0) units.set(term, [term, 0, slots])
  return units.values()
}

const inList: PackedRow = [list, '', 0]
const nothing: Packed = [[], [], {}]
const none: Rows = { found: [], ranges: [], beside: [null, null] }

/** Those that the others do not have. */
function missing<R extends readonly number[]>(rows: readonly R[], others: readonly R[]): readonly R[] {
  if (rows.length === 0 || others.length === 0) return rows
  const known = new Set(others.map(row => row.join()))
  return rows.filter(row => !known.has(row.join()))
}

const together = [16, 8, 4, 2, 1] // rows in one statement; much of a row's cost is that of a statement

function openRows(db: DatabaseSync) {
  const found = db.prepare('SELECT term, element, slots FROM found WHERE root = ?')
  const ranges = db.prepare('SELECT slots, term, element, low, high, "from", "to", line FROM range WHERE root = ?')
  found.setReturnArrays(true)
  ranges.setReturnArrays(true)
  const beside = db.prepare('SELECT patient, date FROM found WHERE term = ? AND root = ? LIMIT 1')
  beside.setReturnArrays(true)
  const dropFound = db.prepare('DELETE FROM found WHERE root = ? AND term = ? AND element = ?')
  const dropRange = db.prepare(
    `DELETE FROM range WHERE root = ? AND slots = ? AND term = ? AND element = ? AND low = ? AND high = ?
     AND "from" = ? AND "to" = ?`,
  )
  const addFound = openInsert(db, 'found (root, patient, date, term, element, slots)', 3, 3)
  const addRange = openInsert(db, 'range (root, slots, term, element, low, high, "from", "to", line)', 1, 8)

  /** All rows of a resource tell the same. */
  function besideOf(root: number, [row]: readonly FoundRow[]): Beside {
    return row ? (beside.get(row[0], root) as unknown as Beside) : none.beside
  }

  return {
    of(root: number): Rows {
      const rows = found.all(root) as unknown as readonly FoundRow[]
      return { found: rows, ranges: ranges.all(root) as unknown as readonly RangeRow[], beside: besideOf(root, rows) }
    },
    add(root: number, rows: Rows): void {
      addFound([root, ...rows.beside], rows.found)
      addRange([root], rows.ranges)
    },
    drop(root: number, rows: Omit<Rows, 'beside'>): void {
      for (const [term, element] of rows.found) dropFound.run(root, term, element)
      for (const [slots, term, element, low, high, from, to] of rows.ranges) {
        dropRange.run(root, slots, term, element, low, high, from, to)
      }
    },
  }
}

/**
 * `common`: columns that have one value in all rows, and come first. Texts that differ in lone surrogates alone are one in the
 * database: IGNORE.
 */
function openInsert(db: DatabaseSync, into: string, common: number, own: number) {
  const first = Array.from({ length: common }, (_, at) => `?${at + 1}`)
  const row = `(${[...first, ...Array.from({ length: own }, () => '?')].join(', ')})`
  const inserts = together.map(count => {
    const rows = Array.from({ length: count }, () => row).join(', ')
    return { count, insert: db.prepare(`INSERT OR IGNORE INTO ${into} VALUES ${rows}`) }
  })
  return (values: readonly Value[], rows: readonly (readonly number[])[]): void => {
    let at = 0
    for (const { count, insert } of inserts) {
      for (; at + count <= rows.length; at += count) insert.run(...argumentsOf(values, rows, at, at + count))
    }
  }
}

type Value = number | null

function argumentsOf(
  common: readonly Value[],
  rows: readonly (readonly number[])[],
  from: number,
  to: number,
): Value[] {
  const values = [...common]
  for (let at = from; at < to; at++) values.push(...(rows[at] ?? []))
  return values
}
