/** FHIRPath text → `Expression`, as far as search parameters need it. http://hl7.org/fhirpath/N1/#grammar */
import { type Expression, Uncovered } from './expression.ts'

/** Throws `Uncovered` for everything else, be it valid FHIRPath or not. */
export function parse(text: string): Expression {
  const tokens = tokensOf(text)
  const expression = parseOr(tokens)
  if (tokens.next() !== undefined) throw new Uncovered(`'${tokens.next()}' behind the end`)
  return expression
}

const token = /\s*('(?:[^'\\]|\\.)*'|`[^`\\]*`|[A-Za-z_]\w*|[$%]\w+|\d+(?:\.\d+)?|!=|[=|.()[\]])/y
const identifier = /^[A-Za-z_]\w*$/
const focus: Expression = { op: 'focus' }

type Tokens = {
  /** What stands at the reading place; `undefined` at the end. */
  readonly next: () => string | undefined
  readonly take: () => string
  /** Takes it if it is there. */
  readonly takes: (expected: string) => boolean
  readonly must: (expected: string) => void
}

function tokensOf(text: string): Tokens {
  const tokens = split(text.trimEnd())
  let at = 0
  const takes = (expected: string): boolean => {
    const found = tokens[at] === expected
    if (found) at++
    return found
  }
  return {
    next: () => tokens[at],
    take() {
      const taken = tokens[at++]
      if (taken === undefined) throw new Uncovered('the expression ends too early')
      return taken
    },
    takes,
    must(expected) {
      if (!takes(expected)) throw new Uncovered(`'${expected}' is expected`)
    },
  }
}

function split(text: string): readonly string[] {
  const tokens: string[] = []
  for (let at = 0; at < text.length; at = token.lastIndex) {
    token.lastIndex = at
    const [, found] = token.exec(text) ?? []
    if (found === undefined) throw new Uncovered(`no such token at ${at}`)
    tokens.push(found)
  }
  return tokens
}

// From the loosest operator to the tightest: or, and, =, |, as/is, dot.

function parseOr(tokens: Tokens): Expression {
  let left = parseAnd(tokens)
  while (tokens.takes('or')) left = { op: 'or', left, right: parseAnd(tokens) }
  return left
}

function parseAnd(tokens: Tokens): Expression {
  let left = parseEquality(tokens)
  while (tokens.takes('and')) left = { op: 'and', left, right: parseEquality(tokens) }
  return left
}

function parseEquality(tokens: Tokens): Expression {
  const left = parseUnion(tokens)
  if (tokens.takes('=')) return { op: 'equal', left, right: parseUnion(tokens) }
  if (tokens.takes('!=')) return { op: 'unequal', left, right: parseUnion(tokens) }
  return left
}

function parseUnion(tokens: Tokens): Expression {
  const of = [parseTyped(tokens)]
  while (tokens.takes('|')) of.push(parseTyped(tokens))
  return of.length === 1 ? (of[0] ?? focus) : { op: 'union', of }
}

function parseTyped(tokens: Tokens): Expression {
  const of = parsePath(tokens)
  if (tokens.takes('as')) return { op: 'ofType', of, type: typeName(tokens) }
  if (tokens.takes('is')) return refersTo(of, typeName(tokens))
  return of
}

/** `resolve() is X` is the only question for a type that search parameters ask. */
function refersTo(resolved: Expression, type: string): Expression {
  if (resolved.op !== 'member' || resolved.name !== resolve) throw new Uncovered("'is' without resolve()")
  return { op: 'refersTo', of: resolved.of, type }
}

/** Marks `resolve()` until the `is` behind it is read; no element can have this name. */
const resolve = 'resolve()'

function parsePath(tokens: Tokens): Expression {
  let path = parseTerm(tokens)
  for (;;) {
    if (tokens.takes('.')) path = parseStep(tokens, path)
    else if (tokens.takes('[')) path = { op: 'item', of: path, index: indexIn(tokens) }
    else return path
  }
}

function indexIn(tokens: Tokens): number {
  const index = Number(tokens.take())
  tokens.must(']')
  if (!Number.isInteger(index)) throw new Uncovered('an index that is no number')
  return index
}

function parseTerm(tokens: Tokens): Expression {
  const next = tokens.next()
  if (tokens.takes('(')) {
    const inner = parseOr(tokens)
    tokens.must(')')
    return inner
  }
  if (tokens.takes('$this')) return focus
  if (tokens.takes('%resource')) return { op: 'resource' }
  const literal = next === undefined ? undefined : literalOf(next)
  if (literal !== undefined) {
    tokens.take()
    return { op: 'literal', value: literal }
  }
  // Types begin with a capital, elements never do.
  if (next !== undefined && /^[A-Z]/.test(next)) return { op: 'typed', type: typeName(tokens) }
  return parseStep(tokens, focus)
}

function literalOf(text: string): string | number | boolean | undefined {
  if (text.startsWith("'")) return unquoted(text)
  if (/^\d/.test(text)) return Number(text)
  return text === 'true' || text === 'false' ? text === 'true' : undefined
}

function unquoted(text: string): string {
  const inner = text.slice(1, -1)
  if (/\\[^'\\"`/]/.test(inner)) throw new Uncovered('an escape')
  return inner.replaceAll(/\\(.)/g, '$1')
}

function parseStep(tokens: Tokens, of: Expression): Expression {
  const text = tokens.take()
  const name = text.startsWith('`') ? text.slice(1, -1) : text
  if (!identifier.test(name)) throw new Uncovered(`'${text}' is no element`)
  return tokens.takes('(') ? call(tokens, of, name) : { op: 'member', of, name }
}

const calls: Readonly<Record<string, (tokens: Tokens, of: Expression) => Expression>> = {
  ofType: (tokens, of) => ({ op: 'ofType', of, type: typeName(tokens) }),
  as: (tokens, of) => ({ op: 'ofType', of, type: typeName(tokens) }),
  is: (tokens, of) => refersTo(of, typeName(tokens)),
  where: (tokens, of) => ({ op: 'where', of, condition: parseOr(tokens) }),
  exists: (tokens, of) => ({
    op: 'exists',
    of: tokens.next() === ')' ? of : { op: 'where', of, condition: parseOr(tokens) },
  }),
  first: (_tokens, of) => ({ op: 'item', of, index: 0 }),
  resolve: (_tokens, of) => ({ op: 'member', of, name: resolve }),
  extension: (tokens, of) => ({
    op: 'where',
    of: { op: 'member', of, name: 'extension' },
    condition: { op: 'equal', left: { op: 'member', of: focus, name: 'url' }, right: parseTerm(tokens) },
  }),
}

function call(tokens: Tokens, of: Expression, name: string): Expression {
  const made = Object.hasOwn(calls, name) ? calls[name]?.(tokens, of) : undefined
  if (made === undefined) throw new Uncovered(`${name}()`)
  tokens.must(')')
  return made
}

/** `Patient`, `FHIR.Patient`, `System.DateTime` */
function typeName(tokens: Tokens): string {
  const name = tokens.take()
  if (!identifier.test(name)) throw new Uncovered(`'${name}' is no type`)
  if (name !== 'FHIR' && name !== 'System') return name
  tokens.must('.')
  return tokens.take()
}
