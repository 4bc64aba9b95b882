/** The entries that write: chosen, identified, references resolved, resources checked. */
import { FhirError, fail, type Issue, isError } from '../../fhir/issue.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Key } from '../../store/port.ts'
import type { Terms } from '../conditional/look.ts'
import type { Context, FhirRequest } from '../interaction.ts'
import { wishOf } from '../write.ts'
import { type Choices, type Conditions, choose } from './choose.ts'
import { type Identities, type Instead, identify } from './identify.ts'
import { type Given, neighbours } from './neighbours.ts'
import { type Patched, type Ready, withPatches } from './patches.ts'
import { findReferences, type Resolved } from './references.ts'
import { type References, resolve } from './resolve.ts'
import type { Step } from './step.ts'
import { termsOfAll } from './terms.ts'
import { inTurns } from './turns.ts'

/** A resource that an entry writes, with its references resolved. */
export type Prepared = Patched & { readonly issues: readonly Issue[] }

export type Preparation = {
  readonly entries: readonly Prepared[]
  readonly found: ReadonlyMap<number, Instead>
  /** What must still hold at the commit. */
  readonly terms: Terms
}

/** All findings of all entries are reported at once. */
export async function prepare(
  ctx: Context,
  request: FhirRequest,
  steps: readonly Step[],
  conditions: Conditions,
): Promise<Preparation> {
  const choices = await choose(ctx, request.tenant, steps, conditions)
  const identities = await identify(ctx, steps, choices)
  const wanted = new Map<string, string>()
  const first = await prepareAll(ctx, steps, choices, identities, { known: new Map(), wanted })
  const judgeAll = async (ready: readonly Ready[], references?: Resolved): Promise<readonly Prepared[]> => {
    const all = await withPatches(ctx, ready)
    const issues = await judge(ctx, steps, all, (given: readonly Given[]) =>
      neighbours(given, identities, request.base, references),
    )
    return all.map(entry => ({ ...entry, issues: issues.get(entry.index) ?? [] }))
  }
  const finding = wanted.size === 0 ? undefined : findReferences(ctx, request, wanted, first)
  const references = await finding?.catch(async cause => {
    await judgeAll(first) // what is wrong with an entry is told before what it refers to
    throw cause
  })
  const ready = references
    ? await prepareAll(ctx, steps, choices, identities, { known: references.known, wanted })
    : first
  const entries = await judgeAll(ready, references)
  const relied = steps.flatMap(({ index, interaction }) => {
    const { look, matches } = choices.get(index) ?? {}
    return look && matches ? [{ look, isNew: matches.length === 0 && interaction.code !== 'delete' }] : []
  })
  return { entries, found: identities.found, terms: termsOfAll([...relied, ...(references?.relied ?? [])]) }
}

async function prepareAll(
  ctx: Context,
  steps: readonly Step[],
  choices: Choices,
  identities: Identities,
  references: References,
): Promise<readonly Ready[]> {
  const prepared: Ready[] = []
  for (const step of steps) {
    await ctx.turn()
    const choice = choices.get(step.index)
    for (const key of identities.keys.get(step.index) ?? []) {
      const ready = prepareOne(ctx, step, key, identities, references)
      prepared.push(choice ? { ...ready, choice } : ready)
    }
  }
  return prepared
}

/**
 * Findings by entry, also of those that will be ignored: whether an entry is sound must not depend on what is there already. It is
 * judged as it was sent: a uuid that names an entry is one, though `Patient/123`, which it becomes, is none. A patch is judged by
 * its result.
 */
async function judge(
  ctx: Context,
  steps: readonly Step[],
  entries: readonly Patched[],
  besideOf: (given: readonly Given[]) => ReturnType<typeof neighbours>,
): Promise<ReadonlyMap<number, readonly Issue[]>> {
  const brought = steps.filter(isBrought).map(step => {
    const { at, request } = step
    const given = withoutOwnId(needed(step, `${at}.resource`), request.method)
    mustBeOfType(given, request.target.type, `${at}.resource`)
    return { step, given }
  })
  const patched = entries.flatMap(entry => {
    const { interaction, resource } = entry
    return interaction.code === 'patch' && resource ? [{ step: entry, given: resource }] : []
  })
  const all = [...brought, ...patched].sort((a, b) => a.step.index - b.step.index)
  const beside = besideOf(all)
  const judged = await inTurns(all, ctx.turn, async ({ step: { index, at, request }, given }) => {
    return [index, await ctx.validate(given, `${at}.resource`, { ...wishOf(request), beside })] as const
  })
  const errors = judged.flatMap(([, issues]) => issues).filter(isError)
  if (errors.length > 0) throw new FhirError(errors)
  return new Map(judged)
}

function isBrought({ interaction: { code } }: Step): boolean {
  return code === 'create' || code === 'update'
}

function prepareOne(ctx: Context, step: Step, key: Key, identities: Identities, references: References): Ready {
  const { request, interaction, fullUrl } = step
  const at = `${step.at}.resource`
  if (interaction.code === 'delete') return { ...step, key }
  const given = withoutOwnId(needed(step, at), request.method)
  const resolved = resolve(given, at, fullUrl, identities, references, ctx.shapes)
  if (interaction.code === 'patch') {
    return { ...step, request: { ...request, body: { is: 'resource', resource: resolved } }, key }
  }
  mustBeOfType(given, key.type, at)
  if (interaction.code === 'update' && interaction.at === 'instance') mustHaveId(given, key.id, at)
  return { ...step, resource: resolved, key }
}

function needed({ resource, request }: Step, at: string): Resource {
  if (!resource) throw fail('required', `a ${request.method} entry needs a resource`, at)
  return resource
}

/** "The server SHALL ignore any id" of a POST; it need not even be valid. */
function withoutOwnId(resource: Resource, method: string): Resource {
  if (method !== 'POST') return resource
  const { id: _, ...rest } = resource
  return rest
}

function mustBeOfType({ resourceType }: Resource, type: string, at: string): void {
  if (resourceType === type) return
  throw fail('invalid', `the resource is a ${resourceType}, but the entry's url says ${type}`, at)
}

function mustHaveId(resource: Resource, id: string, at: string): void {
  if (resource.id === id) return
  const found = resource.id === undefined ? 'has no id' : `has the id '${resource.id}'`
  throw fail(
    resource.id === undefined ? 'required' : 'invalid',
    `the resource ${found}, but the entry's url says '${id}'`,
    `${at}.id`,
  )
}
