/**
 * JSON put together as bytes: fixed pieces and texts are copied one behind the other, without strings and objects between. What it
 * says is what `printJson` would say.
 */
import { printJson } from './json.ts'
import type { Json } from './resource.ts'
import type { Text } from './stretch.ts'

const quote = 0x22
const backslash = 0x5c
const firstPlain = 0x20
const lastSingle = 0x7f // what is beyond takes more than one byte

const least = 8_192
const mostKept = 65_536

/** A piece of JSON as it goes out, made once. */
export function piece(json: string): Uint8Array {
  return Buffer.from(json)
}

export class JsonBytes {
  #bytes = Buffer.allocUnsafeSlow(least)
  #length = 0

  clear(): void {
    this.#length = 0
    if (this.#bytes.length > mostKept) this.#bytes = Buffer.allocUnsafeSlow(least)
  }

  add(json: Uint8Array): void {
    this.#makeRoom(json.length)
    this.#bytes.set(json, this.#length)
    this.#length += json.length
  }

  /** With the quotes. */
  text(text: Text): void {
    const isPlain = typeof text === 'string' ? this.#addPlain(text) : this.#copyPlain(text.bytes, text.from, text.to)
    if (!isPlain) this.value(typeof text === 'string' ? text : text.text)
  }

  value(json: Json): void {
    const text = printJson(json)
    this.#makeRoom(text.length * 3)
    this.#length += this.#bytes.write(text, this.#length)
  }

  take(): string {
    return this.#bytes.toString('utf8', 0, this.#length)
  }

  /** False, and nothing was added: there is something in it that is written otherwise. */
  #addPlain(text: string): boolean {
    this.#makeRoom(text.length + 2)
    const bytes = this.#bytes
    let end = this.#length
    bytes[end++] = quote
    for (let at = 0; at < text.length; at++) {
      const char = text.charCodeAt(at)
      if (char < firstPlain || char === quote || char === backslash || char > lastSingle) return false
      bytes[end++] = char
    }
    bytes[end++] = quote
    this.#length = end
    return true
  }

  #copyPlain(from: Uint8Array, first: number, last: number): boolean {
    this.#makeRoom(last - first + 2)
    const bytes = this.#bytes
    let end = this.#length
    bytes[end++] = quote
    for (let at = first; at < last; at++) {
      const byte = from[at] ?? 0
      if (byte < firstPlain || byte === quote || byte === backslash) return false
      bytes[end++] = byte
    }
    bytes[end++] = quote
    this.#length = end
    return true
  }

  #makeRoom(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const wider = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#length + more))
    wider.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = wider
  }
}
