/** Attributes read the other way round: `R`, and `X . A`. */
import type { Concept, ConceptSet } from '../concept-set.ts'
import { typesOf } from './attribute-match.ts'
import { isWithin } from './compare.ts'
import type { Attribute, Expression } from './expression.ts'
import { type Run, setOf, unsupported } from './run.ts'

/** The concepts in focus are the values; the cardinality counts the concepts that they are values of. */
export function reversed(focus: ConceptSet, attribute: Attribute, run: Run): ConceptSet {
  const { cardinality } = attribute
  const { types, bearers } = bearersOf(attribute, run)
  const counts = new Map<Concept, number>()
  for (const source of bearers) {
    for (const target of targets(source, types, run)) counts.set(target, (counts.get(target) ?? 0) + 1)
  }
  const having = [...counts].filter(([concept, count]) => focus.has(concept) && isWithin(count, cardinality))
  const found = setOf(
    run,
    having.map(([concept]) => concept),
  )
  return cardinality.least === 0 ? found.or(focus.minus(setOf(run, counts.keys()))) : found
}

/** The concepts whose attributes count, and the types of these. */
export function bearersOf(
  { name, value, compare, at }: Attribute,
  run: Run,
): { readonly types: ConceptSet | undefined; readonly bearers: ConceptSet } {
  if (value.is !== 'concepts') {
    const why = 'a reversed attribute is compared with the concepts that have it, not with a number, text or boolean'
    throw unsupported(why, run.place(at))
  }
  const types = typesOf(name, run)
  const all = run.system.sources(types, undefined)
  // Nothing differs from any.
  if (value.of.op === 'any') return { types, bearers: compare === '=' ? all : setOf(run, []) }
  const asked = run.ask(value.of)
  return { types, bearers: compare === '=' ? all.and(asked) : all.minus(asked) }
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

/** Each once, however many groups name it. */
function targets(source: Concept, types: ConceptSet | undefined, run: Run): ReadonlySet<Concept> {
  run.read()
  const found = new Set<Concept>()
  for (const { type, value } of run.system.attributes(source)) {
    if (typeof value === 'number' && (types === undefined || types.has(type))) found.add(value)
  }
  return found
}
