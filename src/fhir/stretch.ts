/** A text as it lies in UTF-8 bytes, which becomes a string only where somebody wants one: that costs as much as copying fifty bytes. */
const lastSingle = 0x7f

export class Stretch {
  readonly bytes: Uint8Array
  readonly from: number
  readonly to: number
  #text: string | undefined

  constructor(bytes: Uint8Array, from: number, to: number) {
    this.bytes = bytes
    this.from = from
    this.to = to
  }

  /** Without a string, where all of it is ASCII. */
  is(text: string): boolean {
    const { bytes, from, to } = this
    for (let at = from; at < to; at++) {
      const byte = bytes[at] ?? 0
      if (byte > lastSingle) return this.text === text
      if (byte !== text.charCodeAt(at - from)) return false
    }
    return text.length === to - from
  }

  get text(): string {
    this.#text ??= bufferOf(this.bytes).toString('utf8', this.from, this.to)
    return this.#text
  }
}

/** The same bytes: to make one costs as much as the string. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

export type Text = string | Stretch

export function stringOf(text: Text): string {
  return typeof text === 'string' ? text : text.text
}
