/** FHIRPath text → tokens. http://hl7.org/fhirpath/N1/#lexical-elements */

export type Token = {
  readonly kind: 'name' | 'quoted' | 'string' | 'number' | 'date' | 'time' | 'symbol' | 'end'
  /** Without quotes and escapes. */
  readonly text: string
  /** Where it begins, counted from 0. */
  readonly at: number
}

/** What is wrong with an expression, and where. */
export class SyntaxFault extends Error {
  readonly at: number

  constructor(reason: string, at: number) {
    super(reason)
    this.at = at
  }
}

const blank = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y
const clock = '\\d\\d(?::\\d\\d(?::\\d\\d(?:\\.\\d+)?)?)?'
const forms = [
  ['name', /[A-Za-z_]\w*/y],
  ['quoted', /`((?:[^`\\]|\\.)*)`/y],
  ['string', /'((?:[^'\\]|\\[\s\S])*)'/y],
  ['number', /\d+(?:\.\d+)?/y],
  ['time', new RegExp(`@T(${clock})`, 'y')],
  ['date', new RegExp(`@(\\d{4}(?:-\\d\\d(?:-\\d\\d)?)?(?:T(?:${clock}(?:Z|[+-]\\d\\d:\\d\\d)?)?)?)`, 'y')],
  ['symbol', /<=|>=|!=|!~|[-+*/&|<>=~().,[\]{}$%]/y],
] as const

export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  for (;;) {
    blank.lastIndex = at
    blank.test(text)
    at = blank.lastIndex
    if (at === text.length) return [...tokens, { kind: 'end', text: 'the end', at }]
    const [token, end] = tokenAt(text, at)
    tokens.push(token)
    at = end
  }
}

function tokenAt(text: string, at: number): readonly [Token, number] {
  for (const [kind, form] of forms) {
    form.lastIndex = at
    const [whole, inner] = form.exec(text) ?? []
    if (whole === undefined) continue
    const bare = inner ?? whole
    return [{ kind, text: kind === 'string' || kind === 'quoted' ? unescaped(bare, at) : bare, at }, at + whole.length]
  }
  throw new SyntaxFault(`'${text.slice(at, at + 10)}' begins no token`, at)
}

const escapes: Readonly<Record<string, string>> = { f: '\f', n: '\n', r: '\r', t: '\t' }

/** http://hl7.org/fhirpath/N1/#string: an escape that is not listed there stands for its character. */
function unescaped(text: string, at: number): string {
  if (!text.includes('\\')) return text
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g, (_all, hex: string | undefined, letter: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
    if (letter === 'u') throw new SyntaxFault('\\u needs four hexadecimal digits', at)
    return escapes[letter] ?? letter
  })
}
