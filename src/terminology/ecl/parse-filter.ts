/** What stands in double braces behind a constraint: filters of descriptions, concepts and members; supplements of history. */
import type { ConceptFilter, DescriptionFilter, Expression, MemberFilter } from './expression.ts'
import { conceptFilters, descriptionFilters, memberFilter } from './parse-criteria.ts'
import {
  countFilter,
  deeper,
  eat,
  eatPattern,
  expect,
  mistake,
  need,
  peek,
  type Scan,
  skip,
  unexpected,
} from './scan.ts'

type Parse = (scan: Scan) => Expression

const marker = /[DCM](?![A-Za-z0-9])/iy

export function parseMemberFilters(scan: Scan, sub: Parse): MemberFilter[] {
  const filters: MemberFilter[] = []
  while (opens(scan) === 'm') {
    eat(scan, '{{', '')
    eatPattern(scan, marker, '')
    filters.push(...parseList(scan, () => memberFilter(scan, sub)))
  }
  return filters
}

/** The letter behind the braces, `+` for history; `''` is a description filter that does not say so. */
function opens(scan: Scan): string | undefined {
  if (!peek(scan, '{{')) return undefined
  const ahead = { ...scan, at: scan.at + 2 }
  if (peek(ahead, '+')) return '+'
  return eatPattern(ahead, marker, '')?.toLowerCase() ?? ''
}

export function parseFilters(scan: Scan, of: Expression, sub: Parse, constraint: Parse): Expression {
  let filtered = of
  for (;;) {
    const kind = opens(scan)
    if (kind === undefined) break
    skip(scan)
    const at = scan.at
    countFilter(scan, at)
    eat(scan, '{{', '')
    if (kind === '+') return parseHistory(scan, filtered, at, constraint)
    eatPattern(scan, marker, '')
    if (kind === 'm') throw mistake(scan, "a member filter stands right behind its reference set: '^ … {{ M … }}'", at)
    filtered =
      kind === 'c'
        ? { op: 'conceptual', of: filtered, filters: parseList<ConceptFilter>(scan, () => conceptFilters(scan, sub)) }
        : {
            op: 'described',
            of: filtered,
            filters: parseList<DescriptionFilter>(scan, () => descriptionFilters(scan, sub)),
          }
  }
  expect(scan, "'{{'")
  return filtered
}

function parseList<Filter>(scan: Scan, parse: () => Filter): Filter[] {
  return deeper(scan, () => {
    const filters: Filter[] = []
    do filters.push(parse())
    while (eat(scan, ','))
    need(eat(scan, '}}'), scan)
    return filters
  })
}

const keyword = /history(?:[-_](?:min|mod|max))?(?![A-Za-z0-9_-])/iy

function parseHistory(scan: Scan, of: Expression, at: number, constraint: Parse): Expression {
  need(eat(scan, '+'), scan)
  const word = eatPattern(scan, keyword, 'HISTORY, HISTORY-MIN, HISTORY-MOD, HISTORY-MAX')
  if (word === undefined) throw unexpected(scan)
  const profile = profiles[word.slice(-3).toLowerCase()]
  let subset: Expression | undefined
  if (profile === undefined && eat(scan, '(')) {
    subset = constraint(scan)
    need(eat(scan, ')'), scan)
  }
  need(eat(scan, '}}'), scan)
  return { op: 'history', of, at, profile: profile ?? 'max', ...(subset === undefined ? {} : { subset }) }
}

const profiles: Readonly<Record<string, 'min' | 'mod' | 'max'>> = { min: 'min', mod: 'mod', max: 'max' }
