/** The entries that write: identified, references resolved, resources checked. */
import { FhirError, fail, type Issue, isError } from '../../fhir/issue.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Key } from '../../store/port.ts'
import type { Context } from '../interaction.ts'
import { type Identities, identify } from './identify.ts'
import type { Prepared } from './plan.ts'
import { resolve } from './resolve.ts'
import type { Step } from './step.ts'

/** All findings of all entries are reported at once. */
export function prepare(ctx: Context, steps: readonly Step[]): readonly Prepared[] {
  const identities = identify(ctx, steps)
  const prepared: Prepared[] = []
  const issues: Issue[] = []
  for (const step of steps) {
    const key = identities.keys.get(step.index)
    if (!key) continue
    const ready = prepareOne(ctx, step, key, identities)
    issues.push(...ready.issues)
    prepared.push(ready)
  }
  if (issues.some(isError)) throw new FhirError(issues.filter(isError))
  return prepared
}

function prepareOne(ctx: Context, step: Step, key: Key, identities: Identities): Prepared {
  const { request, resource, interaction, fullUrl } = step
  const at = `${step.at}.resource`
  if (interaction.code === 'delete') return { ...step, key, issues: [] }
  if (!resource) throw fail('required', `a ${request.method} entry needs a resource`, at)
  const given = withoutOwnId(resource, request.method)
  const resolved = resolve(given, at, fullUrl, identities, ctx.shapes)
  if (interaction.code === 'patch') {
    return { ...step, request: { ...request, body: { is: 'resource', resource: resolved } }, key, issues: [] }
  }
  matches(step, resource, key, at)
  // Judged as it was sent: a uuid that names an entry is one, though `Patient/123`, which it becomes, is none.
  return { ...step, resource: resolved, key, issues: ctx.validate(given, at) }
}

/** "The server SHALL ignore any id" of a POST; it need not even be valid. */
function withoutOwnId(resource: Resource, method: string): Resource {
  if (method !== 'POST') return resource
  const { id: _, ...rest } = resource
  return rest
}

function matches({ request }: Step, resource: Resource, key: Key, at: string): void {
  if (resource.resourceType !== key.type) {
    throw fail('invalid', `the resource is a ${resource.resourceType}, but the entry's url says ${key.type}`, at)
  }
  if (request.method === 'PUT' && resource.id !== key.id) {
    const found = resource.id === undefined ? 'has no id' : `has the id '${resource.id}'`
    throw fail(
      resource.id === undefined ? 'required' : 'invalid',
      `the resource ${found}, but the entry's url says '${key.id}'`,
      `${at}.id`,
    )
  }
}
