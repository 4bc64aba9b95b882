/** The attributes of a concept, and the sources of a type of attribute, as bytes. */
import type { ConceptSet } from '../concept-set.ts'
import { ByteReader, Bytes } from './bytes.ts'

/** `value`: a concept, or the text of a literal. */
export type Attribute = { readonly group: number; readonly type: number; readonly value: number | string }

const concept = 0
const literal = 1

export function packAttributes(bytes: Bytes, attributes: readonly Attribute[]): void {
  for (const { group, type, value } of attributes) {
    bytes.varint(group)
    bytes.varint(type * 2 + (typeof value === 'number' ? concept : literal))
    if (typeof value === 'number') bytes.varint(value)
    else bytes.text(value)
  }
}

export function unpackAttributes(reader: ByteReader): Attribute[] {
  const attributes: Attribute[] = []
  while (!reader.done) {
    const group = reader.varint()
    const type = reader.varint()
    const value = type % 2 === concept ? reader.varint() : reader.text()
    attributes.push({ group, type: type >>> 1, value })
  }
  return attributes
}

/** `pairs`: of value and source, sorted by both, none twice. */
export function packByValue(pairs: Iterable<readonly [value: number, source: number]>): Uint8Array {
  const all = new Bytes()
  const sources = new Bytes()
  let [last, open, member] = [-1, -1, -1]
  const close = (): void => {
    if (open < 0) return
    all.varint(open - last - 1)
    all.varint(sources.length)
    all.append(sources.copy())
    last = open
    sources.clear()
  }
  for (const [value, source] of pairs) {
    if (value !== open) {
      close()
      open = value
      member = -1
    }
    sources.varint(source - member - 1)
    member = source
  }
  close()
  return all.copy()
}

/** The sources of these values, into `found`. */
export function sourcesOf(packed: Uint8Array, values: ConceptSet, found: Uint32Array): void {
  const reader = new ByteReader(packed)
  for (let value = -1; !reader.done; ) {
    value += reader.varint() + 1
    const length = reader.varint()
    if (!values.has(value)) {
      reader.skip(length)
      continue
    }
    const sources = new ByteReader(reader.take(length))
    for (let source = -1; !sources.done; ) {
      source += sources.varint() + 1
      found[source >>> 5] = (found[source >>> 5] ?? 0) | (1 << (source & 31))
    }
  }
}
