/** From a request to its interaction: the one door. HTTP, Bundle entries, jobs and the CLI all enter here. */
import { fail, parameterAt } from '../fhir/issue.ts'
import { nearest } from '../fhir/nearest.ts'
import { type Access, unlimited } from '../security/access/access.ts'
import { type Guarding, guarded } from '../security/access/guarded-store.ts'
import { admitted } from './admit.ts'
import { once } from './current.ts'
import type { Answer, Context, FhirRequest, Interaction, Surroundings } from './interaction.ts'
import { policyIssues } from './rights/policy-issues.ts'
import { rulingTypes } from './rights.ts'
import { type Holding, parameterTypes } from './search/own/definitions.ts'
import { visibleTo } from './search/visible.ts'
import { parseTarget, type Target } from './target.ts'
import { beside, type For } from './validation/validation.ts'
import { put } from './write.ts'

/** A request whose URL is still text: `path` as it came, below the base; `query` without the question mark. */
export type Incoming = Omit<FhirRequest, 'target' | 'query' | 'question'> & {
  readonly path: string
  readonly query: string
}

const none = new URLSearchParams()

/** `POST [base]?_validate=true`: a batch or a transaction tells what it would do, and does nothing. */
export const dryRun = '_validate'

/** `found` is told what is going to answer, before it does. */
export async function dispatch(
  surroundings: Surroundings,
  incoming: Incoming,
  found?: (interaction: Interaction) => void,
): Promise<Answer> {
  const request = locate(surroundings, incoming)
  const interaction = find(surroundings, request)
  found?.(interaction)
  const { definitions } = surroundings
  const { tenant } = request
  const holding = definitions.of(tenant)
  const own = contextOf(surroundings, request, holding instanceof Promise ? await holding : holding)
  const asked = { interaction, request }
  try {
    return await own.audited(own, asked, recorded => {
      const act = (access: Access): Promise<Answer> =>
        interaction.handle(admitted(guardedBy(recorded, request, access), asked), request)
      const rights = surroundings.rights(own, request)
      return rights instanceof Promise ? rights.then(act) : act(rights)
    })
  } finally {
    if (interaction.affectsState !== false && mayChange(request)) {
      if (mayDefine(request, parameterTypes)) definitions.touched(tenant)
      if (mayDefine(request, rulingTypes)) surroundings.rights.touched?.(tenant)
    }
  }
}

/** Of the server itself. Each part by its name: every request has one, and to take out of an object what is left costs half a microsecond. */
export function contextOf(
  surroundings: Surroundings,
  from: Pick<FhirRequest, 'tenant' | 'base'>,
  { search, index, parameterIssues }: Holding,
): Context {
  const { interactions, store, audited, shapes, clock, newId, turn, integrity, capability, observe } = surroundings
  const { validation, vocabularies } = surroundings
  const { tenant } = from
  const vocabulary = once(() => vocabularies.of(tenant))
  let check: Context['validate'] | undefined // reads go without
  return {
    interactions,
    store,
    access: unlimited,
    guard: behind => behind,
    behind: store,
    audited,
    recording: undefined,
    shapes,
    clock,
    newId,
    turn,
    index,
    search,
    integrity,
    capability,
    observe,
    validate(resource, at, wish) {
      check ??= validatorFor(checkFor({ validation, vocabularies }, from, vocabulary), (resource, at) =>
        resource.resourceType === 'Basic'
          ? policyIssues({ search, shapes }, resource, at)
          : parameterIssues(resource, at),
      )
      return check(resource, at, wish)
    },
    vocabulary,
  }
}

function guardedBy(ctx: Context, { base }: Pick<FhirRequest, 'base'>, access: Access): Context {
  if (access.unlimited) return ctx
  const { clock, shapes } = ctx
  const index: Guarding['index'] = (resource, id) => ctx.index(resource, id, base).entries
  const derived: Guarding['derived'] = (resource, { key, method }) => {
    const { entries, contained, links } = put(ctx, { base }, key, resource, method)
    return { ...(entries && { entries }), ...(contained && { contained }), ...(links && { links }) }
  }
  const guarding = { access, clock, shapes, index, derived, budget: ctx.search.budget }
  const search = visibleTo(access, ctx)
  const guard: Context['guard'] = (behind, letters) => guarded(behind, letters, guarding)
  const validate: Context['validate'] = (resource, at, wish) =>
    ctx.validate(resource, at, { ...wish, targets: guard(ctx.behind, ['r', 's']) })
  return { ...ctx, access, search, guard, validate }
}

/** For one request, or for somebody who acts as one. */
function validatorFor(check: Context['validate'], issuesOf: Holding['parameterIssues']): Context['validate'] {
  return (resource, at, wish) => {
    const found = check(resource, at, wish)
    const { resourceType: type } = resource
    return type === 'SearchParameter' || type === 'Basic' ? beside(found, () => issuesOf(resource, at)) : found
  }
}

