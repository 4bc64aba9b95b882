/** https://hl7.org/fhir/R4/resource-operation-validate.html */
import type * as conformance from '../../conformance/artifact.ts'
import { error, fail, type Issue, isError, toOutcome } from '../../fhir/issue.ts'
import { parseJson } from '../../fhir/json.ts'
import { nearest } from '../../fhir/nearest.ts'
import { isResource, type Resource } from '../../fhir/resource.ts'
import type { Shapes } from '../../fhir/shape.ts'
import type { Context, FhirRequest } from '../../interactions/interaction.ts'
import type { Input } from '../kernel/input.ts'
import type { Operation } from '../kernel/operation.ts'
import { explainParameters, explanation } from './explanation.ts'
import { absence, attempt, idFaults, misuseOf, modeOf, type Question } from './mode.ts'
import type { Validator } from './validator.ts'
import { type Telling, tellingOf, tellingParameters } from './wish.ts'

/** R4 takes one profile; later versions, and clients, know of several. */
const profile = { name: 'profile', use: 'in', min: 0, max: '*', type: 'canonical' } as const

/** "This operation returns a 200 OK whether or not the resource is valid." Only what is no resource of R4 at all is refused. */
export function validate(definition: conformance.Operation, validator: Validator): Operation {
  return {
    definition,
    also: [profile, ...tellingParameters, ...explainParameters],
    unknown: 'refuse',
    affectsState: false,
    scope: 'r',
    cost: 2,
    async run(ctx, { request, input }) {
      const question = questionOf(input, ctx.shapes)
      const { telling, misuse } = tellingOf(input)
      const { subject, issues } = await judge(ctx, request, question, telling, validator)
      const found = [...misuse, ...issues]
      if (input.flag('explain') === true) {
        return explanation(request, subject, found, input.flag('colours') === true)
      }
      return toOutcome(found.length === 0 ? [clean] : found)
    },
    misread: ({ issues }) => toOutcome(issues),
  }
}

const clean: Issue = { severity: 'information', code: 'informational', diagnostics: 'no problems were found' }

function questionOf(input: Input, shapes: Shapes): Question {
  const asked = input.text('mode')
  const given = input.resource('resource')
  if (given) mustBeKnown(given, shapes)
  const mode = modeOf(asked)
  return { asked, mode, given: mode === 'create' ? withoutId(given) : given, profiles: input.texts('profile') }
}

type Judged = { readonly subject: Resource | undefined; readonly issues: readonly Issue[] }

/** What is to be done is tried only with what is sound. */
async function judge(
  ctx: Context,
  request: FhirRequest,
  question: Question,
  telling: Telling,
  validator: Validator,
): Promise<Judged> {
  const subject = await subjectOf(ctx, request, question)
  const faults = isResource(subject)
    ? await contentFaults(ctx, request, question, telling, subject, validator)
    : subject
  const issues = [...misuseOf(question, request), ...faults]
  const tried = issues.some(isError) ? [] : await attempt(ctx, request, question)
  return { subject: isResource(subject) ? subject : undefined, issues: [...issues, ...tried] }
}

/** Or why there is none; nothing is to be said of what is deleted: "The server ignores the content". */
async function subjectOf(
  ctx: Context,
  request: FhirRequest,
  { mode, given }: Question,
): Promise<Resource | readonly Issue[]> {
  return mode === 'delete' ? [] : (given ?? stored(ctx, request))
}

async function contentFaults(
  ctx: Context,
  request: FhirRequest,
  question: Question,
  telling: Telling,
  subject: Resource,
  validator: Validator,
): Promise<readonly Issue[]> {
  const {
    tenant,
    target: { type },
  } = request
  const { resourceType } = subject
  const wrongType =
    type === '' || resourceType === type
      ? []
      : [error('invalid', `the resource is of the type ${resourceType}, but the URL says ${type}`, resourceType)]
  const found = await validator(ctx, subject, { tenant, profiles: question.profiles, telling })
  return [...wrongType, ...idFaults(question, request), ...found]
}

/** Without a resource in the request, the one that the URL names. */
async function stored(ctx: Context, { tenant, target }: FhirRequest): Promise<Resource | readonly Issue[]> {
  const { at, type, id } = target
  if (at !== 'instance') throw fail('required', 'there is nothing to validate: expected a resource', undefined)
  const key = { tenant, type, id }
  const current = await ctx.store.read(key)
  const gone = absence(key, current)
  return gone ? [gone] : (parseJson(current?.json ?? '') as Resource)
}

/** "The server SHALL ignore any id" of a create; it need not even be valid. */
function withoutId(resource: Resource | undefined): Resource | undefined {
  if (!resource) return undefined
  const { id: _, ...rest } = resource
  return rest
}

function mustBeKnown({ resourceType }: Resource, { resourceTypes }: Shapes): void {
  if (resourceType === 'Parameters' || resourceTypes.includes(resourceType)) return
  const meant = nearest(resourceType, resourceTypes)
  const hint = meant === undefined ? '' : `; did you mean '${meant}'?`
  throw fail('structure', `'${resourceType}' is not a resource type of FHIR R4${hint}`)
}
