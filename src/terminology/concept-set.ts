/** Sets of concepts of one code system: one bit each, so that 360,000 take 45 KB and are combined in microseconds. */

/** A concept by its place in its code system: 0 … size-1, dense, in the order in which the system lists them. */
export type Concept = number

export class ConceptSet implements Iterable<Concept> {
  readonly #size: number
  readonly #words: Uint32Array
  /** Counted once: sets do not change. */
  #count: number | undefined

  /** `size`: how many concepts the code system has. */
  constructor(size: number, words = new Uint32Array((size + 31) >>> 5)) {
    this.#size = size
    this.#words = words
  }

  static of(size: number, concepts: Iterable<Concept>): ConceptSet {
    const words = new Uint32Array((size + 31) >>> 5)
    for (const concept of concepts) words[concept >>> 5] = (words[concept >>> 5] ?? 0) | (1 << (concept & 31))
    return new ConceptSet(size, words)
  }

  static all(size: number): ConceptSet {
    return new ConceptSet(size).not()
  }

  has(concept: Concept): boolean {
    return (((this.#words[concept >>> 5] ?? 0) >>> (concept & 31)) & 1) === 1
  }

  and(other: ConceptSet): ConceptSet {
    return this.#combined(other, (a, b) => a & b)
  }

  or(other: ConceptSet): ConceptSet {
    return this.#combined(other, (a, b) => a | b)
  }

  minus(other: ConceptSet): ConceptSet {
    return this.#combined(other, (a, b) => a & ~b)
  }

  not(): ConceptSet {
    const words = this.#words.map(word => ~word)
    const rest = this.#size & 31
    if (rest !== 0) words[words.length - 1] = (words.at(-1) ?? 0) & ((1 << rest) - 1)
    return new ConceptSet(this.#size, words)
  }

  get count(): number {
    if (this.#count !== undefined) return this.#count
    let count = 0
    for (const word of this.#words) count += ones(word)
    this.#count = count
    return count
  }

  get isEmpty(): boolean {
    return this.#words.every(word => word === 0)
  }

  /** In rising order. */
  *[Symbol.iterator](): Generator<Concept> {
    for (const [index, word] of this.#words.entries()) {
      for (let rest = word; rest !== 0; rest &= rest - 1) yield index * 32 + (31 - Math.clz32(rest & -rest))
    }
  }

  #combined(other: ConceptSet, combine: (a: number, b: number) => number): ConceptSet {
    const words = new Uint32Array(this.#words.length)
    for (let index = 0; index < words.length; index++) {
      words[index] = combine(this.#words[index] ?? 0, other.#words[index] ?? 0)
    }
    return new ConceptSet(this.#size, words)
  }
}

/** https://en.wikipedia.org/wiki/Hamming_weight */
function ones(word: number): number {
  let rest = word - ((word >>> 1) & 0x55555555)
  rest = (rest & 0x33333333) + ((rest >>> 2) & 0x33333333)
  return (((rest + (rest >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24
}
