/** Descriptions of RF2 as bytes: their terms are those of designations, but of what was taken back. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Description, Descriptions } from '../code-system.ts'
import { type Concept, ConceptSet } from '../concept-set.ts'
import { ByteReader, Bytes } from './bytes.ts'
import type { About } from './file-format.ts'
import { prepareRows } from './open-file.ts'

/** `term`: the place among the designations of the concept, or a text that is none of them. */
export type PackedDescription = {
  readonly id: IdHalves
  readonly kind: number
  readonly time: number
  readonly term: number | string
}

/** Of the decimal digits: those before the last nine, and these. */
type IdHalves = readonly [high: number, low: number]

export function idHalves(id: string): IdHalves {
  const middle = Math.max(id.length - 9, 0)
  return [decimal(id, 0, middle), decimal(id, middle, id.length)]
}

function decimal(text: string, start: number, end: number): number {
  let number = 0
  for (let at = start; at < end; at++) number = number * 10 + (text.charCodeAt(at) - 0x30)
  return number
}

function printId([high, low]: IdHalves): string {
  return high === 0 ? String(low) : `${high}${String(low).padStart(9, '0')}`
}

const bytes = new Bytes()

/** Until the next. */
export function packDescriptions(descriptions: readonly PackedDescription[]): Uint8Array {
  bytes.clear()
  for (const { id, kind, time, term } of descriptions) {
    bytes.varint(id[0])
    bytes.varint(id[1])
    bytes.varint(kind)
    bytes.varint(time)
    bytes.varint(typeof term === 'number' ? term + 1 : 0)
    if (typeof term === 'string') bytes.text(term)
  }
  return bytes.view()
}

function* unpackDescriptions(packed: Uint8Array): Generator<PackedDescription> {
  const reader = new ByteReader(packed)
  while (!reader.done) {
    const id = [reader.varint(), reader.varint()] as const
    const [kind, time, place] = [reader.varint(), reader.varint(), reader.varint()]
    yield { id, kind, time, term: place === 0 ? reader.text() : place - 1 }
  }
}

const rest = 2 ** 14 // of an id: two bytes

/** Which row of `description_id` an id is found in, and what is written of it there. */
export function placeOf([high, low]: IdHalves, buckets: number): { readonly bucket: number; readonly rest: number } {
  const mixed = (Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b) ^ (low >>> 13)) >>> 2 // small: divided faster
  return { bucket: mixed % buckets, rest: ((mixed / buckets) | 0) % rest }
}

type Needs = {
  readonly rf2: NonNullable<About['rf2']>
  readonly size: number
  readonly terms: (concept: Concept) => readonly { readonly value: string }[]
  /** Kept, as long as there is room. */
  readonly set: (name: string, question: StatementSync, key: number) => ConceptSet
}

/** What a file knows of them. */
export function openDescriptions(db: DatabaseSync, { rf2, size, terms, set }: Needs): Descriptions {
  const { kinds, times, buckets } = rf2
  const ask = (table: string, column: string) => prepareRows(db, `SELECT ${column} FROM ${table} WHERE n = ?`)
  const [rows, having, identified] = [
    ask('description', 'descriptions'),
    ask('description_kind', 'concepts'),
    ask('description_id', 'concepts'),
  ]
  const blob = (question: StatementSync, n: number): Uint8Array | undefined => {
    const row: unknown = question.get(n)
    return row === undefined ? undefined : (row as readonly [Uint8Array])[0]
  }
  return {
    kinds,
    of(concept) {
      const packed = blob(rows, concept)
      if (packed === undefined) return []
      const designations = terms(concept)
      return Array.from(unpackDescriptions(packed), ({ id, kind, time, term }): Description => {
        const it = kinds[kind] ?? { active: false, type: '' }
        const text = typeof term === 'string' ? term : (designations[term]?.value ?? '')
        return { ...it, term: text, id: printId(id), effectiveTime: times[time] ?? '' }
      })
    },
    having: kind => set(`kind ${kind}`, having, kind),
    identified(id) {
      const found: Concept[] = []
      const place = placeOf(idHalves(id), buckets)
      const reader = new ByteReader(blob(identified, place.bucket) ?? new Uint8Array())
      while (!reader.done) {
        const [other, concept] = [reader.varint(), reader.varint()]
        if (other === place.rest) found.push(concept)
      }
      return ConceptSet.of(size, found)
    },
  }
}
