/** "Create a new resource only if some equivalent resource does not already exist". https://hl7.org/fhir/R4/http.html#ccreate */
import { fail, toOutcome } from '../../fhir/issue.ts'
import { printJson } from '../../fhir/json.ts'
import type { Version } from '../../store/port.ts'
import type { Answer, Context, FhirRequest } from '../interaction.ts'
import { parsePrefer } from '../prefer.ts'
import { represent, validators } from '../present.ts'
import { type Criteria, criteriaOf } from './criteria.ts'

/** By If-None-Exist, "just what would be in the URL following the ?"; `undefined`: the create is not conditional. */
export async function createCriteria(ctx: Context, request: FhirRequest): Promise<Criteria | undefined> {
  const given = request.headers['if-none-exist']
  return given === undefined
    ? undefined
    : criteriaOf(ctx, request, request.target.type, new URLSearchParams(utf8(given)))
}

/** Node reads headers as Latin-1; what is no ASCII in them is UTF-8. */
function utf8(header: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(header, 'latin1'))
  } catch {
    throw fail('value', 'If-None-Exist has characters that are not UTF-8: expected percent-encoding')
  }
}

/** "One Match: The server ignores the post and returns 200 OK". */
export function matched(request: FhirRequest, version: Version): Answer {
  const { type, id, version: number, updated, json = '' } = version
  const location = `${request.base}/${type}/${id}/_history/${number}`
  const answer = { status: 200, headers: { ...validators(version), location }, modified: updated, about: version }
  switch (parsePrefer(request.headers['prefer']).return) {
    case 'minimal':
      return answer
    case 'OperationOutcome': {
      const diagnostics = `nothing was created: ${type}/${id} matches, version ${number}`
      const outcome = toOutcome([{ severity: 'information', code: 'informational', diagnostics }])
      return { ...answer, body: { is: 'json', json: printJson(outcome) } }
    }
    default:
      return represent(request, answer, type, json)
  }
}
