/**
 * What a page would miss: resources that were changed after the walk began stand elsewhere by now, or match no more. They are
 * judged as they were then, so that each is met once, in the place that it had; but they are shown as they are.
 */
import { setImmediate as othersTurn } from 'node:timers/promises'
import { parseJson } from '../../fhir/json.ts'
import type { Resource } from '../../fhir/resource.ts'
import { type Found, fits, placeOf, worldOf } from '../../search/match.ts'
import { and, type Node, type Place } from '../../search/node.ts'
import type { Plan } from '../../search/plan.ts'
import type { Match, Version } from '../../store/port.ts'
import type { Context } from '../interaction.ts'
import { type Asker, restriction } from './asked.ts'
import type { Hit } from './hit.ts'

type Question = Plan['questions'][number]

export type Since = {
  /** The state that the walk shows. */
  readonly until: number
  /** `updated` of the first change behind it, ms: no later one has an earlier time. */
  readonly updated: number
  readonly sort: Plan['sort']
  /** Whether this place belongs to the page. */
  readonly within: (place: Place) => boolean
}

const most = 10_000 // changed resources of one type: some 0.1 ms each
const batch = 500 // resources per question to the store, few enough to let others in between
const lastDate = 8.64e15 // ms; no date is later

/** `undefined`: too many. Deleted resources are not among them: their text must not be shown any more. */
export async function changedSince(
  ctx: Context,
  asker: Asker,
  question: Question,
  since: Since,
): Promise<readonly Hit[] | undefined> {
  const standing = await standingNow(ctx, asker, question.type, since)
  if (standing === undefined) return undefined
  // Born is the whole place where nothing else is asked for, and it never changes.
  const near = since.sort.length > 0 ? standing : standing.filter(({ place }) => since.within(place.slice(-1)))
  const judge = leadsElsewhere(question.where) ? asTheyAre : asTheyWere
  const hits: Hit[] = []
  for (let from = 0; from < near.length; from += batch) {
    hits.push(...(await judge(ctx, asker, question, since, near.slice(from, from + batch))))
    await othersTurn()
  }
  return hits.filter(({ place }) => since.within(place))
}

/** Those that were there at `until`, are still there and may be seen, with the time of their last change and `born` as place. */
async function standingNow(
  { store, search }: Context,
  asker: Asker,
  type: string,
  { until, updated }: Since,
): Promise<readonly Match[] | undefined> {
  const may = restriction(asker)(type)
  const sort = [{ by: 'updated', descending: false }] as const
  const found = new Map<string, Match>()
  let [low, after]: [number, Place | undefined] = [updated, undefined]
  for (;;) {
    // Not only behind the last one but from its time on: so the store need not look at what was read before.
    const where = and([may, { is: 'updated', low, high: lastDate }])
    const query = { tenant: asker.tenant, type, where, sort, limit: batch, budget: search.budget }
    const { matches, more } = await store.search({ ...query, ...(after ? { after } : {}) })
    for (const match of matches) {
      if (match.version.seq > until && bornOf(match.place) <= until) found.set(match.version.id, match)
    }
    if (found.size > most) return undefined
    const last = matches.at(-1)
    if (!more || last === undefined) return [...found.values()]
    low = last.version.updated
    after = last.place
    await othersTurn()
  }
}

export function bornOf(place: Place): number {
  return Number(place.at(-1))
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

type Judge = (
  ctx: Context,
  asker: Asker,
  question: Question,
  since: Since,
  standing: readonly Match[],
) => Promise<readonly Hit[]>

const nowhere = worldOf([])

const asTheyWere: Judge = async ({ store, index }, { tenant, base }, { type, where }, { until, sort }, standing) => {
  const before = await Promise.all(standing.map(({ version: { id } }) => was(id)))
  return standing.flatMap(({ version, place }, at) => {
    const then = before[at]
    if (then?.json === undefined) return []
    const entries = index(parseJson(then.json) as Resource, base)
    const found: Found = { type, id: then.id, updated: then.updated, born: bornOf(place), entries }
    return fits(where, found, nowhere) ? [{ version, json: then.json, place: placeOf(found, sort) }] : []
  })

  async function was(id: string): Promise<Version | undefined> {
    const { versions } = await store.history({ tenant, type, id, order: 'newest', until, limit: 1 })
    return versions[0]
  }
}

/**
 * Deviates: what chains lead to would have to be known as it was, too. So the store answers for the present: a resource that
 * was changed so that it moves within the order, or matches no more, may be missed or met twice.
 */
const asTheyAre: Judge = async ({ store, search }, { tenant }, { type, where }, { sort }, standing) => {
  const ids = standing.map(({ version }) => version.id)
  const these = and([{ is: 'id', ids }, where])
  const { matches } = await store.search({
    tenant,
    type,
    where: these,
    sort,
    limit: ids.length,
    budget: search.budget,
  })
  return matches.map(({ version, place }) => ({ version, json: version.json ?? '', place }))
}
