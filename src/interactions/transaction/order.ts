/** "…process any DELETE, then POST, then PUT or PATCH, then GET or HEAD interactions": https://hl7.org/fhir/R4/http.html#trules */
import type { Method } from '../interaction.ts'

export function rank(method: Method): 0 | 1 | 2 | 3 {
  switch (method) {
    case 'DELETE':
      return 0
    case 'POST':
      return 1
    case 'PUT':
    case 'PATCH':
      return 2
    case 'GET':
    case 'HEAD':
      return 3
  }
}
