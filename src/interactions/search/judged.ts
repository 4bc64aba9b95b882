/**
 * Where resources that were changed after a walk began stood in it before. What they were then never changes, so each is judged
 * once and its place is remembered in this process: a page costs what was changed since the page before it. A process that
 * serves the walk for the first time, or has forgotten it, judges all that was changed since it began.
 */
import { createHash } from 'node:crypto'
import { setImmediate as othersTurn } from 'node:timers/promises'
import { parseJson } from '../../fhir/json.ts'
import type { Resource } from '../../fhir/resource.ts'
import { isContained } from '../../search/contained.ts'
import { type Found, fits, placeOf, worldOf } from '../../search/match.ts'
import { and, type Node, type Place } from '../../search/node.ts'
import type { Plan } from '../../search/plan.ts'
import type { Match, Version } from '../../store/port.ts'
import type { Context } from '../interaction.ts'
import type { Asker } from './asked.ts'
import type { SearchNeeds } from './needs.ts'

export type Question = Plan['questions'][number]

/** The state that the walk shows, and its order. */
export type Order = { readonly until: number; readonly sort: Plan['sort'] }

/** By id; `undefined`: it did not match. */
export type Judged = ReadonlyMap<string, Place | undefined>

type Memory = {
  readonly places: Map<string, Place | undefined>
  /** Up to here in the commit sequence nothing is left to be judged. */
  end: number
  tooMany: boolean
  /** Its part of the sum over all walks. */
  weight: number
}

type Walks = { readonly byName: Map<string, Memory>; weight: number }

const most = 10_000 // changed resources of one type in one walk: some 0.1 ms each, once
const mostPlaces = 100_000 // remembered of all walks together, some 200 bytes each
const batch = 500 // resources per question to the store, few enough to let others in between
const lastDate = 8.64e15 // ms; no date is later
const forEver = Number.MAX_SAFE_INTEGER

/** `undefined`: too many. Resources that were deleted since may be missing, and those that were born since always are. */
export async function judgedSince(
  ctx: Context,
  asker: Asker,
  question: Question,
  order: Order,
): Promise<Judged | undefined> {
  const name = nameOf(asker, question, order)
  const walks = walksBy(ctx.search)
  const memory = recall(walks, name, order)
  if (memory.tooMany) return undefined
  const places = await judgeChanges(ctx, asker, question, order, memory)
  if (walks.byName.get(name) === memory) weigh(walks, memory)
  return places
}

async function judgeChanges(
  ctx: Context,
  asker: Asker,
  question: Question,
  order: Order,
  memory: Memory,
): Promise<Judged | undefined> {
  const { places } = memory
  // Asked first: all that stands at or before `end` is there by now, so that the two below find it.
  const end = await ctx.store.sequence(asker.tenant)
  const low = await firstChange(ctx, asker, question.type, memory.end)
  if (low === undefined) return places
  for await (const matches of changedFrom(ctx, asker, question.type, low)) {
    const unknown = matches.filter(
      ({ version: { id, seq }, place }) => seq > order.until && bornOf(place) <= order.until && !places.has(id),
    )
    if (places.size + unknown.length > most) {
      memory.tooMany = true
      places.clear()
      return undefined
    }
    for (const [id, place] of await judge(ctx, asker, question, order, unknown)) places.set(id, place)
    await othersTurn()
  }
  memory.end = Math.max(memory.end, end)
  return places
}

/** By the definitions that they were judged by. */
const memories = new WeakMap<SearchNeeds, Walks>()

function walksBy(search: SearchNeeds): Walks {
  const known = memories.get(search)
  if (known) return known
  const walks = { byName: new Map<string, Memory>(), weight: 0 }
  memories.set(search, walks)
  return walks
}

function nameOf({ tenant, base }: Asker, question: Question, order: Order): string {
  return createHash('sha256')
    .update(JSON.stringify([tenant, base, question, order]))
    .digest('base64url')
}

/** The walks that were used last are kept: each search comes by here, so their sum is not made anew. */
function recall(walks: Walks, name: string, order: Order): Memory {
  const { byName } = walks
  const memory = byName.get(name) ?? { places: new Map(), end: order.until, tooMany: false, weight: 0 }
  byName.delete(name)
  byName.set(name, memory)
  weigh(walks, memory)
  for (const [oldest, each] of byName) {
    if (walks.weight <= mostPlaces - most || each === memory) break
    byName.delete(oldest)
    walks.weight -= each.weight
  }
  return memory
}

