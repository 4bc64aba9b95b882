/** What one entry of a transaction is going to do, and how it will be answered once all of them have done it. */
import { FhirError, fail, type Issue } from '../../fhir/issue.ts'
import { parseJson } from '../../fhir/json.ts'
import { patch } from '../../fhir/patch/patch.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Condition, Key, Version, Write } from '../../store/port.ts'
import { deleted } from '../delete.ts'
import type { Answer, Context } from '../interaction.ts'
import { patchDocument } from '../patch-document.ts'
import { asRead, holds, preconditionFailed, writeCondition } from '../preconditions.ts'
import { present } from '../present.ts'
import { check, put, unchanged, unconditional, written } from '../write.ts'
import type { Step } from './step.ts'

/** An entry that writes, with its references resolved. */
export type Prepared = Step & { readonly key: Key; readonly issues: readonly Issue[] }

export type Plan = {
  readonly step: Step
  readonly write?: Write
  /** The version that it will make, if nobody else is faster. */
  readonly makes?: Key & { readonly version: number }
  /** The version that stays, where the entry changes nothing. */
  readonly stands?: Version
  readonly answer: (done: Done) => Promise<Answer>
}

/** What the commit did: per entry, and per resource (`Patient/1`) the version that stands now. */
export type Done = {
  readonly version: Version | undefined
  readonly standing: ReadonlyMap<string, Version>
}

/** `bind`: later steps rely on the version number that this write will make. */
export function planWrite(ctx: Context, entry: Prepared, current: Version | undefined, bind: boolean): Plan {
  const { step, asked } = { step: entry, asked: condition(entry, current) }
  const { request, key, issues } = entry
  switch (request.method) {
    case 'DELETE': {
      const write = { do: 'delete', key, ...when(bind ? asRead(current) : asked) } as const
      const makes = current?.json === undefined ? {} : { makes: { ...key, version: current.version + 1 } }
      return { step, write, ...makes, answer: async ({ version }) => deleted(request, version) }
    }
    case 'POST': {
      unconditional(request.headers)
      const write = { ...put(ctx, request, key, stored(entry), 'POST'), when: 'absent' as const }
      const makes = { ...key, version: 1 }
      return {
        step,
        write,
        makes,
        answer: async ({ version }) => written(request, made(version), true, issues),
      }
    }
    case 'PUT':
      return planPut(ctx, entry, stored(entry), issues, current, asked, bind)
    default: {
      const resource = patched(ctx, entry, current)
      return planPut(ctx, entry, resource, check(ctx, resource, `${entry.at}.resource`), current, asked, true)
    }
  }
}

function planPut(
  ctx: Context,
  step: Prepared,
  resource: Resource,
  issues: readonly Issue[],
  current: Version | undefined,
  asked: Condition | undefined,
  bind: boolean,
): Plan {
  const { request, key } = step
  const write = put(ctx, request, key, resource, request.method === 'PUT' ? 'PUT' : 'PATCH')
  const stands = unchanged(current, write.draft)
  if (stands) {
    const still = { do: 'check', key, when: asRead(stands) } as const
    return { step, write: still, stands, answer: async () => written(request, stands, false, issues) }
  }
  return {
    step,
    write: { ...write, ...when(bind ? asRead(current) : asked) },
    makes: { ...key, version: (current?.version ?? 0) + 1 },
    answer: async ({ version }) => written(request, made(version), made(version).created, issues),
  }
}

/** A failing GET fails the transaction, so it is tried before anything is written; what it read must still stand at the commit. */
export async function planRead(ctx: Context, step: Step, writes: ReadonlyMap<string, Plan>): Promise<Plan> {
  const { request, interaction } = step
  const { tenant, target } = request
  const { type, id } = target
  const name = `${type}/${id}`
  const own = writes.get(name)
  if (interaction.code !== 'read') {
    const history = interaction.verb === '_history'
    const now = await interaction.handle(ctx, request).catch(error => {
      // The history of what this transaction is about to create begins with it.
      if (!(own && history && error instanceof FhirError && error.status === 404)) throw error
    })
    return { step, answer: async () => (history ? undefined : now) ?? interaction.handle(ctx, request) }
  }
  if (own?.write?.do === 'delete') throw fail('deleted', `${name} is deleted by this transaction`)
  if (own)
    return { step, answer: async ({ standing }) => present(ctx, request, made(standing.get(name) ?? own.stands)) }
  const key = { tenant, type, id }
  const current = await ctx.store.read(key)
  if (!current) throw fail('not-found', `${name} does not exist`)
  const answer = present(ctx, request, current)
  return {
    step,
    write: { do: 'check', key, when: { version: current.version } },
    answer: async () => answer,
  }
}

function condition({ request }: Step, current: Version | undefined): Condition | undefined {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers
  const asked = writeCondition(ifMatch, ifNoneMatch)
  if (asked !== undefined && !holds(asked, current)) throw preconditionFailed(asked, current)
  return asked
}

function patched({ shapes }: Context, { request, key }: Prepared, current: Version | undefined): Resource {
  if (!current) throw fail('not-found', `${key.type}/${key.id} does not exist`)
  if (current.json === undefined)
    throw fail('deleted', `${key.type}/${key.id} was deleted by version ${current.version}`)
  return patch(parseJson(current.json) as Resource, patchDocument(request), shapes)
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
