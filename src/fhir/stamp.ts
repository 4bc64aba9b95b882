/**
 * A resource as text that lacks only what the commit decides: versionId and lastUpdated.
 * The store fills these in, so that a resource is printed once and stored as the bytes that go out.
 * https://hl7.org/fhir/R4/resource.html#Meta
 */
import { printJson } from './json.ts'
import { printMembers } from './json-portions.ts'
import type { JsonObject, Resource } from './resource.ts'

export type Draft = {
  readonly type: string
  readonly id: string
  /** Everything after lastUpdated's closing quote. */
  readonly rest: string
}

/** The resource under its server-given id; the sender's versionId and lastUpdated are dropped. */
export function draft(resource: Resource, id: string): Draft {
  const { resourceType: type, id: _id, meta = {}, ...body } = resource
  const { versionId: _v, lastUpdated: _l, _versionId, _lastUpdated, ...kept } = meta as JsonObject
  const metaRest = printJson(kept).slice(1)
  const bodyRest = printMembers(body)
  return { type, id, rest: `${metaRest === '}' ? '' : ','}${metaRest}${bodyRest === '}' ? '' : ','}${bodyRest}` }
}

export function stamp({ type, id, rest }: Draft, version: number, lastUpdated: number): string {
  const instant = new Date(lastUpdated).toISOString()
  return `{"resourceType":"${type}","id":"${id}","meta":{"versionId":"${version}","lastUpdated":"${instant}"${rest}`
}
