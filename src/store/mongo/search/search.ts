/** https://hl7.org/fhir/R4/search.html, as far as it is a store's affair: what fits, in order, within its time. */
import { all, type Node } from '../../../search/node.ts'
import type { Guard, Match, SearchPage, Store } from '../../port.ts'
import { commandTime } from '../connection.ts'
import type { Collections } from '../schema.ts'
import { fitting, hasChain, relaxed, resolve } from './chains.ts'
import { narrows } from './compile.ts'
import { openDeadline } from './deadline.ts'
import { explain } from './explain.ts'
import { type Look, openLook, type Page, type Question, type Reach, type Sent } from './look.ts'

export type Searches = Pick<Store, 'search' | 'count' | 'explain'> & {
  /** The ids that fit the guard now; of those it does not name only as many as show that it fails. */
  guarded(tenant: string, guard: Guard): Promise<readonly string[]>
}

const standard: Reach = { stride: 1_000, few: 1_000, many: 50_000, patience: 8 }

/** `sequence`: the end of the commit sequence that holds all that was acknowledged. */
export function openSearch(
  collections: Pick<Collections, 'pointers'>,
  sequence: (tenant: string) => Promise<number>,
  reach = standard,
): Searches {
  const look = (tenant: string, budget: number) => openLook(collections, tenant, reach, openDeadline(budget))
  return {
    async search(query) {
      const until = query.anchored && (await sequence(query.tenant))
      const page = await search(look(query.tenant, query.budget), query)
      return until === undefined ? page : { ...page, until }
    },
    count: query => count(look(query.tenant, query.budget), query),
    async explain(query) {
      const sent: Sent[] = []
      const deadline = openDeadline(query.budget)
      const recording = openLook(collections, query.tenant, reach, deadline, it => sent.push(it))
      const { matches } = await search(recording, query)
      const scan = !narrows(query.where)
      const { examined, ...told } = await explain(collections, deadline, [...sent])
      const least = async () => (scan ? await recording.count({ ...query, where: all }) : matches.length)
      return { ...told, examined: examined ?? (await least()), scan }
    },
    async guarded(tenant, { type, where, ids }) {
      const page = { sort: [], limit: ids.length + 1 }
      const { matches } = await search(look(tenant, commandTime), { type, where, ...page })
      return matches.map(({ version }) => version.id)
    },
  }
}

async function search(look: Look, query: Question & Page): Promise<SearchPage> {
  const { type, where, limit } = query
  const { few, many, patience, stride } = look.reach
  const found: Match[] = []
  let after = query.after
  const finish = async (resolved: Node) => {
    const rest = { ...query, after, limit: limit + 1 - found.length }
    found.push(...(await look.page({ ...query, where: resolved }, rest)))
    return pageOf(found, limit)
  }
  const resolved = hasChain(where) ? await resolve(look, type, where, few) : where
  if (resolved) return finish(resolved)
  let size = Math.min(2 * limit + 2, stride)
  for (let batch = 1; ; batch++) {
    const { matches, behind } = await walk(look, query, { ...query, after, limit: size })
    found.push(...matches)
    if (behind === undefined || found.length > limit) return pageOf(found, limit)
    after = behind
    size = Math.min(2 * size, stride)
    const resolved = batch === patience ? await resolve(look, type, where, many) : undefined
    if (resolved) return finish(resolved)
  }
}

const pageOf = (found: readonly Match[], limit: number): SearchPage => ({
  matches: found.slice(0, limit),
  more: found.length > limit,
})

/** Those that fit among the next that might; `behind`: where there may be more. */
async function walk(look: Look, question: Question, page: Page) {
  const { type, where } = question
  const candidates = await look.page({ ...question, where: relaxed(where) }, page)
  const ids = candidates.map(({ version }) => version.id)
  const fit = new Set(await fitting(look, type, ids, where))
  const matches = candidates.filter(({ version }) => fit.has(version.id))
  return { matches, behind: candidates.length < page.limit ? undefined : candidates.at(-1)?.place }
}

async function count(look: Look, question: Question): Promise<number> {
  const { type, where } = question
  const resolved = hasChain(where) ? await resolve(look, type, where, look.reach.many) : where
  if (resolved) return look.count({ ...question, where: resolved })
  let sum = 0
  let after: Page['after']
  do {
    const { matches, behind } = await walk(look, question, { sort: [], after, limit: look.reach.stride })
    sum += matches.length
    after = behind
  } while (after)
  return sum
}
