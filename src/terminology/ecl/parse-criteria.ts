/** One criterion of a filter: a keyword, a comparison, what is compared with. */
import { dialects } from './dialects.ts'
import type { CommonFilter, ConceptFilter, DescriptionFilter, Dialect, Expression, MemberFilter } from './expression.ts'
import { metadata } from './metadata.ts'
import { parseConcept, parseId } from './parse-concept.ts'
import { parseComparison, parseEquality, parseSearchTerms, parseSet, parseValue } from './parse-value.ts'
import { eat, eatPattern, eatWord, expect, mistake, need, peek, type Scan, skip, unexpected } from './scan.ts'

type Parse = (scan: Scan) => Expression
type Keywords<Filter> = Readonly<Record<string, (scan: Scan, at: number, sub: Parse) => Filter>>

const common: Keywords<CommonFilter> = {
  moduleid: (scan, at, sub) => ({ what: 'moduleId', at, compare: parseEquality(scan), of: parseConcepts(scan, sub) }),
  effectivetime: (scan, at) => ({
    what: 'effectiveTime',
    at,
    compare: parseComparison(scan),
    anyOf: parseSet(scan, () => parseTime(scan)),
  }),
  active: (scan, at) => {
    const compare = parseEquality(scan)
    const active = parseActive(scan)
    return { what: 'active', at, compare, ...(active === undefined ? {} : { active }) }
  },
}

const ofConcepts: Keywords<ConceptFilter> = {
  ...common,
  definitionstatus: (scan, at) => ({
    what: 'definitionStatus',
    at,
    compare: parseEquality(scan),
    anyOf: parseSet(scan, () => parseToken(scan, { primitive: 'primitive', defined: 'defined' })),
  }),
  definitionstatusid: (scan, at, sub) => ({
    what: 'definitionStatusId',
    at,
    compare: parseEquality(scan),
    of: parseConcepts(scan, sub),
  }),
}

const { synonym, fullySpecifiedName, definition } = metadata
const types = {
  synonym,
  syn: synonym,
  fullySpecifiedName,
  fsn: fullySpecifiedName,
  definition,
  def: definition,
}
const language = /[A-Za-z]{2}(?![A-Za-z0-9-])/y

const ofDescriptions: Keywords<DescriptionFilter> = {
  ...common,
  term: (scan, at) => ({ what: 'term', at, compare: parseEquality(scan), anyOf: parseSearchTerms(scan) }),
  language: (scan, at) => ({
    what: 'language',
    at,
    compare: parseEquality(scan),
    anyOf: parseSet(scan, () => eatPattern(scan, language, 'a language of two letters')?.toLowerCase()),
  }),
  type: (scan, at) => ({
    what: 'type',
    at,
    compare: parseEquality(scan),
    anyOf: parseSet(scan, () => parseToken(scan, types)),
  }),
  typeid: (scan, at, sub) => ({ what: 'typeId', at, compare: parseEquality(scan), of: parseConcepts(scan, sub) }),
  dialect: (scan, at) => ({
    what: 'dialect',
    at,
    compare: parseEquality(scan),
    anyOf: parseDialects(scan, () => parseAlias(scan)),
  }),
  dialectid: (scan, at, sub) => ({
    what: 'dialect',
    at,
    compare: parseEquality(scan),
    anyOf: parseDialectIds(scan, sub),
  }),
  id: (scan, at) => ({
    what: 'id',
    at,
    compare: parseEquality(scan),
    anyOf: parseSet(scan, () => parseId(scan, 'the id of a description')?.code),
  }),
}

export function conceptFilters(scan: Scan, sub: Parse): ConceptFilter {
  return criterion(scan, sub, ofConcepts, 'concepts')
}

export function descriptionFilters(scan: Scan, sub: Parse): DescriptionFilter {
  return criterion(scan, sub, ofDescriptions, 'descriptions')
}

const word = /[A-Za-z]+/y

function criterion<Filter>(scan: Scan, sub: Parse, known: Keywords<Filter>, what: string): Filter {
  skip(scan)
  const at = scan.at
  const found = eatPattern(scan, word, `a keyword of a filter of ${what}`)
  if (found === undefined) throw unexpected(scan)
  const parse = known[found.toLowerCase()]
  if (parse !== undefined && Object.hasOwn(known, found.toLowerCase())) return parse(scan, at, sub)
  throw mistake(scan, `'${found.slice(0, 40)}' is no filter of ${what}${meant(found.toLowerCase())}`, at)
}

function meant(keyword: string): string {
  if (Object.hasOwn(ofConcepts, keyword)) return ": that of concepts begins with '{{ C'"
  if (Object.hasOwn(ofDescriptions, keyword)) return ": that of descriptions begins with '{{ D'"
  return ''
}

