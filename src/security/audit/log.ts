/**
 * The durable log of what changes nothing: reads, searches, refusals, signings-in. They are gathered for a moment and kept together,
 * as a note; `write-down.ts` makes AuditEvents of it when there is time. An answer does not wait for that, so a process that is
 * killed, or a machine that loses power, may lose what was answered in the last `gather` ms and the time of one write: the loss
 * window. Nothing is given up for want of room: if the store cannot keep up, requests wait, and are refused if that takes too long.
 */
import { fail } from '../../fhir/issue.ts'
import type { Store } from '../../store/port.ts'
import type { Occurrence } from './occurrence.ts'
import { logKind, openPortion, type Portion } from './portion.ts'

export type AuditLog = {
  /** A promise only where there is no room: the answer waits as well. */
  take(occurrence: Occurrence): Promise<void> | undefined
  /** Of what is rare, and happens where nobody can wait: taken whether there is room or not. */
  tell(occurrence: Occurrence): void
  /** Resolves when all that was taken so far is durable. */
  flush(): Promise<void>
  /** Likewise; of what comes later nothing is promised. */
  close(): Promise<void>
}

export type AuditLogEvent =
  /** It is tried again, and nothing is forgotten. */
  | { readonly event: 'audit.failed'; readonly error: unknown }
  /** The process ends while the store cannot be written: so many occurrences are lost. */
  | { readonly event: 'audit.lost'; readonly occurrences: number }

export type LogNeeds = {
  readonly store: Pick<Store, 'keepNote'>
  readonly newId: () => string
  readonly sleep: (ms: number) => Promise<unknown>
  readonly observe: (event: AuditLogEvent) => void
  /** Occurrences that may wait; more than that, and requests do. */
  readonly room?: number
}

export const gather = 50 // ms from the first occurrence to the write that holds it
const portion = 3_000_000 // characters of one note: with one occurrence more it fits MongoDB's documents, in whatever script
const enough = 500_000 // characters that are written without waiting for more
const usual = 20_000 // occurrences that wait: a second of a busy process, some MB
const patience = 10_000 // ms that a request waits for room
const rest = 250 // ms after a write that failed
const farewell = 8 // tries of a write while the process ends

export function openAuditLog({ store, newId, sleep, observe, room = usual }: LogNeeds): AuditLog {
  /** What waits, by tenant; the last one of each is added to. */
  const lanes = new Map<string, Portion[]>()
  let count = 0
  let closing = false
  let hurrying = 0
  let woken = Promise.withResolvers<void>()
  let working: Promise<void> | undefined
  let freed = Promise.withResolvers<void>()

  /** One note after the other, until nothing is left. */
  async function work(): Promise<void> {
    while (lanes.size > 0) {
      if (hurrying === 0) await Promise.race([sleep(gather), woken.promise])
      woken = Promise.withResolvers()
      for (const tenant of [...lanes.keys()]) await settle(tenant)
    }
    working = undefined
  }

  async function settle(tenant: string): Promise<void> {
    const portions = lanes.get(tenant) ?? []
    lanes.delete(tenant)
    for (const some of portions) {
      await durable(tenant, some)
      count -= some.count()
    }
    freed.resolve()
    freed = Promise.withResolvers()
  }

  /** The id is given once: a note that is there already was kept without our hearing of it. */
  async function durable(tenant: string, some: Portion): Promise<void> {
    const note = { tenant, kind: logKind, id: newId(), text: some.print(), tags: [], revision: 0 }
    for (let tries = 0; ; tries++) {
      try {
        await store.keepNote(note)
        return
      } catch (error) {
        observe({ event: 'audit.failed', error })
        if (closing && tries >= farewell) return observe({ event: 'audit.lost', occurrences: some.count() })
        await sleep(rest)
      }
    }
  }

  function enqueue(occurrence: Occurrence): void {
    const { tenant } = occurrence.exchange
    const portions = lanes.get(tenant) ?? []
    lanes.set(tenant, portions)
    const last = lastOf(portions)
    last.add(occurrence)
    count++
    working ??= work()
    if (last.length() >= enough) woken.resolve()
  }

  async function whenThereIsRoom(occurrence: Occurrence): Promise<void> {
    const late = sleep(patience).then(() => 'late' as const)
    while (count >= room) {
      if ((await Promise.race([freed.promise, late])) === 'late') throw unrecorded
    }
    enqueue(occurrence)
  }

  async function flush(): Promise<void> {
    hurrying++
    woken.resolve()
    await working
    hurrying--
  }

  return {
    take(occurrence) {
      if (count >= room) return whenThereIsRoom(occurrence)
      enqueue(occurrence)
      return undefined
    },
    ...{ tell: enqueue, flush },
    async close() {
      closing = true
      hurrying++ // from now on nothing is gathered
      await flush()
    },
  }
}

/** The one that still has room. */
function lastOf(portions: Portion[]): Portion {
  const last = portions.at(-1)
  if (last && last.length() < portion) return last
  const next = openPortion()
  portions.push(next)
  return next
}

/** What is not recorded is not answered. */
const unrecorded = fail('transient', 'the audit cannot be written as fast as it should be; try again', undefined, {
  status: 503,
  headers: { 'retry-after': '5' },
})
