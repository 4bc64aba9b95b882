/**
 * Whether a backtracking matcher has no choice to regret: at each character at most one way to go on. Then a try from one
 * place takes time in proportion to the text. The way to see it is Glushkov's: number the characters of the pattern, and
 * look which may follow which (A. Brüggemann-Klein, D. Wood, "One-Unambiguous Regular Languages", 1998).
 */

/** Code points from and to, both included. */
type Range = readonly [from: number, to: number]
type Letters = readonly Range[]

/** A part of the pattern: where it may begin and end, as positions; and whether it may be nothing at all. */
type Part = { readonly first: readonly number[]; readonly last: readonly number[]; readonly empty: boolean }

const nothing: Part = { first: [], last: [], empty: true }
const highest = 0x10ffff

/** What this reader does not know (look-around, back references, `\p`) counts as unsafe. */
export function isSafe(source: string): boolean {
  try {
    return new Reader(source).isSafe()
  } catch (fault) {
    if (fault instanceof Unsafe) return false
    throw fault
  }
}

class Unsafe extends Error {}

class Reader {
  readonly #source: string
  #at = 0
  readonly #letters: Letters[] = []
  readonly #follow: Set<number>[] = []

  constructor(source: string) {
    this.#source = source
  }

  isSafe(): boolean {
    const { first } = this.#choice()
    return this.#at === this.#source.length && [first, ...this.#follow].every(next => this.#isDecided([...next]))
  }

  /** No character fits two of them. */
  #isDecided(positions: readonly number[]): boolean {
    return positions.every((a, i) =>
      positions.slice(i + 1).every(b => !overlap(this.#letters[a] ?? [], this.#letters[b] ?? [])),
    )
  }

  #takes(text: string): boolean {
    const found = this.#source.startsWith(text, this.#at)
    if (found) this.#at += text.length
    return found
  }

  #match(form: RegExp): RegExpExecArray | undefined {
    form.lastIndex = this.#at
    const found = form.exec(this.#source) ?? undefined
    if (found) this.#at = form.lastIndex
    return found
  }

  #choice(): Part {
    let all = this.#sequence()
    while (this.#takes('|')) {
      const other = this.#sequence()
      all = {
        first: [...all.first, ...other.first],
        last: [...all.last, ...other.last],
        empty: all.empty || other.empty,
      }
    }
    return all
  }

  #sequence(): Part {
    let all = nothing
    while (this.#at < this.#source.length && !/[|)]/.test(this.#source.charAt(this.#at))) {
      const next = this.#repeated(this.#atom())
      this.#connect(all.last, next.first)
      all = {
        first: all.empty ? [...all.first, ...next.first] : all.first,
        last: next.empty ? [...all.last, ...next.last] : next.last,
        empty: all.empty && next.empty,
      }
    }
    return all
  }

  /** A second way from one position to another is one too many: `(a+)+`. */
  #connect(from: readonly number[], to: readonly number[]): void {
    for (const a of from) {
      for (const b of to) {
        if (this.#follow[a]?.has(b)) throw new Unsafe()
        this.#follow[a]?.add(b)
      }
    }
  }

  #repeated(part: Part): Part {
    const [, sign, least = '', most = least] = this.#match(/([*+?]|\{(\d+)(?:,(\d*))?\})\??/y) ?? []
    if (sign === undefined) return part
    const empty = sign === '*' || sign === '?' || Number(least) === 0 ? sign !== '+' : false
    if (sign === '?' || most === '1' || (sign.startsWith('{') && most === '0'))
      return { ...part, empty: part.empty || empty }
    if (part.empty) throw new Unsafe()
    this.#connect(part.last, part.first)
    return { ...part, empty }
  }

  #atom(): Part {
    if (this.#match(/[\^$]|\\[bB]/y)) return nothing
    if (this.#match(/\((?:\?:|\?<[A-Za-z]\w*>|(?!\?))/y)) {
      const inner = this.#choice()
      if (!this.#takes(')')) throw new Unsafe()
      return inner
    }
    const letters = this.#takes('[') ? this.#set() : this.#letter()
    const position = this.#letters.push(letters) - 1
    this.#follow.push(new Set())
    return { first: [position], last: [position], empty: false }
  }

  #letter(): Letters {
    if (this.#takes('.')) return [[0, highest]]
    const [whole, escaped] = this.#match(/\\([\s\S])|[^(){}*+?[]/uy) ?? []
    if (whole === undefined) throw new Unsafe()
    return escaped === undefined ? only(whole) : lettersOf(escaped)
  }

  #set(): Letters {
    const negated = this.#takes('^')
    const all: Range[] = []
    while (!this.#takes(']')) {
      const from = this.#member()
      const upTo = this.#match(/-(?!\])/y) ? this.#member() : undefined
      const [low] = from[0] ?? []
      const high = upTo?.[0]?.[1]
      if (low !== undefined && high !== undefined) all.push([low, high])
      else all.push(...from)
    }
    return negated ? complement(all) : all
  }

  #member(): Letters {
    const [whole, escaped] = this.#match(/\\([\s\S])|[^\]\\]/uy) ?? []
    if (whole === undefined) throw new Unsafe()
    return escaped === undefined ? only(whole) : lettersOf(escaped)
  }
}

const digits: Letters = [[48, 57]]
const word: Letters = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
]
// Blanks, a little generous: what overlaps one of them too many is only thought less safe than it is.
const blanks: Letters = [
  [9, 13],
  [32, 32],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]
const surelyBlank: Letters = [
  [9, 13],
  [32, 32],
  [0xa0, 0xa0],
]

const classes: Readonly<Record<string, Letters>> = {
  d: digits,
  D: complement(digits),
  w: word,
  W: complement(word),
  s: blanks,
  S: complement(surelyBlank),
  n: only('\n'),
  r: only('\r'),
  t: only('\t'),
  f: only('\f'),
  v: only('\v'),
}

function lettersOf(escaped: string): Letters {
  const known = classes[escaped]
  if (known !== undefined) return known
  if (/[0-9A-Za-z]/.test(escaped)) throw new Unsafe()
  return only(escaped)
}

function only(letter: string): Letters {
  const point = letter.codePointAt(0) ?? 0
  return [[point, point]]
}

function complement(letters: Letters): Letters {
  const gaps: Range[] = []
  let next = 0
  for (const [from, to] of letters.toSorted(([a], [b]) => a - b)) {
    if (from > next) gaps.push([next, from - 1])
    next = Math.max(next, to + 1)
  }
  return next > highest ? gaps : [...gaps, [next, highest]]
}

function overlap(a: Letters, b: Letters): boolean {
  return a.some(([low, high]) => b.some(([from, to]) => low <= to && from <= high))
}
