/** What the principal of a request may do. Worked out when it first asks, and anew when that may have changed. */
import type { Node } from '../search/node.ts'
import { plan } from '../search/planner.ts'
import { type Access, unlimited } from '../security/access/access.ts'
import { scoped } from '../security/access/scoped.ts'
import type { Principal } from '../security/principal.ts'
import type { Context, Rights } from './interaction.ts'
import { type Asker, planNeeds } from './search/asked.ts'
import type { SearchNeeds } from './search/needs.ts'
import { parseIndexed } from './search/own/behind.ts'

/** Where nobody has to say who he is. */
export const everything: Rights = () => unlimited

type Known = { readonly access: Promise<Access>; readonly at: number }

const most = 10_000 // principals whose rights are kept
const lasting = 1_000 // ms that rights may be old

export function openRights(): Rights {
  /** By the definitions that criteria are understood by. */
  const known = new WeakMap<SearchNeeds, Map<string, Known>>()
  return (ctx, request) => {
    const { principal } = request
    if (principal === undefined) return unlimited
    const kept = known.get(ctx.search) ?? new Map<string, Known>()
    known.set(ctx.search, kept)
    const key = JSON.stringify([request.tenant, request.base, principal])
    const now = ctx.clock()
    const before = kept.get(key)
    if (before && Math.abs(now - before.at) < lasting) return before.access
    const access = accessOf(ctx, request, principal)
    kept.delete(key)
    kept.set(key, { access, at: now })
    const [oldest] = kept.keys()
    if (kept.size > most && oldest !== undefined) kept.delete(oldest)
    access.catch(() => kept.delete(key))
    return access
  }
}

function accessOf(ctx: Context, asker: Asker, principal: Principal): Promise<Access> {
  return scoped(principal, {
    compartments: ctx.search.compartments,
    types: ctx.shapes.resourceTypes,
    criteria: (type, query) => criteriaNode(ctx, asker, type, query),
  })
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
