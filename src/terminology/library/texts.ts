/**
 * Millions of texts outside the heap. A string cut out of a line keeps the whole block of the file alive from which it was read;
 * bytes here keep nothing but themselves.
 */
export class Texts {
  readonly #blocks: Buffer[] = []
  #end = 0

  /** Where it lies: a number of 31 bits. */
  add(text: string): number {
    const most = text.length * 3 + lengthBytes // UTF-8 of one UTF-16 unit takes at most three bytes
    let last = this.#blocks.at(-1)
    if (last === undefined || this.#end + most > blockBytes) {
      if (this.#blocks.length === mostBlocks) throw new Error('a code system has at most 2 GB of text')
      last = Buffer.allocUnsafe(Math.max(blockBytes, most))
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
}

const blockBytes = 2 ** 24 // a text that is longer has a block of its own
const mostBlocks = 2 ** 31 / blockBytes
const lengthBytes = 4
