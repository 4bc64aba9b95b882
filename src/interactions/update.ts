/** Update, and update as create. https://hl7.org/fhir/R4/http.html#update */
import { fail } from '../fhir/issue.ts'
import type { Interaction } from './interaction.ts'
import { decodeFor } from './payload.ts'
import { replace } from './replace.ts'
import { checkAndTell } from './write.ts'

export const update: Interaction = {
  code: 'update',
  method: 'PUT',
  at: 'instance',
  verb: '',
  scope: 'u',
  audit: 'U',
  cost: 1,
  async handle(ctx, request) {
    const { id } = request.target
    const resource = await decodeFor(ctx, request)
    if (resource.id === undefined) {
      throw fail('required', `the body has no id: expected '${id}', as in the URL`, `${resource.resourceType}.id`)
    }
    if (resource.id !== id) {
      throw fail(
        'invalid',
        `the body's id is '${resource.id}', but the URL says '${id}'`,
        `${resource.resourceType}.id`,
      )
    }
    const issues = await checkAndTell(ctx, request, resource)
    return replace(ctx, request, 'PUT', async () => ({ resource, issues }))
  },
}
