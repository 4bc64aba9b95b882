/** Bytes written one after the other. Numbers take as many as they need, seven bits to a byte, the lowest first. */
import { Stretch } from '../../fhir/stretch.ts'

export class Bytes {
  #bytes = Buffer.allocUnsafeSlow(1024)
  #length = 0

  get length(): number {
    return this.#length
  }

  clear(): void {
    this.#length = 0
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#widen(1)
    this.#bytes[this.#length++] = value
  }

  /** 0 … 2³¹-1 */
  varint(value: number): void {
    let rest = value
    for (; rest > 0x7f; rest >>>= 7) this.byte((rest & 0x7f) | 0x80)
    this.byte(rest)
  }

  append(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) this.#widen(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  text(text: string): void {
    const bytes = Buffer.from(text)
    this.varint(bytes.length)
    this.append(bytes)
  }

  /** Bytes of a text, as `text` writes them. */
  piece(from: Buffer, start: number, end: number): void {
    const length = end - start
    this.varint(length)
    if (this.#length + length > this.#bytes.length) this.#widen(length)
    from.copy(this.#bytes, this.#length, start, end)
    this.#length += length
  }

  /** What was written so far, until more is. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** The same, to keep. */
  copy(): Uint8Array {
    return new Uint8Array(this.view())
  }

  #widen(by: number): void {
    const wider = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#length + by))
    wider.set(this.#bytes)
    this.#bytes = wider
  }
}

/** The other way. */
export class ByteReader {
  readonly #bytes: Uint8Array
  /** The same, for texts. */
  #buffer: Buffer | undefined
  #at: number
  readonly #end: number

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#at = at
    this.#end = end
  }

  get at(): number {
    return this.#at
  }

  get done(): boolean {
    return this.#at >= this.#end
  }

  varint(): number {
    let byte = this.#bytes[this.#at++] ?? 0
    let value = byte & 0x7f
    for (let shift = 7; byte > 0x7f; shift += 7) {
      byte = this.#bytes[this.#at++] ?? 0
      value |= (byte & 0x7f) << shift
    }
    return value
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0
  }

  /** Without a copy. */
  take(length: number): Uint8Array {
    const from = this.#at
    this.#at += length
    return this.#bytes.subarray(from, this.#at)
  }

  /** Without a copy, and no Buffer, whose `slice` would not copy either. */
  rest(): Uint8Array {
    const { buffer, byteOffset } = this.#bytes
    const from = this.#at
    this.#at = this.#end
    return new Uint8Array(buffer, byteOffset + from, this.#end - from)
  }

  skip(length: number): void {
    this.#at += length
  }

  text(): string {
    const { buffer, byteOffset, byteLength } = this.#bytes
    this.#buffer ??= Buffer.from(buffer, byteOffset, byteLength)
    const length = this.varint()
    const from = this.#at
    this.#at += length
    return this.#buffer.toString('utf8', from, this.#at)
  }

  /** The same, where it lies. */
  stretch(): Stretch {
    const length = this.varint()
    const from = this.#at
    this.#at += length
    return new Stretch(this.#bytes, from, this.#at)
  }
}
