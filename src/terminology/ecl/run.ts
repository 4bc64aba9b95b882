/** One evaluation: what it looks into, what it has to say, and how much it may still read. */
import { fail } from '../../fhir/issue.ts'
import { type Concept, ConceptSet } from '../concept-set.ts'
import type { Expression } from './expression.ts'
import type { Substrate } from './substrate.ts'

/** A constraint that is answered, but hardly as it was meant. */
export type Warning = {
  readonly kind: 'unknown-concept' | 'inactive-concept' | 'no-reference-set'
  readonly code: string
  readonly text: string
}

export type Run = {
  readonly system: Substrate
  /** Of active concepts, unless `all`. */
  readonly ask: (expression: Expression, all?: boolean) => ConceptSet
  readonly warn: (warning: Warning) => void
  /** Called for each concept that is looked at by itself. */
  readonly read: () => void
  readonly inactive: () => ConceptSet
  /** Of a character of the constraint, in words. */
  readonly place: (at: number) => string
  /** Pairs of a member and the concept that stands for it. */
  readonly associations: (refset: Concept) => Associations
}

export type Associations = { readonly members: Int32Array; readonly targets: Int32Array }

export function setOf(run: Run, concepts: Iterable<Concept>): ConceptSet {
  return ConceptSet.of(run.system.size, concepts)
}

/** Looks at each by itself. */
export function pick(from: ConceptSet, run: Run, fits: (concept: Concept) => boolean): ConceptSet {
  const found: Concept[] = []
  for (const concept of from) {
    run.read()
    if (fits(concept)) found.push(concept)
  }
  return setOf(run, found)
}

/** `where`: in the constraint, in words. */
export function unsupported(why: string, where?: string) {
  return fail('not-supported', `ECL: ${where === undefined ? '' : `${where}: `}${why}`, undefined, { status: 422 })
}
