/** Attributes by their type, and reference sets. */
import type { DatabaseSync } from 'node:sqlite'
import { packByValue } from './attributes.ts'
import { distinct, grouped, listOf } from './column.ts'
import { packSet } from './packed-set.ts'
import { type Resolved, rowsOfRefsets } from './resolve.ts'
import type { Stage } from './stage.ts'

/** How many relations there are. */
export function writeRelations(db: DatabaseSync, { types, values, relations, concepts }: Resolved): number {
  const size = concepts.length
  const sources = new Int32Array(types.length).fill(-1)
  const keys = new Int32Array(types.length).fill(-1)
  for (const source of concepts.keys()) {
    for (const row of listOf(relations, source)) {
      sources[row] = source
      keys[row] = types[row] ?? -1
    }
  }
  const byType = grouped(keys, size)
  const insert = db.prepare('INSERT INTO relation VALUES (?, ?, ?)')
  for (const type of concepts.keys()) {
    const rows = listOf(byType, type)
    if (rows.length === 0) continue
    const all = distinct(rows.map(row => sources[row] ?? 0).sort())
    insert.run(type, packSet(all, size), packByValue(sortedPairs(rows, values, sources, size)))
  }
  return relations.items.length
}

/** Of value and source; literals are left out. As numbers of 53 bits, which sort without a comparing function. */
function* sortedPairs(rows: Int32Array, values: Int32Array, sources: Int32Array, size: number) {
  const pairs = new Float64Array(rows.length)
  for (const [at, row] of rows.entries()) pairs[at] = (values[row] ?? 0) * size + (sources[row] ?? 0)
  let last = -1
  for (const pair of pairs.sort()) {
    if (pair > last) yield [Math.floor(pair / size), pair % size] as const
    last = Math.max(pair, -1)
  }
}

/** How many members there are. */
export function writeMembers(db: DatabaseSync, { texts, members: told }: Stage, resolved: Resolved): number {
  const { refsets, members, concepts } = resolved
  const size = concepts.length
  const insert = db.prepare('INSERT INTO refset VALUES (?, ?)')
  const field = db.prepare('INSERT INTO field VALUES (?, ?, ?)')
  for (const [refset, rows] of rowsOfRefsets(resolved)) {
    if (rows.length === 0) continue
    insert.run(refset, packSet(distinct(rows.map(row => members[row] ?? 0).sort()), size))
    const fields = new Map<number, string[]>()
    for (const row of rows) {
      const place = told.columns.fields.at(row)
      if (place >= 0) fields.set(members[row] ?? 0, [...(fields.get(members[row] ?? 0) ?? []), texts.at(place)])
    }
    for (const [member, list] of [...fields].sort(([a], [b]) => a - b)) field.run(refset, member, `[${list.join(',')}]`)
  }
  return refsets.items.length
}
