/** Is a code in a value set, and is it right? https://hl7.org/fhir/R4/valueset-operation-validate-code.html */
import type * as conformance from '../../conformance/artifact.ts'
import { fail } from '../../fhir/issue.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Context } from '../../interactions/interaction.ts'
import { validate, validationParameters } from '../../terminology/value-set/validate.ts'
import { withVersionsOf } from '../../terminology/value-set/value-versions.ts'
import type { Input } from '../kernel/input.ts'
import type { Call, Operation } from '../kernel/operation.ts'
import { type Asked, askedOf, askedParameters } from '../terminology/asked.ts'
import { languagesFor } from './languages.ts'
import { subjectOf } from './subject.ts'
import { valueSetOf } from './value-set.ts'

/** Of later versions. */
export const validateParameters: readonly conformance.OperationParameter[] = [
  ...askedParameters,
  ...['inferSystem', 'lenient-display-validation', 'valueset-membership-only', 'activeOnly'].map(
    name => ({ name, use: 'in', min: 0, max: '1', type: 'boolean' }) as const,
  ),
]

export function validateMember(definition: conformance.Operation): Operation {
  return {
    definition,
    also: validateParameters,
    unknown: 'ignore',
    affectsState: false,
    scope: 'r',
    cost: 5,
    lasting: query => !query.has('context'), // which searches for profiles as the client may
    run: async (ctx, call) => validated(ctx, call, await askedOf(ctx, call), 'value set'),
  }
}

/** `against`: without a value set, a batch holds a code against its code system; a single question names one. */
export async function validated(
  ctx: Context,
  call: Call,
  asked: Asked,
  against: 'value set' | 'what is named',
): Promise<Resource> {
  const { input } = call
  const { memberships, supplements } = asked
  const inferSystem = input.flag('inferSystem') ?? (input.text('context') !== undefined ? true : undefined)
  const subject = subjectOf(input, inferSystem === true)
  const valueSet = await valueSetOf(ctx, call, asked)
  if (valueSet === undefined && against === 'value set') throw noValueSet()
  const rules = withVersionsOf(subject, asked.rules, memberships.terminology)
  const members = valueSet === undefined ? undefined : memberships.of(valueSet, { rules, supplements })
  const validation = validate({
    terminology: memberships.terminology,
    rules,
    languages: languagesFor(asked, valueSet),
    subject,
    ...(members === undefined ? {} : { members }),
    ...(inferSystem === undefined ? {} : { inferSystem }),
    ...flags(input),
  })
  return validationParameters(validation)
}

export function noValueSet(): Error {
  return fail('required', 'there is no value set: expected url, valueSet or context, or the operation on an instance')
}

function flags(input: Input): { readonly [Name in (typeof wishes)[number][0]]?: boolean } {
  const given = wishes.map(([name, parameter]) => [name, input.flag(parameter)] as const)
  return Object.fromEntries(given.filter(([, flag]) => flag !== undefined))
}

const wishes = [
  ['abstract', 'abstract'],
  ['activeOnly', 'activeOnly'],
  ['lenientDisplay', 'lenient-display-validation'],
  ['membershipOnly', 'valueset-membership-only'],
] as const
