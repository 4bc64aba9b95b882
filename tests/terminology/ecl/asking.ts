/** What a constraint over the hand-made ontology finds, by names. */
import { FhirError } from '../../../src/fhir/issue.ts'
import { type Answer, evaluatorOf } from '../../../src/terminology/ecl/evaluate.ts'
import { parseEcl } from '../../../src/terminology/ecl/parse.ts'
import type { Substrate } from '../../../src/terminology/ecl/substrate.ts'
import { ecl, fragment, ids, nameOf } from './fragment.ts'

export const evaluate = (text: string, over: Substrate = fragment): Answer =>
  evaluatorOf(over)(parseEcl(ecl(text)), ecl(text))

export const found = (text: string, over: Substrate = fragment): string => {
  try {
    const { concepts } = evaluate(text, over)
    const names = Object.keys(ids)
    return [...concepts]
      .map(concept => nameOf(over.code(concept)))
      .sort((a, b) => names.indexOf(a) - names.indexOf(b))
      .join(' ')
  } catch (error) {
    if (error instanceof FhirError) return `${error.status} ${error.message}`
    throw error
  }
}
