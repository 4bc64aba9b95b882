/** What definitions cannot say, by the type of resource. */
import type { Shapes } from '../fhir/shape.ts'
import { compileBundleCheck } from './bundle.ts'
import type { Beyond } from './profile/run.ts'
import { checkResponse } from './questionnaire/response.ts'

export function beyondDefinitions(shapes: Shapes): ReadonlyMap<string, Beyond> {
  return new Map<string, Beyond>([
    ['Bundle', compileBundleCheck(shapes)],
    ['QuestionnaireResponse', (response, at, options) => checkResponse(response, options, at)],
  ])
}
