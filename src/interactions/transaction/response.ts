/** The entry of a response Bundle that answers one request. https://hl7.org/fhir/R4/http.html#transaction-response */
import { STATUS_CODES } from 'node:http'
import { FhirError, fail, toOutcome } from '../../fhir/issue.ts'
import { printJson } from '../../fhir/json.ts'
import type { Answer, FhirRequest } from '../interaction.ts'
import { relocated } from './step.ts'

export function responseEntry(
  { base, method }: Pick<FhirRequest, 'base' | 'method'>,
  { status, headers = {}, body }: Answer,
): string {
  const json = method !== 'HEAD' && body?.is === 'json' ? body.json : undefined
  // What a write says about itself belongs to the response, not to the entry's resource.
  const outcome = method !== 'GET' && json?.startsWith('{"resourceType":"OperationOutcome"') ? json : undefined
  const { location, etag, 'last-modified': modified } = headers
  const response = JSON.stringify({
    status: `${status} ${STATUS_CODES[status] ?? ''}`.trim(),
    location: location?.startsWith(`${base}/`) ? location.slice(base.length + 1) : location,
    etag,
    lastModified: modified === undefined ? undefined : new Date(modified).toISOString(),
  })
  const resource = json !== undefined && outcome === undefined ? `"resource":${json},` : ''
  return `{${resource}"response":${outcome === undefined ? response : `${response.slice(0, -1)},"outcome":${outcome}}`}}`
}

/** A refused entry of a batch: its issues say which entry they are about. */
export function refusedEntry(thrown: unknown, at: string): string {
  const error = relocated(
    thrown instanceof FhirError ? thrown : fail('exception', 'this entry could not be processed', at),
    at,
  )
  const status = `${error.status} ${STATUS_CODES[error.status] ?? ''}`.trim()
  return `{"response":{"status":${JSON.stringify(status)},"outcome":${printJson(toOutcome(error.issues))}}}`
}
