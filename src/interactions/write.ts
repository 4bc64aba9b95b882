/** One resource on its way into the store: checked, drafted, committed, answered. Shared by create, update and patch. */
import { equal } from '../fhir/equal.ts'
import { FhirError, type Issue, isError, toOutcome } from '../fhir/issue.ts'
import { parseJson, printJson } from '../fhir/json.ts'
import { printEntries } from '../fhir/json-portions.ts'
import type { Resource } from '../fhir/resource.ts'
import { type Draft, draft, stamp } from '../fhir/stamp.ts'
import type { Key, Method, Version, Write } from '../store/port.ts'
import type { Answer, Context, FhirRequest } from './interaction.ts'
import { localReferences } from './links.ts'
import { parsePrefer } from './prefer.ts'
import { represent, validators } from './present.ts'
import type { Wish } from './validation/validation.ts'

/** Findings that do not prevent the write; errors are thrown, the others behind them. */
export async function check(
  ctx: Context,
  resource: Resource,
  at: string = resource.resourceType,
  wish?: Wish,
): Promise<readonly Issue[]> {
  const found = ctx.validate(resource, at, wish)
  const issues = found instanceof Promise ? await found : found
  const errors = issues.filter(isError)
  if (errors.length > 0) throw new FhirError([...errors, ...issues.filter(issue => !isError(issue))])
  if (resource.resourceType === 'Bundle' && wish?.only !== 'form') await printEntries(resource, ctx.turn)
  return issues
}

export function checkAndTell(
  ctx: Context,
  request: Pick<FhirRequest, 'headers'>,
  resource: Resource,
): Promise<readonly Issue[]> {
  return check(ctx, resource, resource.resourceType, wishOf(request))
}

/** What codes mean refuses no write, and is looked up for who wants to be told. https://hl7.org/fhir/R4/http.html#return */
export function wishOf({ headers }: Pick<FhirRequest, 'headers'>): Pick<Wish, 'lookUp'> {
  return parsePrefer(headers['prefer']).return === 'OperationOutcome' ? { lookUp: true } : {}
}

export function put(
  ctx: Context,
  request: Pick<FhirRequest, 'base'>,
  key: Key,
  resource: Resource,
  method: Exclude<Method, 'DELETE'>,
): Write & { do: 'put' } {
  const { entries, contained } = ctx.index(resource, key.id, request.base)
  const inside = contained.length > 0 ? { contained } : {}
  const write = { do: 'put', key, method, draft: draft(resource, key.id), entries, ...inside } as const
  return ctx.integrity(key.tenant) ? { ...write, links: localReferences(ctx, request.base, resource) } : write
}

/**
 * The current version, if the next one would bring "no change": the same data but for versionId and lastUpdated, decimals
 * as written. https://hl7.org/fhir/R4/http.html#update
 */
export function unchanged(current: Version | undefined, next: Draft): Version | undefined {
  if (current?.json === undefined) return undefined
  const text = stamp(next, current.version, current.updated)
  const same =
    text === current.json || (areReordered(text, current.json) && equal(parseJson(text), parseJson(current.json)))
  return same ? current : undefined
}

/** The same properties in another order are the same letters in another order; most changes are told apart by that. */
function areReordered(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let at = 0; at < a.length; at++) difference += a.charCodeAt(at) - b.charCodeAt(at)
  return difference === 0
}

/** The answer to a successful write, as `Prefer: return` wants it. https://hl7.org/fhir/R4/http.html#return */
export function written(request: FhirRequest, version: Version, created: boolean, issues: readonly Issue[]): Answer {
  const answer = {
    status: created ? 201 : 200,
    headers: { ...validators(version), ...location(request.base, version, created) },
    modified: version.updated,
    about: version,
  }
  switch (parsePrefer(request.headers['prefer']).return) {
    case 'minimal':
      return answer
    case 'OperationOutcome':
      return { ...answer, body: { is: 'json', json: printJson(success(version, created, issues)) } }
    default:
      return represent(request, answer, version.type, version.json ?? '')
  }
}

/** "The server SHALL return a Location header … [base]/[type]/[id]/_history/[vid]": of an update it says where this version stays. */
function location(base: string, { type, id, version }: Version, created: boolean): Record<string, string> {
  return { [created ? 'location' : 'content-location']: `${base}/${type}/${id}/_history/${version}` }
}

export function success({ type, id, version }: Version, created: boolean, issues: readonly Issue[] = []): Resource {
  const diagnostics = `${created ? 'created' : 'stored'} ${type}/${id} as version ${version}`
  return toOutcome([{ severity: 'information', code: 'informational', diagnostics }, ...issues])
}
