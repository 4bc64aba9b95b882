/**
 * What is done through the door, as the audit has it: one occurrence for each interaction, entries of Bundles included. What is
 * written is recorded in the same commit; all else is told to the log before its answer goes out.
 */
import type { FhirError } from '../fhir/issue.ts'
import { draftsOf } from '../security/audit/audit-event.ts'
import { type Changing, carrying } from '../security/audit/carrying-store.ts'
import type { AuditLog } from '../security/audit/log.ts'
import {
  type Action,
  type Deed,
  type Exchange,
  type Occurrence,
  type Result,
  type SecurityEvent,
  success,
} from '../security/audit/occurrence.ts'
import { patientsIn } from '../security/audit/patients.ts'
import type { Store, Version } from '../store/port.ts'
import type { Answer, Asked, Audited, Context, FhirRequest, Interaction } from './interaction.ts'
import { foreseen } from './refusal.ts'

/** Where nothing is recorded. */
export const unaudited: Audited = (ctx, _, act) => act(ctx)

type Log = Pick<AuditLog, 'take' | 'tell' | 'flush'>

/** `writes`: what changes something, and whatever fails or is refused; `all`: who has seen what as well. */
export function auditing(log: Log, extent: 'all' | 'writes'): Audited {
  return async (ctx, asked, act) => {
    const { interaction, request } = asked
    if (interaction.audit === 'none') return act(ctx)
    const exchange = exchangeOf(request, ctx.clock())
    const change = mayChange(interaction) ? changing(ctx, asked, exchange) : undefined
    let answer: Answer
    try {
      answer = await act(change?.ctx ?? ctx)
    } catch (error) {
      await log.take({ exchange, did: didOf(asked, resultOf(error)), patients: named(request) })
      throw error
    }
    if (change ? change.isCarried() && interaction.scope !== 'entries' : extent === 'writes') return answer
    const occurrence = { exchange, did: didOf(asked, success, answer), patients: patientsOf(request, answer) }
    await (change ? told(log, occurrence) : log.take(occurrence))
    return answer
  }
}

/** What is done must not be refused for want of room. An alarm is durable before anybody sees what is behind the glass. */
async function told(log: Log, occurrence: Occurrence): Promise<void> {
  log.tell(occurrence)
  if ('what' in occurrence.did) await log.flush()
}

/** The same, with a store whose commits carry what they do. */
function changing(ctx: Context, asked: Asked, exchange: Exchange) {
  let isCarried = false
  const recording = (store: Store): Store =>
    carrying(store, {
      drafts: (writes, before) => changesOf(exchange, asked, writes, before).flatMap(one => draftsOf(one, ctx.newId)),
      carried: () => {
        isCarried = true
      },
    })
  return { ctx: { ...ctx, recording }, isCarried: () => isCarried }
}

function mayChange({ audit, scope, affectsState }: Interaction): boolean {
  return affectsState ?? (audit === 'C' || audit === 'U' || audit === 'D' || scope === 'entries')
}

function exchangeOf({ tenant, base, principal, id, address }: FhirRequest, at: number): Exchange {
  return { tenant, base, at, principal, request: id, address }
}

/** More than an operation: an alarm. */
const breaking = '$break-glass'

/** `answer`: unless it was refused. */
function didOf(asked: Asked, result: Result, answer?: Answer): Deed | SecurityEvent {
  if (asked.request.target.verb !== breaking) return deedOf(asked, result)
  return { what: 'break-glass', ...result, ...(answer ? { details: detailsOf(answer) } : {}) }
}

/** Why, and until when, as the operation answers. */
function detailsOf({ body }: Answer): Readonly<Record<string, string>> {
  const given = body?.is === 'json' ? JSON.parse(body.json) : {}
  const parameters: readonly Readonly<Record<string, string>>[] = given.parameter ?? []
  const told = parameters.flatMap(({ name = '', valueString, valueInstant }) => {
    const value = valueString ?? valueInstant
    return value === undefined ? [] : [[name, value]]
  })
  return Object.fromEntries(told)
}

/** As it was asked for. */
function deedOf({ interaction, request }: Asked, result: Result): Deed {
  const { target } = request
  const about = aboutOf(target)
  return {
    ...result,
    action: interaction.audit === 'none' ? 'E' : interaction.audit,
    interaction: interaction.code,
    ...(about === undefined ? {} : { about }),
    ...(isQuery(request) ? { query: printed(request) } : {}),
  }
}

function aboutOf({ at, type, id, vid }: FhirRequest['target']): string | undefined {
  if (at === 'system' || at === 'type' || at === 'compartment') return undefined
  return at === 'version' ? `${type}/${id}/_history/${vid}` : `${type}/${id}`
}

