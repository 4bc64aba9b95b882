/** What the principal of a request may do. Worked out when it first asks, and anew when that may have changed. */
import { packageOf } from '../conformance/package/packaged.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Node } from '../search/node.ts'
import { plan } from '../search/planner.ts'
import { type Access, unlimited } from '../security/access/access.ts'
import { consentOf } from '../security/access/consent.ts'
import { type ConsentGroup, consentAccess, consented, grouped } from '../security/access/consented.ts'
import { withContexts } from '../security/access/contexts.ts'
import { jointly } from '../security/access/granted.ts'
import { mayBreak, policied } from '../security/access/policied.ts'
import { type AccessPolicy, policyOf } from '../security/access/policy.ts'
import { isUserScope } from '../security/access/scope.ts'
import { scoped } from '../security/access/scoped.ts'
import type { Principal } from '../security/principal.ts'
import type { Store } from '../store/port.ts'
import type { Context, Rights } from './interaction.ts'
import { lately } from './lately.ts'
import { factsOf } from './rights/facts.ts'
import { brokenFor } from './rights/glass.ts'
import { applying, openShipped } from './rights/policies.ts'
import { type Asker, planNeeds } from './search/asked.ts'
import type { SearchNeeds } from './search/needs.ts'
import { parseIndexed } from './search/own/behind.ts'
import { openStored, type StoredNeeds } from './stored.ts'

/** What the rights of all principals of a tenant are made of; the same object as long as nothing of it was changed. */
type Law = { readonly policies: readonly AccessPolicy[]; readonly consents: readonly ConsentGroup[] }

type Known = { readonly access: Promise<Access>; readonly at: number; readonly law: Law; readonly epoch: number }

const most = 10_000 // principals whose rights are kept
const lasting = 1_000 // ms that rights may be old

/** Types by which rights are judged. */
export const rulingTypes: ReadonlySet<string> = new Set(['Basic', 'Consent'])

export function openRights(needs: StoredNeeds & { readonly store: Pick<Store, 'latest'> }): Rights {
  /** By the definitions that criteria are understood by. */
  const known = new WeakMap<SearchNeeds, Map<string, Known>>()
  const print = printer()
  const withShipped = openShipped()
  const { clock, store } = needs
  const laws = lately({ clock, store, types: [...rulingTypes] }, tenant => openLaw(needs, tenant, withShipped))
  /** Of each tenant, how often something was written here that rights may depend on. */
  const epochs = new Map<string, number>()

  function accessFor(ctx: Context, request: Parameters<Rights>[1], principal: Principal, law: Law): Promise<Access> {
    const kept = known.get(ctx.search) ?? new Map<string, Known>()
    known.set(ctx.search, kept)
    const key = print(request, principal)
    const [now, epoch] = [ctx.clock(), epochs.get(request.tenant) ?? 0]
    const before = kept.get(key)
    const isFresh = before && before.law === law && before.epoch === epoch && Math.abs(now - before.at) < lasting
    if (isFresh) return before.access
    const access = accessOf(ctx, request, principal, law)
    kept.delete(key)
    kept.set(key, { access, at: now, law, epoch })
    const [oldest] = kept.keys()
    if (kept.size > most && oldest !== undefined) kept.delete(oldest)
    access.catch(() => kept.delete(key))
    return access
  }

  const rights: Rights = (ctx, request) => {
    const { principal } = request
    if (principal === undefined) return unlimited
    const law = laws.of(request.tenant)
    if (law instanceof Promise) return law.then(read => accessFor(ctx, request, principal, read))
    return accessFor(ctx, request, principal, law)
  }
  const touched = (tenant: string): void => {
    laws.touched(tenant)
    epochs.set(tenant, (epochs.get(tenant) ?? 0) + 1)
  }
  return Object.assign(rights, { touched })
}

type Printed = { readonly tenant: string; readonly base: string; readonly text: string }

