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
const cachedHeads = 2_048 // per file, some 400 KB: types of attributes, and what is near the root, come again in almost every answer
const cachedBlocks = 32 * 2 ** 20 // bytes, per file: SNOMED CT has 23 MB of them

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

export class Heads {
  readonly #read: (block: number) => Uint8Array | undefined
  readonly #known: (Head | undefined)[] = Array.from({ length: cachedHeads })
  /** Of each place, who was asked for last. */
  readonly #asked = new Int32Array(cachedHeads).fill(-1)
  #last: Head | undefined
  #blocks = new Map<number, Uint8Array>()
  #bytes = 0

  constructor(read: (block: number) => Uint8Array | undefined) {
    this.#read = read
  }

  /**
   * Whoever asks one of it asks the rest next. Most are asked for once in a long time: to put each in the place of another would only
   * keep them from being forgotten at once.
   */
  at(concept: Concept): Head {
    if (this.#last?.concept === concept) return this.#last
    const place = concept % cachedHeads
    const known = this.#known[place]
    if (known?.concept === concept) return known
    const head = this.#unpacked(concept)
    if (this.#asked[place] === concept) this.#known[place] = head
    this.#asked[place] = concept
    this.#last = head
    return head
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
    const block = this.#block(Math.floor(concept / perBlock))
    if (block === undefined) return undefined
    const place = (concept % perBlock) * 4
    const first = numberAt(block, 0) // there the table ends
    if (place >= first) return undefined
    return new ByteReader(block, numberAt(block, place), place + 4 < first ? numberAt(block, place + 4) : undefined)
  }

  #block(n: number): Uint8Array | undefined {
    const known = this.#blocks.get(n)
    if (known !== undefined) return known
    const block = this.#read(n)
    if (block === undefined) return undefined
    if (this.#bytes > cachedBlocks) {
      this.#blocks = new Map()
      this.#known.fill(undefined) // each holds its block
      this.#bytes = 0
    }
    this.#blocks.set(n, block)
    this.#bytes += block.length
    return block
  }
}

/** Four bytes, the lowest first. */
function numberAt(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16)
  return low + (bytes[at + 3] ?? 0) * 2 ** 24
}
