/** What the validator asks about the questionnaires that responses answer. https://hl7.org/fhir/R4/questionnaireresponse.html */
import type { Resource } from '../fhir/resource.ts'

/** By `url` or `url|version`; one that the response contains (`#…`) is not asked for. `later` as in `Codes`; `undefined`: nobody knows it. */
export interface Questionnaires {
  find(canonical: string): Resource | undefined | 'later'
}
