/** https://hl7.org/fhir/R4/http.html#patch */
import { fail } from '../fhir/issue.ts'
import { parseJson } from '../fhir/json.ts'
import { patch as apply, type PatchDocument } from '../fhir/patch/patch.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Key, Version } from '../store/port.ts'
import type { Context, FhirRequest, Interaction } from './interaction.ts'
import { patchDocument } from './patch-document.ts'
import { type Next, replace } from './replace.ts'
import { checkAndTell } from './write.ts'

export const patch: Interaction = {
  code: 'patch',
  method: 'PATCH',
  at: 'instance',
  verb: '',
  scope: 'u',
  audit: 'U',
  cost: 1,
  async handle(ctx, request) {
    const document = patchDocument(request)
    return replace(ctx, request, 'PATCH', current => patched(ctx, request, request.target, current, document))
  },
}

/** "The server SHALL … process the resource as if it were an update": a broken result is the patch's fault. */
export async function patched(
  ctx: Context,
  request: Pick<FhirRequest, 'headers'>,
  key: Pick<Key, 'type' | 'id'>,
  current: Version | undefined,
  document: PatchDocument,
): Promise<Next> {
  const resource = patchedResource(ctx, key, current, document)
  return { resource, issues: await checkAndTell(ctx, request, resource) }
}

/** What it comes to, not yet judged. */
export function patchedResource(
  { shapes }: Pick<Context, 'shapes'>,
  { type, id }: Pick<Key, 'type' | 'id'>,
  current: Version | undefined,
  document: PatchDocument,
): Resource {
  if (!current) throw fail('not-found', `${type}/${id} does not exist`)
  if (current.json === undefined) throw fail('deleted', `${type}/${id} was deleted by version ${current.version}`)
  return apply(parseJson(current.json) as Resource, document, shapes)
}
