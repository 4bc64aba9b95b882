/**
 * X-Provenance: a Provenance that is stored in the same commit as what it speaks of; the server fills in the target.
 * https://hl7.org/fhir/R4/provenance.html#header
 */
import { fail } from '../fhir/issue.ts'
import { parseJson } from '../fhir/json.ts'
import { isResource } from '../fhir/resource.ts'
import type { Key, Write } from '../store/port.ts'
import type { Context, FhirRequest } from './interaction.ts'
import { localReferences } from './links.ts'
import { check, put } from './write.ts'

/** The write of the header's Provenance about these versions; none without the header. */
export async function provenance(
  ctx: Context,
  request: FhirRequest,
  about: readonly (Key & { version: number })[],
): Promise<Write[]> {
  const header = request.headers['x-provenance']
  if (header === undefined || about.length === 0) return []
  // Node reads headers as Latin-1; JSON is UTF-8.
  const given = parseJson(Buffer.from(header, 'latin1'))
  if (!isResource(given) || given.resourceType !== 'Provenance') {
    throw fail('invalid', 'the X-Provenance header is not a Provenance resource in JSON')
  }
  if (given['target'] !== undefined) {
    throw fail(
      'business-rule',
      'X-Provenance must have no target: the server fills in what the request writes',
      'Provenance.target',
    )
  }
  const target = about.map(({ type, id, version }) => ({ reference: `${type}/${id}/_history/${version}` }))
  const { id: _id, ...resource } = { ...given, target }
  await check(ctx, resource)
  const key = { tenant: request.tenant, type: 'Provenance', id: ctx.newId() }
  const write = put(ctx, request, key, resource, 'POST')
  // The versions that it speaks of stay readable whatever becomes of their resources, which may therefore be deleted.
  const links = write.links && localReferences(ctx, request.base, given)
  return [{ ...write, ...(links ? { links } : {}), when: 'absent' }]
}
