/** All that a lookup tells of a concept beside its head, as bytes: parts, of which each is unpacked when it is asked for. */
import { numberOf } from '../../fhir/decimal.ts'
import type { Stretch } from '../../fhir/stretch.ts'
import type { PropertyValue } from '../code-system.ts'
import { ByteReader, Bytes } from './bytes.ts'

/** In this order, each behind its length. */
const parts = ['parents', 'attributes', 'definition', 'designations', 'properties'] as const

export type Part = (typeof parts)[number]

const whole = new Bytes()
const part = new Bytes()

/** Until the next. */
export function packTold(write: Readonly<Record<Part, (bytes: Bytes) => void>>): Uint8Array {
  whole.clear()
  for (const name of parts) {
    part.clear()
    write[name](part)
    whole.varint(part.length)
    whole.append(part.view())
  }
  return whole.view()
}

export class Told {
  readonly #packed: Uint8Array
  /** Where each part begins, and where it ends. */
  readonly #bounds: number[] = []

  constructor(packed: Uint8Array) {
    this.#packed = packed
    const reader = new ByteReader(packed)
    for (const _ of parts) {
      const length = reader.varint()
      this.#bounds.push(reader.at, reader.at + length)
      reader.skip(length)
    }
  }

  part(name: Part): ByteReader {
    const place = parts.indexOf(name) * 2
    return new ByteReader(this.#packed, this.#bounds[place], this.#bounds[place + 1])
  }
}

export function unpackNumbers(reader: ByteReader): number[] {
  const numbers: number[] = []
  while (!reader.done) numbers.push(reader.varint())
  return numbers
}

/** `undefined`: there is none; one that is empty takes a byte. */
export function unpackDefinition(reader: ByteReader): Stretch | undefined {
  return reader.done ? undefined : reader.stretch()
}

/** `language`, `use`: their numbers in the file; -1: none. */
export type ToldDesignation = { readonly language: number; readonly use: number; readonly value: Stretch }

/** The text itself comes next. */
export function packDesignation(bytes: Bytes, { language, use }: Omit<ToldDesignation, 'value'>): void {
  bytes.varint(language + 1)
  bytes.varint(use + 1)
}

export function unpackDesignations(reader: ByteReader): ToldDesignation[] {
  const designations: ToldDesignation[] = []
  while (!reader.done) {
    const language = reader.varint() - 1
    const use = reader.varint() - 1
    designations.push({ language, use, value: reader.stretch() })
  }
  return designations
}

/** Of its JSON: a decimal keeps its digits, as it does elsewhere. */
export function valueIn(json: string): PropertyValue['value'] {
  return /^[-\d]/.test(json) ? numberOf(json) : JSON.parse(json)
}

/** `property`: its number in the file; `isJson`: the value is JSON. */
export type ToldProperty = { readonly property: number; readonly value: boolean | Stretch; readonly isJson: boolean }

const no = 0
const yes = 1
const plain = 2
const other = 3 // JSON

/** Most are plain texts, which then need no parsing. */
export function packProperty(bytes: Bytes, { property, json }: { property: number; json: string }): void {
  bytes.varint(property)
  if (json === 'true' || json === 'false') bytes.byte(json === 'true' ? yes : no)
  else if (json.startsWith('"') && !json.includes('\\')) {
    bytes.byte(plain)
    bytes.text(json.slice(1, -1))
  } else {
    bytes.byte(other)
    bytes.text(json)
  }
}

export function unpackProperties(reader: ByteReader): ToldProperty[] {
  const properties: ToldProperty[] = []
  while (!reader.done) {
    const property = reader.varint()
    const kind = reader.byte()
    const value = kind === no || kind === yes ? kind === yes : reader.stretch()
    properties.push({ property, value, isJson: kind === other })
  }
  return properties
}