/** What a URL says beyond the name of a resource. */
function isQuery({ target: { at, verb }, query, headers }: FhirRequest): boolean {
  const names = at === 'instance' || at === 'version'
  return !(names && verb === '') || query.size > 0 || headers['if-none-exist'] !== undefined
}

const longest = 16_384 // characters of a question that are kept

/** The request line; the form of a search, or the criteria of a conditional create, below it. */
function printed({ method, base, target, query, headers, body }: FhirRequest): string {
  const { type, id, vid, of, verb } = target
  const parts = [type, id, of, ...(vid === '' ? [] : ['_history', vid]), verb].filter(part => part !== '')
  const line = `${method} ${[base, ...parts].join('/')}${query.size > 0 ? `?${query}` : ''}`
  const criteria = headers['if-none-exist']
  const below = criteria === undefined ? formOf(verb, body) : `\nIf-None-Exist: ${criteria}`
  return `${line}${below}`.slice(0, longest)
}

function formOf(verb: string, body: FhirRequest['body']): string {
  if (verb !== '_search' || body?.is !== 'bytes') return ''
  return `\n\n${Buffer.from(body.bytes.subarray(0, longest)).toString()}`
}

/** Whom the answer names, and whom the request did. The entries of a Bundle speak for themselves. */
function patientsOf(request: FhirRequest, { about, body }: Answer): readonly string[] {
  const { base, target, method, query } = request
  const isBundle = target.at === 'system' && target.verb === '' && method === 'POST' && !query.has('_validate')
  if (isBundle) return []
  const text = about?.json ?? (body?.is === 'json' ? body.json : '')
  const found = patientsIn(text, base)
  const asked = named(request)
  return asked.every(name => found.includes(name)) ? found : [...new Set([...asked, ...found])]
}

/** `Patient/23/…`, and what is asked of `patient=23`: also where there is nothing to be seen. */
function named({ target: { type, id }, query }: FhirRequest): readonly string[] {
  const own = type === 'Patient' && id !== '' ? [`Patient/${id}`] : []
  if (query.size === 0) return own
  const asked = [...query.getAll('patient'), ...query.getAll('subject').filter(text => text.startsWith('Patient/'))]
  const others = asked.flatMap(text => text.split(',')).map(text => text.replace(/^Patient\//, ''))
  return [...new Set([...own, ...others.filter(text => form.test(text)).map(text => `Patient/${text}`)])]
}

const form = /^[A-Za-z0-9.-]{1,64}$/

/** What a commit does: of an operation as one, else resource by resource. */
function changesOf(
  exchange: Exchange,
  asked: Asked,
  writes: readonly Changing[],
  before: readonly (Version | undefined)[],
): readonly Occurrence[] {
  const { interaction, request } = asked
  const gone = before.values()
  const changes = writes.map(write => {
    const { type, id } = write.key
    const text = write.do === 'delete' ? (gone.next().value?.json ?? '') : write.draft.rest
    const own = type === 'Patient' ? [`Patient/${id}`] : []
    return { write, name: `${type}/${id}`, patients: [...new Set([...own, ...patientsIn(text, exchange.base)])] }
  })
  if (interaction.code === 'operation') {
    const patients = [...new Set(changes.flatMap(({ patients }) => patients))]
    return [{ exchange, did: deedOf(asked, success), patients }]
  }
  return changes.map(({ write, name, patients }) => {
    const isOwn = write.key.type === request.target.type && interaction.scope !== 'entries'
    const [action, code] = isOwn ? [interaction.audit as Action, interaction.code] : kindOf(write)
    const deed: Deed = { ...success, action, interaction: code, about: name }
    const query = isOwn && isQuery(request) && code !== 'create' ? { query: printed(request) } : {}
    return { exchange, did: { ...deed, ...query }, patients }
  })
}

function kindOf(write: Changing): readonly [Action, string] {
  if (write.do === 'delete') return ['D', 'delete']
  if (write.method === 'POST') return ['C', 'create']
  return ['U', write.method === 'PUT' ? 'update' : 'patch']
}

/** Status and codes: what was refused may quote what nobody else may read. */
function resultOf(error: unknown): Result {
  const refusal = foreseen(error)
  if (!refusal) return { outcome: '12', why: '500 exception' }
  const { status } = refusal
  return { outcome: status >= 500 ? '8' : '4', why: [status, ...codesOf(refusal)].join(' ') }
}

function codesOf({ issues }: FhirError): readonly string[] {
  return [...new Set(issues.map(({ code }) => code))]
}
