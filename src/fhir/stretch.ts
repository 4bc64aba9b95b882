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
    this.#text ??= Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength).toString(
      'utf8',
      this.from,
      this.to,
    )
    return this.#text
  }
}

export type Text = string | Stretch

export function stringOf(text: Text): string {
  return typeof text === 'string' ? text : text.text
}
