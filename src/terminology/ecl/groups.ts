/** Groups of attributes: `{ … }` holds where all of it is said in one group. */
import type { Concept, ConceptSet } from '../concept-set.ts'
import { type Matcher, matcherOf } from './attribute-match.ts'
import { isWithin } from './compare.ts'
import type { Attribute, Cardinality, Refinement } from './expression.ts'
import { bearersOf } from './reversed.ts'
import { pick, type Run, setOf } from './run.ts'

type Row = Parameters<Matcher['matches']>[0]
type Group = { readonly owner: Concept; readonly rows: readonly Row[] }

/** `sources`: no concept beyond them has such a group of its own; absent, any may. */
type GroupTest = { readonly sources?: ConceptSet; readonly holds: (group: Group, concept: Concept) => boolean }

export function grouped(focus: ConceptSet, cardinality: Cardinality, of: Refinement, run: Run): ConceptSet {
  const test = groupTest(of, run)
  if (isReversed(of)) return groupedAnywhere(focus, cardinality, test, run)
  const having = focus.and(test.sources ?? run.system.sources(undefined, undefined))
  const found = pick(having, run, owner => {
    const groups = groupsOf(run.system.attributes(owner))
    return isWithin(groups.filter(rows => test.holds({ owner, rows }, owner)).length, cardinality)
  })
  return cardinality.least === 0 ? found.or(focus.minus(having)) : found
}

function isReversed(of: Refinement): boolean {
  if (of.op === 'attribute') return of.reverse
  return of.op === 'group' ? isReversed(of.of) : of.of.some(isReversed)
}

/** Where an attribute is reversed, the groups of a concept are its own, and those of others that have it as a value. */
function groupedAnywhere(focus: ConceptSet, cardinality: Cardinality, test: GroupTest, run: Run): ConceptSet {
  const { system } = run
  const counts = new Map<Concept, number>()
  const owners = system.sources(undefined, undefined).and(focus).or(system.sources(undefined, focus))
  for (const owner of owners) {
    run.read()
    for (const rows of groupsOf(system.attributes(owner))) {
      const values = rows.map(({ value }) => value).filter(value => typeof value === 'number')
      for (const concept of new Set([owner, ...values])) {
        if (!focus.has(concept) || !test.holds({ owner, rows }, concept)) continue
        counts.set(concept, (counts.get(concept) ?? 0) + 1)
      }
    }
  }
  const within = [...counts].filter(([, count]) => isWithin(count, cardinality)).map(([concept]) => concept)
  const found = setOf(run, within)
  return cardinality.least === 0 ? found.or(focus.minus(setOf(run, counts.keys()))) : found
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
  if (refinement.op === 'attribute') {
    return refinement.reverse ? reversedTest(refinement, run) : attributeTest(refinement, run)
  }
  if (refinement.op === 'group') return groupTest(refinement.of, run)
  const tests = refinement.of.map(each => groupTest(each, run))
  const known = tests.map(({ sources }) => sources).filter(sources => sources !== undefined)
  if (refinement.op === 'and') {
    const holds: GroupTest['holds'] = (group, concept) => tests.every(test => test.holds(group, concept))
    return known.length === 0 ? { holds } : { holds, sources: known.reduce((a, b) => a.and(b)) }
  }
  const holds: GroupTest['holds'] = (group, concept) => tests.some(test => test.holds(group, concept))
  return known.length < tests.length ? { holds } : { holds, sources: known.reduce((a, b) => a.or(b)) }
}

function attributeTest(attribute: Attribute, run: Run): GroupTest {
  const { cardinality } = attribute
  const { sources, matches } = matcherOf(attribute, run)
  const holds: GroupTest['holds'] = ({ owner, rows }, concept) =>
    isWithin(owner === concept ? rows.filter(matches).length : 0, cardinality)
  return cardinality.least === 0 ? { holds } : { holds, sources }
}

function reversedTest(attribute: Attribute, run: Run): GroupTest {
  const { types, bearers } = bearersOf(attribute, run)
  const holds: GroupTest['holds'] = ({ owner, rows }, concept) => {
    const isIt = ({ type, value }: Row): boolean => value === concept && (types === undefined || types.has(type))
    return isWithin(bearers.has(owner) ? rows.filter(isIt).length : 0, attribute.cardinality)
  }
  return { holds }
}
