/** Columns between tabs, where they lie in the bytes of their file: only some of them are ever needed as texts. */
import { isUtf8 } from 'node:buffer'
import type { Load } from './format.ts'
import { linesTo, longest, notText, unending } from './lines.ts'
import { baseName, type SourceFile } from './source.ts'

const [tab, lineFeed, carriageReturn] = [9, 10, 13]
const lastSingle = 0x7f // a byte that is a letter alone
const mostColumns = 256 // of which more is known than their number

export class TabLine {
  bytes: Buffer = Buffer.alloc(0)
  number = 0
  /** Of columns. */
  count = 0
  /** Where each column begins; it ends one byte before the next does. */
  readonly #starts = new Int32Array(mostColumns + 1)
  /** Each column as it was last asked for: most say the same again and again. */
  readonly #texts: string[] = []

  from(column: number): number {
    return this.#starts[column] ?? 0
  }

  to(column: number): number {
    return (this.#starts[column + 1] ?? 1) - 1
  }

  /** '' where there is none. */
  text(column: number): string {
    if (column >= this.count) return ''
    const last = this.#texts[column]
    if (last !== undefined && this.is(column, last)) return last
    const text = this.bytes.toString('utf8', this.from(column), this.to(column))
    this.#texts[column] = text
    return text
  }

  texts(): string[] {
    return Array.from({ length: this.count }, (_, column) => this.text(column))
  }

  /** Without a text of its own, where all of it is ASCII. */
  is(column: number, text: string): boolean {
    const { bytes } = this
    const [from, to] = [this.from(column), this.to(column)]
    if (column >= this.count || to - from < text.length) return false
    for (let at = from; at < to; at++) {
      const byte = bytes[at] ?? 0
      if (byte > lastSingle) return bytes.toString('utf8', from, to) === text
      if (byte !== text.charCodeAt(at - from)) return false
    }
    return to - from === text.length
  }

  /** `block`: of lines that are whole, with their ends. */
  each(block: Buffer, read: (line: TabLine) => void): void {
    const starts = this.#starts
    this.bytes = block
    let count = 0
    let start = 0
    for (let at = 0; at < block.length; at++) {
      const byte = block[at] ?? 0
      if (byte > lineFeed || byte < tab) continue
      if (count === 0) starts[0] = start
      starts[++count] = at + 1
      if (byte === tab) continue
      if (at > start && block[at - 1] === carriageReturn) starts[count] = at
      this.number++
      this.count = count
      read(this)
      count = 0
      start = at + 1
    }
  }
}

/** False: bytes that are no text ended the reading, with a problem. The line is another after each call. */
export async function readTabLines(
  file: SourceFile,
  { problems, progress }: Pick<Load, 'problems' | 'progress'>,
  read: (line: TabLine) => void,
): Promise<boolean> {
  const line = new TabLine()
  const take = (block: Buffer): boolean => {
    const isText = isUtf8(block)
    if (isText) line.each(block, read)
    else problems.add(baseName(file), line.number + 1 + linesTo(block), notText('utf-8'))
    return isText
  }
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of file.open()) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const [first, last] = [bytes.indexOf(lineFeed) + 1, bytes.lastIndexOf(lineFeed) + 1]
    if (first > 0 && !(take(Buffer.concat([rest, bytes.subarray(0, first)])) && take(bytes.subarray(first, last))))
      return false
    rest = first > 0 ? bytes.subarray(last) : Buffer.concat([rest, bytes])
    if (rest.length > longest) {
      problems.add(baseName(file), line.number + 1, unending)
      return false
    }
    progress(chunk.length)
  }
  return rest.length === 0 || take(Buffer.concat([rest, Buffer.of(lineFeed)]))
}
