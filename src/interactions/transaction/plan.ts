/** What one entry of a transaction is going to do, and how it will be answered once all of them have done it. */
import { FhirError, fail } from '../../fhir/issue.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Condition, Key, Version, Write } from '../../store/port.ts'
import { admitted } from '../admit.ts'
import { matched } from '../conditional/create.ts'
import { deleted } from '../delete.ts'
import { discreet } from '../discreet.ts'
import type { Answer, Context, FhirRequest } from '../interaction.ts'
import { asRead, versionNumber } from '../preconditions.ts'
import { present } from '../present.ts'
import type { Next } from '../replace.ts'
import { put, unchanged, written } from '../write.ts'
import { condition } from './condition.ts'
import { type Instead, nameOf } from './identify.ts'
import type { Prepared } from './prepare.ts'
import type { Step } from './step.ts'

export type Plan = {
  readonly step: Step
  readonly write?: Write
  /** The version that it will make, if nobody else is faster. */
  readonly makes?: Key & { readonly version: number }
  /** The version that stays, where the entry changes nothing. */
  readonly stands?: Version
  readonly answer: (done: Done) => Promise<Answer>
}

/** What the commit made, by resource (`Patient/1`). */
export type Done = ReadonlyMap<string, Version>

/** `bind`: others rely on the version number that this write will make. */
export function planWrite(ctx: Context, entry: Prepared, current: Version | undefined, bind: boolean): Plan {
  const { step, asked } = { step: entry, asked: condition(entry, current) }
  const { request, key, issues, choice } = entry
  const name = nameOf(key)
  switch (request.method) {
    case 'DELETE': {
      const write = { do: 'delete', key, ...when(bind || choice ? asRead(current) : asked) } as const
      const makes = current?.json === undefined ? {} : { makes: { ...key, version: current.version + 1 } }
      return { step, write, ...makes, answer: async done => deleted(request, done.get(name)) }
    }
    case 'POST': {
      const write = { ...put(ctx, request, key, stored(entry), 'POST'), when: 'absent' as const }
      const makes = { ...key, version: 1 }
      return { step, write, makes, answer: async done => written(request, made(done.get(name)), true, issues) }
    }
    case 'PUT': {
      const still = choice?.matches.length === 0 ? 'absent' : bind || choice ? asRead(current) : asked
      return planPut(ctx, entry, { resource: stored(entry), issues }, current, still)
    }
    default:
      return planPut(ctx, entry, { resource: stored(entry), issues }, current, asRead(current))
  }
}

function planPut(
  ctx: Context,
  step: Prepared,
  { resource, issues }: Next,
  current: Version | undefined,
  condition: Condition | undefined,
): Plan {
  const { request, key } = step
  const answered = async (version: Version, created: boolean): Promise<Answer> => {
    const told = request.method === 'PATCH' ? await discreet(ctx, request, version) : request
    return written(told, version, created, issues)
  }
  const write = put(ctx, request, key, resource, request.method === 'PUT' ? 'PUT' : 'PATCH')
  const stands = unchanged(current, write.draft)
  if (stands) {
    const still = { do: 'check', key, when: asRead(stands) } as const
    return { step, write: still, stands, answer: () => answered(stands, false) }
  }
  return {
    step,
    write: { ...write, ...when(condition) },
    makes: { ...key, version: (current?.version ?? 0) + 1 },
    answer: async done => {
      const version = made(done.get(nameOf(key)))
      return answered(version, version.created)
    },
  }
}

/** A conditional create that found what it would create; it may be what another entry writes. */
export function planFound(step: Step, { key, version }: Instead, writes: ReadonlyMap<string, Plan>): Plan {
  const { request } = step
  const name = nameOf(key)
  const own = writes.get(name)
  if (own || !version) return { step, answer: async done => matched(request, made(done.get(name) ?? own?.stands)) }
  const write = { do: 'check', key, when: asRead(version) } as const
  return { step, write, answer: async () => matched(request, version) }
}

/**
 * A failing GET fails the transaction, so it is tried before anything is written. The resource that a read found must still stand
 * at the commit; whatever else is asked (searches, histories) is asked again when all is done.
 */
export async function planRead(ctx: Context, step: Step, writes: ReadonlyMap<string, Plan>): Promise<Plan> {
  const { request, interaction } = step
  const { tenant, target } = request
  const { type, id } = target
  const name = `${type}/${id}`
  const own = writes.get(name)
  if (interaction.code !== 'read') {
    const reading = admitted(ctx, step)
    await interaction.handle(reading, request).catch(error => {
      if (!(makesIt(own, request) && error instanceof FhirError && error.status === 404)) throw error
    })
    return { step, answer: () => interaction.handle(reading, request) }
  }
  if (own?.write?.do === 'delete') throw fail('deleted', `${name} is deleted by this transaction`)
  if (own?.step.request.method === 'PATCH') mustBeSeen(await admitted(ctx, step).store.read({ tenant, type, id }), name)
  if (own) return { step, answer: async done => present(ctx, request, made(done.get(name) ?? own.stands)) }
  const key = { tenant, type, id }
  const current = mustBeSeen(await admitted(ctx, step).store.read(key), name)
  const answer = present(ctx, request, current)
  return {
    step,
    write: { do: 'check', key, when: { version: current.version } },
    answer: async () => answer,
  }
}

function mustBeSeen(version: Version | undefined, name: string): Version {
  if (version) return version
  throw fail('not-found', `${name} does not exist`)
}

/** There will be such a version, or a history that begins with it. */
function makesIt(own: Plan | undefined, { target: { at, verb, vid } }: FhirRequest): boolean {
  if (own?.write?.do !== 'put') return false
  return verb === '_history' || (at === 'version' && own.makes?.version === versionNumber(vid))
}

function when(condition: Condition | undefined): { when?: Condition } {
  return condition === undefined ? {} : { when: condition }
}

function stored({ resource }: Step): Resource {
  if (!resource) throw fail('required', 'the entry has no resource')
  return resource
}

function made(version: Version | undefined): Version {
  if (!version) throw new Error('a put makes a version')
  return version
}
