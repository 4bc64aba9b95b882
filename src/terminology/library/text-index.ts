/**
 * The words of all terms, and in which terms they are. A term's number is its rank: shorter ones come before longer ones, those
 * of active concepts before others of the same length. So the best answers are the first that all lists of a question share,
 * and a search stops when it has enough of them, however many there are.
 */
import { wordsOf } from '../../search/values/words.ts'
import { accumulate, Column, grouped, type Lists, listOf } from './column.ts'
import { packSet, packWords } from './packed-set.ts'

/** A beginning that more words have than this gets a list of its own: no search reads more lists for one word of its text. */
export const mostWords = 32

const longest = 4_095 // letters of a term; longer ones rank alike

export class TextIndex {
  readonly #vocabulary = new Map<string, number>()
  readonly #words: string[] = []
  readonly #concepts = new Column()
  readonly #languages = new Column()
  readonly #ranks = new Column()
  /** The words of term n are `tokens` from `starts` n to n + 1; none twice. */
  readonly #tokens = new Column()
  readonly #starts = new Column()
  #concept = -1
  #told: string[] = []

  /** Concepts in rising order. `language`: a number above 0, or 0 where none is told. */
  add(concept: number, text: string, { language, inactive }: { language: number; inactive: boolean }): void {
    const words = wordsOf(text)
    if (words.length === 0 || this.#isRepeated(concept, text, language)) return
    this.#concepts.push(concept)
    this.#languages.push(language)
    this.#starts.push(this.#tokens.length)
    let letters = 0
    for (const word of words) letters += word.length + 1
    // Most terms are short: for them a Set costs more than looking back.
    const distinct = words.length > 16 ? new Set(words) : words.filter((word, at) => words.indexOf(word) === at)
    for (const word of distinct) this.#tokens.push(this.#numberOf(word))
    this.#ranks.push(Math.min(letters, longest) * 2 + (inactive ? 1 : 0))
  }

  /** All of it, in the order of words and of ranks. */
  ranked(): Ranked {
    const count = this.#concepts.length
    this.#starts.push(this.#tokens.length)
    const order = grouped(this.#ranks.values(), (longest + 1) * 2).items
    const [concepts, languages] = [new Int32Array(count), new Uint16Array(count)]
    for (const [rank, term] of order.entries()) {
      concepts[rank] = this.#concepts.at(term)
      languages[rank] = this.#languages.at(term)
    }
    const words = this.#words.toSorted()
    return { concepts, languages, words, lists: this.#lists(order, words) }
  }

  /** A synonym equal to the display is one term. */
  #isRepeated(concept: number, text: string, language: number): boolean {
    if (concept !== this.#concept) this.#told = []
    this.#concept = concept
    for (const [at, told] of this.#told.entries()) {
      if (told === text && this.#languages.at(this.#languages.length - this.#told.length + at) === language) return true
    }
    this.#told.push(text)
    return false
  }

  #numberOf(word: string): number {
    const known = this.#vocabulary.get(word)
    if (known !== undefined) return known
    this.#vocabulary.set(word, this.#words.length)
    return this.#words.push(word) - 1
  }

  /** Of each word the ranks of its terms, rising. */
  #lists(order: Int32Array, words: readonly string[]): Lists {
    const places = new Int32Array(words.length)
    for (const [place, word] of words.entries()) places[this.#vocabulary.get(word) ?? 0] = place
    const tokens = this.#tokens.values()
    const starts = startsOf(tokens, places)
    const next = starts.slice()
    const items = new Int32Array(tokens.length)
    for (let rank = 0; rank < order.length; rank++) {
      const term = order[rank] ?? 0
      for (let at = this.#starts.at(term), end = this.#starts.at(term + 1); at < end; at++) {
        const place = places[tokens[at] ?? 0] ?? 0
        const to = next[place] ?? 0
        items[to] = rank
        next[place] = to + 1
      }
    }
    return { starts, items }
  }
}

/** By counting: pairs of words and terms to be sorted would take as much memory again as both, three times. */
function startsOf(tokens: Int32Array, places: Int32Array): Int32Array {
  const starts = new Int32Array(places.length + 1)
  for (const token of tokens) {
    const after = (places[token] ?? 0) + 1
    starts[after] = (starts[after] ?? 0) + 1
  }
  accumulate(starts)
  return starts
}

export type Ranked = {
  /** Of each term by its rank. */
  readonly concepts: Int32Array
  readonly languages: Uint16Array
  /** Sorted, with the terms of each. */
  readonly words: readonly string[]
  readonly lists: Lists
}

export type Posting = { readonly text: string; readonly terms: Uint8Array }

export function* wordPostings({ concepts, words, lists }: Ranked): Generator<Posting> {
  for (const [place, text] of words.entries()) yield { text, terms: packSet(listOf(lists, place), concepts.length) }
}

/** Of each beginning of more than `mostWords` words, a whole letter longer each time. */
export function* beginningPostings({ concepts, words, lists }: Ranked): Generator<Posting> {
  const bits = new Uint32Array((concepts.length + 31) >>> 5)
  const open: { from: number; to: number; length: number }[] = [{ from: 0, to: words.length, length: 0 }]
  for (let range = open.pop(); range !== undefined; range = open.pop()) {
    for (const { from, to, length } of longer(words, range)) {
      if (to - from <= mostWords) continue
      open.push({ from, to, length })
      bits.fill(0)
      for (const term of lists.items.subarray(lists.starts[from], lists.starts[to])) {
        bits[term >>> 5] = (bits[term >>> 5] ?? 0) | (1 << (term & 31))
      }
      yield { text: (words[from] ?? '').slice(0, length), terms: packWords(bits, concepts.length) }
    }
  }
}

/** The parts of a range of words that go on with the same letter. */
function* longer(words: readonly string[], range: { from: number; to: number; length: number }) {
  const letter = (place: number): number | undefined => words[place]?.codePointAt(range.length)
  let from = range.from
  while (from < range.to && letter(from) === undefined) from++ // the beginning itself is a word
  while (from < range.to) {
    const first = letter(from) ?? 0
    let to = from + 1
    while (to < range.to && letter(to) === first) to++
    yield { from, to, length: range.length + String.fromCodePoint(first).length }
    from = to
  }
}
