/** https://hl7.org/fhir/R4/http.html#capabilities */
import { printJson } from '../fhir/json.ts'
import type { Interaction } from './interaction.ts'
import { partial } from './present.ts'
import { ownInForce } from './search/own/behind.ts'
import { codeSystemClaims } from './vocabulary/claims.ts'

export const capabilities: Interaction = {
  code: 'capabilities',
  method: 'GET',
  at: 'system',
  verb: 'metadata',
  scope: 'none',
  audit: 'none',
  cost: 1,
  async handle(ctx, { tenant, base, query }) {
    const mode = query.get('mode')
    const own = await ownInForce(ctx, tenant)
    const codeSystems = mode === 'terminology' ? await codeSystemClaims(await ctx.vocabulary(), ctx.turn) : []
    const statement = ctx.capability({ base, mode, own, codeSystems })
    return { status: 200, body: { is: 'json', json: partial(ctx, query, printJson(statement)) } }
  },
}
