/** The entry of a response Bundle that answers one request. https://hl7.org/fhir/R4/http.html#transaction-response */
import { type FhirError, toOutcome } from '../../fhir/issue.ts'
import { printJson } from '../../fhir/json.ts'
import { statusLine } from '../../fhir/status.ts'
import type { Answer, FhirRequest } from '../interaction.ts'
import { relocated } from './step.ts'

export function responseEntry(
  { base, method, target }: Pick<FhirRequest, 'base' | 'method' | 'target'>,
  { status, headers = {}, modified, body }: Answer,
): string {
  const json = method !== 'HEAD' && body?.is === 'json' ? body.json : undefined
  // What a write says about itself belongs to the response, not to the entry's resource. What an operation says is its result.
  const isWrite = method !== 'GET' && target.verb === ''
  const outcome = isWrite && json?.startsWith('{"resourceType":"OperationOutcome"') ? json : undefined
  // "…the location and ETag header values, which are used for identifying and versioning the resources": of updates too.
  const location = below(base, headers['location'] ?? headers['content-location'])
  const response = JSON.stringify({
    status: statusLine(status),
    location,
    etag: headers['etag'],
    lastModified: modified === undefined ? undefined : new Date(modified).toISOString(),
  })
  const name = location?.replace(/\/_history\/.*$/, '') ?? nameOf(target)
  const resource = json === undefined || outcome !== undefined ? '' : `${fullUrl(base, name)}"resource":${json},`
  const details = outcome === undefined ? response : `${response.slice(0, -1)},"outcome":${outcome}}`
  return `{${resource}"response":${details}}`
}

function below(base: string, url: string | undefined): string | undefined {
  return url?.startsWith(`${base}/`) ? url.slice(base.length + 1) : url
}

/** `Patient/1`; of what is no single resource, nothing. */
function nameOf({ at, type, id, verb }: FhirRequest['target']): string {
  return (at === 'instance' || at === 'version') && verb === '' ? `${type}/${id}` : ''
}

function fullUrl(base: string, name: string): string {
  return name === '' ? '' : `"fullUrl":${JSON.stringify(`${base}/${name}`)},`
}

/** A refused entry of a batch: its issues say which entry they are about. */
export function refusedEntry(refusal: FhirError, at: string): string {
  const { status, issues } = relocated(refusal, at)
  const line = JSON.stringify(statusLine(status))
  return `{"response":{"status":${line},"outcome":${printJson(toOutcome(issues))}}}`
}
