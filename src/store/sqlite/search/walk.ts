import type { Place } from '../../../search/node.ts'
import { type Axis, type AxisNeeds, axisOf } from './axis.ts'
import type { Choice, Choosing, Sizes } from './choose.ts'
import { condition } from './condition.ts'
import type { Effort } from './effort.ts'
import { allOf, everything, type Filter, notOf, presentIn, type Scope } from './filter.ts'
import { behindPlace, keyColumns, orderBy, type SortColumn } from './order.ts'
import { listSource, type Source, termsSource } from './source.ts'
import { type Arg, atMost, raw, type Sql, sql, yes } from './sql.ts'

export type Page = {
  readonly scope: Scope
  readonly filter: Filter
  readonly sort: readonly SortColumn[]
  readonly after: Place | undefined
  readonly limit: number
  /** Rows that may be collected on the way. */
  readonly most: number
}

/** The root, then the value of each sort key. */
export type Found = readonly [root: number, ...Arg[]]

export type WalkNeeds = AxisNeeds & {
  readonly effort: Effort
  readonly choice: Choosing
  readonly sizes: Sizes
}

const side = 16 // terms that are walked side by side
const largest = 8_192 // rows of a window; some 10 ms

/**
 * How the candidates are gone through. Few are collected and sorted. Of many, those are looked at in the order that is asked
 * for, window by window, until the page is full: what this costs depends on the page, not on the number of resources.
 */
export function findPage(needs: WalkNeeds, page: Page): readonly Found[] {
  const { filter } = page
  const [key] = page.sort
  if (!key && filter.is === 'terms' && filter.terms.length === 1)
    return walkTerms(needs, page, filter.terms, everything)
  const chosen = needs.choice.choose(filter, page.scope, page.most)
  if (!key) return inOrderOfRoots(needs, page, chosen)
  const along = isWorthCollecting(needs, page, chosen.size) ? undefined : axisOf(needs, key, page.scope, page.after)
  return along ? inOrderOf(needs, key, page, along) : collectAll(needs, page, chosen)
}

/** Expected: `size` rows, or `limit` matches among all resources, of which one in `all / size` is a candidate. */
function isWorthCollecting({ choice, sizes }: WalkNeeds, { limit, scope }: Page, size: number): boolean {
  return size <= sizes.few || size * size <= limit * choice.sizeOf(listSource(scope))
}

/** All candidates at once. A few were counted already: `tick` would only cost more than looking at them. */
function collectAll(needs: WalkNeeds, page: Page, { source, rest, size }: Choice): readonly Found[] {
  if (size >= needs.sizes.few) return collect(needs, page, source, rest) // beyond, it is an estimate
  needs.effort.add(size)
  return collect(needs, page, source, rest, yes)
}

function collect(
  { statements }: WalkNeeds,
  page: Page,
  source: Source,
  rest: Filter,
  more = sql`tick(${source.root})`,
): readonly Found[] {
  const { sort, after, limit } = page
  const { from, where, root } = source
  const behind = after ? behindPlace(sort, after) : yes
  const columns = sql`${root} AS root${keyColumns(sort, source)} FROM ${from}
    WHERE ${more} AND ${condition(rest, root)} AND ${where}`
  const first = (found: Sql) =>
    statements.all<Found>(sql`SELECT * FROM (${found}) WHERE ${behind} ORDER BY ${orderBy(sort)} ${atMost(limit)}`)
  // The rows of one term name a resource twice only where two of its elements have it, which is rare: half of the time is saved.
  const found = source.terms?.length === 1 ? first(sql`SELECT ${columns} ${apart}`) : undefined
  return found && namesEachOnce(found) ? found : first(sql`SELECT DISTINCT ${columns}`)
}

/** As DISTINCT does, keeps SQLite from computing the keys once more for each time that they are named. */
const apart = raw('LIMIT -1')

/** Equal ones are neighbours in any order. */
function namesEachOnce(found: readonly Found[]): boolean {
  return found.every(([root], at) => root !== found[at - 1]?.[0])
}

