/**
 * Inactive concepts that stand, or stood, for those found.
 * https://docs.snomed.org/snomed-ct-specifications/snomed-ct-expression-constraint-language/behaviour-specification-with-examples/6.11-history-supplements
 */
import type { Concept, ConceptSet } from '../concept-set.ts'
import type { Expression, History } from './expression.ts'
import { metadata } from './metadata.ts'
import { type Associations, type Run, setOf, unsupported } from './run.ts'
import type { Substrate } from './substrate.ts'

const { sameAs, replacedBy, wasA, partiallyEquivalentTo, historicalAssociation } = metadata
const reference = (code: string): Expression => ({ op: 'concept', code, at: 0 })

const profiles: Readonly<Record<History['profile'], readonly string[]>> = {
  min: [sameAs],
  mod: [sameAs, replacedBy, wasA, partiallyEquivalentTo],
  max: [],
}

export function supplement(found: ConceptSet, { at, profile, subset }: History, run: Run): ConceptSet {
  if (run.system.fields === undefined) throw unsupported('historical associations are not kept here', run.place(at))
  const members: Concept[] = []
  for (const refset of refsetsOf(profile, subset, run)) {
    const associations = run.associations(refset)
    for (const [at, target] of associations.targets.entries()) {
      if (found.has(target)) members.push(associations.members[at] ?? 0)
    }
  }
  return found.or(setOf(run, members))
}

/** Older editions lack some reference sets of a profile: that is not worth a warning. */
function refsetsOf(profile: History['profile'], subset: Expression | undefined, run: Run): Iterable<Concept> {
  const historical = (): ConceptSet => run.ask({ op: '<', of: reference(historicalAssociation) })
  if (subset !== undefined) return (subset.op === 'any' ? historical() : run.ask(subset)).and(run.system.refsets())
  if (profile === 'max') return historical().and(run.system.refsets())
  return profiles[profile].map(code => run.system.find(code)).filter(concept => concept !== undefined)
}

export function associationsOf(system: Substrate, refset: Concept): Associations {
  const members: Concept[] = []
  const targets: Concept[] = []
  for (const member of system.members(refset)) {
    for (const { targetComponentId = '' } of system.fields?.(refset, member) ?? []) {
      const target = system.find(targetComponentId)
      if (target === undefined) continue
      members.push(member)
      targets.push(target)
    }
  }
  return { members: Int32Array.from(members), targets: Int32Array.from(targets) }
}
