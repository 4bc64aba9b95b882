/** Attributes, alone and in groups: which of the concepts in focus have them, as often as their cardinality says. */
import type { ConceptSet } from '../concept-set.ts'
import { matcherOf } from './attribute-match.ts'
import { isWithin } from './compare.ts'
import type { Attribute, Cardinality, Refinement } from './expression.ts'
import { grouped } from './groups.ts'
import { reversed } from './reversed.ts'
import { pick, type Run, setOf } from './run.ts'

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
