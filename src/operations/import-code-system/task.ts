/** The record of an import: a Task of the tenant, from its beginning to its end. https://hl7.org/fhir/R4/task.html */
import { parseJson } from '../../fhir/json.ts'
import { ownLimits } from '../../fhir/json-limits.ts'
import { isObject, isResource, type Json, type Resource } from '../../fhir/resource.ts'
import type { Context } from '../../interactions/interaction.ts'
import { put } from '../../interactions/write.ts'
import type { Fence, Key, Store, Version } from '../../store/port.ts'

const jobs = 'https://kiln.example/fhir/CodeSystem/job'
const job = 'import-code-system'

export function keyOf(tenant: string, id: string): Key {
  return { tenant, type: 'Task', id }
}

export function newTask(id: string, name: string, now: number): Resource {
  const time = new Date(now).toISOString()
  return {
    resourceType: 'Task',
    id,
    status: 'requested',
    intent: 'order',
    code: { coding: [{ system: jobs, code: job }] },
    description: `Import of ${name}`,
    authoredOn: time,
    lastModified: time,
  }
}

/** As it stands; `undefined`: there is no import under this id. */
export type Standing = { readonly task: Resource; readonly version: number }

export async function standingTask(
  store: Pick<Store, 'read'>,
  tenant: string,
  id: string,
): Promise<Standing | undefined> {
  return standing(await store.read(keyOf(tenant, id)))
}

function standing(version: Version | undefined): Standing | undefined {
  if (version?.json === undefined) return undefined
  const task = parseJson(version.json, ownLimits)
  return isResource(task) && isImport(task) ? { task, version: version.version } : undefined
}

function isImport({ code }: Resource): boolean {
  const codings = isObject(code) && Array.isArray(code['coding']) ? code['coding'] : []
  return codings.some((coding: Json) => isObject(coding) && coding['system'] === jobs && coding['code'] === job)
}

export function isEnded({ status }: Resource): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled'
}

/** How often it was begun. */
export function startsOf({ output }: Resource): number {
  const [first] = Array.isArray(output) ? output : []
  const starts = isObject(first) ? first['valueInteger'] : undefined
  return typeof starts === 'number' ? starts : 0
}

/** How far it is. */
export function progressOf({ businessStatus }: Resource): string {
  const text = isObject(businessStatus) ? businessStatus['text'] : undefined
  return typeof text === 'string' ? text : 'waiting'
}

/** What the one who asked is told in the end: Parameters, or an OperationOutcome. */
export function answerOf({ contained }: Resource): Resource | undefined {
  const [answer] = Array.isArray(contained) ? contained : []
  if (!isResource(answer)) return undefined
  const { id: _id, ...rest } = answer
  return rest as Resource
}

export type Status = 'requested' | 'in-progress' | 'completed' | 'failed' | 'cancelled'

export type Step = {
  readonly status: Status
  readonly progress: string
  readonly starts: number
  readonly answer?: Resource
}

const outcome = 'outcome'

export function stepped(task: Resource, { status, progress, starts, answer }: Step, now: number): Resource {
  const { contained: _c, output: _o, ...rest } = task
  const type = (text: string) => ({ text })
  return {
    ...rest,
    ...(answer === undefined ? {} : { contained: [{ ...answer, id: outcome }] }),
    status,
    businessStatus: { text: progress },
    lastModified: new Date(now).toISOString(),
    output: [
      { type: type('starts'), valueInteger: starts },
      ...(answer === undefined ? [] : [{ type: type(outcome), valueReference: { reference: `#${outcome}` } }]),
    ],
  }
}

export type Saving = {
  readonly tenant: string
  /** As the tenant's clients see it. */
  readonly base: string
  /** The version that this follows; 0: none. */
  readonly after: number
  readonly fence?: Fence
}

/**
 * The new standing; or what stands in its place, if somebody else has changed it; or `lost`: the lease is another's.
 * Without its links: a record keeps nothing from being deleted.
 */
export async function saveTask(
  ctx: Pick<Context, 'store'> & Context,
  task: Resource,
  { tenant, base, after, fence }: Saving,
): Promise<{ readonly saved: Standing } | { readonly instead: Standing | undefined } | 'lost'> {
  const { links: _links, ...write } = put(ctx, { base }, keyOf(tenant, task.id ?? ''), task, 'PUT')
  const when = after === 0 ? 'absent' : { version: after }
  const it = { tenant, writes: [{ ...write, when }] } as const
  const result = await ctx.store.commit(fence === undefined ? it : { ...it, fence })
  if (result.ok) return { saved: { task, version: result.versions[0]?.version ?? 0 } }
  if (result.because.why === 'condition') return { instead: standing(result.because.current) }
  if (result.because.why === 'fence') return 'lost'
  throw new Error(`the record of an import was refused: ${result.because.why}`)
}