/** In places; a walk in which nothing was changed is not free either. */
function weigh(walks: Walks, memory: Memory): void {
  const weight = memory.places.size + 10
  walks.weight += weight - memory.weight
  memory.weight = weight
}

/** `updated` of the first change behind `end`, ms: no later one has an earlier time. */
async function firstChange(
  { store }: Context,
  { tenant }: Asker,
  type: string,
  end: number,
): Promise<number | undefined> {
  const of = isContained(type) ? {} : { type } // its changes are those of containers, whatever they are
  const { versions } = await store.history({ tenant, ...of, order: 'oldest', after: end, until: forEver, limit: 1 })
  return versions[0]?.updated
}

/** Present resources that were changed at that time or later, with `born` at the end of their places. */
async function* changedFrom(
  { store, search }: Context,
  { tenant }: Asker,
  type: string,
  from: number,
): AsyncGenerator<readonly Match[]> {
  const sort = [{ by: 'updated', descending: false }] as const
  let [low, after]: [number, Place | undefined] = [from, undefined]
  for (;;) {
    // Not only behind the last one but from its time on: so the store need not look at what was read before.
    const where = { is: 'updated', low, high: lastDate } as const
    const query = { tenant, type, where, sort, limit: batch, budget: search.budget }
    const { matches, more } = await store.search({ ...query, ...(after ? { after } : {}) })
    yield matches
    const last = matches.at(-1)
    if (!more || last === undefined) return
    low = last.version.updated
    after = last.place
  }
}

export function bornOf(place: Place): number {
  return Number(place.at(-1))
}

const nowhere = worldOf([])

/**
 * Deviates: what chains lead to, and what was contained, would have to be known as it was, too. There the store says what matches
 * at present: a resource that was changed so that it matches no more is missed, and one that matches only now is met.
 */
async function judge(
  ctx: Context,
  asker: Asker,
  question: Question,
  { until, sort }: Order,
  changed: readonly Match[],
): Promise<readonly (readonly [string, Place | undefined])[]> {
  const { type, where } = question
  const ids = changed.map(({ version: { id } }) => id)
  if (isContained(type)) {
    const places = await matchingNow(ctx, asker, question, sort, ids)
    return ids.map(id => [id, places.get(id)])
  }
  const before = await versionsAt(ctx, asker, type, ids, until)
  const now = leadsElsewhere(where) ? await matchingNow(ctx, asker, question, [], ids) : undefined
  return changed.map(({ version: { id }, place }) => {
    const then = before.get(id)
    if (then?.json === undefined) return [id, undefined] as const
    const { entries } = ctx.index(parseJson(then.json) as Resource, id, asker.base)
    const found: Found = { type, id, updated: then.updated, born: bornOf(place), entries }
    const matched = now ? now.has(id) : fits(where, found, nowhere)
    return [id, matched ? placeOf(found, sort) : undefined] as const
  })
}

/** What they were at that place of the sequence, by id. */
export async function versionsAt(
  { store }: Context,
  { tenant }: Asker,
  type: string,
  ids: readonly string[],
  until: number,
): Promise<ReadonlyMap<string, Version>> {
  const pages = await Promise.all(ids.map(id => store.history({ tenant, type, id, order: 'newest', until, limit: 1 })))
  return new Map(pages.flatMap(({ versions }) => versions.map(version => [version.id, version] as const)))
}

/** Whether the answer depends on other resources, too. */
function leadsElsewhere(node: Node): boolean {
  switch (node.is) {
    case 'and':
    case 'or':
      return node.of.some(leadsElsewhere)
    case 'not':
      return leadsElsewhere(node.of)
    default:
      return node.is === 'refers' || node.is === 'referred'
  }
}

async function matchingNow(
  { store, search }: Context,
  { tenant }: Asker,
  { type, where }: Question,
  sort: Plan['sort'],
  ids: readonly string[],
): Promise<ReadonlyMap<string, Place>> {
  const these = and([{ is: 'id', ids }, where])
  const { matches } = await store.search({
    tenant,
    type,
    where: these,
    sort,
    limit: Math.max(ids.length, 1),
    budget: search.budget,
  })
  return new Map(matches.map(({ version: { id }, place }) => [id, place]))
}
