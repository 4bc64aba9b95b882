/** What a build has been told so far: columns of numbers, and texts outside the heap. */
import type { PropertyValue } from '../code-system.ts'
import { Column } from './column.ts'
import { idHalves } from './descriptions.ts'
import { hashOf } from './hash.ts'
import { Texts } from './texts.ts'

/**
 * Numbers for texts that come again and again. A Map would take twice as long: codes are cut out of lines, and it makes each its own
 * before it looks. Most codes are numbers, which are compared without a look at any text.
 */
export class Names {
  readonly list: string[] = []
  /** Three numbers each, beside each other as the processor reads them: 0, or a number and one; then its key. */
  #slots = new Int32Array(perSlot * 1024)

  /** -1: none. */
  add(text: string | undefined): number {
    if (text === undefined) return -1
    const isNumber = isDecimal(text)
    const [high, low] = isNumber ? idHalves(text) : [noNumber, hashOf(text)]
    const at = this.#placeOf(high, low, isNumber ? undefined : text)
    const known = this.#slots[at] ?? 0
    return known > 0 ? known - 1 : this.#new(at, high, low, text)
  }

  /** Where it is, or a free slot. `text`: to be compared with, where the key is only a hash. */
  #placeOf(high: number, low: number, text?: string): number {
    const slots = this.#slots
    const last = slots.length / perSlot - 1
    let slot = (Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b) >>> 9) & last
    for (;;) {
      const at = slot * perSlot
      const number = (slots[at] ?? 0) - 1
      if (number < 0) return at
      if (slots[at + 1] === high && slots[at + 2] === low && (text === undefined || this.list[number] === text))
        return at
      slot = (slot + 1) & last
    }
  }

  #new(at: number, high: number, low: number, text: string): number {
    // A copy, else the block of the file that it was cut from stays in memory.
    const count = this.list.push(Buffer.from(text).toString())
    this.#put(at, count, high, low)
    if (count * 4 * perSlot > this.#slots.length * 3) this.#widen()
    return count - 1
  }

  #put(at: number, count: number, high: number, low: number): void {
    this.#slots[at] = count
    this.#slots[at + 1] = high
    this.#slots[at + 2] = low
  }

  #widen(): void {
    const before = this.#slots
    this.#slots = new Int32Array(before.length * 2)
    for (let at = 0; at < before.length; at += perSlot) {
      const [count = 0, high = 0, low = 0] = before.subarray(at, at + perSlot)
      if (count > 0) this.#put(this.#placeOf(high, low, this.list[count - 1]), count, high, low)
    }
  }
}

const perSlot = 3
const noNumber = -1

/** One that no other text is equal to as a number. */
function isDecimal(text: string): boolean {
  if (text.length === 0 || text.length > 18 || text.charCodeAt(0) === 0x30) return false
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (digit < 0 || digit > 9) return false
  }
  return true
}

/** What properties have, each with its number. */
export class Values {
  /** By property: of texts, numbers and booleans, and of Codings as JSON. */
  readonly #plain: Map<PropertyValue['value'], number>[] = []
  readonly #codings: Map<string, number>[] = []
  readonly list: { readonly property: number; readonly json: string }[] = []

  add(property: number, value: PropertyValue['value']): number {
    if (typeof value !== 'object') return this.#in(this.#plain, property, value, value)
    return this.#in(this.#codings, property, JSON.stringify(value), value)
  }

  #in<Key>(maps: Map<Key, number>[], property: number, key: Key, value: PropertyValue['value']): number {
    const numbers = maps[property] ?? new Map<Key, number>()
    maps[property] = numbers
    const known = numbers.get(key)
    if (known !== undefined) return known
    const json = JSON.stringify(value)
    numbers.set(typeof key === 'string' ? (Buffer.from(key).toString() as Key & string) : key, this.list.length)
    return this.list.push({ property, json }) - 1
  }
}

/** Where rows come from. */
export class Lines {
  readonly #lines = new Column()
  /** The first row of each file. */
  readonly #files: { readonly from: number; readonly name: string | undefined }[] = []

  add(line: number | undefined, file: string | undefined): void {
    if (this.#files.at(-1)?.name !== file || this.#files.length === 0) {
      this.#files.push({ from: this.#lines.length, name: file })
    }
    this.#lines.push(line ?? 0)
  }

  at(row: number): { file?: string; line?: number } {
    const file = this.#files.findLast(({ from }) => from <= row)?.name
    const line = this.#lines.at(row)
    return { ...(file !== undefined && { file }), ...(line > 0 && { line }) }
  }
}

/** A kind of row. */
export class Rows<Name extends string> {
  readonly lines = new Lines()
  readonly columns: Readonly<Record<Name, Column>>

  constructor(...names: readonly Name[]) {
    this.columns = Object.fromEntries(names.map(name => [name, new Column()])) as Record<Name, Column>
  }

  values(name: Name): Int32Array {
    return this.columns[name].values()
  }
}

export class Stage {
  readonly texts = new Texts()
  /** Codes by the number of their first mention, whether or not a concept has them. */
  readonly codes = new Names()
  readonly languages = new Names()
  /** As JSON. */
  readonly uses = new Names()
  readonly properties = new Names()
  readonly values = new Values()
  /** What relations lead to that is no concept. */
  readonly literals = new Names()
  /** Of descriptions, as JSON. */
  readonly kinds = new Names()
  readonly times = new Names()
  /** Of members. */
  readonly modules = new Names()

  /** The row is the number of the concept; all others name concepts by mention. */
  readonly concepts = new Rows('mention', 'code', 'display', 'definition', 'flags')
  readonly designations = new Rows('concept', 'language', 'use', 'value')
  readonly given = new Rows('concept', 'value')
  readonly edges = new Rows('child', 'parent')
  /** `value`: a mention, or ~ the number of a literal. */
  readonly relations = new Rows('source', 'group', 'type', 'value')
  readonly members = new Rows('refset', 'member', 'fields', 'module', 'time', 'inactive')
  /** `text`: that of the designation, if it is one. */
  readonly descriptions = new Rows('concept', 'text', 'high', 'low', 'kind', 'time')
}
