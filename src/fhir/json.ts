/**
 * JSON without loss and without surprises. https://hl7.org/fhir/R4/json.html
 *
 * The native parser builds the tree. A lean walk over the text before it bounds depth and size and notices numbers that
 * JavaScript would print otherwise; a walk over the tree behind it notices members that the native parser swallowed.
 * What these find wrong is put in words, with line and column, by the strict reader in json-fault.ts.
 */
import { Decimal } from './decimal.ts'
import { fail } from './issue.ts'
import { faultOf } from './json-fault.ts'
import { type JsonLimits, jsonLimits } from './json-limits.ts'
import { endOfNumber, endOfString, isExact, sign, startsNumber } from './json-token.ts'
import type { Json } from './resource.ts'

export function parseJson(input: string | Uint8Array, limits: Partial<JsonLimits> = {}): Json {
  const bounds = { ...jsonLimits, ...limits }
  const text = typeof input === 'string' ? withoutMark(input) : decode(input)
  const found = survey(text, bounds)
  const tree = found === undefined ? undefined : native(text)
  const whole = found !== undefined && tree !== undefined && members(tree, bounds.keys) === found.members
  if (!whole || mayHoldHalfPair(text, typeof input === 'string')) {
    const fault = faultOf(text, bounds)
    if (fault) throw fault
    if (!whole) throw fail('structure', 'a property name is written with a backslash: no name of FHIR needs one')
  }
  return found.lossy === -1 ? tree : restore(text, tree, found.lossy)
}

export function printJson(value: Json): string {
  return JSON.stringify(value)
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The decoder drops a byte order mark, as RFC 8259 section 8.1 allows. */
export function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw fail('structure', 'the JSON is not valid UTF-8, the only encoding of FHIR JSON', undefined, { cause })
  }
}

function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text
}

function native(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // faultOf says why
  }
}

type Survey = {
  readonly members: number
  /** Where the last number starts that a plain one would not print again; -1: there is none. */
  readonly lossy: number
}

/**
 * Counts the members; `undefined` if a limit is broken. Runs before the native parser, so that nothing huge is ever built.
 * On malformed text the result means nothing, but it comes to an end.
 */
function survey(text: string, limits: JsonLimits): Survey | undefined {
  let depth = 0
  let values = 1
  let members = 0
  let lossy = -1
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    switch (char) {
      case sign.space: // first: indentation is most of a pretty document
        break
      case sign.quote:
        at = endOfString(text, at) - 1
        break
      case sign.colon:
        members++
        break
      case sign.comma:
        values++
        break
      case sign.openObject:
      case sign.openArray:
        values++
        if (++depth > limits.depth) return undefined
        break
      case sign.closeObject:
      case sign.closeArray:
        depth--
        break
      default:
        if (startsNumber(char)) {
          const end = endOfNumber(text, at)
          if (!isExact(text, at, end)) lossy = at
          at = end - 1
        }
    }
  }
  return values > limits.values ? undefined : { members, lossy }
}

/**
 * Counts the members that the native parser kept; `NaN` where a key may not be. None may hold a backslash: once the process
 * has read one that does, the native parser takes escapes in other names for it (https://github.com/nodejs/node/issues/63785).
 */
function members(tree: Json, limit: number): number {
  if (typeof tree !== 'object' || tree === null) return 0
  let count = 0
  if (Array.isArray(tree)) {
    for (const item of tree) if (typeof item === 'object') count += members(item, limit)
    return count
  }
  let own = 0
  const object = tree as { readonly [key: string]: Json }
  for (const key in object) {
    if (key === '__proto__' || key.includes('\\') || ++own > limit) return Number.NaN
    const value = object[key]
    if (typeof value === 'object') count += members(value, limit)
  }
  return own + count
}

/** JSON.parse accepts half a pair, which no UTF-8 can carry, so that a decoded text has none as it is. Too often yes (`\\\\ud800`), never wrongly no. */
function mayHoldHalfPair(text: string, isRaw: boolean): boolean {
  return (isRaw && !text.isWellFormed()) || (text.includes('\\u') && halfPair.test(text))
}

const halfPair =
  /\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}/

/**
 * Puts a `Decimal` where the native parser lost digits. Nobody else has the tree yet, so this once it is changed in place.
 * A step of the path is the index in an array, or the complement of the place where a key starts in the text.
 */
function restore(text: string, tree: Json, last: number): Json {
  const holder = [tree]
  const path = [0]
  let top = 0
  let key = 0
  for (let at = 0; at <= last; at++) {
    const char = text.charCodeAt(at)
    switch (char) {
      case sign.space: // first: indentation is most of a pretty document
        break
      case sign.quote:
        key = at
        at = endOfString(text, at) - 1
        break
      case sign.colon:
        path[top] = ~key
        break
      case sign.comma:
        path[top] = (path[top] ?? 0) + 1
        break
      case sign.openObject:
      case sign.openArray:
        path[++top] = 0
        break
      case sign.closeObject:
      case sign.closeArray:
        top--
        break
      default:
        if (startsNumber(char)) {
          const end = endOfNumber(text, at)
          if (!isExact(text, at, end)) put(holder, steps(text, path, top), new Decimal(text.slice(at, end)))
          at = end - 1
        }
    }
  }
  return holder[0] ?? null
}

function steps(text: string, path: readonly number[], top: number): (string | number)[] {
  return path.slice(0, top + 1).map(step => (step < 0 ? keyAt(text, ~step) : step))
}

function keyAt(text: string, start: number): string {
  const token = text.slice(start, endOfString(text, start))
  return token.includes('\\') ? JSON.parse(token) : token.slice(1, -1)
}

type Open = { [step: string | number]: Open | Decimal }

function put(holder: Json[], path: readonly (string | number)[], value: Decimal): void {
  let at = holder as unknown as Open
  for (const step of path.slice(0, -1)) at = at[step] as Open
  at[path.at(-1) ?? 0] = value
}
