/** What a build has been told so far: columns of numbers, and texts outside the heap. */
import type { PropertyValue } from '../code-system.ts'
import { Column } from './column.ts'
import { Texts } from './texts.ts'

/** Numbers for texts that come again and again. */
export class Names {
  readonly #numbers = new Map<string, number>()
  readonly list: string[] = []

  /** -1: none. */
  add(text: string | undefined): number {
    return text === undefined ? -1 : (this.#numbers.get(text) ?? this.#new(text))
  }

  #new(text: string): number {
    const own = Buffer.from(text).toString() // else the block of the file that it was cut from stays in memory
    this.#numbers.set(own, this.list.length)
    return this.list.push(own) - 1
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
  readonly members = new Rows('refset', 'member', 'fields', 'module', 'time')
  /** `text`: that of the designation, if it is one. */
  readonly descriptions = new Rows('concept', 'text', 'high', 'low', 'kind', 'time')
}
