/** What the policies of a principal grant him, and what they close. */
import type { Definitions } from '../../conformance/definitions.ts'
import { FhirError } from '../../fhir/issue.ts'
import type { Shapes } from '../../fhir/shape.ts'
import { compartment } from '../../search/compartment.ts'
import { all, and, type Node, none, or } from '../../search/node.ts'
import { hasSecurityContext } from '../../search/security-context.ts'
import { type Access, type Limits, unbounded } from './access.ts'
import { elementsNamed } from './elements.ts'
import { type Facts, filled, valuesOf } from './facts.ts'
import { type Grant, granted, together } from './granted.ts'
import { labelledWithin } from './labels.ts'
import type { AccessPolicy, PolicyRule } from './policy.ts'

export type PolicyNeeds = {
  readonly compartments: Definitions['compartments']
  readonly shapes: Shapes
  readonly facts: Facts
  /** Criteria in search syntax → the resources of the type that fit; rejects what cannot be understood. */
  readonly criteria: (type: string, query: string) => Promise<Node>
  /** Ids of patients for whom glass is broken. */
  readonly broken: readonly string[]
  /** Of each type, what consents permit. */
  readonly permitted: (type: string) => Node
}

export const breakGlass = 'break-glass'

/**
 * Whatever one of them grants; but what one of them hides is hidden, what one fixes is fixed, and all constraints hold. A rule that
 * is not understood grants nothing.
 */
export async function policied(policies: readonly AccessPolicy[], needs: PolicyNeeds): Promise<Access> {
  const { shapes } = needs
  const types = shapes.resourceTypes
  const grants = await Promise.all(policies.map(policy => grantsOf(policy, needs)))
  const rules = policies.flatMap(policy => policy.rules)
  return granted(grants.flat(), types, {
    limits: type => together(rules.map(rule => limitsOf(rule, type, shapes) ?? unbounded)),
    runs: operation => policies.some(({ operations }) => operations.includes('*') || operations.includes(operation)),
  })
}

/** Of those that somebody may break glass with. */
export function mayBreak({ operations }: AccessPolicy): boolean {
  return operations.includes(breakGlass) || operations.includes('*')
}

async function grantsOf(policy: AccessPolicy, needs: PolicyNeeds): Promise<readonly Grant[]> {
  const behindGlass = mayBreak(policy) ? broken(needs) : () => none
  const labels = labelledWithin(policy.confidentiality, policy.sensitivities)
  const permitted = policy.consent === 'opt-in' ? needs.permitted : () => all
  const grants = await Promise.all(
    policy.rules.flatMap(rule =>
      rule.types.map(async (type): Promise<Grant> => {
        const chosen = isUnderstood(rule, type, needs.shapes) ? await chosenBy(rule, type, needs) : () => none
        const where = (of: string): Node => {
          const open = behindGlass(of)
          return and([chosen(of), rule.glass ? open : all, or([labels, open]), permitted(of)])
        }
        return { type, letters: rule.letters, where }
      }),
    ),
  )
  return grants
}

function broken({ compartments, broken: ids }: PolicyNeeds): (type: string) => Node {
  return ids.length === 0 ? () => none : compartment({ compartments }, 'Patient', ids).where
}

/** The resources that a rule is about. */
async function chosenBy(
  { criteria, compartments }: PolicyRule,
  type: string,
  needs: PolicyNeeds,
): Promise<(type: string) => Node> {
  if (criteria.length + compartments.length === 0) return () => all
  const found = or(await Promise.all(criteria.map(text => fitting(text, type, needs))))
  const own = compartments.flatMap(text => valuesOf(text, needs.facts).map(reference => within(reference, needs)))
  // In no compartment there is a Binary, but what it belongs to may be in one.
  const binary = own.length === 0 ? none : hasSecurityContext
  return of => or([found, of === 'Binary' ? binary : none, ...own.map(where => where(of))])
}

async function fitting(text: string, type: string, { criteria, facts }: PolicyNeeds): Promise<Node> {
  const query = filled(text, facts)
  if (query === undefined || type === '*') return none
  try {
    return await criteria(type, query)
  } catch (error) {
    if (error instanceof FhirError) return none
    throw error
  }
}

/** Of what has no compartments, as an Organization, nothing is in one. */
function within(reference: string, { compartments }: PolicyNeeds): (type: string) => Node {
  const [type = '', id = ''] = reference.split('/')
  return compartments.some(({ code }) => code === type) ? compartment({ compartments }, type, id).where : () => none
}

function isUnderstood(rule: PolicyRule, type: string, shapes: Shapes): boolean {
  return type === '*' || limitsOf(rule, type, shapes) !== undefined
}

/** `undefined`: it names elements that there are not. Of rules for all types, types without them are not meant. */
export function limitsOf(rule: PolicyRule, type: string, shapes: Shapes): Limits | undefined {
  const { types, hidden, fixed, constraints } = rule
  const isOwn = types.includes(type)
  if (!isOwn && !types.includes('*')) return unbounded
  if (hidden.length + fixed.length + constraints.length === 0) return unbounded
  const paths = (names: readonly string[]): readonly string[] | undefined => {
    const found = names.map(name => elementsNamed(name, type, shapes))
    const missing = found.some(one => 'unknown' in one)
    return missing && isOwn ? undefined : found.flatMap(one => ('paths' in one ? one.paths : []))
  }
  const [shut, kept] = [paths(hidden), paths(fixed)]
  return shut && kept && { hidden: shut, fixed: kept, rules: constraints }
}
