/** https://hl7.org/fhir/R4/http.html#read */
import { fail } from '../fhir/issue.ts'
import { shownTo } from './display.ts'
import type { Interaction } from './interaction.ts'
import { present } from './present.ts'

export const read: Interaction = {
  code: 'read',
  method: 'GET',
  at: 'instance',
  verb: '',
  scope: 'r',
  audit: 'R',
  cost: 1,
  async handle(ctx, request) {
    const { tenant, target } = request
    const { type, id } = target
    const version = await ctx.store.read({ tenant, type, id })
    if (!version) throw fail('not-found', `${type}/${id} does not exist`)
    const shown = request.query.has('_display') ? await shownTo(ctx, request, version) : version
    return present(ctx, request, shown)
  },
}
