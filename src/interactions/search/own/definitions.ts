/**
 * The search parameters that hold in each tenant: R4's, this server's own files, and what the tenant has stored as SearchParameters.
 * https://hl7.org/fhir/R4/searchparameter.html
 *
 * A request sees one set of them from beginning to end. What this process writes counts from the next request on, what others
 * write within a second.
 */
import { type Issue, isError } from '../../../fhir/issue.ts'
import type { Resource } from '../../../fhir/resource.ts'
import { accepted, type OwnDefinition, resourceIssues } from '../../../search/own/beside.ts'
import { openMarks } from '../../../search/own/marks.ts'
import { searchParameters } from '../../../search/parameters.ts'
import { type Known, type Searching, type SearchSettings, searchNeeds } from '../needs.ts'
import { openStored, type StoredNeeds } from './stored.ts'

/** Findings about a resource that is about to be stored; `at` is the FHIRPath that leads to it. */
export type Validate = (resource: Resource, at: string) => readonly Issue[]

export type Holding = Searching & { readonly validate: Validate }

export type OwnDefinitions = {
  /** A promise only where it must be looked up. */
  readonly of: (tenant: string) => Holding | Promise<Holding>
  /** SearchParameters may have been written. */
  readonly touched: (tenant: string) => void
}

export type DefinitionNeeds = StoredNeeds & {
  readonly definitions: Known
  readonly settings: SearchSettings
  /** Of the structure alone. */
  readonly validate: Validate
  /** Those that all tenants have. */
  readonly files: readonly OwnDefinition[]
}

const lasting = 1_000 // ms that what is known may be old
const remembered = 32 // sets of definitions

export function openDefinitions(needs: DefinitionNeeds): OwnDefinitions {
  const { clock, files } = needs
  const setOf = openSets(needs)
  const tenants = new Map<string, Tenant>()

  function tenantOf(name: string): Tenant {
    const tenant = tenants.get(name) ?? { stored: openStored(needs, name) }
    tenants.set(name, tenant)
    return tenant
  }

  /** Whoever asks while it is looked up waits for the same answer. */
  function look(tenant: Tenant): Promise<Holding> {
    const at = clock()
    const asking = tenant.stored.read().then(stored => {
      const holding = setOf([...files, ...stored])
      if (tenant.asking === asking) tenant.known = { holding, at }
      return holding
    })
    tenant.asking = asking
    const done = (): void => {
      if (tenant.asking === asking) delete tenant.asking
    }
    asking.then(done, done)
    return asking
  }

  return {
    of(name) {
      const tenant = tenantOf(name)
      const { known, asking } = tenant
      if (known !== undefined && Math.abs(clock() - known.at) < lasting) return known.holding
      return asking ?? look(tenant)
    },
    touched(name) {
      const tenant = tenantOf(name)
      delete tenant.known
      delete tenant.asking // it may have been asked before the write
    },
  }
}

type Tenant = {
  readonly stored: ReturnType<typeof openStored>
  known?: { readonly holding: Holding; readonly at: number }
  asking?: Promise<Holding>
}

/** Tenants that have the same definitions share what is compiled. */
function openSets({ definitions, settings, validate }: DefinitionNeeds) {
  const { shapes } = definitions
  const r4 = { shapes, parameters: searchParameters(definitions) }
  const marksOf = openMarks()
  const sets = new Map<string, Holding>()

  function compile(brought: readonly OwnDefinition[]): Holding {
    const own = accepted(r4, brought)
    const all = [...definitions.searchParameters, ...own.map(({ parameter }) => parameter)]
    return {
      ...searchNeeds({ ...definitions, searchParameters: all }, settings, marksOf),
      validate(resource, at) {
        const issues = validate(resource, at)
        if (resource.resourceType !== 'SearchParameter' || issues.some(isError)) return issues
        return [...issues, ...resourceIssues(r4, own, resource, at)]
      },
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
