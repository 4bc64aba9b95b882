/** Where what is below something is a kind of it. https://hl7.org/fhir/R4/valueset-codesystem-hierarchy-meaning.html */
import type { CodeSystemFacts } from './code-system.ts'

/** A part is no kind of its whole, and a group may be anything. Unsaid, a hierarchy is one of kinds. */
export function isTaxonomy({ hierarchyMeaning }: CodeSystemFacts): boolean {
  return hierarchyMeaning !== 'part-of' && hierarchyMeaning !== 'grouped-by'
}
