/**
 * Indexes anew, while the server goes on, what was indexed by other definitions than those that hold now.
 *
 * What is still to be done is a question to the store, so nothing is lost with a process that dies: another one, or the same
 * after its restart, asks the same question. Of several processes one works, as long as it holds the lease.
 */
import { parseJson } from '../../../fhir/json.ts'
import { ownLimits } from '../../../fhir/json-limits.ts'
import { isResource } from '../../../fhir/resource.ts'
import { forEachTenant } from '../../../jobs/each-tenant.ts'
import { type HolderNeeds, openHolder } from '../../../jobs/lease.ts'
import { openPace, type PaceNeeds } from '../../../jobs/pace.ts'
import type { Place } from '../../../search/node.ts'
import { isStale } from '../../../search/own/mark.ts'
import type { Reindexed, Store, Version } from '../../../store/port.ts'
import { isBehind } from './behind.ts'
import type { Holding, OwnDefinitions } from './definitions.ts'

export type ReindexEvent =
  | { readonly event: 'reindex.done'; readonly type: string; readonly resources: number; readonly ms: number }
  /** It is tried again. */
  | { readonly event: 'reindex.failed'; readonly error: unknown }

export type ReindexNeeds = HolderNeeds &
  PaceNeeds & {
    readonly store: Pick<Store, 'ends' | 'types' | 'search' | 'count' | 'reindex' | 'acquire' | 'renew' | 'release'>
    readonly definitions: OwnDefinitions
    /** Those in force; others have their turn again when they are so. */
    readonly tenants: () => Promise<readonly string[]>
    /** As the tenant's clients see it. */
    readonly base: (tenant: string) => string
    readonly observe: (event: ReindexEvent) => void
    readonly signal: AbortSignal
  }

const pause = 1_000 // ms between two looks at what is stored; others' definitions are known as fast
const unsettled = 10_000 // ms after a change in which others may still write by what held before
const rarely = 60_000 // ms between two looks at all types of a tenant, where nothing has changed
const batch = 100 // resources at a time, some 10 ms of this thread and as many of the store's
const budget = 300_000 // ms, more than a request has; after a restart the first look goes past all that is done already

/** Goes on until the signal; resolves when all that was begun is over. */
export async function keepIndexed(needs: ReindexNeeds): Promise<void> {
  const { store, definitions, observe, elapsed } = needs
  const pace = openPace(needs)
  const failed = (error: unknown): void => observe({ event: 'reindex.failed', error })
  const schedules = new Map<string, Schedule>()
  const scheduleOf = (tenant: string): Schedule => {
    const schedule = schedules.get(tenant) ?? openSchedule(elapsed)
    schedules.set(tenant, schedule)
    return schedule
  }
  await forEachTenant(
    { ...needs, failed },
    {
      ...{ pause, marks: store.ends },
      async act(tenant, isNew) {
        const schedule = scheduleOf(tenant)
        if (isNew) schedule.written()
        const holding = await definitions.of(tenant)
        if (schedule.isDue(holding)) await schedule.look(() => indexAll({ ...needs, pace }, tenant, holding))
        return schedule.rest()
      },
    },
  )
}

type Schedule = ReturnType<typeof openSchedule>

/**
 * When all types are to be looked at: as soon as the definitions change, and for a while after that. Where nothing was written
 * since the last look there is nothing to be found, but what others have written a moment ago may not count yet.
 */
function openSchedule(elapsed: () => number) {
  let known: Holding | undefined
  let changed = 0
  let due = 0
  let written = 0
  let looked = Number.NEGATIVE_INFINITY
  return {
    /** A moment ago, or longer, as far as is known. */
    written(): void {
      written = elapsed()
    },
    isDue(holding: Holding): boolean {
      if (holding !== known) due = changed = elapsed()
      known = holding
      return elapsed() >= due
    },
    /** `act` tells whether nothing was left. */
    async look(act: () => Promise<boolean>): Promise<void> {
      const begun = elapsed()
      const isDone = await act()
      if (isDone) looked = begun
      due = elapsed() + (isDone && elapsed() - changed > unsettled ? rarely : 0)
    },
    /** ms until it is time even though nothing more is written. */
    rest(): number {
      if (elapsed() - written < unsettled) return 0
      return looked >= written ? Number.POSITIVE_INFINITY : due - elapsed()
    },
  }
}

export type Working = ReindexNeeds & { readonly pace: ReturnType<typeof openPace> }

/** Whether nothing was left. */
export async function indexAll(needs: Working, tenant: string, { search }: Holding): Promise<boolean> {
  let done = true
  for (const type of await needs.store.types(tenant)) {
    if (needs.signal.aborted) return false
    if (await isBehind({ ...needs, search: { budget } }, { tenant, type, marks: [search.mark(type)] })) {
      await indexType(needs, tenant, type)
      done = false
    }
  }
  return done
}

/** Once through all resources of the type. */
async function indexType(needs: Working, tenant: string, type: string): Promise<void> {
  const { pace, signal, elapsed, observe } = needs
  const holder = openHolder(needs, tenant, `reindex ${type}`)
  const begun = elapsed()
  let resources = 0
  try {
    if (!(await holder.fence())) return
    for (let after: Place | undefined; !signal.aborted; ) {
      const turn = await pace(() => step(needs, tenant, type, after, holder))
      if (turn === undefined) break
      resources += turn.count
      after = turn.end
      if (after === undefined) break
    }
  } finally {
    await holder.release()
  }
  if (resources > 0) observe({ event: 'reindex.done', type, resources, ms: elapsed() - begun })
}

/** `end`: there may be more behind it. `undefined`: the lease is another's, or the definitions are others. */
async function step(
  { store, definitions, base }: Working,
  tenant: string,
  type: string,
  after: Place | undefined,
  holder: ReturnType<typeof openHolder>,
): Promise<{ readonly count: number; readonly end: Place | undefined } | undefined> {
  const holding = await definitions.of(tenant)
  const mark = holding.search.mark(type)
  const where = isStale(mark)
  const from = after === undefined ? {} : { after }
  const { matches, more } = await store.search({ tenant, type, where, sort: [], limit: batch, budget, ...from })
  // Whoever has written one of these by newer definitions than ours has stored those before: they are to be seen now.
  definitions.touched(tenant)
  if ((await definitions.of(tenant)).search.mark(type) !== mark) return undefined
  const items = matches.flatMap(({ version }) => indexed(version, holding, base(tenant)))
  const fence = await holder.fence()
  const count = fence && (await store.reindex(tenant, items, fence))
  return count === undefined ? undefined : { count, end: more ? matches.at(-1)?.place : undefined }
}

function indexed({ type, id, version, json = '' }: Version, { index }: Holding, base: string): readonly Reindexed[] {
  const resource = parseJson(json, ownLimits)
  return isResource(resource) ? [{ type, id, version, entries: index(resource, id, base).entries }] : []
}
