/** What is wrong with a JSON text that was refused, and where. Strict and slow: runs for refusals. https://www.rfc-editor.org/rfc/rfc8259 */
import { FhirError, fail } from './issue.ts'
import type { JsonLimits } from './json-limits.ts'
import { endOfString } from './json-token.ts'

/** A place in the text that moves on. */
type Cursor = { readonly text: string; readonly limits: JsonLimits; at: number; depth: number; values: number }

/** `undefined`: nothing is wrong with it. */
export function faultOf(text: string, limits: JsonLimits): FhirError | undefined {
  try {
    const cursor = { text, limits, at: 0, depth: 0, values: 1 }
    readValue(cursor)
    if (peek(cursor) !== '') throw expected(cursor, 'the end of the document')
    return undefined
  } catch (fault) {
    if (fault instanceof FhirError) return fault
    throw fault
  }
}

function refuse({ text }: Cursor, at: number, why: string): FhirError {
  const lines = text.slice(0, at).split('\n')
  const column = (lines.at(-1)?.length ?? 0) + 1
  return fail('structure', `JSON, line ${lines.length}, column ${column}: ${why}`)
}

function expected(cursor: Cursor, what: string): FhirError {
  const char = peek(cursor)
  return refuse(
    cursor,
    cursor.at,
    `expected ${what}, but ${char === '' ? 'the text ends' : `received ${quoted(char)}`}`,
  )
}

/** The next character that is not white space; empty at the end. */
function peek(cursor: Cursor): string {
  while (' \t\r\n'.includes(cursor.text.charAt(cursor.at)) && cursor.at < cursor.text.length) cursor.at++
  return cursor.text.charAt(cursor.at)
}

function take(cursor: Cursor, char: string): boolean {
  if (peek(cursor) !== char) return false
  cursor.at++
  return true
}

function readValue(cursor: Cursor): void {
  const char = peek(cursor)
  if (char === '"') readString(cursor)
  else if (char === '{') readNested(cursor, readObject)
  else if (char === '[') readNested(cursor, readArray)
  else readLiteral(cursor)
}

function readNested(cursor: Cursor, read: (cursor: Cursor) => void): void {
  const { depth } = cursor.limits
  if (++cursor.depth > depth) {
    throw refuse(cursor, cursor.at, `objects and arrays stand more than ${depth} deep inside each other`)
  }
  cursor.at++
  count(cursor)
  read(cursor)
  cursor.depth--
}

function readArray(cursor: Cursor): void {
  if (take(cursor, ']')) return
  do readValue(cursor)
  while (another(cursor))
  if (!take(cursor, ']')) throw expected(cursor, "',' or ']'")
}

function readObject(cursor: Cursor): void {
  if (take(cursor, '}')) return
  const keys = new Set<string>()
  do {
    readKey(cursor, keys)
    if (!take(cursor, ':')) throw expected(cursor, "':'")
    readValue(cursor)
  } while (another(cursor))
  if (!take(cursor, '}')) throw expected(cursor, "',' or '}'")
}

function another(cursor: Cursor): boolean {
  if (!take(cursor, ',')) return false
  count(cursor)
  return true
}

function count(cursor: Cursor): void {
  const { values } = cursor.limits
  if (++cursor.values > values) throw refuse(cursor, cursor.at, `the document has more than ${values} values`)
}

function readKey(cursor: Cursor, keys: Set<string>): void {
  if (peek(cursor) !== '"') throw expected(cursor, 'a property name in double quotes')
  const { at, limits } = cursor
  const key = readString(cursor)
  if (key === '__proto__') throw refuse(cursor, at, "the property name '__proto__' is not allowed")
  if (key.includes('\\')) throw refuse(cursor, at, `the property name ${quoted(key)} holds a backslash`)
  if (keys.has(key)) throw refuse(cursor, at, `the property ${quoted(key)} stands twice in one object`)
  if (keys.add(key).size > limits.keys) throw refuse(cursor, at, `one object has more than ${limits.keys} properties`)
}

function readString(cursor: Cursor): string {
  const start = cursor.at
  cursor.at = endOfString(cursor.text, start)
  const value = decoded(cursor.text.slice(start, cursor.at))
  if (value === undefined) throw badString(cursor, start)
  if (!value.isWellFormed())
    throw refuse(cursor, start, 'the string holds half of a surrogate pair, which is no character')
  return value
}

function decoded(token: string): string | undefined {
  try {
    return JSON.parse(token)
  } catch {
    return undefined
  }
}

const soundPiece = /[^"\\\p{Cc}]+|[\u007f-\u009f]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/uy

function badString(cursor: Cursor, start: number): FhirError {
  const { text } = cursor
  let at = start + 1
  for (soundPiece.lastIndex = at; soundPiece.test(text); at = soundPiece.lastIndex);
  if (at >= text.length) return refuse(cursor, start, 'the string that starts here is never closed')
  if (text[at] === '\\') return refuse(cursor, at, `${quoted(text.slice(at, at + 2))} is not a JSON escape`)
  const char = quoted(text.charAt(at))
  return refuse(cursor, at, `the control character ${char} must be escaped; is a closing quote missing before it?`)
}

const literal = /(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![\w.+-])/y
const word = /[\w.+-]+/y

function readLiteral(cursor: Cursor): void {
  const { text, at } = cursor
  literal.lastIndex = at
  word.lastIndex = at
  if (!literal.test(text)) {
    const [received] = word.exec(text) ?? []
    throw received ? refuse(cursor, at, `${quoted(received)} is not a JSON value`) : expected(cursor, 'a JSON value')
  }
  cursor.at = literal.lastIndex
}

const shown = 40 // characters: enough to find the place, too few to fill a log

function quoted(text: string): string {
  return JSON.stringify(text.length > shown ? `${text.slice(0, shown)}…` : text)
}
