/**
 * The rules that resources are checked by, tenant by tenant: R4's, the tenant's own profiles and value sets, and what it requires.
 * https://hl7.org/fhir/R4/validation.html
 */
import type { Definitions } from '../../conformance/definitions.ts'
import { ownProfiles } from '../../conformance/profiles.ts'
import { loadStructures, withOwn } from '../../conformance/structures.ts'
import { loadValueSets } from '../../conformance/value-sets.ts'
import { type Issue, isError } from '../../fhir/issue.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Store } from '../../store/port.ts'
import { coreCodes } from '../../validation/core-codes.ts'
import { openInvariants } from '../../validation/invariants.ts'
import type { StructureCheck } from '../../validation/structure.ts'
import type { Asked } from '../../validation/validator.ts'
import { type Lately, lately } from '../lately.ts'
import { openStored, type StoredNeeds } from '../stored.ts'
import { answersFrom, type Terms } from './answers.ts'
import { structureIssues } from './defined.ts'
import { openProfiles, ownProfile, type Profiles } from './profiles.ts'
import { type Requirements, requirementsOf, statementOf } from './requirements.ts'

/** What a client may ask for beside what every write is checked by. */
export type Wish = Partial<Pick<Asked, 'also' | 'bestPractice' | 'preferred' | 'mustSupport'>> & {
  /** Whether it is well-formed is all that counts. */
  readonly only?: 'form'
}

/** `base`: as the tenant's clients see it; `at`: the FHIRPath that leads to the resource. */
export type Check = (
  resource: Resource,
  at: string,
  base: string,
  wish?: Wish,
) => readonly Issue[] | Promise<readonly Issue[]>

export type Validation = Lately<Check>

export type ValidationNeeds = StoredNeeds & {
  readonly definitions: Pick<Definitions, 'shapes'>
  readonly store: Pick<Store, 'sequence' | 'history' | 'readAll' | 'search' | 'count'>
  readonly structure: StructureCheck
  readonly settings: {
    /** What becomes of a resource that claims a profile which nobody knows. */
    readonly unknownProfiles: 'accept' | 'refuse'
    /** ms that the store may take for a question about a value set. */
    readonly budget: number
  }
}

/** Types by which resources are checked. */
export const definingTypes: ReadonlySet<string> = new Set([
  'StructureDefinition',
  'ValueSet',
  'CodeSystem',
  'CapabilityStatement',
])

export function openValidation(needs: ValidationNeeds): Validation {
  const { definitions, structure, store, clock, turn, settings } = needs
  const compileInvariant = openInvariants(definitions.shapes)
  const profilesOf = openProfiles(withOwn(loadStructures(), ownProfiles()), {
    compileInvariant,
    structure,
    turn,
    now: clock,
  })
  const core = coreCodes(loadValueSets())
  const strict = settings.unknownProfiles === 'refuse'

  function checkBy({ layer, validate }: Profiles, requirements: Requirements, terms: Terms, tenant: string): Check {
    const judge: Check = (resource, at, base, wish) => {
      const required = requirements.get(resource.resourceType) ?? none
      const asked: Asked = { profiles: 'claimed', bestPractice: 'off', strict, required, ...wish }
      return validate(resource, at, asked, answersFrom({ store, tenant, base, budget: settings.budget, core, terms }))
    }
    return (resource, at, base, wish) => {
      if (wish?.only === 'form') return structure(resource, at)
      const found = judge(resource, at, base, wish)
      return resource.resourceType === 'StructureDefinition'
        ? beside(found, () => structureIssues(resource, at, layer, compileInvariant))
        : found
    }
  }

  return lately(clock, tenant => {
    const profiles = openStored(needs, tenant, 'StructureDefinition', ownProfile)
    const statements = openStored(needs, tenant, 'CapabilityStatement', statementOf)
    const termsOf = openTerms(store, tenant)
    return async () => {
      const until = await store.sequence(tenant)
      const [own, stated, terms] = await Promise.all([profiles.read(until), statements.read(until), termsOf(until)])
      return checkBy(profilesOf(own), requirementsOf(stated), terms, tenant)
    }
  })
}

const none: readonly [] = []

/** What a definition says is looked at once it is known to be a good resource. */
export async function beside(
  found: readonly Issue[] | Promise<readonly Issue[]>,
  more: () => readonly Issue[],
): Promise<readonly Issue[]> {
  const issues = await found
  return issues.some(isError) ? issues : [...issues, ...more()]
}

/** What was learnt of value sets, forgotten as soon as one of them, or a code system, has changed. They are not read for that. */
function openTerms(store: Pick<Store, 'history'>, tenant: string): (until: number) => Promise<Terms> {
  let terms: Terms = new Map()
  let seen: number | undefined
  const isChanged = async (type: string, after: number, until: number): Promise<boolean> => {
    const { versions } = await store.history({ tenant, type, order: 'oldest', after, until, limit: 1 })
    return versions.length > 0
  }
  return async until => {
    const after = seen ?? until
    if (after < until) {
      const changed = await Promise.all(['ValueSet', 'CodeSystem'].map(type => isChanged(type, after, until)))
      if (changed.includes(true)) terms = new Map()
    }
    seen = Math.max(until, seen ?? 0)
    return terms
  }
}