/** The rules are looked up when they are first needed: reads go without. */
function checkFor(
  { validation, vocabularies }: Pick<Surroundings, 'validation' | 'vocabularies'>,
  { tenant, base }: Pick<FhirRequest, 'tenant' | 'base'>,
  vocabulary: For['vocabulary'],
): Context['validate'] {
  const rules = once(() => validation.of(tenant))
  const then: For = { base, vocabulary }
  const now: For = { base, vocabulary: () => vocabularies.of(tenant) }
  return (resource, at, wish) => {
    const [check, whom] = wish?.anew ? [validation.of(tenant), now] : [rules(), then]
    if (!(check instanceof Promise)) return check(resource, at, whom, wish)
    return check.then(known => known(resource, at, whom, wish))
  }
}

/** Operations say themselves whether they change anything. */
function mayChange({ method, target: { verb } }: FhirRequest): boolean {
  return method !== 'GET' && method !== 'HEAD' && verb !== '_search'
}

/** Whether what changes may be resources of a type by which others are judged. */
function mayDefine({ target: { at, type } }: FhirRequest, defining: ReadonlySet<string>): boolean {
  return at === 'system' || defining.has(type)
}

/** The same request with its URL understood. */
export function locate(ctx: Pick<Context, 'shapes'>, incoming: Incoming): FhirRequest {
  const { path, query, method } = incoming
  const target = parseTarget(path)
  mustBeKnown(ctx, target.type)
  if (target.of !== '*') mustBeKnown(ctx, target.of)
  const parameters = query === '' ? none : new URLSearchParams(query)
  if (parameters.has(dryRun)) mustTakeDryRuns(method, target)
  return { ...incoming, target, query: parameters, question: query }
}

/** Of several interactions that share a form (batch and transaction), the first answers for all. */
export function tabulate(interactions: readonly Interaction[]): ReadonlyMap<string, Interaction> {
  const table = new Map<string, Interaction>()
  for (const one of interactions) {
    const form = key(one.method, one)
    for (const each of one.types?.map(type => `${form} ${type}`) ?? [form]) {
      if (!table.has(each)) table.set(each, one)
    }
  }
  return table
}

/** The interaction's code labels metrics and audit, and names what a token must permit. */
export function find(
  ctx: Pick<Context, 'interactions'>,
  { method, target }: Pick<FhirRequest, 'method' | 'target'>,
): Interaction {
  const form = key(method === 'HEAD' ? 'GET' : method, target)
  const found = ctx.interactions.get(form) ?? ctx.interactions.get(`${form} ${target.type}`)
  if (!found) throw notAllowed(ctx, method, target)
  return found
}

function key(method: string, { at, verb }: Pick<Target, 'at' | 'verb'>): string {
  return `${method} ${at} ${verb}`
}

/** Elsewhere it would be overlooked, and what was only to be tried would be done. */
function mustTakeDryRuns(method: string, { at, verb }: Target): void {
  if (method === 'POST' && at === 'system' && verb === '') return
  throw fail(
    'not-supported',
    `${dryRun} is for a batch or a transaction: expected POST [base]?${dryRun}=true`,
    parameterAt(dryRun),
    {
      status: 400,
    },
  )
}

function mustBeKnown({ shapes }: Pick<Context, 'shapes'>, type: string): void {
  if (type === '' || shapes.resourceTypes.includes(type)) return
  const hint = nearest(type, shapes.resourceTypes)
  throw fail('not-supported', `'${type}' is not a resource type of FHIR R4${hint ? `; did you mean '${hint}'?` : ''}`)
}

/** https://www.rfc-editor.org/rfc/rfc9110#status.405 asks for Allow; a form that knows no method at all is not found. */
function notAllowed(ctx: Pick<Context, 'interactions'>, method: string, target: Target): Error {
  const allowed = [...ctx.interactions.values()]
    .filter(({ at, verb, types }) => at === target.at && verb === target.verb && types?.includes(target.type) !== false)
    .map(one => one.method)
  if (allowed.length === 0) return unknown(ctx, method, target)
  const methods = [...new Set(allowed)].flatMap(one => (one === 'GET' ? ['GET', 'HEAD'] : [one])).join(', ')
  return fail('not-supported', `${method} is not possible on ${describe(target)}: expected ${methods}`, undefined, {
    status: 405,
    headers: { allow: methods },
  })
}

/** An operation may exist elsewhere. */
function unknown(ctx: Pick<Context, 'interactions'>, method: string, target: Target): Error {
  const { verb } = target
  if (!verb.startsWith('$')) return fail('not-supported', `this server does not know ${method} ${describe(target)}`)
  const places = [...ctx.interactions.values()].filter(one => one.verb === verb).flatMap(placesOf)
  if (places.length === 0) return fail('not-supported', `this server does not know the operation ${verb}`)
  const expected = [...new Set(places)].join(', ')
  return fail('not-supported', `the operation ${verb} does not exist on ${describe(target)}: expected ${expected}`)
}

function placesOf({ at, verb, types = ['[type]'] }: Interaction): readonly string[] {
  return types.map(type => describe({ at, type, id: '[id]', vid: '[vid]', verb, of: '*' }))
}

function describe({ at, type, id, vid, verb, of }: Target): string {
  const parts = {
    system: [verb],
    type: [type, verb],
    instance: [type, id, verb],
    version: [type, id, '_history', vid, verb],
    compartment: [type, id, of],
  }
  return `/${parts[at].filter(part => part !== '').join('/')}`
}
