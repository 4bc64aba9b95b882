/** One version in a history. "Each entry SHALL minimally contain at least one of: a resource …, or a request …" https://hl7.org/fhir/R4/http.html#history */
import { statusLine } from '../../fhir/status.ts'
import type { Version } from '../../store/port.ts'
import { etag } from '../preconditions.ts'

/** `json`: the resource in the form that was asked for; `undefined` for a deletion. */
export function entry(base: string, version: Version, json: string | undefined): string {
  const { type, id, method, updated } = version
  const parts = [
    `"fullUrl":${JSON.stringify(`${base}/${type}/${id}`)}`,
    ...(json === undefined ? [] : [`"resource":${json}`]),
    `"request":${JSON.stringify({ method, url: method === 'POST' ? type : `${type}/${id}` })}`,
    `"response":${JSON.stringify({
      status: statusLine(statusOf(version)),
      etag: etag(version.version),
      lastModified: new Date(updated).toISOString(),
    })}`,
  ]
  return `{${parts.join(',')}}`
}

function statusOf({ method, created }: Version): number {
  if (method === 'DELETE') return 204
  return created ? 201 : 200
}
