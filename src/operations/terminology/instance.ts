/** The resource that an operation on an instance is about. https://hl7.org/fhir/R4/operations.html#executing */
import { parseJson } from '../../fhir/json.ts'
import { ownLimits } from '../../fhir/json-limits.ts'
import { isResource, type Resource } from '../../fhir/resource.ts'
import type { Context, FhirRequest } from '../../interactions/interaction.ts'
import { read } from '../../interactions/read.ts'

/** As a client would read it: refused where a read is refused. `undefined`: the operation was not asked of an instance. */
export async function instanceOf(ctx: Context, request: FhirRequest): Promise<Resource | undefined> {
  return request.target.at === 'instance' ? readOne(ctx, request, request.target) : undefined
}

export async function readOne(
  ctx: Context,
  { tenant, base }: FhirRequest,
  { type, id }: { readonly type: string; readonly id: string },
): Promise<Resource> {
  const target = { at: 'instance', type, id, vid: '', verb: '', of: '' } as const
  const headers = { accept: 'application/fhir+json' }
  const request = { tenant, base, method: 'GET', target, query: new URLSearchParams(), headers } as const
  const { body } = await read.handle(ctx, request)
  const resource = body?.is === 'json' ? parseJson(body.json, ownLimits) : null
  if (!isResource(resource)) throw new Error(`${type}/${id} was read, but is no resource`)
  return resource
}
