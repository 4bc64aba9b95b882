/**
 * One page of a walk through the matches. All pages of a walk show the state at `until`, whatever is written meanwhile.
 * https://hl7.org/fhir/R4/http.html#paging
 */
import { setImmediate as othersTurn } from 'node:timers/promises'
import { comparePlaces } from '../../search/match.ts'
import type { Place } from '../../search/node.ts'
import type { Plan } from '../../search/plan.ts'
import type { SearchPage } from '../../store/port.ts'
import type { Context } from '../interaction.ts'
import type { Asker } from './asked.ts'
import { changedSince } from './changed.ts'
import { type Hit, hitOf } from './hit.ts'
import { bornOf } from './judged.ts'
import { says, type Words } from './words.ts'

export type Walk = Plan & {
  readonly words: Words
  /** The end of the commit sequence before the first page was read: the state that all pages show. */
  readonly until: number
  /** There was a page before, which relies on that state. */
  readonly begun: boolean
  /** Where the page begins. */
  readonly after: Place | undefined
}

export type Page = {
  readonly hits: readonly Hit[]
  /** The next page continues behind this place; absent: there is none. */
  readonly end?: Place
  /** So much was changed meanwhile that the page shows the present state: what moved may be missed or met twice. */
  readonly loose: boolean
}

const mostRead = 5_000 // resources whose words are looked at for one page, some 20 µs each
const chunk = 200 // of them at a time

/** At most `limit` hits behind `after`; a page may hold fewer and still not be the last. */
export async function readPage(ctx: Context, asker: Asker, walk: Walk, limit: number): Promise<Page> {
  const { words } = walk
  const size = words.length === 0 ? limit : Math.max(limit, chunk)
  const kept: Hit[] = []
  let loose = false
  let end = walk.after
  for (let read = 0; kept.length < limit && read < mostRead; read += size) {
    const part = await cut(ctx, asker, end === undefined ? walk : { ...walk, after: end, begun: true }, size)
    kept.push(...part.hits.filter(({ json }) => says(words, json)))
    loose ||= part.loose
    end = part.end
    if (end === undefined) break
    if (words.length > 0) await othersTurn()
  }
  const hits = kept.slice(0, limit)
  if (kept.length > limit) end = hits.at(-1)?.place ?? walk.after
  return { hits, loose, ...(end ? { end } : {}) }
}

/** All hits of all types behind `after` and up to `end`: at least `limit`, if there are that many and nothing was changed. */
async function cut(ctx: Context, asker: Asker, walk: Walk, limit: number): Promise<Page> {
  const { sort, questions } = walk
  const until = walk.begun ? walk.until : undefined
  const lists = await Promise.all(questions.map(question => list(ctx, asker, walk, question, until, limit)))
  const end = horizon(sort, lists)
  const all = lists.flatMap(hitsOf)
  // An answer that is complete needs no other state than the one that the store read it from; one list is in order already.
  if (!walk.begun && end === undefined && all.length <= limit) {
    return lists.length === 1 ? { hits: all, loose: false } : ordered(sort, all, end, false)
  }
  return restored(ctx, asker, walk, { lists, end, limit })
}

type Read = {
  readonly lists: readonly SearchPage[]
  readonly end: Place | undefined
  readonly limit: number
}

/** What was read, without what was changed behind `until`, and with what was there instead. */
async function restored(ctx: Context, asker: Asker, walk: Walk, { lists, end, limit }: Read): Promise<Page> {
  const { sort, questions, after, until, words } = walk
  const within = (place: Place): boolean =>
    (after === undefined || comparePlaces(sort, place, after) > 0) &&
    (end === undefined || comparePlaces(sort, place, end) <= 0)
  const since = { until, sort, within, limit, withText: words.length > 0 }
  const changed = await Promise.all(questions.map(question => changedSince(ctx, asker, question, since)))
  const hits: Hit[] = []
  let nearest = end
  for (const [at, question] of questions.entries()) {
    const moved = changed[at]
    if (moved) {
      hits.push(...unmoved(lists[at], until), ...moved.hits)
      nearest = earlier(sort, nearest, moved.end)
      continue
    }
    const now = await list(ctx, asker, walk, question, undefined, limit)
    nearest = earlier(sort, nearest, horizon(sort, [now]))
    hits.push(...hitsOf(now).filter(({ place }) => bornOf(place) <= until))
  }
  return ordered(sort, once(hits), nearest, changed.includes(undefined))
}

function list(
  { store, search }: Context,
  { tenant }: Asker,
  { sort: common, after }: Walk,
  { type, where, sort = common }: Plan['questions'][number],
  until: number | undefined,
  limit: number,
): Promise<SearchPage> {
  const from = { ...(after ? { after } : {}), ...(until === undefined ? {} : { until }) }
  return store.search({ tenant, type, where, sort, limit, budget: search.budget, ...from })
}

function hitsOf({ matches }: SearchPage): readonly Hit[] {
  return matches.map(hitOf)
}

function unmoved(page: SearchPage | undefined, until: number): readonly Hit[] {
  return page ? hitsOf(page).filter(({ version }) => version.seq <= until) : []
}

/** A resource that was changed while the page was read is found in both ways. */
function once(hits: readonly Hit[]): readonly Hit[] {
  const known = new Map<string, Hit>()
  for (const hit of hits) {
    const name = `${hit.version.type}/${hit.version.id}`
    if (!known.has(name)) known.set(name, hit)
  }
  return [...known.values()]
}

/** Up to where all lists are complete; `undefined`: there is nothing behind them. */
function horizon(sort: Plan['sort'], lists: readonly SearchPage[]): Place | undefined {
  return lists
    .map(({ matches, more }) => (more ? matches.at(-1)?.place : undefined))
    .reduce((a, b) => earlier(sort, a, b), undefined)
}

function earlier(sort: Plan['sort'], a: Place | undefined, b: Place | undefined): Place | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return comparePlaces(sort, a, b) <= 0 ? a : b
}

function ordered(sort: Plan['sort'], hits: readonly Hit[], end: Place | undefined, loose: boolean): Page {
  const sorted = hits
    .filter(({ place }) => end === undefined || comparePlaces(sort, place, end) <= 0)
    .toSorted((a, b) => comparePlaces(sort, a.place, b.place))
  return { hits: sorted, loose, ...(end ? { end } : {}) }
}
