/**
 * The rules that resources are checked by, tenant by tenant: R4's, the tenant's own profiles, and what it requires.
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
import { type Current, current } from '../current.ts'
import { openInForce } from '../in-force.ts'
import { openStored, type StoredNeeds } from '../stored.ts'
import type { Vocabulary } from '../vocabulary/vocabulary.ts'
import { answersFrom } from './answers.ts'
import { openStructureIssues } from './defined.ts'
import { type Forms, formAnswers, openForms } from './forms.ts'
import { openProfiles, ownProfile, type Profiles } from './profiles.ts'
import { type Requirements, requirementsOf, statementOf } from './requirements.ts'

/** What a client may ask for beside what every write is checked by. */
export type Wish = Partial<Pick<Asked, 'also' | 'beside' | 'bestPractice' | 'preferred' | 'mustSupport' | 'lookUp'>> & {
  /** Whether it is well-formed is all that counts. */
  readonly only?: 'form'
  /** By what is in force by now, for work that changes it; else by what was when the request first asked. */
  readonly anew?: true
  /** Where references are followed, as somebody sees it; absent: as the server does. */
  readonly targets?: Pick<Store, 'readAll'>
}

/** For whom: `base` as the tenant's clients see it, and what codes mean in the tenant. */
export type For = { readonly base: string; readonly vocabulary: () => Vocabulary | Promise<Vocabulary> }

/** `at`: the FHIRPath that leads to the resource. */
export type Check = (
  resource: Resource,
  at: string,
  whom: For,
  wish?: Wish,
) => readonly Issue[] | Promise<readonly Issue[]>

export type Validation = Current<Check>

export type ValidationNeeds = StoredNeeds & {
  readonly definitions: Pick<Definitions, 'shapes'>
  readonly store: Pick<Store, 'sequence' | 'latest' | 'history' | 'readAll' | 'search'>
  readonly structure: StructureCheck
  readonly settings: {
    /** What becomes of a resource that claims a profile which nobody knows. */
    readonly unknownProfiles: 'accept' | 'refuse'
  }
}

/** By which resources are checked; a guide says whether its package is installed. */
const types = ['StructureDefinition', 'CapabilityStatement', 'Questionnaire', 'ImplementationGuide']

export function openValidation(needs: ValidationNeeds): Validation {
  const { definitions, structure, store, clock, turn, settings } = needs
  const compileInvariant = openInvariants(definitions.shapes)
  const profilesOf = openProfiles(withOwn(loadStructures(), ownProfiles()), {
    compileInvariant,
    shapes: definitions.shapes,
    structure,
    turn,
    now: clock,
  })
  const structureIssues = openStructureIssues(compileInvariant)
  const core = coreCodes(loadValueSets())
  const strict = settings.unknownProfiles === 'refuse'

  function checkBy({ layer, validate }: Profiles, requirements: Requirements, forms: Forms, tenant: string): Check {
    const judge: Check = (resource, at, { base, vocabulary }, wish) => {
      const required = requirements.get(resource.resourceType) ?? none
      const asked: Asked = { profiles: 'claimed', bestPractice: 'off', strict, required, ...wish }
      const seen = wish?.targets ?? store
      const { memory, ask } = answersFrom({ store: seen, tenant, base, core, vocabulary })
      const known = formAnswers({ store, tenant, base, forms })
      return validate(resource, at, asked, {
        memory: { ...memory, questionnaires: known.memory },
        ask: { ...ask, questionnaires: known.ask },
      })
    }
    return (resource, at, whom, wish) => {
      if (wish?.only === 'form') return structure(resource, at)
      const found = judge(resource, at, whom, wish)
      return resource.resourceType === 'StructureDefinition'
        ? beside(found, () => structureIssues(resource, at, layer))
        : found
    }
  }

  return current({ store, types }, tenant => {
    const profiles = openInForce(needs, tenant)('StructureDefinition', ownProfile)
    const statements = openStored(needs, tenant, 'CapabilityStatement', statementOf)
    const formsOf = openForms(store, tenant)
    return async until => {
      const [own, stated] = await Promise.all([profiles.read(until), statements.read(until)])
      return checkBy(profilesOf(own), requirementsOf(stated), await formsOf(until), tenant)
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
