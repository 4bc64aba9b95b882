/** What is meant to be done with the resource. https://hl7.org/fhir/R4/valueset-resource-validation-mode.html */
import { error, FhirError, type Issue, isError } from '../../fhir/issue.ts'
import type { Resource } from '../../fhir/resource.ts'
import { letters } from '../../interactions/admit.ts'
import type { Context, FhirRequest } from '../../interactions/interaction.ts'
import { writeCondition } from '../../interactions/preconditions.ts'
import { refusal } from '../../interactions/refusal.ts'
import { rehearse } from '../../interactions/rehearse.ts'
import { put } from '../../interactions/write.ts'
import type { Key, Version, Write } from '../../store/port.ts'

const modes = ['create', 'update', 'delete', 'profile'] as const

export type Mode = (typeof modes)[number]

export type Question = {
  /** As it was sent. */
  readonly asked: string | undefined
  readonly mode: Mode | undefined
  /** The resource in the request. */
  readonly given: Resource | undefined
  readonly profiles: readonly string[]
}

export function modeOf(text: string | undefined): Mode | undefined {
  return modes.find(mode => mode === text)
}

/** What makes no sense, however good the resource is. */
export function misuseOf({ asked, mode, given, profiles }: Question, { target }: FhirRequest): readonly Issue[] {
  if (asked !== undefined && mode === undefined) {
    return [error('value', `the mode '${asked}' is unknown: expected one of ${modes.join(', ')}`)]
  }
  if (mode === undefined || mode === 'create') return []
  if (target.at !== 'instance') {
    return [error('business-rule', `the mode '${mode}' is about one resource: expected [type]/[id]/$validate`)]
  }
  if (mode === 'update' && !given) {
    return [error('required', "the mode 'update' needs the resource that is to be stored: found none")]
  }
  if (mode !== 'profile') return []
  return [
    ...(given ? [error('business-rule', "the mode 'profile' checks what is stored: expected no resource")] : []),
    ...(profiles.length === 0 ? [error('required', "the mode 'profile' needs a profile: found none")] : []),
  ]
}

/** What is found wrong before the store is asked. */
export function idFaults({ mode, given }: Question, { target: { at, id } }: FhirRequest): readonly Issue[] {
  if (mode !== 'update' || at !== 'instance' || !given || given.id === id) return []
  const place = `${given.resourceType}.id`
  return given.id === undefined
    ? [error('required', `the resource has no id: expected '${id}', as in the URL`, place)]
    : [error('invalid', `the id is '${given.id}', but the URL says '${id}'`, place)]
}

/** What the store would say: its integrity, its limits, and the version that If-Match names. */
export async function attempt(
  ctx: Context,
  request: FhirRequest,
  { mode, given }: Question,
): Promise<readonly Issue[]> {
  const { tenant, target, headers } = request
  const key = { tenant, type: target.type, id: target.id }
  const when = writeCondition(headers['if-match'], undefined)
  const condition = when === undefined ? {} : { when }
  if (mode === 'delete') {
    const gone = absence(key, await ctx.store.read(key))
    return gone ? [gone] : judge(ctx, tenant, { do: 'delete', key, ...condition })
  }
  if (!given) return []
  if (mode === 'create') {
    const fresh = { tenant, type: given.resourceType, id: ctx.newId() }
    return judge(ctx, tenant, { ...put(ctx, request, fresh, given, 'POST'), when: 'absent' })
  }
  if (mode !== 'update') return []
  const gone = absence(key, await ctx.store.read(key))
  const creates = gone ? [{ ...gone, severity: 'information', code: 'informational' } as const] : []
  return [...creates, ...(await judge(ctx, tenant, { ...put(ctx, request, key, given, 'PUT'), ...condition }))]
}

/** An update may create what is not there. */
export function absence({ type, id }: Key, current: Version | undefined): Issue | undefined {
  if (!current) return error('not-found', `${type}/${id} does not exist`)
  return current.json === undefined
    ? error('deleted', `${type}/${id} was deleted by version ${current.version}`)
    : undefined
}

async function judge(ctx: Context, tenant: string, write: Write): Promise<readonly Issue[]> {
  const it = { tenant, writes: [write], integrity: ctx.integrity(tenant) }
  const { behind, clock } = ctx
  const rehearsal = ctx.guard({ ...behind, commit: commit => rehearse(behind, commit, clock()) }, letters)
  const outcome = await rehearsal.commit(it)
  if (outcome.ok) return []
  const refused = refusal(it, outcome)
  if (refused instanceof FhirError) return refused.issues.filter(isError)
  throw refused
}
