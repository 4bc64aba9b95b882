/** What searches need beside the store, worked out once from the definitions. Who asks is known by `planNeeds` in `asked.ts`. */
import type { Definitions } from '../../conformance/definitions.ts'
import type { Resource } from '../../fhir/resource.ts'
import { type Indexed, indexed } from '../../search/index-contained.ts'
import { compileIndex, type Index } from '../../search/index-values.ts'
import { type Parameters, searchParameters } from '../../search/parameters.ts'
import { compileQuestions, type Question } from '../../search/questions/question.ts'

export type SearchNeeds = {
  readonly parameters: Parameters
  readonly compartments: Definitions['compartments']
  readonly question: Question
  /** What a resource says, by search parameter: `_include` follows the references among it. */
  readonly values: Index
  /** Where the client does not say. */
  readonly handling: 'strict' | 'lenient'
  /** ms that the store may take for each question. */
  readonly budget: number
}

export type SearchSettings = Pick<SearchNeeds, 'handling' | 'budget'>

type Known = Pick<Definitions, 'searchParameters' | 'shapes' | 'compartments'>

export function searchNeeds(
  definitions: Known,
  settings: SearchSettings,
): { readonly search: SearchNeeds; readonly index: (resource: Resource, id: string, base: string) => Indexed } {
  const values = compileIndex(definitions)
  const search = {
    parameters: searchParameters(definitions),
    compartments: definitions.compartments,
    question: compileQuestions(definitions),
    values,
    ...settings,
  }
  return { search, index: (resource, id, base) => indexed(values, resource, id, base) }
}
