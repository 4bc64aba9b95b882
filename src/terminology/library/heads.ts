/** What most answers need of a concept, by blocks: hundreds of thousands are asked for in a second, some in every answer. */
import type { Concept } from '../concept-set.ts'
import { ByteReader, Bytes } from './bytes.ts'
import { flag } from './file-format.ts'

export type Head = {
  readonly concept: Concept
  readonly code: string
  readonly display: string | undefined
  readonly flags: number
}

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
  #blocks = new Map<number, Buffer>()
  #bytes = 0

  constructor(read: (block: number) => Uint8Array | undefined) {
    this.#read = read
  }

  /** Whoever asks one of it asks the rest next. */
  at(concept: Concept): Head {
    const known = this.#known[concept % cachedHeads]
    if (known?.concept === concept) return known
    const head = this.#unpacked(concept)
    this.#known[concept % cachedHeads] = head
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
    if (reader === undefined) return { concept, code: '', display: undefined, flags: 0 }
    const flags = reader.byte()
    const code = reader.text()
    return { concept, code, display: (flags & flag.named) === 0 ? undefined : reader.text(), flags }
  }

  #entry(concept: Concept): ByteReader | undefined {
    const block = this.#block(Math.floor(concept / perBlock))
    if (block === undefined) return undefined
    const place = (concept % perBlock) * 4
    const first = block.readUInt32LE(0) // there the table ends
    if (place >= first) return undefined
    return new ByteReader(
      block,
      block.readUInt32LE(place),
      place + 4 < first ? block.readUInt32LE(place + 4) : undefined,
    )
  }

  #block(n: number): Buffer | undefined {
    const known = this.#blocks.get(n)
    if (known !== undefined) return known
    const bytes = this.#read(n)
    if (bytes === undefined) return undefined
    if (this.#bytes > cachedBlocks) {
      this.#blocks = new Map()
      this.#bytes = 0
    }
    const block = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#blocks.set(n, block)
    this.#bytes += block.length
    return block
  }
}
