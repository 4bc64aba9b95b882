/** What a closure table says of its newer concepts, as a ConceptMap. https://hl7.org/fhir/R4/conceptmap-operation-closure.html */
import type { JsonObject } from '../../fhir/resource.ts'
import { printCanonical } from '../../terminology/canonical.ts'
import type { CodeSystem } from '../../terminology/code-system.ts'
import { type Concept, ConceptSet } from '../../terminology/concept-set.ts'
import type { Terminology } from '../../terminology/value-set/terminology.ts'
import { findSystem } from '../../terminology/value-set/version-rules.ts'
import type { Added, ClosureTable } from './closure-table.ts'

const slice = 100 // concepts; some milliseconds in a code system of 360,000

/** Groups of pairs of which one at least was added after the version `since`: each pair once, at its newer concept. */
export async function newEntries(
  table: ClosureTable,
  since: number,
  terminology: Terminology,
  turn: () => Promise<unknown>,
): Promise<readonly JsonObject[]> {
  const bySystem = Map.groupBy(table.concepts.values(), ({ system, version }) => printCanonical(system, version))
  const groups: JsonObject[] = []
  for (const members of bySystem.values()) groups.push(...(await groupOf(members, since, terminology, turn)))
  return groups
}

/** All of one system. */
async function groupOf(
  members: readonly (Added & Member)[],
  since: number,
  terminology: Terminology,
  turn: () => Promise<unknown>,
): Promise<readonly JsonObject[]> {
  const fresh = members.filter(each => each.since > since)
  const [first] = fresh
  if (first === undefined) return []
  const system = findSystem(terminology, first.system, first.version)
  const compare = system === undefined ? () => unmatched(first.system) : comparison(system, members, since)
  const element: JsonObject[] = []
  for (const [at, { code }] of fresh.entries()) {
    const target = compare(code)
    if (target.length > 0) element.push({ code, target })
    if (at % slice === slice - 1) await turn()
  }
  return element.length === 0 ? [] : [{ ...headOf(first.system, system?.facts.version ?? first.version), element }]
}

function headOf(system: string, version: string | undefined): JsonObject {
  const versions = version === undefined ? {} : { sourceVersion: version, targetVersion: version }
  return { source: system, target: system, ...versions }
}

/** "…equal, specializes, subsumes and unmatched" are all that a closure may have. */
function unmatched(system: string): readonly JsonObject[] {
  return [{ equivalence: 'unmatched', comment: `A definition for CodeSystem '${system}' could not be found` }]
}

type Member = { readonly code: string; readonly since: number }

function comparison(system: CodeSystem, members: readonly Member[], since: number) {
  const codes = new Map<Concept, Member[]>()
  for (const member of members) {
    const concept = system.find(member.code)
    if (concept !== undefined) codes.set(concept, [...(codes.get(concept) ?? []), member])
  }
  const all = ConceptSet.of(system.size, codes.keys())
  const hasOld = (concept: Concept): boolean => codes.get(concept)?.some(each => each.since <= since) === true
  const old = ConceptSet.of(system.size, codes.keys().filter(hasOld))
  const named = (concepts: Iterable<Concept>, equivalence: string, which: (member: Member) => boolean) =>
    Array.from(concepts).flatMap(concept =>
      (codes.get(concept) ?? []).filter(which).map(({ code }) => ({ code, equivalence })),
    )
  return (code: string): readonly JsonObject[] => {
    const concept = system.find(code)
    if (concept === undefined) {
      return [{ equivalence: 'unmatched', comment: `Unknown code '${code}' in the CodeSystem '${system.facts.url}'` }]
    }
    const isOther = (member: Member): boolean => member.code !== code && (member.since <= since || member.code < code)
    return [
      ...named([concept], 'equal', isOther),
      // "The target mapping subsumes the meaning of the source concept (e.g. the source is-a target)"
      ...named(system.ancestors(concept).and(all), 'subsumes', () => true),
      ...named(system.descendants(concept).and(old), 'specializes', each => each.since <= since),
    ]
  }
}
