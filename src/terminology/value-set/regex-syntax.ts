/** Reads regular expressions: literals, `.`, classes, groups, `|`, `* + ? {n,m}`, and `^ $` at the ends. */
import { type FhirError, fail } from '../../fhir/issue.ts'

/** Whether a code point is among them. */
export type Characters = (code: number) => boolean

export type Expression =
  | { readonly op: 'take'; readonly characters: Characters }
  | { readonly op: 'sequence' | 'either'; readonly of: readonly Expression[] }
  | { readonly op: 'repeat'; readonly of: Expression; readonly min: number; readonly max: number | undefined }

const longest = 1_000 // characters; those in published value sets have some hundred
const mostTimes = 1_000
const deepest = 50

export function parseRegex(source: string, expression?: string): Expression {
  const reader = new Reader(source, expression)
  if (source.length > longest) throw reader.refuse(`is longer than ${longest} characters`)
  const result = reader.either(0)
  if (!reader.isDone) throw reader.refuse(`has a ')' too many`)
  return result
}

const sets: Readonly<Record<string, Characters>> = {
  d: code => code >= 48 && code <= 57,
  w: code => /\w/.test(String.fromCodePoint(code)),
  s: code => /\s/.test(String.fromCodePoint(code)),
}
const controls: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f', v: '\v', 0: '\0' }

class Reader {
  readonly #characters: readonly string[]
  readonly #source: string
  readonly #expression: string | undefined
  #at = 0

  constructor(source: string, expression: string | undefined) {
    this.#source = source
    this.#characters = [...source]
    this.#expression = expression
  }

  get isDone(): boolean {
    return this.#at >= this.#characters.length
  }

  refuse(what: string): FhirError {
    const text = `the regular expression '${this.#source.slice(0, 200)}' ${what} (character ${this.#at + 1})`
    return fail('not-supported', text, this.#expression, { status: 422 })
  }

  either(depth: number): Expression {
    if (depth > deepest) throw this.refuse(`has more than ${deepest} groups in each other`)
    const of = [this.#sequence(depth)]
    while (this.#takes('|')) of.push(this.#sequence(depth))
    return of.length === 1 && of[0] !== undefined ? of[0] : { op: 'either', of }
  }

  #sequence(depth: number): Expression {
    const of: Expression[] = []
    // The whole text is matched anyway, so anchors at the ends change nothing.
    this.#takes('^')
    while (!this.isDone && !this.#sees('|') && !this.#sees(')')) {
      if (this.#takes('$')) {
        if (!this.isDone && !this.#sees('|') && !this.#sees(')')) throw this.refuse("has a '$' within")
        break
      }
      of.push(this.#repeated(this.#atom(depth)))
    }
    return { op: 'sequence', of }
  }

  #repeated(of: Expression): Expression {
    const [min, max] = this.#times() ?? [1, 1]
    if (min === 1 && max === 1) return of
    // Reluctant or not makes no difference to whether all of a text matches; possessive does.
    if (this.#sees('+')) throw this.refuse('has a possessive quantifier, which is not supported')
    this.#takes('?')
    if (this.#sees('*') || this.#sees('+') || this.#sees('?'))
      throw this.refuse('has a quantifier with nothing to repeat')
    return { op: 'repeat', of, min, max }
  }

  #times(): readonly [number, number | undefined] | undefined {
    if (this.#takes('*')) return [0, undefined]
    if (this.#takes('+')) return [1, undefined]
    if (this.#takes('?')) return [0, 1]
    const counted = /^\{(\d+)(,(\d*))?\}/.exec(this.#characters.slice(this.#at, this.#at + 40).join(''))
    if (counted === null) return undefined
    const [whole, low = '0', comma, high = ''] = counted
    this.#at += whole.length
    const min = Number(low)
    const max = comma === undefined ? min : high === '' ? undefined : Number(high)
    if (min > mostTimes || (max ?? 0) > mostTimes) throw this.refuse(`repeats more than ${mostTimes} times`)
    if (max !== undefined && max < min) throw this.refuse('repeats from more to fewer times')
    return [min, max]
  }

  #atom(depth: number): Expression {
    const character = this.#next()
    if (character === '(') return this.#group(depth)
    if (character === '[') return { op: 'take', characters: this.#class() }
    if (character === '.') return { op: 'take', characters: code => code !== 10 && code !== 13 }
    if (character === '\\') return { op: 'take', characters: this.#escape()[1] }
    if ('*+?^'.includes(character)) throw this.refuse(`has a '${character}' where it has no meaning`)
    return { op: 'take', characters: single(character)[1] }
  }

  #group(depth: number): Expression {
    if (this.#takes('?') && !this.#takes(':'))
      throw this.refuse('looks ahead, looks back or names a group, which is not supported')
    const inner = this.either(depth + 1)
    if (!this.#takes(')')) throw this.refuse("lacks a ')'")
    return inner
  }

  /** Its code point, unless it stands for several. */
  #escape(): readonly [number | undefined, Characters] {
    if (this.isDone) throw this.refuse("ends with '\\'")
    const character = this.#next()
    const set = sets[character.toLowerCase()]
    if (set !== undefined) return [undefined, character === character.toLowerCase() ? set : code => !set(code)]
    const control = controls[character]
    if (control !== undefined) return single(control)
    if (character === 'u' || character === 'x') return single(this.#hexadecimal(character === 'u' ? 4 : 2))
    if (/[A-Za-z1-9]/.test(character)) throw this.refuse(`has '\\${character}', which is not supported`)
    return single(character)
  }

  #hexadecimal(digits: number): string {
    const text = this.#characters.slice(this.#at, this.#at + digits).join('')
    if (text.length < digits || !/^[\dA-Fa-f]+$/.test(text)) throw this.refuse('has an escape without its digits')
    this.#at += digits
    return String.fromCodePoint(Number.parseInt(text, 16))
  }

  #class(): Characters {
    const negative = this.#takes('^')
    const parts: Characters[] = []
    while (!this.#takes(']')) {
      if (this.isDone) throw this.refuse("lacks a ']'")
      parts.push(this.#member())
    }
    const any: Characters = code => parts.some(part => part(code))
    return negative ? code => !any(code) : any
  }

  #member(): Characters {
    if (this.#sees('[') || this.#sees('&', '&')) throw this.refuse('has a class within a class, which is not supported')
    const [low, set] = this.#end()
    if (low === undefined || !this.#sees('-') || this.#sees('-', ']')) return set
    this.#at++
    const [high] = this.#end()
    if (high === undefined || high < low) throw this.refuse('has a range from more to less')
    return code => code >= low && code <= high
  }

  /** One end of a range. */
  #end(): readonly [number | undefined, Characters] {
    const character = this.#next()
    return character === '\\' ? this.#escape() : single(character)
  }

  #next(): string {
    const character = this.#characters[this.#at++]
    if (character === undefined) throw this.refuse('ends too early')
    return character
  }

  #sees(...characters: readonly string[]): boolean {
    return characters.every((character, offset) => this.#characters[this.#at + offset] === character)
  }

  #takes(character: string): boolean {
    if (!this.#sees(character)) return false
    this.#at++
    return true
  }
}

function single(character: string): readonly [number | undefined, Characters] {
  const wanted = character.codePointAt(0)
  return [wanted, code => code === wanted]
}
