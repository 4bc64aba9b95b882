/** Attributes, alone and in groups: which of the concepts in focus have them, as often as their cardinality says. */
import type { Concept, ConceptSet } from '../concept-set.ts'
import { type Matcher, matcherOf, typesOf } from './attribute-match.ts'
import type { Attribute, Cardinality, Expression, Refinement } from './expression.ts'
import { type Run, setOf, unsupported } from './run.ts'

export function refine(focus: ConceptSet, refinement: Refinement, run: Run): ConceptSet {
  switch (refinement.op) {
    case 'and':
      return refinement.of.reduce((left, each) => refine(left, each, run), focus)
    case 'or':
      return refinement.of.map(each => refine(focus, each, run)).reduce((a, b) => a.or(b))
    case 'attribute':
      return refinement.reverse ? reversed(focus, refinement, run) : attributed(focus, refinement, run)
    case 'group':
      return grouped(focus, refinement.cardinality, refinement.of, run)
  }
}

function attributed(focus: ConceptSet, attribute: Attribute, run: Run): ConceptSet {
  const { cardinality } = attribute
  const matcher = matcherOf(attribute, run)
  const { sources, matches } = matcher
  const having = focus.and(sources)
  if (matcher.exact && isSome(cardinality)) return having
  const without = cardinality.least === 0 ? focus.minus(sources) : setOf(run, [])
  if (matcher.exact && cardinality.most === 0) return without
  return pick(having, run, concept => {
    const count = run.system.attributes(concept).filter(matches).length
    return isWithin(count, cardinality)
  }).or(without)
}

function isSome({ least, most }: Cardinality): boolean {
  return least === 1 && most === undefined
}

function isWithin(count: number, { least, most = Number.POSITIVE_INFINITY }: Cardinality): boolean {
  return count >= least && count <= most
}

function pick(from: ConceptSet, run: Run, fits: (concept: Concept) => boolean): ConceptSet {
  const found: Concept[] = []
  for (const concept of from) {
    run.read()
    if (fits(concept)) found.push(concept)
  }
  return setOf(run, found)
}

/** The concepts in focus are the values; the cardinality counts the concepts that they are values of. */
function reversed(focus: ConceptSet, attribute: Attribute, run: Run): ConceptSet {
  const { name, value, compare, cardinality } = attribute
  if (value.is !== 'concepts') {
    throw unsupported(
      'a reversed attribute is compared with the concepts that have it, not with a number, text or boolean',
    )
  }
  const types = typesOf(name, run)
  const asked = value.of.op === 'any' ? undefined : run.ask(value.of)
  const bearers = run.system.sources(types, undefined)
  const from = compare === '=' ? (asked ? bearers.and(asked) : bearers) : asked ? bearers.minus(asked) : setOf(run, [])
  const counts = new Map<Concept, number>()
  for (const source of from) {
    for (const target of targets(source, types, run)) counts.set(target, (counts.get(target) ?? 0) + 1)
  }
  const having = [...counts].filter(([concept, count]) => focus.has(concept) && isWithin(count, cardinality))
  const found = setOf(
    run,
    having.map(([concept]) => concept),
  )
  return cardinality.least === 0 ? found.or(focus.minus(setOf(run, counts.keys()))) : found
}

/** Each once, however many groups name it. */
function targets(source: Concept, types: ConceptSet | undefined, run: Run): ReadonlySet<Concept> {
  run.read()
  const found = new Set<Concept>()
  for (const { type, value } of run.system.attributes(source)) {
    if (typeof value === 'number' && (types === undefined || types.has(type))) found.add(value)
  }
  return found
}

/** `X . A`: the values that the attribute has in these concepts. */
export function dotted(from: ConceptSet, name: Expression, run: Run): ConceptSet {
  const types = typesOf(name, run)
  const found = new Set<Concept>()
  for (const source of from.and(run.system.sources(types, undefined))) {
    for (const target of targets(source, types, run)) found.add(target)
  }
  return setOf(run, found)
}

type Row = Parameters<Matcher['matches']>[0]

/** `sources`: no concept beyond them has such a group; absent, any may. */
type GroupTest = { readonly sources?: ConceptSet; readonly holds: (rows: readonly Row[]) => boolean }

function grouped(focus: ConceptSet, cardinality: Cardinality, of: Refinement, run: Run): ConceptSet {
  const test = groupTest(of, run)
  const having = focus.and(test.sources ?? run.system.sources(undefined, undefined))
  const found = pick(having, run, concept => {
    const count = groupsOf(run.system.attributes(concept)).filter(test.holds).length
    return isWithin(count, cardinality)
  })
  return cardinality.least === 0 ? found.or(focus.minus(having)) : found
}

/** An attribute that is in no group (0) is a group by itself. */
function groupsOf(rows: readonly Row[]): readonly (readonly Row[])[] {
  const groups = new Map<number, Row[]>()
  const alone: Row[][] = []
  for (const row of rows) {
    if (row.group === 0) alone.push([row])
    else groups.set(row.group, [...(groups.get(row.group) ?? []), row])
  }
  return [...groups.values(), ...alone]
}

function groupTest(refinement: Refinement, run: Run): GroupTest {
  if (refinement.op === 'attribute') return attributeTest(refinement, run)
  if (refinement.op === 'group') return groupTest(refinement.of, run)
  const tests = refinement.of.map(each => groupTest(each, run))
  const known = tests.map(({ sources }) => sources).filter(sources => sources !== undefined)
  if (refinement.op === 'and') {
    const holds = (rows: readonly Row[]): boolean => tests.every(test => test.holds(rows))
    return known.length === 0 ? { holds } : { holds, sources: known.reduce((a, b) => a.and(b)) }
  }
  const holds = (rows: readonly Row[]): boolean => tests.some(test => test.holds(rows))
  return known.length < tests.length ? { holds } : { holds, sources: known.reduce((a, b) => a.or(b)) }
}

function attributeTest(attribute: Attribute, run: Run): GroupTest {
  if (attribute.reverse)
    throw unsupported('a reversed attribute cannot stand in a group: it belongs to another concept')
  const { cardinality } = attribute
  const { sources, matches } = matcherOf(attribute, run)
  const holds = (rows: readonly Row[]): boolean => isWithin(rows.filter(matches).length, cardinality)
  return cardinality.least === 0 ? { holds } : { holds, sources }
}
