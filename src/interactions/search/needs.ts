/** What searches need beside the store, worked out once from the definitions. Who asks is known by `planNeeds` in `asked.ts`. */
import type { Definitions } from '../../conformance/definitions.ts'
import { loadValueSets } from '../../conformance/value-sets.ts'
import type { Resource } from '../../fhir/resource.ts'
import { type Indexed, indexed } from '../../search/index-contained.ts'
import { compileIndex, type Index } from '../../search/index-values.ts'
import { marked } from '../../search/own/mark.ts'
import { type Marks, openMarks } from '../../search/own/marks.ts'
import { type Parameters, type SearchParameter, searchParameters } from '../../search/parameters.ts'
import { compileQuestions, type Question } from '../../search/questions/question.ts'

export type SearchNeeds = Marks & {
  readonly parameters: Parameters
  /** Those of them that R4 does not define. */
  readonly own: readonly SearchParameter[]
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

export type Known = Pick<Definitions, 'searchParameters' | 'shapes' | 'compartments'>

export type Searching = {
  readonly search: SearchNeeds
  readonly index: (resource: Resource, id: string, base: string) => Indexed
}

/** R4's. */
const valueSets = loadValueSets()

/** `marksOf`: one that all who change definitions share. */
export function searchNeeds(definitions: Known, settings: SearchSettings, marksOf = openMarks()): Searching {
  const parameters = searchParameters(definitions)
  const values = compileIndex(definitions, parameters)
  const marks = marksOf(parameters)
  const search = {
    parameters,
    own: definitions.searchParameters.filter(parameter => parameter.own),
    compartments: definitions.compartments,
    question: compileQuestions(definitions, valueSets, parameters),
    values,
    ...marks,
    ...settings,
  }
  return {
    search,
    index: (resource, id, base) => {
      const { entries, contained } = indexed(values, resource, id, base)
      return { entries: marked(entries, marks.mark(resource.resourceType)), contained }
    },
  }
}
