/**
 * Whether all resources of a type are indexed by the definitions that a request sees. The store is asked each time, because
 * another process may have written one by other definitions a moment ago: what this answers holds for all that was acknowledged
 * before. It is a look into an index, and only for parameters of the tenant's own.
 */
import { all } from '../../../search/node.ts'
import { bearsOther } from '../../../search/own/mark.ts'
import type { SearchParameter } from '../../../search/parameters.ts'
import { type Asked, type Known, type Parsed, parseQuery } from '../../../search/parse/parse.ts'
import type { Include } from '../../../search/query.ts'
import type { Soon } from '../../../search/soon.ts'
import type { Store } from '../../../store/port.ts'
import type { Context } from '../../interaction.ts'
import type { SearchNeeds } from '../needs.ts'

type Needs = {
  readonly store: Pick<Store, 'search' | 'count'>
  readonly search: Pick<SearchNeeds, 'budget'>
}

/** Resources of the type that bear other marks than these. */
type Of = { readonly tenant: string; readonly type: string; readonly marks: readonly string[] }

export async function isBehind({ store, search }: Needs, { tenant, type, marks }: Of): Promise<boolean> {
  const where = bearsOther(marks)
  const { matches } = await store.search({ tenant, type, where, sort: [], limit: 1, budget: search.budget })
  return matches.length > 0
}

/** Percent of the resources that are indexed; never 100 before all are. */
async function progress({ store, search }: Needs, { tenant, type, marks }: Of): Promise<number> {
  const query = { tenant, type, budget: search.budget }
  const [whole, stale] = await Promise.all([
    store.count({ ...query, where: all }),
    store.count({ ...query, where: bearsOther(marks) }),
  ])
  return Math.max(0, Math.min(99, Math.floor(100 * (1 - stale / Math.max(1, whole)))))
}

type Asking = Pick<Context, 'store' | 'search' | 'shapes'>

/**
 * Parameters of the tenant's own are refused until all resources are indexed by them, as if they were not known. Throws as
 * `parseQuery` does.
 */
export function parseIndexed(ctx: Asking, tenant: string, asked: Asked): Soon<Parsed> {
  const known: Known = { parameters: ctx.search.parameters, types: ctx.shapes.resourceTypes }
  return ctx.search.own.length === 0 ? parseQuery(asked, known) : parseOwn(ctx, tenant, asked, known)
}

async function parseOwn(ctx: Asking, tenant: string, asked: Asked, known: Known): Promise<Parsed> {
  const { parameters } = known
  const wanted = new Map<string, Own>()
  const want = (type: string, code: string): undefined => {
    if (parameters.of(type).get(code)?.own) wanted.set(nameOf(type, code), { type, code })
  }
  const parsed = parseQuery(asked, { ...known, refuse: want })
  const present = await typesOfWildcards(ctx, tenant, parsed.query.includes)
  for (const type of present) for (const { code } of references(ctx, type)) want(type, code)
  const behind = await behindOf(ctx, tenant, wanted.values())
  if (behind.size === 0) return parsed
  const refuse = (type: string, code: string): string | undefined => {
    const percent = behind.get(nameOf(type, code))
    return percent === undefined ? undefined : `'${code}' of ${type} is being indexed, ${percent} % are done`
  }
  const { query, issues } = parseQuery(asked, { ...known, refuse })
  const includes = query.includes.flatMap(include => inForce(ctx, include, present, behind))
  return { query: { ...query, includes }, issues }
}

type Own = { readonly type: string; readonly code: string }

function nameOf(type: string, code: string): string {
  return `${type} ${code}`
}

/** By name, how far each is that is not in force yet. */
async function behindOf(ctx: Asking, tenant: string, wanted: Iterable<Own>): Promise<ReadonlyMap<string, number>> {
  const behind = new Map<string, number>()
  for (const { type, code } of wanted) {
    const of = { tenant, type, marks: ctx.search.marksFor(type, code) }
    if (await isBehind(ctx, of)) behind.set(nameOf(type, code), await progress(ctx, of))
  }
  return behind
}

/** What the tenant may search by beside R4's parameters: those that are in force for all types that there are. */
export async function ownInForce(ctx: Asking, tenant: string): Promise<readonly SearchParameter[]> {
  const { own, parameters, marksFor } = ctx.search
  if (own.length === 0) return []
  const waiting = new Set<string>()
  for (const type of await ctx.store.types(tenant)) {
    for (const { code, url, own } of parameters.of(type).values()) {
      if (own && (await isBehind(ctx, { tenant, type, marks: marksFor(type, code) }))) waiting.add(url)
    }
  }
  return own.filter(({ url }) => !waiting.has(url))
}

/** The types that there are, if a wildcard goes back from them along references some of which are the tenant's own. */
async function typesOfWildcards(
  { store, search }: Asking,
  tenant: string,
  includes: readonly Include[],
): Promise<readonly string[]> {
  const isAffected = search.own.some(({ type }) => type === 'reference') && includes.some(isBackwardWildcard)
  return isAffected ? store.types(tenant) : []
}

function references({ search }: Asking, type: string): readonly SearchParameter[] {
  return [...search.parameters.of(type).values()].filter(parameter => parameter.type === 'reference')
}

function isBackwardWildcard({ reverse, parameter }: Include): boolean {
  return reverse && parameter === undefined
}

/** `*` means all that are in force. */
function inForce(
  ctx: Asking,
  include: Include,
  present: readonly string[],
  behind: ReadonlyMap<string, number>,
): readonly Include[] {
  if (!isBackwardWildcard(include) || present.length === 0) return [include]
  const sources = include.source === undefined ? present : [include.source]
  return sources.flatMap((source): readonly Include[] => {
    const all = references(ctx, source)
    const some = all.filter(({ code }) => !behind.has(nameOf(source, code)))
    return some.length === all.length
      ? [{ ...include, source }]
      : some.map(parameter => ({ ...include, source, parameter }))
  })
}
