/** https://hl7.org/fhir/R4/http.html#delete */

import { FhirError, toOutcome } from '../fhir/issue.ts'
import { printJson } from '../fhir/json.ts'
import type { Condition, Version, Write } from '../store/port.ts'
import type { Answer, Context, FhirRequest, Interaction } from './interaction.ts'
import { asRead, etag, holds, preconditionFailed, writeCondition } from './preconditions.ts'
import { parsePrefer } from './prefer.ts'
import { provenance } from './provenance.ts'
import { refusal } from './refusal.ts'
import { retried } from './replace.ts'

export const remove: Interaction = {
  code: 'delete',
  method: 'DELETE',
  at: 'instance',
  verb: '',
  scope: 'd',
  audit: 'D',
  cost: 1,
  async handle(ctx, request) {
    const { headers } = request
    const asked = writeCondition(headers['if-match'], headers['if-none-match'])
    return headers['x-provenance'] === undefined
      ? removed(ctx, request, asked, [])
      : retried(() => explained(ctx, request, asked))
  },
}

/** With its Provenance, which names the version that deletes. `undefined`: another write came between. */
async function explained(
  ctx: Context,
  request: FhirRequest,
  asked: Condition | undefined,
): Promise<Answer | undefined> {
  const { tenant, target } = request
  const key = { tenant, type: target.type, id: target.id }
  const current = await ctx.store.read(key)
  if (asked !== undefined && !holds(asked, current)) throw preconditionFailed(asked, current)
  if (current?.json === undefined) return deleted(request, undefined)
  const about = await provenance(ctx, request, [{ ...key, version: current.version + 1 }])
  return removed(ctx, request, asRead(current), about).catch(error => {
    if (error instanceof FhirError && error.status === 412) return undefined
    throw error
  })
}

async function removed(
  ctx: Context,
  request: FhirRequest,
  when: Condition | undefined,
  about: readonly Write[],
): Promise<Answer> {
  const { tenant, target } = request
  const key = { tenant, type: target.type, id: target.id }
  const write: Write = { do: 'delete', key, ...(when === undefined ? {} : { when }) }
  const it = { tenant, writes: [write, ...about], integrity: ctx.integrity(tenant) }
  const outcome = await ctx.store.commit(it)
  if (!outcome.ok) throw refusal(it, outcome)
  return deleted(request, outcome.versions[0])
}

/** "…either 200 with a payload, or 204 without": also when there was nothing to delete. */
export function deleted({ target: { type, id }, headers }: FhirRequest, version: Version | undefined): Answer {
  const answer: Answer = { status: 204, headers: version ? { etag: etag(version.version) } : {} }
  if (parsePrefer(headers['prefer']).return !== 'OperationOutcome') return answer
  const diagnostics = version
    ? `deleted ${type}/${id} by version ${version.version}`
    : `there was no ${type}/${id} to delete`
  const outcome = toOutcome([{ severity: 'information', code: 'informational', diagnostics }])
  return { ...answer, status: 200, body: { is: 'json', json: printJson(outcome) } }
}
