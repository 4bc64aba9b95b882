/**
 * What a request gives to its operation: parameters of the URL and of the body, or the one resource that the body is.
 * https://hl7.org/fhir/R4/operations.html#request
 */
import type * as conformance from '../../conformance/artifact.ts'
import { error, FhirError, fail, type Issue } from '../../fhir/issue.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Shapes } from '../../fhir/shape.ts'
import type { Context, FhirRequest } from '../../interactions/interaction.ts'
import { decode } from '../../interactions/payload.ts'
import { fromParameters } from './from-parameters.ts'
import { fromQuery } from './from-query.ts'
import { type Argument, countFaults, type Expected, type Input, inputOf } from './input.ts'
import type { Operation } from './operation.ts'
import { isOfResourceType, kindOf } from './types.ts'

export function mayHaveBody({ method, body }: FhirRequest): boolean {
  return method === 'POST' && body !== undefined
}

/** None of a GET, and none is fine. */
export async function bodyOf(
  ctx: Context,
  request: FhirRequest,
  { content }: Operation,
): Promise<Resource | undefined> {
  const { body } = request
  if (!mayHaveBody(request) || !body) return undefined
  if (body.is === 'bytes' && (body.bytes.length === 0 || content?.includes(body.type))) return undefined
  return decode(ctx, request)
}

/** All mistakes are told at once. */
export async function readInput(
  ctx: Context,
  { query }: FhirRequest,
  body: Resource | undefined,
  operation: Operation,
  expected: Expected,
): Promise<Input> {
  const issues: Issue[] = []
  const inUrl = fromQuery(query, expected, ctx.shapes, operation.unknown, issues)
  const inBody = body ? await ofBody(ctx, body, operation, expected, issues) : []
  return checked([...inUrl, ...inBody], expected, issues)
}

/** Of a request that has no body. */
export function inputInUrl(ctx: Context, { query }: FhirRequest, { unknown }: Operation, expected: Expected): Input {
  const issues: Issue[] = []
  return checked(fromQuery(query, expected, ctx.shapes, unknown, issues), expected, issues)
}

function checked(given: readonly Argument[], expected: Expected, issues: Issue[]): Input {
  // One that could not be read is not missing as well.
  if (issues.length === 0) issues.push(...countFaults(given, expected))
  if (issues.length > 0) throw new FhirError(issues, { status: 400 })
  return inputOf(given, expected)
}

async function ofBody(
  ctx: Context,
  body: Resource,
  { unknown, definition }: Operation,
  expected: Expected,
  issues: Issue[],
): Promise<readonly Argument[]> {
  const { resourceType } = body
  if (resourceType === 'Parameters') return fromParameters(ctx, body, expected, unknown, issues)
  const { name, type = '' } = onlyResource(definition, ctx.shapes) ?? {}
  if (name === undefined) {
    throw fail('invalid', `the body is a ${resourceType}: expected Parameters`, resourceType)
  }
  if (isOfResourceType(resourceType, type)) return [{ name, value: body }]
  issues.push(error('invalid', `the body is a ${resourceType}: expected a ${type}, or Parameters`, resourceType))
  return []
}

/** "If there is exactly one input parameter of type Resource", it may be the body itself; those of later versions do not count. */
function onlyResource({ parameter }: conformance.Operation, shapes: Shapes) {
  const [only, second] = parameter.filter(one => one.use === 'in' && kindOf(one, shapes) === 'resource')
  return second ? undefined : only
}
