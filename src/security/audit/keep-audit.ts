/**
 * What goes on beside the requests, in one process for each tenant: what the log has kept becomes events, events are sealed, the
 * last seal is told to the anchor, and events are indexed so that they are found. What is still to be done is known to the store,
 * so nothing is lost with a process that dies.
 */
import { parseJson } from '../../fhir/json.ts'
import { ownLimits } from '../../fhir/json-limits.ts'
import type { Resource } from '../../fhir/resource.ts'
import { forEachTenant } from '../../jobs/each-tenant.ts'
import { type Holder, type HolderNeeds, openHolder } from '../../jobs/lease.ts'
import { openPace, type Pace, type PaceNeeds } from '../../jobs/pace.ts'
import type { Entries } from '../../search/entry.ts'
import type { Reindexed, Store, Version } from '../../store/port.ts'
import type { Anchor } from './anchor.ts'
import { auditType } from './audit-event.ts'
import { pagesOf } from './events.ts'
import type { AuditLogEvent } from './log.ts'
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
      | 'commit'
      | 'note'
      | 'notes'
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
  const pace = openPace({ ...needs, sleep: ms => needs.sleep(ms * patience) })
  const failed = (error: unknown): void => needs.observe({ event: 'audit.failed', error })
  await forEachTenant({ ...needs, failed }, async (tenant, goesOn) => {
    const keep = (name: string, pause: number, act: (holder: Holder) => Promise<void>): Promise<void> =>
      again({ ...needs, goesOn, failed }, { tenant, name, pause }, act)
    await Promise.all([
      keep('audit seal', sealEvery, async () => {
        await seal(needs, tenant)
        await anchorLast(needs, tenant)
      }),
      keep('audit write', writeEvery, holder => writeDown(needs, tenant, holder, pace)),
      keep('audit index', indexEvery, holder => indexNew(needs, tenant, holder, pace)),
    ])
  })
}

type Again = KeepNeeds & { readonly goesOn: () => boolean; readonly failed: (error: unknown) => void }
type Task = { readonly tenant: string; readonly name: string; readonly pause: number }

async function again(needs: Again, task: Task, act: (holder: Holder) => Promise<void>): Promise<void> {
  const { signal, sleep, goesOn, failed } = needs
  const { tenant, name, pause } = task
  const holder = openHolder(needs, tenant, name)
  while (goesOn()) {
    try {
      if (await holder.fence()) await act(holder)
    } catch (error) {
      if (!signal.aborted) failed(error)
    }
    await sleep(pause)
  }
  await holder.release().catch(() => {}) // it runs out by itself
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

export async function indexNew(needs: Indexing, tenant: string, holder: Holder, pace: Pace): Promise<void> {
  const { store, signal } = needs
  const position = openPosition(store, tenant, 'indexed')
  const stretch = { tenant, after: await position.read(), until: await store.sequence(tenant) }
  for await (const versions of pagesOf(store, stretch)) {
    const last = versions.at(-1)
    if (signal.aborted || last === undefined) return
    if (!(await pace(() => indexSome(needs, tenant, holder, versions)))) return
    await position.advance(last.seq)
  }
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
