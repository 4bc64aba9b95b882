/** From a text to concepts: what the index of words (text-index.ts) is for. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { wordsOf } from '../../search/values/words.ts'
import type { ConceptSet } from '../concept-set.ts'
import { speaks } from '../speaks.ts'
import { ByteCache } from './byte-cache.ts'
import { prepareRows } from './open-file.ts'
import { membersOf, none, type Rising, risingUnion } from './packed-set.ts'

export type Limits = { readonly within?: ConceptSet; readonly language?: string; readonly most: number }

const mostWords = 40 // of a text; each may hold a list of 200 KB while it is looked for
const cachedBeginnings = 16 * 2 ** 20 // bytes, per file: each of one or two letters takes up to 200 KB, and copying it most of a search

type List = { readonly rising: Rising; readonly bytes: number }

export class TextSearch {
  readonly #word: StatementSync
  readonly #beginning: StatementSync
  readonly #wordsFrom: StatementSync
  readonly #term: StatementSync
  readonly #languages: readonly string[]
  readonly #beginnings = new ByteCache<string, Uint8Array | undefined>(cachedBeginnings)
  /** By term; read with the first search: 10 MB for SNOMED CT. */
  #concepts: Int32Array | undefined
  #languageOf: Uint16Array | undefined

  constructor(db: DatabaseSync, languages: readonly string[]) {
    this.#word = prepareRows(db, 'SELECT terms FROM word WHERE word = ?')
    this.#beginning = prepareRows(db, 'SELECT terms FROM beginning WHERE beginning = ?')
    this.#wordsFrom = prepareRows(db, 'SELECT terms FROM word WHERE word >= ? AND word < ?')
    this.#term = prepareRows(db, 'SELECT numbers FROM term WHERE name = ?')
    this.#languages = languages
  }

  /** Into `found`, until there are as many as are wanted: terms that have all words whole, then those with their beginnings. */
  search(text: string, limits: Limits, found: Set<number>): void {
    const words = [...new Set(wordsOf(text))].slice(0, mostWords)
    if (words.length === 0) return
    const takes = this.#taking(limits)
    for (const find of [this.#whole, this.#started]) {
      const lists = all(words, word => find.call(this, word))
      // The rarest word leads: the others skip what it has not.
      for (const term of shared(lists.sort((a, b) => a.bytes - b.bytes).map(({ rising }) => rising))) {
        if (found.size >= limits.most) return
        const concept = takes(term)
        if (concept !== undefined) found.add(concept)
      }
    }
  }

  /** The concept of a term, if it may be answered. */
  #taking({ within, language }: Limits): (term: number) => number | undefined {
    this.#concepts ??= this.#numbers('concepts', bytes => new Int32Array(bytes))
    this.#languageOf ??= this.#numbers('languages', bytes => new Uint16Array(bytes))
    const [concepts, languageOf] = [this.#concepts, this.#languageOf]
    // By number of language; 0 is one that nobody told.
    const spoken = [true, ...this.#languages.map(tag => language === undefined || speaks(tag, language))]
    return term => {
      if (!spoken[languageOf[term] ?? 0]) return undefined
      const concept = concepts[term] ?? 0
      return within === undefined || within.has(concept) ? concept : undefined
    }
  }

  #whole(word: string): List | undefined {
    const row = this.#word.get(word)
    return row && listOf(blob(row))
  }

  #started(beginning: string): List | undefined {
    const many = this.#beginnings.get(beginning, () => {
      const row = this.#beginning.get(beginning)
      const value = row && blob(row)
      return { value, bytes: (value?.length ?? 0) + beginning.length * 2 + 100 }
    })
    if (many) return listOf(many)
    const lists = this.#wordsFrom.all(beginning, `${beginning}\u{10ffff}`).map(row => listOf(blob(row)))
    const [first] = lists
    if (first === undefined || lists.length === 1) return first
    const rising = risingUnion(lists.map(list => list.rising))
    return { rising, bytes: lists.reduce((sum, { bytes }) => sum + bytes, 0) }
  }

  #numbers<T>(name: string, view: (bytes: ArrayBuffer) => T): T {
    const { buffer, byteOffset, byteLength } = blob(this.#term.get(name))
    return view(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer)
  }
}

/** Nothing, as soon as one word is in no term: then no term has all of them. */
function all(words: readonly string[], find: (word: string) => List | undefined): List[] {
  const lists: List[] = []
  for (const word of words) {
    const list = find(word)
    if (!list) return []
    lists.push(list)
  }
  return lists
}

/** What all lists have, rising; of no lists, nothing. */
function* shared(lists: readonly Rising[]): Generator<number> {
  if (lists.length === 0) return
  let candidate = 0
  for (let agreed = 0; ; ) {
    for (const list of lists) {
      const next = list.from(candidate)
      if (next === none) return
      agreed = next === candidate ? agreed + 1 : 1
      candidate = next
    }
    if (agreed >= lists.length) {
      yield candidate++
      agreed = 0
    }
  }
}

function listOf(packed: Uint8Array): List {
  return { rising: membersOf(packed), bytes: packed.length }
}

function blob(row: unknown): Uint8Array {
  const [bytes] = row as readonly [Uint8Array]
  return bytes
}
