/**
 * What goes on beside the requests, in one process for each tenant: what the log has kept becomes events, events are sealed, the
 * last seal is told to the anchor, and events are indexed so that they are found. What is still to be done is known to the store,
 * so nothing is lost with a process that dies.
 */
import { parseJson } from '../../fhir/json.ts'
import { ownLimits } from '../../fhir/json-limits.ts'
import type { Resource } from '../../fhir/resource.ts'
import { forEachTenant, type TenantWork } from '../../jobs/each-tenant.ts'
import { type Holder, type HolderNeeds, openHolder } from '../../jobs/lease.ts'
import { openPace, type Pace, type PaceNeeds } from '../../jobs/pace.ts'
import type { Entries } from '../../search/entry.ts'
import type { Reindexed, Store, Version } from '../../store/port.ts'
import type { Anchor } from './anchor.ts'
import { auditType } from './audit-event.ts'
import { pagesOf } from './events.ts'
import type { AuditLogEvent } from './log.ts'
import { logKind } from './portion.ts'
import { quickIndex, type TextIndex } from './quick-index.ts'
import { openChain, type Seal, sealed } from './seal.ts'
import { keepSeal, lastSeal, openPosition, sealNumber } from './seals.ts'
import { writeDown } from './write-down.ts'

export type KeepNeeds = HolderNeeds &
  PaceNeeds & {
    readonly store: Pick<
      Store,
      | 'history'
      | 'sequence'
      | 'ends'
      | 'commit'
      | 'note'
      | 'notes'
      | 'noted'
      | 'keepNote'
      | 'dropNote'
      | 'secret'
      | 'reindex'
      | 'acquire'
      | 'renew'
      | 'release'
    >
    /** Those in force. */
    readonly tenants: () => Promise<readonly string[]>
    /** What a resource is found by in a tenant now: always the same function for the same definitions. */
    readonly indexIn: (tenant: string) => Promise<ResourceIndex>
    readonly anchor?: Anchor
    readonly observe: (event: AuditLogEvent) => void
    readonly signal: AbortSignal
  }

/** ms between two seals: what came since the last one is the tail, of which removals are not noticed. */
export const sealEvery = 5_000
const patience = 3 // times as long as other work beside the requests it rests: of the machine's time it takes a sixteenth at most
const writeEvery = 500 // ms between two looks at what the log has kept
const indexEvery = 1_000 // ms between two looks at what is to be indexed

/** Goes on until the signal; resolves when all that was begun is over. */
export async function keepAudit(needs: KeepNeeds): Promise<void> {
  const { store } = needs
  const pace = openPace({ ...needs, sleep: ms => needs.sleep(ms * patience) })
  await Promise.all([
    keep(needs, { name: 'audit seal', pause: sealEvery, marks: store.ends }, async tenant => {
      await seal(needs, tenant)
      await anchorLast(needs, tenant)
      return true
    }),
    keep(needs, { name: 'audit write', pause: writeEvery, marks: waiting(store) }, (tenant, holder) =>
      writeDown(needs, tenant, holder, pace),
    ),
    keep(needs, { name: 'audit index', pause: indexEvery, marks: store.ends }, (tenant, holder) =>
      indexNew(needs, tenant, holder, pace),
    ),
  ])
}

type Task = Pick<TenantWork, 'pause' | 'marks'> & { readonly name: string }

/** Each tenant's in one process, as long as there is something to be done; `act` tells whether nothing is left. */
async function keep(
  needs: KeepNeeds,
  { name, ...task }: Task,
  act: (tenant: string, holder: Holder) => Promise<boolean>,
): Promise<void> {
  const failed = (error: unknown): void => needs.observe({ event: 'audit.failed', error })
  const holders = new Map<string, Holder>()
  const holderOf = (tenant: string): Holder => {
    const holder = holders.get(tenant) ?? openHolder(needs, tenant, name)
    holders.set(tenant, holder)
    return holder
  }
  await forEachTenant(
    { ...needs, failed },
    {
      ...task,
      async act(tenant) {
        const holder = holderOf(tenant)
        const isDone = (await holder.fence()) !== undefined && (await act(tenant, holder))
        return isDone ? Number.POSITIVE_INFINITY : 0
      },
    },
  )
  await Promise.all([...holders.values()].map(holder => holder.release().catch(() => {}))) // it runs out by itself
}

/** As long as something waits to be written down, each look finds something new. */
function waiting({ noted }: Pick<Store, 'noted'>): TenantWork['marks'] {
  let looks = 0
  return async tenants => {
    const look = ++looks
    return new Map((await noted(tenants, logKind)).map(tenant => [tenant, look]))
  }
}

type Sealing = Pick<KeepNeeds, 'store' | 'clock'>

/** `undefined`: there is nothing new, or another process was faster. */
export async function seal({ store, clock }: Sealing, tenant: string): Promise<Seal | undefined> {
  const before = await lastSeal(store, tenant)
  const stretch = { tenant, after: before.until, until: await store.sequence(tenant) }
  const chain = openChain(tenant, before)
  for await (const versions of pagesOf(store, stretch)) for (const version of versions) chain.add(version)
  if (chain.count() === 0) return undefined
  const made = sealed(await store.secret('audit'), {
    ...stretch,
    number: before.number + 1,
    count: chain.count(),
    hash: chain.end(),
    at: clock(),
  })
  return (await keepSeal(store, made)) ? made : undefined
}

/** One anchor holds all that is before it. What could not be told is told the next time. */
export async function anchorLast(
  { store, anchor }: Pick<KeepNeeds, 'store' | 'anchor'>,
  tenant: string,
): Promise<void> {
  if (!anchor) return
  const { number } = await lastSeal(store, tenant)
  const position = openPosition(store, tenant, 'anchored')
  if ((await position.read()) >= number) return
  const last = await sealNumber(store, tenant, number)
  if (!last) return
  await anchor(last)
  await position.advance(number)
}

type ResourceIndex = (resource: Resource, id: string) => Entries

const known = new WeakMap<ResourceIndex, TextIndex>()

function quickly(index: ResourceIndex): TextIndex {
  const quick = known.get(index) ?? quickIndex((json, id) => index(parseJson(json, ownLimits) as Resource, id))
  known.set(index, quick)
  return quick
}

type Indexing = Pick<KeepNeeds, 'store' | 'indexIn' | 'signal'>

/** Whether nothing is left. */
export async function indexNew(needs: Indexing, tenant: string, holder: Holder, pace: Pace): Promise<boolean> {
  const { store, signal } = needs
  const position = openPosition(store, tenant, 'indexed')
  const stretch = { tenant, after: await position.read(), until: await store.sequence(tenant) }
  for await (const versions of pagesOf(store, stretch)) {
    const last = versions.at(-1)
    if (last === undefined) return true
    if (signal.aborted) return false
    if (!(await pace(() => indexSome(needs, tenant, holder, versions)))) return false
    await position.advance(last.seq)
  }
  return true
}

/** `false`: the lease is another's. */
async function indexSome(
  { store, indexIn }: Indexing,
  tenant: string,
  holder: Holder,
  versions: readonly Version[],
): Promise<boolean> {
  const index = quickly(await indexIn(tenant))
  const items = versions.flatMap((version): readonly Reindexed[] => {
    const { id, json } = version
    return json === undefined ? [] : [{ type: auditType, id, version: version.version, entries: index(json, id) }]
  })
  const fence = await holder.fence()
  return fence !== undefined && (await store.reindex(tenant, items, fence)) !== undefined
}
