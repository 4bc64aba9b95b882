/** What most answers need of a concept, by blocks: hundreds of thousands are asked for in a second, some in every answer. */
import { Stretch } from '../../fhir/stretch.ts'
import type { Concept } from '../concept-set.ts'
import { ByteReader, Bytes } from './bytes.ts'
import { flag } from './file-format.ts'

export type Head = {
  readonly concept: Concept
  readonly code: Stretch
  readonly display: Stretch | undefined
  readonly flags: number
}

const nothing = new Stretch(new Uint8Array(), 0, 0)

const perBlock = 256
const slots = perBlock + 1
const cachedHeads = 2_048 // per file, some 400 KB: types of attributes, and what is near the root, come again in almost every answer
const cachedBytes = 32 * 2 ** 20 // per file: SNOMED CT has 23 MB of them
const lastSingle = 0x7f

/**
 * Where each begins, four bytes; then, one after the other, flags, code and display of each, and the packed set of its ancestors, if
 * it has any. `write`: all that, the texts as `Bytes.text` does.
 */
export function* packHeads(
  size: number,
  write: (concept: Concept, bytes: Bytes) => void,
): Generator<readonly [block: number, heads: Uint8Array]> {
  const bytes = new Bytes()
  for (let first = 0; first < size; first += perBlock) {
    const starts = new Uint32Array(Math.min(perBlock, size - first))
    bytes.clear()
    for (const at of starts.keys()) {
      starts[at] = starts.byteLength + bytes.length
      write(first + at, bytes)
    }
    yield [first / perBlock, Buffer.concat([new Uint8Array(starts.buffer), bytes.view()])]
  }
}

/** Where the heads of a file come from. */
export type HeadRows = {
  readonly read: (block: number) => Uint8Array | undefined
  /** Bytes of all blocks together. */
  readonly bytes: () => number
}

export class Heads {
  readonly #rows: HeadRows
  readonly #known: (Head | undefined)[] = Array.from({ length: cachedHeads })
  /** Of each place, whose head is known: to look into the head itself would be one more step to somewhere in memory. */
  readonly #held = new Int32Array(cachedHeads).fill(-1)
  /** Of each place, who was asked for last. */
  readonly #asked = new Int32Array(cachedHeads).fill(-1)
  #last: Head | undefined
  /** The blocks that were read, one behind the other: a few hundred bytes anywhere among 23 MB are found by two steps, not by six. */
  #bytes = Buffer.of()
  #end = 0
  /** Of each block its concepts' places in `#bytes`, and one more, where the last ends; 0: it was not read. */
  readonly #starts: Uint32Array

  constructor(size: number, rows: HeadRows) {
    this.#rows = rows
    this.#starts = new Uint32Array(Math.ceil(size / perBlock) * slots)
  }

  /**
   * Whoever asks one of it asks the rest next. Most are asked for once in a long time: to put each in the place of another would only
   * keep them from being forgotten at once.
   */
  at(concept: Concept): Head {
    if (this.#last?.concept === concept) return this.#last
    const place = concept % cachedHeads
    const known = this.#held[place] === concept ? this.#known[place] : undefined
    if (known !== undefined) return known
    const head = this.#unpacked(concept)
    if (this.#asked[place] === concept) {
      this.#known[place] = head
      this.#held[place] = concept
    }
    this.#asked[place] = concept
    this.#last = head
    return head
  }

  /** Of ASCII alone; where there is more in it, nobody knows. */
  isCode(concept: Concept, code: string): boolean | undefined {
    const slot = this.#slotOf(concept)
    const bytes = this.#bytes
    const start = this.#starts[slot] ?? 0
    if (start === 0) return undefined
    const from = start + 1 // the flags are a byte
    const length = bytes[from] ?? 0
    if (length > lastSingle) return undefined // takes a second byte
    for (let at = 0; at < length; at++) {
      const byte = bytes[from + 1 + at] ?? 0
      if (byte > lastSingle) return undefined
      if (byte !== code.charCodeAt(at)) return false
    }
    return length === code.length
  }

  /** Packed; `undefined`: it has none. */
  ancestors(concept: Concept): Uint8Array | undefined {
    const reader = this.#entry(concept)
    if (reader === undefined) return undefined
    const flags = reader.byte()
    reader.skip(reader.varint())
    if ((flags & flag.named) !== 0) reader.skip(reader.varint())
    return reader.done ? undefined : reader.rest()
  }

  #unpacked(concept: Concept): Head {
    const reader = this.#entry(concept)
    if (reader === undefined) return { concept, code: nothing, display: undefined, flags: 0 }
    const flags = reader.byte()
    const code = reader.stretch()
    return { concept, code, display: (flags & flag.named) === 0 ? undefined : reader.stretch(), flags }
  }

  #entry(concept: Concept): ByteReader | undefined {
    const slot = this.#slotOf(concept)
    const [from = 0, to = 0] = [this.#starts[slot], this.#starts[slot + 1]]
    return from === to ? undefined : new ByteReader(this.#bytes, from, to)
  }

  /** The place of its place; its block has been read, if it is there. */
  #slotOf(concept: Concept): number {
    const block = Math.floor(concept / perBlock)
    const slot = block * slots + (concept % perBlock)
    if (this.#starts[slot] === 0) this.#read(block)
    return slot
  }

  #read(n: number): void {
    const block = this.#rows.read(n)
    if (block === undefined) return
    const table = numberAt(block, 0) // there it ends
    const heads = block.subarray(table)
    if (this.#end + heads.length > this.#bytes.length) this.#renew(heads.length)
    this.#bytes.set(heads, this.#end)
    const end = this.#end + heads.length
    for (let at = 0; at < slots; at++) {
      this.#starts[n * slots + at] = at * 4 < table ? this.#end - table + numberAt(block, at * 4) : end
    }
    this.#end = end
  }

  /** What was given away before lies where it lay, as long as somebody holds it. */
  #renew(least: number): void {
    this.#bytes = Buffer.alloc(Math.max(Math.min(this.#rows.bytes(), cachedBytes), least) + 1)
    this.#end = 1
    this.#starts.fill(0)
    this.#known.fill(undefined)
    this.#last = undefined
  }
}

/** Four bytes, the lowest first. */
function numberAt(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16)
  return low + (bytes[at + 3] ?? 0) * 2 ** 24
}
