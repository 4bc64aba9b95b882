/** The resource in a request's body. */
import { fail } from '../fhir/issue.ts'
import { parseJson } from '../fhir/json.ts'
import { parseJsonInPortions } from '../fhir/json-portions.ts'
import { formatOf } from '../fhir/media-type.ts'
import { isResource, type Json, type Resource } from '../fhir/resource.ts'
import { parseXml } from '../fhir/xml/parse.ts'
import { binaryOf } from './binary.ts'
import type { Context, FhirRequest } from './interaction.ts'

/** Of any type; what it holds is checked by whoever stores it. */
export async function decode(ctx: Context, { body }: FhirRequest): Promise<Resource> {
  if (!body || (body.is === 'bytes' && body.bytes.length === 0)) {
    throw fail('required', 'the request has no body: expected a FHIR resource')
  }
  if (body.is === 'resource') return body.resource
  const format = formatOf(body.type)
  if (!format) {
    throw fail(
      'not-supported',
      `'${body.type}' is not a FHIR format: expected application/fhir+json or application/fhir+xml`,
      undefined,
      { status: 415 },
    )
  }
  const value = format === 'json' ? await json(ctx, body.bytes) : parseXml(body.bytes, ctx.shapes)
  if (!isResource(value))
    throw fail('structure', "the body is not a resource: expected an object with a 'resourceType'")
  return value
}

const large = 1_000_000 // bytes of JSON that are parsed in some 10 ms

function json({ turn }: Context, bytes: Uint8Array): Json | Promise<Json> {
  return bytes.length > large ? parseJsonInPortions(bytes, turn) : parseJson(bytes)
}

/** Of the type that the URL names. */
export async function decodeFor(ctx: Context, request: FhirRequest): Promise<Resource> {
  const { type } = request.target
  const resource = type === 'Binary' ? await decodeBinary(ctx, request) : await decode(ctx, request)
  if (resource.resourceType === type) return resource
  throw fail('invalid', `the body is a ${resource.resourceType}, but the URL says ${type}`, resource.resourceType)
}

/** "…treated as a Binary resource, except … application/fhir+xml or application/fhir+json": https://hl7.org/fhir/R4/binary.html#rest */
async function decodeBinary(ctx: Context, request: FhirRequest): Promise<Resource> {
  const { body, headers, target } = request
  if (body?.is !== 'bytes' || /^application\/fhir[+ ](json|xml)$/i.test(body.type)) return decode(ctx, request)
  const resource = binaryOf(body.bytes, headers['content-type'] ?? body.type, headers['x-security-context'])
  return target.at === 'instance' ? { ...resource, id: target.id } : resource
}
