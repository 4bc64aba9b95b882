/** The patch in a request's body: bytes with their media type, a Parameters, or (in a Bundle) a Binary that carries it. */
import { fail } from '../fhir/issue.ts'
import type { PatchDocument } from '../fhir/patch/patch.ts'
import type { FhirRequest } from './interaction.ts'

export function patchDocument({ body }: FhirRequest): PatchDocument {
  if (!body || (body.is === 'bytes' && body.bytes.length === 0))
    throw fail('required', 'the request has no body: expected a patch')
  if (body.is === 'bytes') return { contentType: body.type, bytes: body.bytes }
  const { resource } = body
  const { contentType, data } = resource
  if (resource.resourceType !== 'Binary') return { resource }
  if (typeof contentType === 'string' && typeof data === 'string') {
    return { contentType, bytes: Buffer.from(data, 'base64') }
  }
  throw fail('required', 'a Binary that carries a patch needs contentType and data', 'Binary')
}