function inOrderOfRoots(needs: WalkNeeds, page: Page, chosen: Choice): readonly Found[] {
  const { source, rest, size } = chosen
  const { terms } = source
  if (terms?.length === 1 && rest.is === 'all') return walkTerms(needs, page, terms, rest)
  if (size <= needs.sizes.few) return collectAll(needs, page, chosen)
  if (terms && terms.length <= side) return walkTerms(needs, page, terms, rest)
  if (isWorthCollecting(needs, page, size)) return collectAll(needs, page, chosen)
  return walkTerms(needs, page, [page.scope.list ?? -1], page.filter)
}

function walkTerms(needs: WalkNeeds, page: Page, terms: readonly number[], rest: Filter): readonly Found[] {
  const low = (page.after?.[0] as number | undefined) ?? 0
  if (terms.length === 1) return stream(needs, page, low, termsSource(terms), rest)
  const along: Axis = {
    source: termsSource(terms),
    start: sql`c.root > ${low}`,
    next: (from, rows) => endOf(needs, terms, from, rows),
    upTo: end => sql`c.root <= ${end}`,
    behind: end => sql`c.root > ${end}`,
  }
  return windows(needs, { ...page, after: undefined }, along, rest)
}

/** The rows of one term are in order already. Where nothing else is asked of them, they are as few as the page has. */
function stream(needs: WalkNeeds, page: Page, low: number, source: Source, rest: Filter): readonly Found[] {
  const { from, where, root } = source
  const select = sql`SELECT DISTINCT ${root} FROM ${from} WHERE ${where} AND ${root} > ${low}`
  const end = sql`ORDER BY ${root} ${atMost(page.limit)}`
  if (rest.is !== 'all') {
    return needs.statements.all<Found>(sql`${select} AND tick(${root}) AND ${condition(rest, root)} ${end}`)
  }
  const found = needs.statements.all<Found>(sql`${select} ${end}`)
  needs.effort.add(found.length)
  return found
}

/** A root up to which no term has more than so many rows. */
function endOf({ statements }: WalkNeeds, terms: readonly number[], from: Sql, rows: number): number | undefined {
  const ends = terms.flatMap(term =>
    statements.all<readonly [number]>(
      sql`SELECT c.root FROM found c WHERE c.term = ${term} AND ${from} ORDER BY c.root LIMIT 1 OFFSET ${rows}`,
    ),
  )
  return ends.length === 0 ? undefined : Math.min(...ends.map(([root]) => root))
}

function windows(needs: WalkNeeds, page: Page, along: Axis, rest: Filter): readonly Found[] {
  const { effort, sizes } = needs
  const found: Found[] = []
  const begun = effort.examined()
  let from = along.start
  for (let rows = sizes.window; ; rows = nextWindow(rows, effort.examined() - begun, found.length, page.limit)) {
    effort.check()
    const end = along.next(from, rows)
    const range = end === undefined ? from : sql`${from} AND ${along.upTo(end)}`
    const window = sql`tick(${along.source.root}) AND ${range}`
    found.push(...collect(needs, { ...page, limit: page.limit - found.length }, along.source, rest, window))
    if (end === undefined || found.length >= page.limit) return found
    from = along.behind(end)
  }
}

/** As many rows as will fill the page if matches come as they came so far, and some more. */
function nextWindow(rows: number, examined: number, found: number, limit: number): number {
  const wanted = found === 0 ? rows * 4 : (1.3 * examined * (limit - found)) / found
  return Math.round(Math.min(largest, Math.max(rows, wanted)))
}

/** First those that have the key, then those that have none. */
function inOrderOf(needs: WalkNeeds, key: SortColumn, page: Page, along: Axis): readonly Found[] {
  const isPast = page.after?.[0] === null
  const found = isPast ? [] : windows(needs, page, along, page.filter)
  const limit = page.limit - found.length
  if (limit === 0 || key.by === 'id' || key.by === 'updated') return found
  return [...found, ...without(needs, key, { ...page, limit, after: isPast ? page.after?.slice(1) : undefined })]
}

function without(needs: WalkNeeds, key: SortColumn, page: Page): readonly Found[] {
  const filter = allOf([page.filter, notOf(key.by === 'range' ? presentIn([], key.sets) : presentIn(key.sets, []))])
  if (filter.is === 'none') return []
  const rows = findPage(needs, { ...page, sort: page.sort.slice(1), filter })
  return rows.map(([root, ...values]) => [root, null, ...values])
}
