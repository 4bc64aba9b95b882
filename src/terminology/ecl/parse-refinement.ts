/** What follows the colon: attributes, sets and groups of them. */
import type { Attribute, Cardinality, Expression, Refinement } from './expression.ts'
import { parseComparison, parseValue } from './parse-value.ts'
import { deeper, eat, eatPattern, eatWord, expect, mistake, need, peek, peekWord, type Scan, skip } from './scan.ts'

type ParseSub = (scan: Scan) => Expression

export function parseRefinement(scan: Scan, sub: ParseSub): Refinement {
  return deeper(scan, () => parseList(scan, () => parseOperand(scan, sub)))
}

/** Within a group there are no groups. */
function parseAttributeSet(scan: Scan, sub: ParseSub): Refinement {
  return deeper(scan, () =>
    parseList(scan, () => {
      if (opensName(scan) || !eat(scan, '(', '')) return parseAttribute(scan, sub, parseCardinality(scan))
      return closed(scan, parseAttributeSet(scan, sub))
    }),
  )
}

function parseOperand(scan: Scan, sub: ParseSub): Refinement {
  if (!opensName(scan) && eat(scan, '(', '')) return closed(scan, parseRefinement(scan, sub))
  const cardinality = parseCardinality(scan)
  if (!eat(scan, '{')) return parseAttribute(scan, sub, cardinality)
  const of = parseAttributeSet(scan, sub)
  need(eat(scan, '}'), scan)
  return { op: 'group', cardinality: cardinality ?? some, of }
}

function closed(scan: Scan, refinement: Refinement): Refinement {
  need(eat(scan, ')'), scan)
  return refinement
}

/** One kind of operator among its operands: "it is mandatory to use brackets to disambiguate". */
function parseList(scan: Scan, operand: () => Refinement): Refinement {
  const of = [operand()]
  let op: 'and' | 'or' | undefined
  for (;;) {
    skip(scan)
    const at = scan.at
    const next = eatOperator(scan)
    if (next === undefined) break
    if (op !== undefined && next !== op) {
      const why = `brackets must say what belongs together: ${next.toUpperCase()} follows ${op.toUpperCase()}`
      throw mistake(scan, why, at)
    }
    op = next
    of.push(operand())
  }
  return op === undefined ? (of[0] as Refinement) : { op, of }
}

function eatOperator(scan: Scan): 'and' | 'or' | undefined {
  if (eatWord(scan, 'AND') || eat(scan, ',')) return 'and'
  return eatWord(scan, 'OR') ? 'or' : undefined
}

/** `(` begins an attribute's name where a comparison follows the bracket that closes it, else a refinement in brackets. */
function opensName(scan: Scan): boolean {
  if (!peek(scan, '(')) return false
  const after: Scan = { ...scan, at: scan.brackets.get(scan.at) ?? scan.text.length }
  return /[=!<>]/.test(after.text[skipped(after)] ?? '') || peek(after, '{{') || peekWord(after, 'NOT')
}

function skipped(scan: Scan): number {
  skip(scan)
  return scan.at
}

const some: Cardinality = { least: 1 }
const count = /0|[1-9][0-9]*/y

function parseCardinality(scan: Scan): Cardinality | undefined {
  if (!eat(scan, '[', "a cardinality in '[ ]'")) return undefined
  const at = scan.at
  const least = Number(needPattern(scan, count, 'a number'))
  need(eat(scan, '..') || eatWord(scan, 'to', ''), scan)
  const many = eat(scan, '*') || eatWord(scan, 'many', '')
  const most = many ? undefined : Number(needPattern(scan, count, 'a number'))
  need(eat(scan, ']'), scan)
  if (most === undefined) return { least }
  if (least > most) throw mistake(scan, `a cardinality of at least ${least} and at most ${most} cannot be met`, at)
  return { least, most }
}

function needPattern(scan: Scan, pattern: RegExp, label: string): string {
  const found = eatPattern(scan, pattern, label)
  need(found !== undefined, scan)
  return found ?? ''
}

function parseAttribute(scan: Scan, sub: ParseSub, cardinality = some): Attribute {
  skip(scan)
  const at = scan.at
  const reverse = parseReverse(scan)
  expect(scan, 'an attribute')
  const name = sub(scan)
  const compare = parseComparison(scan)
  return { op: 'attribute', at, cardinality, reverse, name, compare, value: parseValue(scan, compare, sub) }
}

function parseReverse(scan: Scan): boolean {
  return eatWord(scan, 'reverseOf', '') || eatWord(scan, 'R', '')
}
