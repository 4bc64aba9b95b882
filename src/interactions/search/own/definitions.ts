/**
 * The search parameters that hold in each tenant: R4's, this server's own files, and what the tenant has stored as SearchParameters.
 * https://hl7.org/fhir/R4/searchparameter.html
 */
import { ownParameter } from '../../../conformance/search-parameter.ts'
import type { Issue } from '../../../fhir/issue.ts'
import type { Resource } from '../../../fhir/resource.ts'
import { accepted, type OwnDefinition, resourceIssues } from '../../../search/own/beside.ts'
import { openMarks } from '../../../search/own/marks.ts'
import { searchParameters } from '../../../search/parameters.ts'
import type { Store } from '../../../store/port.ts'
import { openInForce } from '../../in-force.ts'
import { type Lately, lately } from '../../lately.ts'
import type { StoredNeeds } from '../../stored.ts'
import { type Known, type Searching, type SearchSettings, searchNeeds } from '../needs.ts'

/** Findings about a SearchParameter that is about to be stored; `at` is the FHIRPath that leads to it. */
export type ParameterIssues = (resource: Resource, at: string) => readonly Issue[]

export type Holding = Searching & { readonly parameterIssues: ParameterIssues }

export type OwnDefinitions = Lately<Holding>

export type DefinitionNeeds = StoredNeeds & {
  readonly store: Pick<Store, 'latest'>
  readonly definitions: Known
  readonly settings: SearchSettings
  /** Those that all tenants have. */
  readonly files: readonly OwnDefinition[]
}

/** Types that make up what may be searched by: a guide says whether its package is installed. */
export const parameterTypes: ReadonlySet<string> = new Set(['SearchParameter', 'ImplementationGuide'])

const remembered = 32 // sets of definitions

export function openDefinitions(needs: DefinitionNeeds): OwnDefinitions {
  const { clock, store, files } = needs
  const setOf = openSets(needs)
  return lately({ clock, store, types: [...parameterTypes] }, tenant => {
    const stored = openInForce(needs, tenant)('SearchParameter', definitionOf)
    return async () => setOf([...files, ...(await stored.read(await store.sequence(tenant)))])
  })
}

/** Those that are active. */
function definitionOf(resource: Resource, id: string): OwnDefinition | undefined {
  const parameter = ownParameter(resource)
  return parameter && { parameter, from: `SearchParameter/${id}` }
}

/** Tenants that have the same definitions share what is compiled. */
function openSets({ definitions, settings }: DefinitionNeeds) {
  const { shapes } = definitions
  const r4 = { shapes, parameters: searchParameters(definitions) }
  const marksOf = openMarks()
  const sets = new Map<string, Holding>()

  function compile(brought: readonly OwnDefinition[]): Holding {
    const own = accepted(r4, brought)
    const all = [...definitions.searchParameters, ...own.map(({ parameter }) => parameter)]
    return {
      ...searchNeeds({ ...definitions, searchParameters: all }, settings, marksOf),
      parameterIssues: (resource, at) => resourceIssues(r4, own, resource, at),
    }
  }

  return (all: readonly OwnDefinition[]): Holding => {
    const brought = all.filter(({ parameter }) => r4.parameters.at(parameter.url) === undefined)
    const key = JSON.stringify(brought)
    const set = sets.get(key) ?? compile(brought)
    if (sets.size >= remembered) sets.clear()
    sets.set(key, set)
    return set
  }
}
