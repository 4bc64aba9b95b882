/** What a build has been told so far: columns of numbers, and texts outside the heap. */
import type { PropertyValue } from '../code-system.ts'
import { Column } from './column.ts'
import { hashOf } from './hash.ts'
import { Texts } from './texts.ts'

/**
 * Numbers for texts that come again and again. A Map would take half as long again: codes are cut out of lines, and it makes each its
 * own before it looks.
 */
export class Names {
  readonly list: string[] = []
  /** Of each in `list`. */
  #hashes = new Int32Array(512)
  /** 0, or a number and one; never more than half of them are taken. */
  #slots = new Int32Array(1024)

  /** -1: none. */
  add(text: string | undefined): number {
    if (text === undefined) return -1
    const hash = hashOf(text)
    const last = this.#slots.length - 1
    let slot = hash & last
    for (let number = this.#at(slot); number >= 0; number = this.#at(slot)) {
      if (this.#hashes[number] === hash && this.list[number] === text) return number
      slot = (slot + 1) & last
    }
    return this.#new(text, hash, slot)
  }

  #at(slot: number): number {
    return (this.#slots[slot] ?? 0) - 1
  }

  #new(text: string, hash: number, slot: number): number {
    const number = this.list.length
    if (number === this.#hashes.length) {
      this.#widen()
      return this.add(text)
    }
    this.list.push(Buffer.from(text).toString()) // else the block of the file that it was cut from stays in memory
    this.#hashes[number] = hash
    this.#slots[slot] = number + 1
    return number
  }

  #widen(): void {
    const hashes = new Int32Array(this.#hashes.length * 2)
    hashes.set(this.#hashes)
    const slots = new Int32Array(hashes.length * 2)
    for (const [number, hash] of this.#hashes.entries()) {
      let slot = hash & (slots.length - 1)
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1)
      slots[slot] = number + 1
    }
    this.#hashes = hashes
    this.#slots = slots
  }
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
