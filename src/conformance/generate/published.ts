/**
 * R4 as HL7 published it. The snapshots in the definitions package carry additions of its maker (`Meta.project`, parts of R5's
 * ResearchStudy …); differentials hardly do, and its data elements not at all. So a type's own elements are those of its
 * differential that have a data element, whose facts win. https://hl7.org/fhir/R4/downloads.html
 */
import type { ElementDefinition, StructureDefinition } from '@medplum/fhirtypes'

/** Elements without children, by path. */
export type Published = ReadonlyMap<string, ElementDefinition>

export function publishedElements(dataElements: readonly StructureDefinition[]): Published {
  const byPath = new Map<string, ElementDefinition>()
  for (const { snapshot } of dataElements) {
    const element = snapshot?.element[0]
    // The type's own comes first; those of its profiles (SimpleQuantity) repeat the path.
    if (element && !byPath.has(element.path)) byPath.set(element.path, element)
  }
  return byPath
}

/** The elements of a type below its root: inherited ones first, as the specification orders them within each parent. */
export function elementsOf(structure: StructureDefinition, published: Published): ElementDefinition[] {
  const own = ownElementsOf(structure, published)
  const parents = new Set([structure.name, ...own.map(({ path }) => path)])
  const inherited = (structure.snapshot?.element ?? []).filter(
    ({ path, base }) => base && base.path !== path && parents.has(parentOf(path)),
  )
  return [...inherited, ...own]
}

/** Those that the type does not have from the type it specialises. */
export function ownElementsOf(structure: StructureDefinition, published: Published): ElementDefinition[] {
  const differential = structure.differential?.element.slice(1) ?? []
  return differential.flatMap(element => (isGroup(element, differential) ? element : publishedLeaf(element, published)))
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('.'))
}

/** Backbone elements, and those that repeat another: they have no data elements. */
function isGroup(element: ElementDefinition, all: readonly ElementDefinition[]): boolean {
  return element.contentReference !== undefined || all.some(({ path }) => parentOf(path) === element.path)
}

function publishedLeaf(element: ElementDefinition, published: Published): ElementDefinition | [] {
  // An id has 64 characters at most, so longer paths have no data element.
  return published.get(element.path) ?? (`de-${element.path}`.length > 64 ? element : [])
}
