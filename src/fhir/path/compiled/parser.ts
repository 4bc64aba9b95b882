/** Tokens → `Syntax`, by precedence. http://hl7.org/fhirpath/N1/#operator-precedence */
import { SyntaxFault, type Token, tokensOf } from './lexer.ts'
import type { Binary, LiteralType, Syntax, TypeName } from './syntax.ts'

/** From the loosest (1) to the tightest. `is` and `as` take a type on their right. */
const bindings: ReadonlyMap<string, number> = new Map(
  [
    ['implies'],
    ['or', 'xor'],
    ['and'],
    ['in', 'contains'],
    ['=', '!=', '~', '!~'],
    ['<', '<=', '>', '>='],
    ['|'],
    ['is', 'as'],
    ['+', '-', '&'],
    ['*', '/', 'div', 'mod'],
  ].flatMap((operators, i) => operators.map(operator => [operator, i + 1] as const)),
)
const sign = 11

/** Operators that the grammar admits as names where no operator can stand. */
const reserved = new Set(['and', 'or', 'xor', 'implies', 'div', 'mod', 'true', 'false'])
const calendar = /^(?:year|month|week|day|hour|minute|second|millisecond)s?$/

/** Deeper than anybody writes; the parser, and what is made of the expression, descend recursively. */
const deepest = 100

/** Throws `SyntaxFault`. */
export function parse(text: string): Syntax {
  return new Parser(tokensOf(text)).whole()
}

class Parser {
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  whole(): Syntax {
    const whole = this.#expression(1)
    if (this.#peek().kind !== 'end') this.#refuse('an operator or the end', this.#peek())
    return whole
  }

  #expression(least: number): Syntax {
    if (++this.#depth > deepest) throw new SyntaxFault('it nests too deeply', this.#peek().at)
    let left = this.#signed()
    for (;;) {
      const { kind, text } = this.#peek()
      const binding = kind === 'name' || kind === 'symbol' ? bindings.get(text) : undefined
      if (binding === undefined || binding < least) break
      this.#take()
      if (text === 'is' || text === 'as') left = { op: text, of: left, type: this.#typeName() }
      else left = { op: 'binary', sign: text as Binary, left, right: this.#expression(binding + 1) }
    }
    this.#depth--
    return left
  }

  #signed(): Syntax {
    const negative = this.#takes('-')
    if (negative || this.#takes('+')) return { op: 'sign', of: this.#expression(sign), negative }
    return this.#path()
  }

  #path(): Syntax {
    let of = this.#term()
    for (;;) {
      if (this.#takes('.')) of = this.#invocation(of)
      else if (this.#takes('[')) {
        of = { op: 'item', of, index: this.#expression(1) }
        this.#must(']')
      } else return of
    }
  }

  #term(): Syntax {
    if (this.#takes('(')) {
      const inner = this.#expression(1)
      this.#must(')')
      return inner
    }
    if (this.#takes('{')) {
      this.#must('}')
      return { op: 'empty' }
    }
    if (this.#takes('%')) return { op: '%', name: this.#name('a name', ['name', 'quoted', 'string']) }
    return this.#literal() ?? this.#invocation(undefined)
  }

  #literal(): Syntax | undefined {
    const { kind, text } = this.#peek()
    const type = literalType(kind, text)
    if (type === undefined) return undefined
    this.#take()
    const plain: Syntax = { op: 'literal', type, text }
    return kind === 'number' ? (this.#quantity(text) ?? plain) : plain
  }

  /** `4 'mg'`, `2 days` */
  #quantity(value: string): Syntax | undefined {
    const { kind, text } = this.#peek()
    const ofCalendar = kind === 'name' && calendar.test(text)
    if (kind !== 'string' && !ofCalendar) return undefined
    this.#take()
    return { op: 'quantity', value, unit: text, calendar: ofCalendar }
  }

  /** What may follow a dot, or begin an expression. */
  #invocation(of: Syntax | undefined): Syntax {
    if (this.#takes('$')) return { op: '$', name: this.#special() }
    const { at, kind, text } = this.#peek()
    // Behind a dot there is no operator: `Patient.text.div` is how HL7's own tests say it.
    if (of === undefined && kind === 'name' && reserved.has(text)) this.#refuse('a name', this.#peek())
    const name = this.#name('a name', ['name', 'quoted'])
    const owner = of === undefined ? {} : { of }
    if (!this.#takes('(')) return { op: 'member', ...owner, name }
    return { op: 'call', ...owner, name, args: this.#arguments(), at }
  }

  #special(): 'this' | 'index' | 'total' {
    const { text, at } = this.#take()
    if (text === 'this' || text === 'index' || text === 'total') return text
    throw new SyntaxFault(`'$${text}' is unknown; there are $this, $index and $total`, at)
  }

  #arguments(): readonly Syntax[] {
    if (this.#takes(')')) return []
    const args = [this.#expression(1)]
    while (this.#takes(',')) args.push(this.#expression(1))
    this.#must(')')
    return args
  }

  #typeName(): TypeName {
    const first = this.#name('a type', ['name', 'quoted'])
    return this.#takes('.') ? { namespace: first, name: this.#name('a type', ['name', 'quoted']) } : { name: first }
  }

  #name(what: string, kinds: readonly Token['kind'][]): string {
    const token = this.#take()
    return kinds.includes(token.kind) ? token.text : this.#refuse(what, token)
  }

  /** The last token is the end, and stays. */
  #peek(): Token {
    return this.#tokens[Math.min(this.#next, this.#tokens.length - 1)] ?? { kind: 'end', text: '', at: 0 }
  }

  #take(): Token {
    const token = this.#peek()
    this.#next++
    return token
  }

  #takes(symbol: string): boolean {
    const { kind, text } = this.#peek()
    if (kind !== 'symbol' || text !== symbol) return false
    this.#next++
    return true
  }

  #must(symbol: string): void {
    if (!this.#takes(symbol)) this.#refuse(`'${symbol}'`, this.#peek())
  }

  #refuse(expected: string, { kind, text, at }: Token): never {
    throw new SyntaxFault(`${expected} is expected, received ${kind === 'end' ? 'the end' : `'${text}'`}`, at)
  }
}

function literalType(kind: Token['kind'], text: string): LiteralType | undefined {
  switch (kind) {
    case 'name':
      return text === 'true' || text === 'false' ? 'Boolean' : undefined
    case 'string':
      return 'String'
    case 'time':
      return 'Time'
    case 'date':
      return text.includes('T') ? 'DateTime' : 'Date'
    case 'number':
      return text.includes('.') ? 'Decimal' : 'Integer'
    default:
      return undefined
  }
}

/** An argument that is read as a type: `ofType(Quantity)`, `is(System.String)`. */
export function typeOf(argument: Syntax | undefined): TypeName | undefined {
  if (argument?.op !== 'member') return undefined
  const { of, name } = argument
  if (of === undefined) return { name }
  return of.op === 'member' && of.of === undefined ? { namespace: of.name, name } : undefined
}
