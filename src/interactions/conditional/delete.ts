/** Of what matches: none, one, or as many as the client expects. https://hl7.org/fhir/R4/http.html#3.1.0.7.1 */
import { toOutcome } from '../../fhir/issue.ts'
import { printJson } from '../../fhir/json.ts'
import type { Key, Version } from '../../store/port.ts'
import type { Answer, Context, FhirRequest, Interaction } from '../interaction.ts'
import { asRead, etag, holds, preconditionFailed, writeCondition } from '../preconditions.ts'
import { parsePrefer } from '../prefer.ts'
import { provenance } from '../provenance.ts'
import { isOvertaken, refusal } from '../refusal.ts'
import { retried } from '../replace.ts'
import { type Criteria, criteriaOf, most } from './criteria.ts'
import { type Look, look, several, termsOf } from './look.ts'

export const conditionalDelete: Interaction = {
  code: 'delete',
  method: 'DELETE',
  at: 'type',
  verb: '',
  scope: 'd',
  audit: 'D',
  cost: 10,
  async handle(ctx, request) {
    const { tenant, target, headers, query } = request
    const asked = writeCondition(headers['if-match'], headers['if-none-match'])
    const criteria = await criteriaOf(ctx, request, target.type, query)
    return retried(async () => {
      const found = await lookToDelete(ctx, tenant, criteria, query)
      const { matches } = found
      for (const current of matches.length > 0 ? matches : [undefined]) {
        if (asked !== undefined && !holds(asked, current)) throw preconditionFailed(asked, current)
      }
      return matches.length === 0 ? deletedAll(request, []) : remove(ctx, request, found)
    })
  },
}

/** `_count` says how many the client expects at most; without it, one. */
export async function lookToDelete(
  ctx: Context,
  tenant: string,
  criteria: Criteria,
  query: URLSearchParams,
): Promise<Look> {
  const expected = Math.min(Number(query.get('_count') ?? 1), most)
  const found = await look(ctx, tenant, criteria, expected + 1)
  if (found.matches.length <= expected) return found
  throw several(criteria, `expected at most ${expected}${query.has('_count') ? '' : ', or _count with their number'}`)
}

/** All in one commit. `undefined`: one of them has changed, or others match by now. */
async function remove(ctx: Context, request: FhirRequest, found: Look): Promise<Answer | undefined> {
  const { tenant } = request
  const { matches } = found
  const about = matches.map(({ type, id, version }) => ({ tenant, type, id, version: version + 1 }))
  const deletes = matches.map(match => ({ do: 'delete', key: keyOf(match), when: asRead(match) }) as const)
  const writes = [...deletes, ...(await provenance(ctx, request, about))]
  const it = { tenant, writes, integrity: ctx.integrity(tenant), ...termsOf(found, false) }
  const outcome = await ctx.store.commit(it)
  if (outcome.ok) return deletedAll(request, outcome.versions.slice(0, deletes.length))
  if (isOvertaken(outcome)) return undefined
  throw refusal(it, outcome)
}

function keyOf({ tenant, type, id }: Version): Key {
  return { tenant, type, id }
}

/** As of a delete by id: 204, or 200 where the client wants to read about it. */
export function deletedAll(
  { target: { type }, headers }: FhirRequest,
  versions: readonly (Version | undefined)[],
): Answer {
  const gone = versions.filter(version => version !== undefined)
  const [only, second] = gone
  const answer: Answer = { status: 204, headers: only && !second ? { etag: etag(only.version) } : {} }
  if (parsePrefer(headers['prefer']).return !== 'OperationOutcome') return answer
  const names = gone.map(({ id, version }) => `${type}/${id} by version ${version}`).join(', ')
  const diagnostics = only ? `deleted ${names}` : `there was no ${type} that matches, and nothing to delete`
  const outcome = toOutcome([{ severity: 'information', code: 'informational', diagnostics }])
  return { ...answer, status: 200, body: { is: 'json', json: printJson(outcome) } }
}
