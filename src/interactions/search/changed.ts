/**
 * What a page would miss: resources that were changed after the walk began stand elsewhere by now, or match no more. They are
 * judged as they were then, so that each is met once, in the place that it had; but they are shown as they are.
 */
import { isContained } from '../../search/contained.ts'
import { comparePlaces } from '../../search/match.ts'
import { and, type Place } from '../../search/node.ts'
import type { Version } from '../../store/port.ts'
import type { Context } from '../interaction.ts'
import { type Asker, restriction } from './asked.ts'
import type { Hit } from './hit.ts'
import { judgedSince, type Order, type Question, versionsAt } from './judged.ts'

export type Since = Order & {
  /** Whether this place belongs to the page. */
  readonly within: (place: Place) => boolean
  /** How many the page needs at most. */
  readonly limit: number
  /** Whether what was judged is looked at again. */
  readonly withText: boolean
}

/** In order. `end`: there may be more behind this place. */
export type Changed = { readonly hits: readonly Hit[]; readonly end?: Place }

type Moved = { readonly id: string; readonly place: Place }

/** `undefined`: too many. */
export async function changedSince(
  ctx: Context,
  asker: Asker,
  question: Question,
  since: Since,
): Promise<Changed | undefined> {
  const { until, sort: common, within, limit } = since
  const { sort = common } = question
  const judged = await judgedSince(ctx, asker, question, { until, sort })
  if (judged === undefined) return undefined
  const moved: Moved[] = []
  for (const [id, place] of judged) if (place && within(place)) moved.push({ id, place })
  moved.sort((a, b) => comparePlaces(sort, a.place, b.place))
  const hits: Hit[] = []
  for (let from = 0; from < moved.length; from += limit) {
    const some = moved.slice(from, from + limit)
    hits.push(...(await present(ctx, asker, question, since, some)))
    const last = some.at(-1)
    if (hits.length >= limit && from + limit < moved.length && last) return { hits, end: last.place }
  }
  return { hits }
}

/** Those that are still there and may be seen. */
async function present(
  ctx: Context,
  asker: Asker,
  { type }: Question,
  { until, withText }: Since,
  moved: readonly Moved[],
): Promise<readonly Hit[]> {
  const { tenant } = asker
  const ids = moved.map(({ id }) => id)
  const where = and([restriction(ctx)(type), { is: 'id', ids }])
  const query = { tenant, type, where, sort: [], limit: ids.length, budget: ctx.search.budget }
  const { matches } = await ctx.store.search(query)
  const now = new Map<string, Version>(matches.map(({ version }) => [version.id, version]))
  // A contained resource has no version of its own.
  const then = withText && !isContained(type) ? await versionsAt(ctx, asker, type, [...now.keys()], until) : undefined
  return moved.flatMap(({ id, place }) => {
    const version = now.get(id)
    return version ? [{ version, json: (then ? then.get(id) : version)?.json ?? '', place }] : []
  })
}
