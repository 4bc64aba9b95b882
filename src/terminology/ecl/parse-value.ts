/** Comparison operators and what they compare with: concepts, numbers, texts, truth. */
import type { AttributeValue, Comparison, Expression, SearchTerm } from './expression.ts'
import { eat, eatPattern, eatWord, expect, mistake, need, peek, peekWord, type Scan, skip, unexpected } from './scan.ts'

/** Longer symbols first. */
const comparisons: readonly (readonly [symbol: string, means: Comparison])[] = [
  ['!=', '!='],
  ['<>', '!='],
  ['<=', '<='],
  ['>=', '>='],
  ['=', '='],
  ['<', '<'],
  ['>', '>'],
]

export function parseComparison(scan: Scan): Comparison {
  const found = comparisons.find(([symbol]) => eat(scan, symbol, ''))
  if (found) return found[1]
  if (eatWord(scan, 'NOT', '')) {
    need(eat(scan, '='), scan)
    return '!='
  }
  for (const label of ["'='", "'!='", 'another comparison']) expect(scan, label)
  throw unexpected(scan)
}

/** Of texts, concepts and truth; only numbers and times are in order. */
export function parseEquality(scan: Scan): '=' | '!=' {
  skip(scan)
  const at = scan.at
  const compare = parseComparison(scan)
  if (compare === '=' || compare === '!=') return compare
  throw unordered(scan, compare, at)
}

function unordered(scan: Scan, compare: Comparison, at: number) {
  return mistake(scan, `only numbers and times can be compared by '${compare}': expected '=' or '!='`, at)
}

export function parseValue(scan: Scan, compare: Comparison, sub: (scan: Scan) => Expression): AttributeValue {
  skip(scan)
  const at = scan.at
  if (eat(scan, '#')) return { is: 'number', number: parseNumber(scan) }
  if (compare !== '=' && compare !== '!=') throw unordered(scan, compare, at)
  if (startsText(scan)) return { is: 'text', anyOf: parseSearchTerms(scan) }
  if (eatWord(scan, 'true', '')) return { is: 'boolean', boolean: true }
  if (eatWord(scan, 'false', '')) return { is: 'boolean', boolean: false }
  for (const label of ['a text', 'TRUE', 'FALSE']) expect(scan, label)
  return { is: 'concepts', of: sub(scan) }
}

const numeral = /[+-]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?![0-9A-Za-z])/y

function parseNumber(scan: Scan): number {
  const text = eatPattern(scan, numeral, 'a number')
  if (text === undefined) throw unexpected(scan)
  return Number(text)
}

function startsText(scan: Scan): boolean {
  const inside = peek(scan, '(') ? { ...scan, at: scan.at + 1 } : scan
  return peek(inside, '"') || Object.keys(ways).some(word => peekWord(inside, word) && hasColon(inside, word))
}

function hasColon(scan: Scan, word: string): boolean {
  return peek({ ...scan, at: scan.at + word.length }, ':')
}

const ways: Readonly<Record<string, SearchTerm['how']>> = { match: 'match', wild: 'wild', exact: 'exact' }

/** One, or several in brackets. */
export function parseSearchTerms(scan: Scan): SearchTerm[] {
  return parseSet(scan, () => parseSearchTerm(scan))
}

/** `undefined` from `parse`: none is there. */
export function parseSet<T>(scan: Scan, parse: () => T | undefined): T[] {
  const inBrackets = eat(scan, '(')
  const first = parse()
  if (first === undefined) throw unexpected(scan)
  const all = [first]
  if (!inBrackets) return all
  while (!eat(scan, ')')) {
    const next = parse()
    if (next === undefined) throw unexpected(scan)
    all.push(next)
  }
  return all
}

function parseSearchTerm(scan: Scan): SearchTerm | undefined {
  const word = Object.keys(ways).find(each => eatWord(scan, each, ''))
  if (word !== undefined) need(eat(scan, ':'), scan)
  const text = parseString(scan, word === 'wild')
  return text === undefined ? undefined : { how: ways[word ?? ''] ?? 'match', text }
}

const quoted = /"(?:[^"\\]|\\.)*"/sy

/** `wild`: `\*` keeps its backslash, so that it differs from `*`. */
function parseString(scan: Scan, wild: boolean): string | undefined {
  skip(scan)
  const at = scan.at
  if (!peek(scan, '"')) {
    expect(scan, 'a text in quotation marks')
    return undefined
  }
  const text = eatPattern(scan, quoted, '')?.slice(1, -1)
  if (text === undefined) throw mistake(scan, 'the text that opens here is not closed by a quotation mark', at)
  const odd = /\\[^"*]/su.exec(text.replaceAll('\\\\', ''))?.[0]
  if (odd !== undefined)
    throw mistake(scan, `'${odd}' is not known: a backslash stands before " or \\ (in wild: also *)`, at)
  if (text.trim() === '') throw mistake(scan, 'expected something to search for, found an empty text', at)
  return wild ? text.replaceAll('\\"', '"') : text.replaceAll(/\\(["\\*])/g, '$1')
}
