/** Reading the text of a constraint from left to right, and what is said where that ends. */
import { fail } from '../../fhir/issue.ts'

/** `expected`: what would have been read at `farthest`, the last place that anything was looked for. */
export type Scan = {
  readonly text: string
  at: number
  depth: number
  /** Read so far. */
  filters: number
  farthest: number
  expected: Set<string>
  /** Where each opening bracket is closed: behind the closing one. */
  readonly brackets: ReadonlyMap<number, number>
}

/** The longest constraints of published value sets have some 20,000 characters. */
const longest = 100_000

/** Brackets within brackets: more than anybody writes, far less than the stack bears. */
const deepest = 64

/** Each holds what it filters, so many in a row are deep, too; nobody needs ten. */
const mostFilters = 500

export function countFilter(scan: Scan, at: number): void {
  if (++scan.filters > mostFilters) {
    throw mistake(scan, `more than ${mostFilters} filters: expected at most ${mostFilters}`, at)
  }
}

export function scanOf(text: string): Scan {
  if (text.length > longest) {
    throw fail('too-long', `ECL: ${text.length} characters; expected at most ${longest}`)
  }
  return { text, at: 0, depth: 0, filters: 0, farthest: 0, expected: new Set(), brackets: bracketsOf(text) }
}

/** Brackets, and what they may hide in: terms, strings, comments. Where one of these does not end, the reader of it complains. */
const pieces = /[()]|\|[^|]*\|?|"(?:[^"\\]|\\.)*"?|\/\*(?:.*?\*\/|.*)/gs

function bracketsOf(text: string): ReadonlyMap<number, number> {
  const ends = new Map<number, number>()
  const open: number[] = []
  for (const { 0: piece, index } of text.matchAll(pieces)) {
    if (piece === '(') open.push(index)
    if (piece === ')') ends.set(open.pop() ?? -1, index + 1)
  }
  return ends
}

/** `ws`: white space and comments. */
export function skip(scan: Scan): void {
  for (;;) {
    while (isSpace(scan.text[scan.at])) scan.at++
    if (!scan.text.startsWith('/*', scan.at)) return
    const end = scan.text.indexOf('*/', scan.at + 2)
    if (end === -1) throw mistake(scan, "the comment that opens here is not closed by '*/'")
    scan.at = end + 2
  }
}

function isSpace(char: string | undefined): boolean {
  return char === ' ' || char === '\t' || char === '\n' || char === '\r'
}

/** `label`: how to speak of it if nothing that is expected here is found; '' is not to speak of it. */
export function eat(scan: Scan, symbol: string, label = `'${symbol}'`): boolean {
  if (!peek(scan, symbol)) return expect(scan, label)
  scan.at += symbol.length
  return true
}

export function peek(scan: Scan, symbol: string): boolean {
  skip(scan)
  return scan.text.startsWith(symbol, scan.at)
}

/** Keywords have no case, and end where no letter or digit follows. */
export function eatWord(scan: Scan, word: string, label = word): boolean {
  if (!peekWord(scan, word)) return expect(scan, label)
  scan.at += word.length
  return true
}

export function peekWord(scan: Scan, word: string): boolean {
  skip(scan)
  const end = scan.at + word.length
  return scan.text.slice(scan.at, end).toLowerCase() === word.toLowerCase() && !isWordPart(scan.text[end])
}

function isWordPart(char: string | undefined): boolean {
  return char !== undefined && /[\p{L}\p{N}]/u.test(char)
}

/** The text that a sticky pattern finds here. */
export function eatPattern(scan: Scan, pattern: RegExp, label: string): string | undefined {
  skip(scan)
  pattern.lastIndex = scan.at
  const found = pattern.exec(scan.text)?.[0]
  if (found === undefined) expect(scan, label)
  else scan.at += found.length
  return found
}

/** Always false: this is not there. */
export function expect(scan: Scan, label: string): false {
  if (label === '') return false
  if (scan.at > scan.farthest) {
    scan.farthest = scan.at
    scan.expected = new Set()
  }
  if (scan.at === scan.farthest) scan.expected.add(label)
  return false
}

export function need(found: boolean, scan: Scan): void {
  if (!found) throw unexpected(scan)
}

/** Nothing that may come here is here. */
export function unexpected(scan: Scan) {
  const labels = [...scan.expected]
  const last = labels.pop()
  const list = labels.length === 0 ? last : `${labels.join(', ')} or ${last}`
  return mistake(scan, `expected ${list}, found ${tokenAt(scan.text, scan.farthest)}`, scan.farthest)
}

export function mistake(scan: Scan, why: string, at = scan.at) {
  return fail('invalid', `ECL: ${place(scan.text, at)}: ${why}`)
}

/** In words, with what comes before, since editors wrap and clients escape. */
export function place(text: string, at: number): string {
  const before = text.slice(0, at).trimEnd()
  const number = `at character ${[...text.slice(0, at)].length + 1}`
  if (before === '') return number
  const letters = [...before]
  return `${number}, after '${letters.length > 60 ? `…${letters.slice(-60).join('').trimStart()}` : before}'`
}

function tokenAt(text: string, at: number): string {
  const rest = text.slice(at, at + 100)
  const token = /^(?:[\p{L}\p{N}_-]{1,40}|\{\{|\}\}|!!?[<>=]|<<!?|>>!?|[<>]!|\.\.|.)/su.exec(rest)?.[0]
  return token === undefined ? 'the end' : `'${token}'`
}

export function deeper<T>(scan: Scan, read: () => T): T {
  if (scan.depth === deepest) throw mistake(scan, `brackets are nested deeper than ${deepest}`)
  scan.depth++
  const result = read()
  scan.depth--
  return result
}
