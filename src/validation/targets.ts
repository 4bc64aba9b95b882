/** What the validator asks about resources outside of the one that it checks. https://hl7.org/fhir/R4/references.html */
import type { Resource } from '../fhir/resource.ts'

/**
 * What stands in the resource itself (`#…`) or in its Bundle is never asked for. `later` as in `Codes`; `absent` also stands
 * for what may not be read: the validator then says nothing of the target.
 */
export interface Targets {
  find(reference: string): Resource | 'absent' | 'later'
}
