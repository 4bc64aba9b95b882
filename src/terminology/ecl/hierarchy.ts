/** Descendants, ancestors, children and parents of sets of concepts; the highest and lowest of them. */
import type { Concept, ConceptSet } from '../concept-set.ts'
import type { Expression, Hierarchy } from './expression.ts'
import { type Run, setOf } from './run.ts'

/** `of`: what led to these concepts. */
export function climb(op: Hierarchy, of: Expression, concepts: ConceptSet, run: Run): ConceptSet {
  // Those below any concept are also children of one, and answered by few sets.
  const nearest = (of.op === 'any' ? widest[op] : undefined) ?? op
  return climbs[nearest](concepts, run)
}

const climbs: Readonly<Record<Hierarchy, (concepts: ConceptSet, run: Run) => ConceptSet>> = {
  '<': descendants,
  '<<': (concepts, run) => concepts.or(descendants(concepts, run)),
  '<!': children,
  '<<!': (concepts, run) => concepts.or(children(concepts, run)),
  '>': ancestors,
  '>>': (concepts, run) => concepts.or(ancestors(concepts, run)),
  '>!': parents,
  '>>!': (concepts, run) => concepts.or(parents(concepts, run)),
  '!!>': (concepts, run) => concepts.minus(descendants(concepts, run)),
  '!!<': (concepts, run) => concepts.minus(ancestors(concepts, run)),
}

const widest: Readonly<Partial<Record<Hierarchy, Hierarchy>>> = { '<!': '<', '<<!': '<<', '>!': '>', '>>!': '>>' }

/** What is below a concept that is below another is below that, and need not be looked up. */
function descendants(concepts: ConceptSet, run: Run): ConceptSet {
  let found = setOf(run, [])
  // Among many, most are below others: the highest above one has them all at once.
  const dense = concepts.count * 4 > run.system.size
  for (const concept of concepts) {
    if (found.has(concept)) continue
    run.read()
    const top = dense ? highest(concept, concepts, run) : concept
    if (run.system.children(top).length > 0) found = found.or(run.system.descendants(top))
  }
  return found
}

function highest(concept: Concept, among: ConceptSet, run: Run): Concept {
  for (const ancestor of run.system.ancestors(concept).and(among)) {
    if (run.system.ancestors(ancestor).and(among).isEmpty) return ancestor
  }
  return concept
}

/** Step by step, each concept once: sets of few in thousands of concepts would cost more. */
function ancestors(concepts: ConceptSet, run: Run): ConceptSet {
  const seen = new Set<Concept>()
  const open = [...concepts]
  for (let concept = open.pop(); concept !== undefined; concept = open.pop()) {
    run.read()
    for (const parent of run.system.parents(concept)) {
      if (seen.has(parent)) continue
      seen.add(parent)
      if (!concepts.has(parent)) open.push(parent)
    }
  }
  return setOf(run, seen)
}

function children(concepts: ConceptSet, run: Run): ConceptSet {
  return step(concepts, run, concept => run.system.children(concept))
}

function parents(concepts: ConceptSet, run: Run): ConceptSet {
  return step(concepts, run, concept => run.system.parents(concept))
}

function step(concepts: ConceptSet, run: Run, next: (concept: Concept) => readonly Concept[]): ConceptSet {
  const found: Concept[] = []
  for (const concept of concepts) {
    run.read()
    for (const each of next(concept)) found.push(each)
  }
  return setOf(run, found)
}
