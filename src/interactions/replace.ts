/** The next version of a resource, made from the current one: what update and patch have in common. */
import { fail, type Issue } from '../fhir/issue.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Condition, Version } from '../store/port.ts'
import type { Answer, Context, FhirRequest } from './interaction.ts'
import { asRead, holds, preconditionFailed, writeCondition } from './preconditions.ts'
import { provenance } from './provenance.ts'
import { refusal } from './refusal.ts'
import { put, unchanged, written } from './write.ts'

/**
 * How often a write is tried anew because somebody else was faster. What If-Match asks is judged anew each time. Of those who
 * are under way at once each round lets one through, so this is how many may patch one resource at the same moment.
 */
const tries = 64

export type Next = { readonly resource: Resource; readonly issues: readonly Issue[] }

export async function replace(
  ctx: Context,
  request: FhirRequest,
  method: 'PUT' | 'PATCH',
  next: (current: Version | undefined) => Next,
): Promise<Answer> {
  const { headers } = request
  const asked = writeCondition(headers['if-match'], headers['if-none-match'])
  return retried(() => once(ctx, request, method, asked, next))
}

/** `undefined` of one try: another write came between. */
export async function retried(once: () => Promise<Answer | undefined>): Promise<Answer> {
  for (let attempt = 0; attempt < tries; attempt++) {
    const answer = await once()
    if (answer) return answer
  }
  throw fail('conflict', 'the resource was changed by others again and again meanwhile; please try again', undefined, {
    headers: { 'retry-after': '1' },
  })
}

/** `undefined`: another write came between. */
async function once(
  ctx: Context,
  request: FhirRequest,
  method: 'PUT' | 'PATCH',
  asked: Condition | undefined,
  next: (current: Version | undefined) => Next,
): Promise<Answer | undefined> {
  const { tenant, target, headers } = request
  const key = { tenant, type: target.type, id: target.id }
  const current = await ctx.store.read(key)
  if (asked !== undefined && !holds(asked, current)) throw preconditionFailed(asked, current)
  const { resource, issues } = next(current)
  const write = put(ctx, request, key, resource, method)
  const standing = unchanged(current, write.draft)
  if (standing) return written(request, standing, false, issues)

  const about = provenance(ctx, request, [{ ...key, version: (current?.version ?? 0) + 1 }])
  // A patch, and a Provenance that names the version, are only true of the version that was read.
  const bound = method === 'PATCH' || headers['x-provenance'] !== undefined
  const when = bound ? asRead(current) : asked
  const writes = [when === undefined ? write : { ...write, when }, ...about]
  const it = { tenant, writes, integrity: ctx.integrity(tenant) }
  const outcome = await ctx.store.commit(it)
  if (outcome.ok) {
    const [version] = outcome.versions
    if (!version) throw new Error('a put makes a version')
    return written(request, version, version.created, issues)
  }
  if (outcome.because.why === 'condition') return undefined
  throw refusal(it, outcome)
}
