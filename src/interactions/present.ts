/** A stored version as an answer: conditional read, Binary content, `_summary` and `_elements`. */
import { fail } from '../fhir/issue.ts'
import { parseJson, printJson } from '../fhir/json.ts'
import { asksForResource } from '../fhir/media-type.ts'
import type { Resource } from '../fhir/resource.ts'
import { parseSubset, subset } from '../fhir/subset.ts'
import type { Version } from '../store/port.ts'
import { content } from './binary.ts'
import type { Answer, Context, FhirRequest } from './interaction.ts'
import { etag, notModified } from './preconditions.ts'

export function present(ctx: Context, request: FhirRequest, version: Version): Answer {
  const { json } = version
  const headers = validators(version)
  if (json === undefined) {
    const { type, id, version: number } = version
    const gone =
      version.method === 'DELETE' ? `was deleted by version ${number}` : `was erased, and its version ${number} with it`
    throw fail('deleted', `${type}/${id} ${gone}`, undefined, { headers })
  }
  const { 'if-none-match': ifNoneMatch, 'if-modified-since': ifModifiedSince } = request.headers
  if ((ifNoneMatch ?? ifModifiedSince) !== undefined && notModified(version, ifNoneMatch, ifModifiedSince)) {
    return { status: 304, headers, modified: version.updated, about: version }
  }
  const answer = { status: 200, headers, modified: version.updated, about: version }
  return represent(request, answer, version.type, json, whole => partial(ctx, request.query, whole))
}

/** ETag and Last-Modified, which RFC 9110 calls validators. */
export function validators({ version, updated }: Pick<Version, 'version' | 'updated'>): Record<string, string> {
  return { etag: etag(version), 'last-modified': httpDate(updated) }
}

let latest = { ms: Number.NaN, text: '' }

/** https://www.rfc-editor.org/rfc/rfc9110#name-date-time-formats. Versions of one commit have the same, and printing it is slow. */
function httpDate(ms: number): string {
  if (latest.ms !== ms) latest = { ms, text: new Date(ms).toUTCString() }
  return latest.text
}

/** The answer with the resource as its body: whole after a write, perhaps a part of it after a read. */
export function represent(
  { headers, query }: FhirRequest,
  answer: Answer,
  type: string,
  json: string,
  part: (json: string) => string = whole => whole,
): Answer {
  if (type === 'Binary' && !asksForResource(headers['accept'], query.get('_format') || undefined)) {
    const binary = content(json)
    return { ...answer, headers: { ...answer.headers, ...binary.headers }, body: binary.body }
  }
  return { ...answer, body: { is: 'json', json: part(json) } }
}

/** `_summary` and `_elements`: https://hl7.org/fhir/R4/search.html#summary. Without them the text goes out untouched. */
export function partial({ shapes }: Context, query: URLSearchParams, json: string): string {
  const asked = query.size === 0 ? undefined : parseSubset(query)
  return asked ? printJson(subset(parseJson(json) as Resource, asked, shapes)) : json
}
