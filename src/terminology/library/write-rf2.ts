/** What only RF2 tells: descriptions beyond their terms, and where members of reference sets come from. */
import type { DatabaseSync } from 'node:sqlite'
import { Bytes } from './bytes.ts'
import { distinct, grouped, listOf } from './column.ts'
import { type PackedDescription, packDescriptions, placeOf } from './descriptions.ts'
import { packSet } from './packed-set.ts'
import { type Resolved, rowsOfRefsets } from './resolve.ts'
import type { Stage } from './stage.ts'

const perBucket = 256

/** How many rows its index of ids has. */
export function writeDescriptions(db: DatabaseSync, stage: Stage, resolved: Resolved): number {
  const { columns } = stage.descriptions
  const size = resolved.concepts.length
  const concepts = new Int32Array(stage.descriptions.values('concept').length).fill(-1)
  const insert = db.prepare('INSERT INTO description VALUES (?, ?)')
  for (let n = 0; n < size; n++) {
    const rows = listOf(resolved.descriptions, n)
    if (rows.length === 0) continue
    for (const row of rows) concepts[row] = n
    insert.run(n, packDescriptions(described(stage, rows, listOf(resolved.designations, n))))
  }
  const kinds = grouped(columns.kind.values(), stage.kinds.list.length)
  const kind = db.prepare('INSERT INTO description_kind VALUES (?, ?)')
  for (const n of stage.kinds.list.keys()) {
    const all = listOf(kinds, n)
      .map(row => concepts[row] ?? -1)
      .filter(concept => concept >= 0)
    kind.run(n, packSet(distinct(all.sort()), size))
  }
  return writeIds(db, stage, concepts)
}

/** The text of a designation lies where that of its description does. */
function described({ texts, descriptions, designations }: Stage, rows: Int32Array, terms: Int32Array) {
  const { text, high, low, kind, time } = descriptions.columns
  const { value } = designations.columns
  return Array.from(rows, (row): PackedDescription => {
    const place = text.at(row)
    const term = terms.findIndex(each => value.at(each) === place)
    const id = [high.at(row), low.at(row)] as const
    return { id, kind: kind.at(row), time: time.at(row), term: term < 0 ? texts.at(place) : term }
  })
}

function writeIds(db: DatabaseSync, { descriptions }: Stage, concepts: Int32Array): number {
  const { high, low } = descriptions.columns
  const buckets = Math.max(1, Math.ceil(concepts.length / perBucket))
  const inBuckets = new Int32Array(concepts.length).fill(-1)
  const rests = new Int32Array(concepts.length)
  for (let row = 0; row < concepts.length; row++) {
    if ((concepts[row] ?? -1) < 0) continue
    const { bucket, rest } = placeOf([high.at(row), low.at(row)], buckets)
    inBuckets[row] = bucket
    rests[row] = rest
  }
  const lists = grouped(inBuckets, buckets)
  const insert = db.prepare('INSERT INTO description_id VALUES (?, ?)')
  const bytes = new Bytes()
  for (let bucket = 0; bucket < buckets; bucket++) {
    bytes.clear()
    for (const row of listOf(lists, bucket)) {
      bytes.varint(rests[row] ?? 0)
      bytes.varint(concepts[row] ?? 0)
    }
    insert.run(bucket, bytes.view())
  }
  return buckets
}

/** By module and time; a member has as many rows as its reference set has of it. */
export function writeOrigins(db: DatabaseSync, stage: Stage, resolved: Resolved): void {
  const { members, concepts } = resolved
  const { module, time } = stage.members.columns
  const size = concepts.length
  const insert = db.prepare('INSERT INTO origin VALUES (?, ?, ?, ?, ?)')
  for (const [refset, rows] of rowsOfRefsets(resolved)) {
    const places = placesOf(rows, members)
    const alike = Map.groupBy(rows.keys(), at => {
      const row = rows[at] ?? 0
      return module.at(row) < 0
        ? ''
        : `${stage.modules.list[module.at(row)]} ${stage.times.list[time.at(row)]} ${places[at]}`
    })
    for (const [key, list] of [...alike].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const [module = '', time = '', place] = key.split(' ')
      if (key === '') continue
      const those = Int32Array.from(list, at => members[rows[at] ?? 0] ?? 0)
      insert.run(refset, module, time, Number(place), packSet(those.sort(), size))
    }
  }
}

/** Of each row: how many of the same member are before it. */
function placesOf(rows: Int32Array, members: Int32Array): readonly number[] {
  const seen = new Map<number, number>()
  return Array.from(rows, row => {
    const member = members[row] ?? 0
    const place = seen.get(member) ?? 0
    seen.set(member, place + 1)
    return place
  })
}
