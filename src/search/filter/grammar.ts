/** The text of a `_filter` → a tree, before any name is looked up. https://hl7.org/fhir/R4/search_filter.html */
import { hint, mistake, shown } from '../parse/known.ts'
import { type FilterOperator, operators } from './operators.ts'

export type Filter =
  | { readonly is: 'and' | 'or'; readonly of: readonly Filter[] }
  | { readonly is: 'not'; readonly of: Filter }
  | { readonly is: 'test'; readonly path: Path; readonly op: FilterOperator; readonly value: string }

/** `subject.name`, or `subject[gender eq male].name`: of what `name` leads to, those that the filter lets through. */
export type Path = {
  readonly name: string
  readonly only?: { readonly filter: Filter; readonly rest: Path }
}

const mostTests = 200 // each is a join
const deepest = 50 // brackets in brackets

/** Where reading stands. */
type Reader = { readonly text: string; at: number; tests: number; depth: number }

export function parseFilterText(text: string): Filter {
  const reader: Reader = { text, at: 0, tests: 0, depth: 0 }
  const filter = expression(reader)
  if (skipSpace(reader) < text.length) throw unexpected(reader, "'and', 'or' or the end")
  return filter
}

/** "Logical expressions are evaluated left to right, with no precedence between "and" and "or"." */
function expression(reader: Reader): Filter {
  let left = term(reader)
  for (let is = connective(reader); is !== undefined; is = connective(reader)) {
    const right = term(reader)
    left = { is, of: left.is === is ? [...left.of, right] : [left, right] }
  }
  return left
}

function connective(reader: Reader): 'and' | 'or' | undefined {
  if (take(reader, /and(?![\w:.-])/y) !== undefined) return 'and'
  return take(reader, /or(?![\w:.-])/y) === undefined ? undefined : 'or'
}

function term(reader: Reader): Filter {
  if (take(reader, /not(?=\s*\()/y) !== undefined) return { is: 'not', of: term(reader) }
  if (take(reader, /\(/y) === undefined) return test(reader)
  const inner = nested(reader)
  if (take(reader, /\)/y) === undefined) throw unexpected(reader, "'and', 'or' or ')'")
  return inner
}

function nested(reader: Reader): Filter {
  if (++reader.depth > deepest)
    throw mistake(
      'too-costly',
      `_filter: has brackets within brackets, ${reader.depth} deep: expected at most ${deepest}`,
    )
  const inner = expression(reader)
  reader.depth--
  return inner
}

function test(reader: Reader): Filter {
  if (++reader.tests > mostTests)
    throw mistake('too-costly', `_filter: has more than ${mostTests} tests: expected at most ${mostTests}`)
  const name = path(reader)
  return { is: 'test', path: name, op: operator(reader), value: value(reader) }
}

function path(reader: Reader): Path {
  const name = take(reader, /[A-Za-z_][\w:-]*(?:\.[A-Za-z_][\w:-]*)*/y)
  if (name === undefined) throw unexpected(reader, "the name of a search parameter, 'not(' or '('")
  if (take(reader, /\[/y) === undefined) return { name }
  const filter = nested(reader)
  if (take(reader, /\]\./y) === undefined) throw unexpected(reader, "'].' and the name of a search parameter")
  return { name, only: { filter, rest: path(reader) } }
}

function operator(reader: Reader): FilterOperator {
  const at = skipSpace(reader)
  const word = take(reader, /[^\s()[\]"]+/y) ?? ''
  const op = operators.find(it => it === word)
  if (op !== undefined) return op
  reader.at = at
  throw unexpected(reader, `an operator, one of ${operators.join(', ')}${hint(word, operators)}`)
}

/** JSON's strings; or whatever has no space and closes no bracket. */
function value(reader: Reader): string {
  const at = skipSpace(reader)
  const quoted = take(reader, /"[^"\\]*(?:\\.[^"\\]*)*"/sy)
  const text = quoted === undefined ? take(reader, /[^\s()[\]"][^\s)\]]*/y) : unquote(quoted)
  if (text !== undefined && text !== '') return text
  reader.at = at
  throw unexpected(reader, 'a value: a word without spaces, or a JSON string in double quotes that is not empty')
}

function unquote(quoted: string): string | undefined {
  try {
    return String(JSON.parse(quoted))
  } catch {
    return undefined
  }
}

/** What stands here, behind spaces. */
function take(reader: Reader, form: RegExp): string | undefined {
  skipSpace(reader)
  form.lastIndex = reader.at
  const found = form.exec(reader.text)?.[0]
  if (found === undefined) return undefined
  reader.at += found.length
  return found
}

function skipSpace(reader: Reader): number {
  while (/\s/.test(reader.text.charAt(reader.at))) reader.at++
  return reader.at
}

function unexpected({ text, at }: Reader, expected: string): Error {
  const found = at < text.length ? `'${shown(text.slice(at, at + 20))}'` : 'the end'
  return mistake('value', `_filter: found ${found} at character ${at + 1}: expected ${expected}`)
}
