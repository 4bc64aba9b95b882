/**
 * ECL 2.3, brief and long keywords, to a tree. Errors tell where, what was expected and what was found.
 * https://docs.snomed.org/snomed-ct-specifications/snomed-ct-expression-constraint-language/syntax-specification
 */
import type { Containing, Expression, Hierarchy, Members } from './expression.ts'
import { parseAlternate, parseConcept } from './parse-concept.ts'
import { parseFilters, parseMemberFilters } from './parse-filter.ts'
import { parseRefinement } from './parse-refinement.ts'
import {
  deeper,
  eat,
  eatPattern,
  eatWord,
  expect,
  mistake,
  need,
  peek,
  type Scan,
  scanOf,
  skip,
  unexpected,
} from './scan.ts'

export function parseEcl(text: string): Expression {
  const scan = scanOf(text)
  const expression = parseConstraint(scan)
  skip(scan)
  if (scan.at < text.length) {
    expect(scan, 'the end')
    throw unexpected(scan)
  }
  return expression
}

function parseConstraint(scan: Scan): Expression {
  return deeper(scan, () => {
    const first = parseSub(scan)
    if (eat(scan, ':')) return { op: 'refined', of: first, by: parseRefinement(scan, parseSub) }
    if (peek(scan, '.')) return { op: 'dotted', of: first, attributes: parseDotted(scan) }
    expect(scan, "'.'")
    return parseCompound(scan, first)
  })
}

function parseDotted(scan: Scan): Expression[] {
  const attributes: Expression[] = []
  while (eat(scan, '.')) attributes.push(parseSub(scan))
  return attributes
}

/** "Where a conjunction and disjunction are both used together, it is mandatory to use round brackets"; so for each MINUS. */
function parseCompound(scan: Scan, first: Expression): Expression {
  const op = eatOperator(scan)
  if (op === undefined) return first
  const of = [first, parseSub(scan)]
  for (;;) {
    skip(scan)
    const at = scan.at
    const next = eatOperator(scan)
    if (next === undefined) break
    if (next !== op || op === 'minus') throw mixed(scan, at, op, next)
    of.push(parseSub(scan))
  }
  return op === 'minus' ? { op, of: first, without: of[1] ?? first } : { op, of }
}

function mixed(scan: Scan, at: number, op: string, next: string) {
  const [one, other] = [op.toUpperCase(), next.toUpperCase()]
  return mistake(scan, `brackets must say what belongs together: ${other} follows ${one}`, at)
}

function eatOperator(scan: Scan): 'and' | 'or' | 'minus' | undefined {
  if (eatWord(scan, 'AND') || eat(scan, ',')) return 'and'
  if (eatWord(scan, 'OR')) return 'or'
  return eatWord(scan, 'MINUS') ? 'minus' : undefined
}

/** Longer symbols first. */
const hierarchies: readonly (readonly [symbol: Hierarchy, word: string])[] = [
  ['<<!', 'childOrSelfOf'],
  ['<<', 'descendantOrSelfOf'],
  ['<!', 'childOf'],
  ['<', 'descendantOf'],
  ['>>!', 'parentOrSelfOf'],
  ['>>', 'ancestorOrSelfOf'],
  ['>!', 'parentOf'],
  ['>', 'ancestorOf'],
  ['!!>', 'top'],
  ['!!<', 'bottom'],
]

function parseSub(scan: Scan): Expression {
  const hierarchy = hierarchies.find(([symbol, word]) => eat(scan, symbol, '') || eatWord(scan, word, ''))
  const members = parseMembers(scan)
  const focus = members ?? parseFocus(scan, hierarchy ? 'a concept id' : 'an operator such as <<, a concept id')
  // The operator is part of what filters apply to: "the sub-expression constraint part that is directly to the left".
  const of: Expression = hierarchy ? { op: hierarchy[0], of: focus } : focus
  return parseFilters(scan, of, parseSub, parseConstraint)
}

const containing = /\^R(?![A-Za-z-])|refsetContainingAny(?![\p{L}\p{N}])/iuy

function parseMembers(scan: Scan): Members | Containing | undefined {
  skip(scan)
  const at = scan.at
  if (eatPattern(scan, containing, '') !== undefined) {
    const of = parseFocus(scan, 'the id of a member')
    return { op: 'containing', of, at, filters: parseMemberFilters(scan, parseSub) }
  }
  if (!eat(scan, '^', '') && !eatWord(scan, 'memberOf', '')) return undefined
  const fields = eat(scan, '[', '') ? parseFields(scan) : undefined
  const of = parseFocus(scan, 'the id of a reference set')
  const filters = parseMemberFilters(scan, parseSub)
  return { op: 'members', of, at, ...(fields === undefined ? {} : { fields }), filters }
}

const fieldName = /[A-Za-z]+/y

function parseFields(scan: Scan): readonly string[] | '*' {
  if (eat(scan, '*')) {
    need(eat(scan, ']'), scan)
    return '*'
  }
  const fields: string[] = []
  do {
    const field = eatPattern(scan, fieldName, 'the name of a field')
    if (field === undefined) throw unexpected(scan)
    fields.push(field)
  } while (eat(scan, ','))
  need(eat(scan, ']'), scan)
  return fields
}

function parseFocus(scan: Scan, label: string): Expression {
  if (eat(scan, '(', '')) {
    const inner = parseConstraint(scan)
    need(eat(scan, ')'), scan)
    return inner
  }
  if (eat(scan, '*', '') || eatWord(scan, 'ANY', '')) return { op: 'any' }
  const concept = parseAlternate(scan) ?? parseConcept(scan, '')
  if (concept !== undefined) return concept
  for (const each of [label, '*', "'('"]) expect(scan, each)
  throw unexpected(scan)
}
