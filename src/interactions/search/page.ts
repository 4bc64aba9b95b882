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
  /** The state that all pages show: the end of the commit sequence when the first one was read; absent: this is the first. */
  readonly until: number | undefined
  /** Where the page begins. */
  readonly after: Place | undefined
  /** Where the next one is known to begin: a page that is read once more must not reach into it, though some of its matches be gone. */
  readonly upTo?: Place | undefined
}

export type Page = {
  readonly hits: readonly Hit[]
  /** The state that it shows. */
  readonly until: number
  /** The next page continues behind this place; absent: there is none. */
  readonly end?: Place
  /** So much was changed meanwhile that the page shows the present state: what moved may be missed or met twice. */
  readonly loose: boolean
}

const mostRead = 5_000 // resources whose words are looked at for one page, some 20 µs each
const chunk = 200 // of them at a time

/** At most `limit` hits behind `after`; a page may hold fewer and still not be the last. */
export async function readPage(ctx: Context, asker: Asker, walk: Walk, limit: number): Promise<Page> {
  const { words, sort, upTo } = walk
  const size = words.length === 0 ? limit : Math.max(limit, chunk)
  const kept: Hit[] = []
  let loose = false
  let { until, after: end } = walk
  for (let read = 0; kept.length < limit && read < mostRead; read += size) {
    const part = await cut(ctx, asker, { ...walk, until, after: end }, size)
    kept.push(...part.hits.filter(({ json }) => says(words, json)))
    loose ||= part.loose
    end = part.end
    until = part.until
    if (end === undefined) break
    if (words.length > 0) await othersTurn()
  }
  const page = kept.slice(0, limit)
  if (kept.length > limit) end = page.at(-1)?.place ?? walk.after
  const hits = page.filter(({ place }) => upTo === undefined || comparePlaces(sort, place, upTo) <= 0)
  end = earlier(sort, end, upTo)
  return { hits, loose, until: until ?? 0, ...(end ? { end } : {}) }
}

/** All hits of all types behind `after` and up to `end`: at least `limit`, if there are that many and nothing was changed. */
async function cut(ctx: Context, asker: Asker, walk: Walk, limit: number): Promise<Page> {
  const { sort, questions } = walk
  const [question, ...others] = questions
  const only = question && others.length === 0 ? await list(ctx, asker, walk, question, limit) : undefined
  // An answer that is complete needs no other state than the one that the store read it from; one list is in order already.
  if (only && walk.until === undefined && !only.more)
    return { hits: hitsOf(only), until: only.until ?? 0, loose: false }
  const lists = only ? [only] : await Promise.all(questions.map(question => list(ctx, asker, walk, question, limit)))
  const end = horizon(sort, lists)
  const all = lists.flatMap(hitsOf)
  const until = walk.until ?? Math.min(...lists.map(list => list.until ?? 0))
  if (walk.until === undefined && end === undefined && all.length <= limit) {
    return { ...ordered(sort, all, end, false), until }
  }
  return { ...(await restored(ctx, asker, { ...walk, until }, { lists, end, limit })), until }
}

type Begun = Walk & { readonly until: number }
type Shown = Omit<Page, 'until'>

type Read = {
  readonly lists: readonly SearchPage[]
  readonly end: Place | undefined
  readonly limit: number
}

/** What was read, without what was changed behind `until`, and with what was there instead. */
async function restored(ctx: Context, asker: Asker, walk: Begun, { lists, end, limit }: Read): Promise<Shown> {
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
    const now = await list(ctx, asker, { ...walk, until: undefined }, question, limit)
    nearest = earlier(sort, nearest, horizon(sort, [now]))
    hits.push(...hitsOf(now).filter(({ place }) => bornOf(place) <= until))
  }
  return ordered(sort, once(hits), nearest, changed.includes(undefined))
}

function list(
  { store, search }: Context,
  { tenant }: Asker,
  { sort: common, after, until }: Walk,
  { type, where, sort = common }: Plan['questions'][number],
  limit: number,
): Promise<SearchPage> {
  const from = { ...(after ? { after } : {}), ...(until === undefined ? ({ anchored: true } as const) : { until }) }
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

function ordered(sort: Plan['sort'], hits: readonly Hit[], end: Place | undefined, loose: boolean): Shown {
  const sorted = hits
    .filter(({ place }) => end === undefined || comparePlaces(sort, place, end) <= 0)
    .toSorted((a, b) => comparePlaces(sort, a.place, b.place))
  return { hits: sorted, loose, ...(end ? { end } : {}) }
}
