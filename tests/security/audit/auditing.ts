/** A Kiln that audits, and what it has recorded so far. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { auditing } from '../../../src/interactions/audited.ts'
import { tabulate } from '../../../src/interactions/dispatch.ts'
import { interactions } from '../../../src/interactions/index.ts'
import type { Surroundings } from '../../../src/interactions/interaction.ts'
import { type Holder, openHolder } from '../../../src/jobs/lease.ts'
import { indexNew, type KeepNeeds, seal } from '../../../src/security/audit/keep-audit.ts'
import type { AuditLog, AuditLogEvent } from '../../../src/security/audit/log.ts'
import { openAuditLog } from '../../../src/security/audit/log.ts'
import { writeDown } from '../../../src/security/audit/write-down.ts'
import type { Store } from '../../../src/store/port.ts'
import { base, type Loose, type Over, type World } from '../../world.ts'

export type Auditing = {
  readonly world: World
  readonly log: AuditLog
  readonly failures: readonly AuditLogEvent[]
  /** All events so far, in the order of their commits. */
  events(tenant?: string): Promise<readonly Loose[]>
  /** What `act` has added. */
  during(act: () => Promise<unknown>, tenant?: string): Promise<readonly Loose[]>
  readonly keeping: Pick<KeepNeeds, 'store' | 'clock' | 'indexIn' | 'signal'>
  /** As the job does. */
  seal(): ReturnType<typeof seal>
  index(): Promise<void>
}

export async function openAuditing(
  test: Test,
  open: (over?: Over) => Promise<World>,
  { extent = 'all', wrap = store => store, room, ...over }: Options = {},
): Promise<Auditing> {
  let taken: AuditLog | undefined
  const late: Pick<AuditLog, 'take' | 'tell' | 'flush'> = {
    take: occurrence => taken?.take(occurrence),
    tell: occurrence => taken?.tell(occurrence),
    flush: async () => taken?.flush(),
  }
  const world = await open({ audited: auditing(late, extent), interactions: tabulate(interactions), ...over })
  const failures: AuditLogEvent[] = []
  const observe = (event: AuditLogEvent): void => void failures.push(event)
  const store = wrap(world.store)
  let count = 0
  const log = openAuditLog({
    ...{ store, sleep: ms => sleep(Math.min(ms, 200)), observe },
    newId: () => `logged-${++count}`,
    ...(room === undefined ? {} : { room }),
  })
  taken = log
  test.teardown(() => log.close())

  async function held(name: string, act: (holder: Holder) => Promise<unknown>, tenant = 'default'): Promise<void> {
    const holder = openHolder({ store: world.store, clock: () => world.clock, owner: 'test' }, tenant, name)
    await act(holder)
    await holder.release()
  }

  async function events(tenant = 'default'): Promise<readonly Loose[]> {
    await log.flush()
    await held('audit write', holder => writeDown({ ...keeping, observe }, tenant, holder, turn => turn()), tenant)
    const until = await world.store.sequence(tenant)
    const query = { tenant, type: 'AuditEvent', order: 'oldest', until, limit: 1_000 } as const
    return (await world.store.history(query)).versions.map(({ json = '' }) => JSON.parse(json))
  }

  const keeping: Auditing['keeping'] = {
    store: world.store,
    clock: () => world.clock,
    signal: new AbortController().signal,
    indexIn: async tenant => {
      const { index } = await world.ctx.definitions.of(tenant)
      return (resource, id) => index(resource, id, base).entries
    },
  }
  return {
    ...{ world, log, failures, events, keeping },
    async during(act, tenant) {
      const before = (await events(tenant)).length
      await act()
      return (await events(tenant)).slice(before)
    },
    seal: () => seal(keeping, 'default'),
    async index() {
      await events()
      await held('audit index', holder => indexNew(keeping, 'default', holder, turn => turn()))
    },
  }
}

export type Options = Partial<Surroundings> & {
  readonly extent?: 'all' | 'writes'
  readonly wrap?: (store: Store) => Store
  readonly room?: number
}

/** What an event says, in short: `R read Patient/1 → Patient/1: 0`. */
export function short(event: Loose): string {
  const { action, subtype, outcome, outcomeDesc } = event
  const what = dataOf(event).join(',')
  const patients = patientsOf(event).join(',')
  const why = outcomeDesc === undefined ? '' : ` (${outcomeDesc})`
  return `${action} ${subtype[0].code}${what && ` ${what}`}${patients && ` → ${patients}`}: ${outcome}${why}`
}

export function dataOf(event: Loose): string[] {
  return references(event, (entity: Loose) => entity.role?.code === '4')
}

export function patientsOf(event: Loose): string[] {
  return references(event, (entity: Loose) => entity.role?.code === '1')
}

export function queryOf(event: Loose): string | undefined {
  const text = (event.entity ?? []).find(({ query }: Loose) => query !== undefined)?.query
  return text === undefined ? undefined : Buffer.from(text, 'base64').toString()
}

function references(event: Loose, wanted: (entity: Loose) => boolean): string[] {
  return (event.entity ?? []).filter(wanted).map(({ what }: Loose) => what.reference)
}
