/** Code systems say of themselves that the case of their codes means nothing. https://hl7.org/fhir/R4/codesystem-definitions.html#CodeSystem.caseSensitive */
import type { Resource } from '../fhir/resource.ts'
import type { Entries } from './entry.ts'

/** No search parameter tells; so their URLs stand in a slot of its own, which planning asks. */
export const caselessSlot = 'url~'

export function withCaseless(entries: Entries, { resourceType, caseSensitive, url }: Resource): Entries {
  if (resourceType !== 'CodeSystem' || caseSensitive !== false || typeof url !== 'string') return entries
  return { ...entries, terms: [...entries.terms, { slot: caselessSlot, text: url, element: 0 }] }
}
