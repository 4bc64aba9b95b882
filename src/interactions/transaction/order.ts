/** "…process any DELETE, then POST, then PUT or PATCH, then GET or HEAD interactions": https://hl7.org/fhir/R4/http.html#trules */
import type { FhirRequest } from '../interaction.ts'

type Ranked = Pick<FhirRequest, 'method' | 'target'>

export function rank({ method, target }: Ranked): 0 | 1 | 2 | 3 {
  switch (method) {
    case 'DELETE':
      return 0
    case 'POST':
      // A search by POST is a search; so is an operation, of which a transaction takes only those that change nothing.
      return target.verb === '' ? 1 : 3
    case 'PUT':
    case 'PATCH':
      return 2
    case 'GET':
    case 'HEAD':
      return 3
  }
}

/** Answered last, when everything else is done. */
export function isRead(request: Ranked): boolean {
  return rank(request) === 3
}
