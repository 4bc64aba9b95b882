/** https://hl7.org/fhir/R4/http.html#vread */
import { fail } from '../fhir/issue.ts'
import { shownTo } from './display.ts'
import type { Interaction } from './interaction.ts'
import { versionNumber } from './preconditions.ts'
import { present } from './present.ts'

export const vread: Interaction = {
  code: 'vread',
  method: 'GET',
  at: 'version',
  verb: '',
  scope: 'r',
  audit: 'R',
  cost: 1,
  async handle(ctx, request) {
    const { tenant, target } = request
    const { type, id, vid } = target
    const number = versionNumber(vid)
    const version = number === undefined ? undefined : await ctx.store.vread({ tenant, type, id }, number)
    if (!version) throw fail('not-found', `${type}/${id} has no version '${vid}'`)
    const shown = request.query.has('_display') ? await shownTo(ctx, request, version) : version
    return present(ctx, request, shown)
  },
}
