/** https://hl7.org/fhir/R4/http.html#create */
import type { Issue } from '../fhir/issue.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Receipt, Version } from '../store/port.ts'
import { createCriteria, matched } from './conditional/create.ts'
import { look, only, type Terms, termsOf } from './conditional/look.ts'
import { overtaken, type Remembered, receiptFor, replay } from './idempotency.ts'
import type { Answer, Context, FhirRequest, Interaction } from './interaction.ts'
import { decodeFor } from './payload.ts'
import { provenance } from './provenance.ts'
import { isOvertaken, refusal } from './refusal.ts'
import { retried } from './replace.ts'
import { withSole } from './search/own/sole.ts'
import { checkAndTell, put, written } from './write.ts'

export const create: Interaction = {
  code: 'create',
  method: 'POST',
  at: 'type',
  verb: '',
  scope: 'c',
  audit: 'C',
  cost: 1,
  async handle(ctx, request) {
    const receipt = receiptFor(request)
    const before = await replay(ctx, request, receipt)
    if (before) return again(ctx, request, before)

    // "The server SHALL ignore any provided id, versionId and lastUpdated": they are not even checked.
    const { id: _id, ...resource } = await decodeFor(ctx, request)
    const made: Made = { resource, issues: await checkAndTell(ctx, request, resource), receipt }
    const criteria = await createCriteria(ctx, request)
    if (!criteria) return retried(() => make(ctx, request, made))
    return retried(async () => {
      const found = await look(ctx, request.tenant, criteria)
      const match = only(found)
      const terms = termsOf(found, match === undefined)
      return match ? leave(ctx, request, match, receipt, terms) : make(ctx, request, made, terms)
    })
  },
}

type Made = {
  readonly resource: Resource
  readonly issues: readonly Issue[]
  readonly receipt: Receipt | undefined
}

/** `undefined`: somebody else was faster. */
async function make(
  ctx: Context,
  request: FhirRequest,
  { resource, issues, receipt }: Made,
  terms: Terms = {},
): Promise<Answer | undefined> {
  const { tenant, target } = request
  const key = { tenant, type: target.type, id: ctx.newId() }
  const write = { ...put(ctx, request, key, resource, 'POST'), when: 'absent' as const }
  const writes = [write, ...(await provenance(ctx, request, [{ ...key, version: 1 }]))]
  const sole = await withSole(ctx, tenant, writes, terms)
  const it = { tenant, writes, integrity: ctx.integrity(tenant), ...(receipt ? { receipt } : {}), ...sole }
  const outcome = await ctx.store.commit(it)
  if (outcome.ok) return written(request, first(outcome.versions), true, issues)
  const done = overtaken(outcome, receipt)
  if (done) return again(ctx, request, done)
  if (isOvertaken(outcome)) return undefined
  throw refusal(it, outcome)
}

/** The resource is there already. Only an Idempotency-Key leaves a trace: the answer stays the same, whatever comes later. */
async function leave(
  ctx: Context,
  request: FhirRequest,
  match: Version,
  receipt: Receipt | undefined,
  terms: Terms,
): Promise<Answer | undefined> {
  if (!receipt) return matched(request, match)
  const { tenant } = request
  const { type, id, version } = match
  const still = { do: 'check', key: { tenant, type, id }, when: { version } } as const
  const it = { tenant, writes: [still], receipt: { ...receipt, note: `${version} ${id}` }, ...terms }
  const outcome = await ctx.store.commit(it)
  if (outcome.ok) return matched(request, match)
  const done = overtaken(outcome, receipt)
  if (done) return again(ctx, request, done)
  if (isOvertaken(outcome)) return undefined
  throw refusal(it, outcome)
}

/** The answer of the first time. */
async function again(ctx: Context, request: FhirRequest, { versions, note }: Remembered): Promise<Answer> {
  if (note === '') return written(request, first(versions), true, [])
  const { tenant, target } = request
  const [number, id = ''] = note.split(' ')
  const match = await ctx.store.vread({ tenant, type: target.type, id }, Number(number))
  return matched(request, first([match]))
}

function first([version]: readonly (Version | undefined)[]): Version {
  if (!version) throw new Error('a put makes a version, and versions stay')
  return version
}
