/** What a token's scopes grant. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html */
import type { Definitions } from '../../conformance/definitions.ts'
import { compartment } from '../../search/compartment.ts'
import { all, and, type Node, none } from '../../search/node.ts'
import { hasSecurityContext } from '../../search/security-context.ts'
import type { Principal } from '../principal.ts'
import type { Access, Letter } from './access.ts'
import { type Grant, granted } from './granted.ts'
import { type ResourceScope, resourceScopes } from './scope.ts'

export type ScopedNeeds = {
  readonly compartments: Definitions['compartments']
  /** All resource types. */
  readonly types: readonly string[]
  /** Criteria in search syntax → the resources of the type that fit; rejects what cannot be understood. */
  readonly criteria: (type: string, query: string) => Promise<Node>
}

/**
 * What every patient's app may read when its scopes name it: of no patient, but needed to understand what is.
 */
const common: ReadonlySet<string> = new Set([
  ...['Practitioner', 'PractitionerRole', 'Organization', 'OrganizationAffiliation', 'Location', 'HealthcareService'],
  ...['Endpoint', 'Medication', 'MedicationKnowledge', 'Substance', 'Questionnaire', 'InsurancePlan'],
  ...['StructureDefinition', 'ValueSet', 'CodeSystem', 'ConceptMap', 'NamingSystem', 'SearchParameter'],
  ...['OperationDefinition', 'CapabilityStatement', 'CompartmentDefinition', 'ImplementationGuide'],
  ...['ActivityDefinition', 'PlanDefinition', 'Library', 'Measure', 'ObservationDefinition', 'DeviceDefinition'],
])

/** Scopes that cannot be understood grant nothing. */
export async function scoped(principal: Principal, needs: ScopedNeeds): Promise<Access> {
  const grants = await Promise.all(resourceScopes(principal.scope).flatMap(scope => grantsOf(scope, principal, needs)))
  return granted(grants.flat(), needs.types)
}

async function grantsOf(scope: ResourceScope, { patient }: Principal, needs: ScopedNeeds): Promise<readonly Grant[]> {
  const { context, type, letters } = scope
  const chosen = scope.criteria === undefined ? all : await needs.criteria(type, scope.criteria).catch(() => none)
  if (context !== 'patient') return [{ type, letters, where: () => chosen }]
  if (patient === undefined) return []
  const own = compartment(needs, 'Patient', patient).where
  const reading = letters.filter(isReading)
  return [
    { type, letters, where: of => and([of === 'Binary' ? hasSecurityContext : own(of), chosen]) },
    { type, letters: reading, where: of => (common.has(of) ? chosen : none) },
  ]
}

function isReading(letter: Letter): boolean {
  return letter === 'r' || letter === 's'
}
