/** Binary travels as its own content unless a FHIR format is asked for. https://hl7.org/fhir/R4/binary.html#rest */
import { parseJson } from '../fhir/json.ts'
import { isObject, type Resource } from '../fhir/resource.ts'
import type { Body, Headers } from './interaction.ts'

/** What is stored for content that is not FHIR. */
export function binaryOf(bytes: Uint8Array, contentType: string, securityContext: string | undefined): Resource {
  return {
    resourceType: 'Binary',
    contentType,
    ...(securityContext === undefined ? {} : { securityContext: { reference: securityContext } }),
    ...(bytes.length === 0
      ? {}
      : { data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64') }),
  }
}

/** "The X-Security-Context header … is a reference to the resource" that decides who may see the content. */
export function content(json: string): { headers: Headers; body: Body } {
  const binary = parseJson(json)
  const { contentType, data, securityContext } = isObject(binary) ? binary : {}
  const reference = isObject(securityContext) ? securityContext['reference'] : undefined
  return {
    headers: typeof reference === 'string' ? { 'x-security-context': reference } : {},
    body: {
      is: 'content',
      type: typeof contentType === 'string' ? contentType : 'application/octet-stream',
      bytes: Buffer.from(typeof data === 'string' ? data : '', 'base64'),
    },
  }
}