/** Any word may be a field of a reference set. */
export function memberFilter(scan: Scan, sub: Parse): MemberFilter {
  skip(scan)
  const at = scan.at
  const field = eatPattern(scan, word, 'the name of a field')
  if (field === undefined) throw unexpected(scan)
  const parse = Object.hasOwn(common, field.toLowerCase()) ? common[field.toLowerCase()] : undefined
  if (parse !== undefined) return parse(scan, at, sub)
  const compare = parseComparison(scan)
  const times = parseTimes(scan)
  const value = times ? ({ is: 'time', anyOf: times } as const) : parseValue(scan, compare, sub)
  return { what: 'field', at, field, compare, value }
}

/** Eight digits in quotation marks are compared as a time. */
function parseTimes(scan: Scan): readonly string[] | undefined {
  const inside = peek(scan, '(') ? { ...scan, at: scan.at + 1 } : { ...scan }
  skip(inside)
  return /^"[0-9]{8}"/.test(inside.text.slice(inside.at, inside.at + 10))
    ? parseSet(scan, () => parseTime(scan))
    : undefined
}

const time = /"(?:[1-9][0-9]{3}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))?"/y

function parseTime(scan: Scan): string | undefined {
  return eatPattern(scan, time, 'a day such as "20260131"')?.slice(1, -1)
}

/** Either: `*` since 2.3, in quotation marks as some wrote it before. */
const states = /true|false|[01]|\*|"\*"/iy

function parseActive(scan: Scan): boolean | undefined {
  const state = eatPattern(scan, states, 'true, false, 1, 0, *')?.toLowerCase()
  if (state === undefined) throw unexpected(scan)
  return state.includes('*') ? undefined : state === 'true' || state === '1'
}

function parseToken<Value>(scan: Scan, tokens: Readonly<Record<string, Value>>): Value | undefined {
  const found = Object.keys(tokens).find(token => eatWord(scan, token))
  return found === undefined ? undefined : tokens[found]
}

/** A constraint, or several concepts in brackets, where a constraint would have AND or OR between them. */
function parseConcepts(scan: Scan, sub: Parse): Expression {
  const ahead: Scan = { ...scan, expected: new Set() }
  if (!eat(ahead, '(', '')) return sub(scan)
  const of: Expression[] = []
  for (let next = parseConcept(ahead, ''); next !== undefined; next = parseConcept(ahead, '')) of.push(next)
  if (of.length < 2) return sub(scan)
  scan.at = ahead.at
  expect(scan, 'a concept id')
  need(eat(scan, ')'), scan)
  return { op: 'or', of }
}

/** What is acceptable is told of each, or behind the brackets of all. */
function parseDialects(scan: Scan, refset: () => Expression | undefined): Dialect[] {
  const several = peek(scan, '(')
  const anyOf = parseSet(scan, (): Dialect | undefined => {
    const found = refset()
    return found === undefined ? undefined : { refset: found, ...parseAcceptability(scan) }
  })
  const ofAll = several ? parseAcceptability(scan) : {}
  return anyOf.map(each => ({ ...ofAll, ...each }))
}

/** `(` opens a set of ids, each with what is acceptable, or a constraint. */
function parseDialectIds(scan: Scan, sub: Parse): Dialect[] {
  const ahead: Scan = { ...scan, expected: new Set() }
  if (eat(ahead, '(', '') && parseConcept(ahead, '') !== undefined) {
    skip(ahead)
    if (/[0-9()]/.test(scan.text[ahead.at] ?? '')) return parseDialects(scan, () => parseConcept(scan, 'a concept id'))
  }
  return [{ refset: sub(scan), ...parseAcceptability(scan) }]
}

const alias = /[A-Za-z][A-Za-z0-9-]*/y

function parseAlias(scan: Scan): Expression | undefined {
  skip(scan)
  const at = scan.at
  const name = eatPattern(scan, alias, 'a dialect such as en-gb')
  if (name === undefined) return undefined
  const code = Object.hasOwn(dialects, name.toLowerCase()) ? dialects[name.toLowerCase()] : undefined
  if (code !== undefined) return { op: 'concept', code, at }
  throw mistake(scan, `the dialect '${name.slice(0, 40)}' is not known; name its reference set by dialectId`, at)
}

const { preferred, acceptable } = metadata
const acceptabilities = { prefer: preferred, preferred, accept: acceptable, acceptable }

function parseAcceptability(scan: Scan): { readonly acceptability?: readonly string[] } {
  if (!peek(scan, '(')) return {}
  const one = (): string | undefined => parseConcept(scan, '')?.code ?? parseToken(scan, acceptabilities)
  return { acceptability: parseSet(scan, one) }
}
