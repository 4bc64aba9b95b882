/** The next version of a resource, made from the current one: what update and patch have in common. */
import { fail, type Issue } from '../fhir/issue.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Condition, Key, Version } from '../store/port.ts'
import type { Terms } from './conditional/look.ts'
import { discreet } from './discreet.ts'
import type { Answer, Context, FhirRequest } from './interaction.ts'
import { asRead, holds, preconditionFailed, writeCondition } from './preconditions.ts'
import { provenance } from './provenance.ts'
import { isOvertaken, refusal } from './refusal.ts'
import { withSole } from './search/own/sole.ts'
import { put, unchanged, written } from './write.ts'

/**
 * How often a write is tried anew because somebody else was faster. What If-Match asks is judged anew each time. Of those who
 * are under way at once each round lets one through, so this is how many may patch one resource at the same moment.
 */
const tries = 64

export type Next = { readonly resource: Resource; readonly issues: readonly Issue[] }

export type Succession = {
  readonly method: 'PUT' | 'PATCH'
  readonly key: Key
  readonly current: Version | undefined
  /** By If-Match or If-None-Match. */
  readonly asked: Condition | undefined
  readonly next: (current: Version | undefined) => Promise<Next>
  /** Of a conditional interaction: what made it choose this resource. */
  readonly terms?: Terms
}

export async function replace(
  ctx: Context,
  request: FhirRequest,
  method: 'PUT' | 'PATCH',
  next: (current: Version | undefined) => Promise<Next>,
): Promise<Answer> {
  const { tenant, target, headers } = request
  const asked = writeCondition(headers['if-match'], headers['if-none-match'])
  const key = { tenant, type: target.type, id: target.id }
  return retried(async () => {
    return succeed(ctx, request, { method, key, current: await ctx.store.read(key), asked, next })
  })
}

/** `undefined` of one try: what it relied on has changed meanwhile. */
export async function retried<T>(once: () => Promise<T | undefined>): Promise<T> {
  for (let attempt = 0; attempt < tries; attempt++) {
    const done = await once()
    if (done !== undefined) return done
  }
  throw fail('conflict', 'others changed the same resources again and again meanwhile; please try again', undefined, {
    headers: { 'retry-after': '1' },
  })
}

/** `undefined`: another write came between. */
export async function succeed(
  ctx: Context,
  request: FhirRequest,
  { method, key, current, asked, next, terms }: Succession,
): Promise<Answer | undefined> {
  const { tenant, headers } = request
  if (asked !== undefined && !holds(asked, current)) throw preconditionFailed(asked, current)
  const { resource, issues } = await next(current)
  const write = put(ctx, request, key, resource, method)
  const standing = unchanged(current, write.draft)
  const answered = async (version: Version, created: boolean): Promise<Answer> => {
    const told = method === 'PATCH' ? await discreet(ctx, request, version) : request
    return written(told, version, created, issues)
  }
  if (standing) return answered(standing, false)

  const about = await provenance(ctx, request, [{ ...key, version: (current?.version ?? 0) + 1 }])
  // A patch, a choice by criteria, and a Provenance that names the version are only true of the version that was read.
  const bound = method === 'PATCH' || terms !== undefined || headers['x-provenance'] !== undefined
  const when = bound ? asRead(current) : asked
  const writes = [when === undefined ? write : { ...write, when }, ...about]
  const it = { tenant, writes, integrity: ctx.integrity(tenant), ...(await withSole(ctx, tenant, writes, terms)) }
  const outcome = await ctx.store.commit(it)
  if (outcome.ok) {
    const [version] = outcome.versions
    if (!version) throw new Error('a put makes a version')
    return answered(version, version.created)
  }
  if (isOvertaken(outcome)) return undefined
  throw refusal(it, outcome)
}
