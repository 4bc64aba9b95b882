/** JSON documents that are too large to be held at once: some of their arrays are given item by item, and what is left as a whole. */
import type { Load } from './format.ts'
import { decoded, notText } from './lines.ts'
import { Malformed, shown } from './problems.ts'
import { baseName, type SourceFile } from './source.ts'

export type Item = {
  /** How many documents were before it in the file. */
  readonly document: number
  /** Places in the arrays around its own. */
  readonly places: readonly number[]
  readonly text: string
  /** On which it begins. */
  readonly line: number
}

export type PartReader = {
  /** An array below these names: `entry/resource/concept`. */
  readonly isCut: (names: string) => boolean
  /** Objects of such an array. Nothing more is read once this says false. */
  readonly item: (item: Item) => boolean
  /** A document is over; in place of each item there is an empty object. */
  readonly rest: (document: Omit<Item, 'places'>) => boolean
}

type Frame = {
  readonly isArray: boolean
  readonly isCut: boolean
  key: string
  place: number
}

/** Nobody's text is longer; a quotation mark was forgotten. */
const longest = 16_000_000
/** Deeper than any hierarchy of concepts that is written by nesting. */
const deepest = 1_000

export async function readParts(
  file: SourceFile,
  load: Pick<Load, 'problems' | 'progress'>,
  reader: PartReader,
): Promise<void> {
  const parts = new Parts(reader)
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const take = (chunk?: Uint8Array): boolean => {
    const text = decoded(decoder, chunk)
    if (text === undefined) throw new Malformed(notText('utf-8'))
    return parts.take(text)
  }
  try {
    for await (const chunk of file.open()) {
      if (!take(chunk)) return
      load.progress(chunk.length)
    }
    if (take()) parts.end()
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    load.problems.add(baseName(file), parts.line, error.message)
  }
}

class Parts {
  /** Up to which all is taken. */
  line = 1
  readonly #reader: PartReader
  readonly #frames: Frame[] = []
  /** Text that is not taken yet: a beginning of a string. */
  #text = ''
  #at = 0
  /** From where text is still to be put to the rest, or to the item. */
  #from = 0
  #rest: string[] = []
  #item: { readonly pieces: string[]; readonly depth: number; readonly line: number } | undefined
  #document = 0
  #documentLine = 1
  #goesOn = true

  constructor(reader: PartReader) {
    this.#reader = reader
  }

  /** Whether more is wanted. */
  take(chunk: string): boolean {
    this.#text += chunk
    const { length } = this.#text
    while (this.#goesOn && this.#at < length) {
      const code = this.#text.charCodeAt(this.#at)
      if (code === 0x22) {
        if (!this.#string()) break
      } else {
        if (code === 0x0a) this.line++
        this.#at++
        this.#sign(code)
      }
    }
    this.#keep(this.#at)
    this.#text = this.#text.slice(this.#at)
    this.#from = 0
    this.#at = 0
    if (this.#text.length > longest) throw new Malformed('a string does not end')
    return this.#goesOn
  }

  end(): void {
    if (this.#text !== '') throw new Malformed('the file ends within a string: it is cut off')
    if (this.#frames.length > 0) throw new Malformed('the file ends before the JSON does: it is cut off')
    const left = this.#rest.join('').trim()
    if (left !== '') throw new Malformed(`expected a JSON object; found ${shown(left)}`)
  }

  /** False: its end is not there yet. */
  #string(): boolean {
    const text = this.#text
    let end = text.indexOf('"', this.#at + 1)
    while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
    if (end === -1) return false
    const frame = this.#frames.at(-1)
    // A value overwrites the key that it follows; what comes next is a comma or an end.
    if (this.#item === undefined && frame && !frame.isArray) frame.key = text.slice(this.#at + 1, end)
    this.#at = end + 1
    return true
  }

  #sign(code: number): void {
    if (code === 0x7b || code === 0x5b) this.#open(code === 0x5b)
    else if (code === 0x7d || code === 0x5d) this.#close(code === 0x5d)
    else if (code === 0x2c) this.#next()
  }

  #next(): void {
    const frame = this.#frames.at(-1)
    if (frame) frame.place++
  }

  #open(isArray: boolean): void {
    const frames = this.#frames
    if (frames.length === deepest) throw new Malformed(`arrays and objects are nested deeper than ${deepest}`)
    if (this.#item === undefined && !isArray && frames.at(-1)?.isCut) {
      this.#keep(this.#at - 1)
      this.#item = { pieces: [], depth: frames.length, line: this.line }
    }
    const isCut = this.#item === undefined && isArray && this.#reader.isCut(this.#names())
    frames.push({ isArray, isCut, key: '', place: 0 })
  }

  #close(isArray: boolean): void {
    const frame = this.#frames.pop()
    if (frame?.isArray !== isArray) throw new Malformed(`'${isArray ? ']' : '}'}' closes nothing that is open`)
    const item = this.#item
    if (item?.depth === this.#frames.length) {
      this.#keep(this.#at)
      this.#item = undefined
      this.#rest.push('{}', '\n'.repeat(this.line - item.line)) // so that lines are still counted right
      const places = this.#frames.filter(each => each.isArray && !each.isCut).map(({ place }) => place)
      const { line, pieces } = item
      this.#goesOn = this.#reader.item({ document: this.#document, places, text: pieces.join(''), line })
    }
    if (this.#frames.length === 0) this.#finish()
  }

  #finish(): void {
    this.#keep(this.#at)
    const whole = this.#rest.join('')
    const text = whole.trimStart()
    const before = whole.slice(0, whole.length - text.length).split('\n').length - 1
    this.#rest = []
    this.#goesOn = this.#reader.rest({ document: this.#document++, text, line: this.#documentLine + before })
    this.#documentLine = this.line
  }

  #keep(end: number): void {
    if (end > this.#from) (this.#item?.pieces ?? this.#rest).push(this.#text.slice(this.#from, end))
    this.#from = end
  }

  #names(): string {
    return this.#frames.flatMap(({ isArray, key }) => (isArray ? [] : [key])).join('/')
  }
}

function isEscaped(text: string, mark: number): boolean {
  let before = mark
  while (text.charCodeAt(before - 1) === 0x5c) before--
  return (mark - before) % 2 === 1
}
