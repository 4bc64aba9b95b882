/** https://hl7.org/fhir/R4/http.html#delete */

import { toOutcome } from '../fhir/issue.ts'
import { printJson } from '../fhir/json.ts'
import type { Version, Write } from '../store/port.ts'
import type { Answer, FhirRequest, Interaction } from './interaction.ts'
import { etag, writeCondition } from './preconditions.ts'
import { parsePrefer } from './prefer.ts'
import { refusal } from './refusal.ts'

export const remove: Interaction = {
  code: 'delete',
  method: 'DELETE',
  at: 'instance',
  verb: '',
  scope: 'd',
  audit: 'D',
  cost: 1,
  async handle(ctx, request) {
    const { tenant, target, headers } = request
    const { type, id } = target
    const when = writeCondition(headers['if-match'], headers['if-none-match'])
    const write: Write = { do: 'delete', key: { tenant, type, id }, ...(when === undefined ? {} : { when }) }
    const it = { tenant, writes: [write], integrity: ctx.integrity(tenant) }
    const outcome = await ctx.store.commit(it)
    if (!outcome.ok) throw refusal(it, outcome)
    return deleted(request, outcome.versions[0])
  },
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
