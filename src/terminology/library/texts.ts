/**
 * Millions of texts outside the heap. A string cut out of a line keeps the whole block of the file alive from which it was read;
 * bytes here keep nothing but themselves.
 */
import type { Bytes } from './bytes.ts'

export class Texts {
  readonly #blocks: Buffer[]
  #end = 0

  /** `shared`: what another thread has of the same texts. */
  constructor(shared: readonly SharedArrayBuffer[] = []) {
    this.#blocks = shared.map(block => Buffer.from(block))
  }

  /** For another thread, which reads them as they are now. */
  shared(): readonly SharedArrayBuffer[] {
    return this.#blocks.map(({ buffer }) => buffer as ArrayBufferLike as SharedArrayBuffer)
  }

  /** Where it lies: a number of 31 bits. */
  add(text: string): number {
    const most = text.length * 3 + lengthBytes // UTF-8 of one UTF-16 unit takes at most three bytes
    let last = this.#blocks.at(-1)
    if (last === undefined || this.#end + most > blockBytes) {
      if (this.#blocks.length === mostBlocks) throw new Error('a code system has at most 2 GB of text')
      last = Buffer.from(new SharedArrayBuffer(Math.max(blockBytes, most)))
      this.#blocks.push(last)
      this.#end = 0
    }
    const start = this.#end
    const length = last.write(text, start + lengthBytes, 'utf8')
    last.writeUInt32LE(length, start)
    this.#end = start + lengthBytes + length
    return (this.#blocks.length - 1) * blockBytes + start
  }

  at(place: number): string {
    const bytes = this.#blocks[Math.floor(place / blockBytes)]
    const start = (place % blockBytes) + lengthBytes
    return bytes?.toString('utf8', start, start + bytes.readUInt32LE(start - lengthBytes)) ?? ''
  }

  /** As `Bytes.text` would write it, without making a text of it first. */
  into(bytes: Bytes, place: number): void {
    const block = this.#blocks[Math.floor(place / blockBytes)]
    if (block === undefined) return
    const start = (place % blockBytes) + lengthBytes
    bytes.piece(block, start, start + block.readUInt32LE(start - lengthBytes))
  }
}

const blockBytes = 2 ** 24 // a text that is longer has a block of its own
const mostBlocks = 2 ** 31 / blockBytes
const lengthBytes = 4
