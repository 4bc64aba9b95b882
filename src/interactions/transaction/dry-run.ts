/**
 * `POST [base]?_validate=true`: what a batch or a transaction would do, entry by entry, while nothing is done. R4 knows no such thing.
 *
 * All goes its usual way to the store, which judges the commit and refuses it. What no longer stands when the same Bundle is sent in
 * earnest, nobody can know; and each entry of a batch is judged by what stands now, not by what the entries before it would do.
 */
import { fail, parameterAt } from '../../fhir/issue.ts'
import { parseJson, printJson } from '../../fhir/json.ts'
import { isObject, type Json } from '../../fhir/resource.ts'
import type { HistoryQuery, Store, Version } from '../../store/port.ts'
import { before, letters } from '../admit.ts'
import { unaudited } from '../audited.ts'
import { dryRun } from '../dispatch.ts'
import type { Answer, Context, FhirRequest } from '../interaction.ts'
import { parsePrefer } from '../prefer.ts'
import { rehearse } from '../rehearse.ts'

export function isDryRun({ query }: FhirRequest): boolean {
  const [asked = 'false', second] = query.getAll(dryRun)
  if (second === undefined && (asked === 'true' || asked === 'false')) return asked === 'true'
  throw fail(
    'value',
    `${dryRun} is '${query.getAll(dryRun).join("' and '")}': expected true or false`,
    parameterAt(dryRun),
  )
}

export async function rehearsed(
  ctx: Context,
  request: FhirRequest,
  perform: (ctx: Context, request: FhirRequest) => Promise<Answer>,
): Promise<Answer> {
  const { prefer } = request.headers
  const wish = parsePrefer(prefer).return === undefined ? { prefer: 'return=OperationOutcome' } : {}
  // A repeated dry run is a new one, and never the answer to what was done in earnest.
  const headers = { ...request.headers, ...wish, 'idempotency-key': undefined }
  // Nothing is done that its commit could carry; the dry run as a whole is recorded like a question.
  const unrecorded = { audited: unaudited, recording: undefined }
  const rehearsal = before({ ...ctx, ...unrecorded, behind: rehearsing(ctx) }, letters)
  const answer = await perform(rehearsal, { ...request, headers })
  return answer.body?.is === 'json' ? { ...answer, body: { is: 'json', json: noted(answer.body.json) } } : answer
}

/** What would be made can be read as a version and in its history, as a transaction may ask; to writes and searches it is not there. */
function rehearsing({ behind: store, clock }: Context): Store {
  const made: Version[] = []
  return {
    ...store,
    async commit(it) {
      const outcome = await rehearse(store, it, clock())
      if (outcome.ok) made.push(...outcome.versions.filter(version => version !== undefined))
      return outcome
    },
    async vread(key, version) {
      return made.find(one => isOf(one, key) && one.version === version) ?? store.vread(key, version)
    },
    async history(query) {
      const page = await store.history(query)
      const own = made.filter(one => isOf(one, query))
      if (own.length === 0 || query.after !== undefined) return page
      if (query.order === 'newest') return { ...page, versions: [...own, ...page.versions] }
      return page.more ? page : { ...page, versions: [...page.versions, ...own] }
    },
  }
}

function isOf(version: Version, { tenant, type, id }: Pick<HistoryQuery, 'tenant' | 'type' | 'id'>): boolean {
  return version.tenant === tenant && version.type === type && version.id === id
}

const note = {
  severity: 'information',
  code: 'informational',
  diagnostics:
    'dry run: this is what would happen, but nothing was changed; new ids, versions and times are provisional',
}

/** On each entry that would be carried out. */
function noted(json: string): string {
  const bundle = parseJson(json)
  if (!isObject(bundle) || !Array.isArray(bundle['entry'])) return json
  return printJson({ ...bundle, entry: bundle['entry'].map(notedEntry) })
}

function notedEntry(entry: Json): Json {
  const response = isObject(entry) ? entry['response'] : undefined
  if (!isObject(entry) || !isObject(response) || /^[45]/.test(String(response['status']))) return entry
  const { outcome } = response
  const issues = isObject(outcome) && Array.isArray(outcome['issue']) ? outcome['issue'] : []
  return {
    ...entry,
    response: { ...response, outcome: { resourceType: 'OperationOutcome', issue: [note, ...issues] } },
  }
}