/** Who comes again is the same object as long as his token is known; and the same text is found sooner than one that is alike. */
function printer(): (request: Parameters<Rights>[1], principal: Principal) => string {
  const printed = new WeakMap<Principal, Printed>()
  return ({ tenant, base }, principal) => {
    const known = printed.get(principal)
    if (known?.tenant === tenant && known.base === base) return known.text
    const text = `${tenant} ${base} ${JSON.stringify(principal)}`
    printed.set(principal, { tenant, base, text })
    return text
  }
}

function openLaw(needs: StoredNeeds, tenant: string, withShipped: ReturnType<typeof openShipped>): () => Promise<Law> {
  const policies = openStored(needs, tenant, 'Basic', unpackaged(policyOf))
  const consents = openStored(needs, tenant, 'Consent', unpackaged(consentOf))
  let known: { readonly own: unknown; readonly given: unknown; readonly law: Law } | undefined
  return async () => {
    const until = await needs.store.sequence(tenant)
    const [own, given] = await Promise.all([policies.read(until), consents.read(until)])
    if (known?.own === own && known.given === given) return known.law
    const law = { policies: withShipped(own), consents: grouped(given) }
    known = { own, given, law }
    return law
  }
}

/** What came with a package is an example, which rules nobody. */
function unpackaged<T>(take: (resource: Resource, id: string) => T | undefined): typeof take {
  return (resource, id) => (packageOf(resource) === undefined ? take(resource, id) : undefined)
}

/**
 * Scopes ∩ policies ∩ consents. Backend services and apps of a patient without any policy are limited by their scopes; what a user
 * may do is for policies to say. Who may do everything may withdraw consents as well, and is not bound by them.
 */
async function accessOf(ctx: Context, asker: Asker, principal: Principal, law: Law): Promise<Access> {
  const types = ctx.shapes.resourceTypes
  const { compartments, parameters } = ctx.search
  const criteria = (type: string, query: string): Promise<Node> => criteriaNode(ctx, asker, type, query)
  const sets = applying(law.policies, principal)
  const scope = sets.length > 0 ? principal.scope : withoutUser(principal.scope)
  const byScope = await scoped({ ...principal, scope }, { compartments, types, criteria })
  if (sets.length === 0 && law.consents.length === 0) return withContexts(byScope, types)
  const facts = await factsOf(ctx, asker, principal)
  const breaking = sets.flat().some(mayBreak)
  const broken = breaking ? await brokenFor(ctx.behind, asker.tenant, principal, ctx.clock()) : []
  const { client, purposes } = principal
  const consent = consented(law.consents, {
    compartments,
    parameters,
    facts,
    client,
    purposes,
    broken,
    now: ctx.clock(),
  })
  const { permitted, allowed } = consent
  const needs = { compartments, shapes: ctx.shapes, facts, criteria, broken, permitted }
  const byPolicies = await Promise.all(sets.map(policies => policied(policies, needs)))
  const granted = jointly([byScope, ...byPolicies], types)
  if (granted.unlimited || allowed === undefined) return withContexts(granted, types)
  return withContexts(jointly([granted, consentAccess(allowed)], types), types)
}

function withoutUser(scope: string): string {
  return scope
    .split(' ')
    .filter(one => !isUserScope(one))
    .join(' ')
}

/** Strict: criteria that are left out would grant more. */
export async function criteriaNode(ctx: Context, asker: Asker, type: string, query: string): Promise<Node> {
  const parameters = new URLSearchParams(query)
  const asked = { type, parameters, handling: 'strict', defaultCount: 1, largestCount: 1 } as const
  const parsed = await parseIndexed(ctx, asker.tenant, asked)
  const { plan: planned } = await plan(parsed.query, ctx.search.question, planNeeds(ctx, asker), ctx.clock())
  const where = planned.questions[0]?.where
  if (!where) throw new Error('a search of one type is one question')
  return where
}
