/** What RF2 tells of descriptions and members, told by a test. */
import type {
  CodeSystem,
  Description,
  DescriptionKind,
  Descriptions,
  Origin,
} from '../../../src/terminology/code-system.ts'
import { type Concept, ConceptSet } from '../../../src/terminology/concept-set.ts'

/** By the code of the concept. */
export function describedBy(system: CodeSystem, all: Readonly<Record<string, readonly Description[]>>): Descriptions {
  const of = (concept: Concept): readonly Description[] => all[system.code(concept)] ?? []
  const print = ({ term: _, id: __, effectiveTime: ___, ...kind }: Description): string => JSON.stringify(kind)
  const kinds = [...new Set(Object.values(all).flat().map(print))]
  const where = (fits: (description: Description) => boolean): ConceptSet => {
    const concepts = Array.from({ length: system.size }, (_, concept) => concept)
    return ConceptSet.of(
      system.size,
      concepts.filter(concept => of(concept).some(fits)),
    )
  }
  return {
    of,
    kinds: kinds.map((kind): DescriptionKind => JSON.parse(kind)),
    having: kind => where(description => print(description) === kinds[kind]),
    identified: id => where(description => description.id === id),
  }
}

/** By the codes of reference set and member: module and time of each row. */
export function comingFrom(
  system: CodeSystem,
  all: Readonly<Record<string, Readonly<Record<string, readonly (readonly [moduleId: string, time: string])[]>>>>,
): (refset: Concept) => readonly Origin[] {
  return refset =>
    Object.entries(all[system.code(refset)] ?? {}).flatMap(([member, rows]) =>
      rows.map(([moduleId, effectiveTime], row) => {
        const members = ConceptSet.of(system.size, [system.find(member)!])
        return { moduleId, effectiveTime, row, members }
      }),
    )
}
