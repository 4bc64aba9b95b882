/**
 * The commit sequence of a tenant, without making its commits wait for each other: one document hands out blocks of numbers,
 * outside of any transaction, and lists the blocks whose transactions may still be under way. Readers stop before the lowest.
 *
 * The first change of a transaction carries the first number of its block, so a block that stays open is resolved by taking
 * that place: if this succeeds, the transaction can never commit; if the place is taken, it has committed. A transaction
 * writes that change first of all, so one that is alive is waited for and not robbed; one whose process shows no life is killed.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { MongoClient } from 'mongodb'
import { StoreUnavailable } from '../port.ts'
import { type Ends, endsOf, finishedAmong, refresh, resolveDead, settle, type Taking, take } from './block.ts'
import { commandTime } from './connection.ts'
import type { Collections, CounterDoc, Block as OpenBlock } from './schema.ts'

/** Numbers `from` to `from + count - 1`, and the `updated` (ms) of all that is written under them. */
export type Block = { readonly tenant: string; readonly from: number; readonly count: number; readonly updated: number }

export type Sequences = {
  /** `session`: of the transaction that will use the numbers. */
  reserve(tenant: string, block: Pick<Taking, 'count' | 'types' | 'session'>): Promise<Block>
  /** Its transaction has ended, one way or the other. */
  release(block: Block): void
  /** Whether the block's transaction has committed; if not, it never will. */
  settle(block: Block): Promise<boolean>
  /** The end of the gap-free prefix as it is now. */
  prefix(tenant: string): Promise<number>
  /** As `prefix`, of those of the tenants that have a sequence. */
  ends(tenants: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** As `prefix`, but waits until it holds every commit that was acknowledged before, by whichever process. */
  whole(tenant: string): Promise<number>
  /** A place at or behind the last version of any of these types that was acknowledged before; 0: there is none. */
  latest(tenant: string, types: readonly string[]): Promise<number>
  close(): Promise<void>
}

const beat = 1_000 // ms between signs of life of the blocks of this process
const silence = 3 * beat // after which the process counts as dead and its transaction is killed
const patience = 5_000 // ms to wait for commits of others that stand before our own
const linger = 10 // ms that a finished block waits for a reservation to carry its removal

export function openSequences(client: MongoClient, collections: Collections, clock: () => number): Sequences {
  const { sequences, changes } = collections
  const tenants = new Map<string, TenantState>()
  const stateOf = (tenant: string): TenantState => remembered(tenants, tenant)

  const reserve: Sequences['reserve'] = async (tenant, { count, ...taking }) => {
    const state = stateOf(tenant)
    const ended = [...state.ended]
    const { next, clock: updated } = await take(sequences, tenant, { ...taking, count, since: clock() }, ended)
    for (const number of ended) state.ended.delete(number)
    const block = { tenant, from: next - count, count, updated }
    state.ours.add(block.from)
    state.heart ??= setInterval(() => showLife(tenant, state), beat)
    return block
  }

  function release({ tenant, from }: Block): void {
    const state = stateOf(tenant)
    state.ours.delete(from)
    state.ended.add(from)
    state.timer ??= setTimeout(() => sweep(tenant, state), linger)
  }

  function showLife(tenant: string, state: TenantState): void {
    if (state.ours.size > 0) refresh(sequences, tenant, state.ours, clock())
    else {
      clearInterval(state.heart)
      state.heart = undefined
    }
  }

  /** What fails here is done by the next reservation or release, or by whoever meets the block. */
  async function sweep(tenant: string, state: TenantState): Promise<void> {
    state.timer = undefined
    const ended = [...state.ended]
    if (ended.length === 0) return
    const gone = { $pull: { open: { from: { $in: ended } } } }
    const done = await sequences.updateOne({ _id: tenant }, gone).catch(() => undefined)
    if (done) for (const number of ended) state.ended.delete(number)
  }

  /** Nobody waits for this: the next look finds the block gone, or tries again. */
  function bury(tenant: string, { burying }: TenantState, block: OpenBlock): void {
    if (burying.has(block.from)) return
    burying.add(block.from)
    resolveDead(client, collections, tenant, block)
      .catch(() => undefined)
      .finally(() => burying.delete(block.from))
  }

  async function look(tenant: string): Promise<Ends> {
    const counter = await sequences.findOne({ _id: tenant })
    return counter ? endsIn(counter) : { prefix: 0, finished: 0 }
  }

  async function endsIn({ _id: tenant, next, open: all }: Counter): Promise<Ends> {
    if (all.length === 0) return endsOf(next, all)
    const state = stateOf(tenant)
    const listed = all.filter(({ from }) => !state.ended.has(from))
    const done = await finishedAmong(changes, tenant, listed, state.ours)
    const open = listed.filter(({ from }) => !done.has(from))
    const dead = open.filter(({ from, since }) => since + silence < clock() && !state.ours.has(from))
    for (const block of dead) bury(tenant, state, block)
    return endsOf(next, open)
  }

  async function close(): Promise<void> {
    for (const [tenant, state] of tenants) {
      stop(state)
      await sweep(tenant, state)
    }
  }

  return {
    reserve,
    release,
    settle: ({ tenant, from }) => settle(changes, tenant, from),
    prefix: async tenant => (await look(tenant)).prefix,
    ends: tenants => ends(sequences, tenants, endsIn),
    whole: tenant => whole(() => look(tenant)),
    latest: (tenant, types) => latest(sequences, tenant, types),
    close,
  }
}

type Counter = Pick<CounterDoc, '_id' | 'next' | 'open'>

/** Only of those in which something is under way more has to be asked. */
async function ends(
  sequences: Collections['sequences'],
  tenants: readonly string[],
  endsIn: (counter: Counter) => Promise<Ends>,
): Promise<ReadonlyMap<string, number>> {
  const batchSize = tenants.length + 1 // all in the first reply
  const options = { projection: { next: 1, open: 1 }, batchSize, maxTimeMS: commandTime } as const
  const counters = await sequences.find({ _id: { $in: [...tenants] } }, options).toArray()
  const found = counters.map(async it => [it._id, (await endsIn(it)).prefix] as const)
  return new Map(await Promise.all(found))
}

function remembered(tenants: Map<string, TenantState>, tenant: string): TenantState {
  const known = tenants.get(tenant) ?? newState()
  tenants.set(tenant, known)
  return known
}

function stop({ timer, heart }: TenantState): void {
  clearTimeout(timer)
  clearInterval(heart)
}

async function latest(sequences: Collections['sequences'], tenant: string, types: readonly string[]): Promise<number> {
  const projection = Object.fromEntries(types.map(type => [`latest.${type}`, 1]))
  const counter = await sequences.findOne({ _id: tenant }, { projection, maxTimeMS: commandTime })
  return Math.max(0, ...Object.values(counter?.latest ?? {}))
}

/** What was acknowledged before the call is at or before what is finished at the first look. */
async function whole(look: () => Promise<Ends>): Promise<number> {
  const { prefix, finished } = await look()
  if (prefix >= finished) return prefix
  for (let pause = 1, waited = 0; waited < patience; waited += pause, pause = Math.min(2 * pause, 50)) {
    await sleep(pause)
    const { prefix } = await look()
    if (prefix >= finished) return prefix
  }
  throw new StoreUnavailable('an earlier commit, maybe of a process that died, keeps the end of the sequence open')
}

type TenantState = {
  /** First numbers of the blocks of transactions that run in this process. */
  readonly ours: Set<number>
  /** Of those that have ended and may still be listed as open. */
  readonly ended: Set<number>
  /** Of others' blocks that are being resolved. */
  readonly burying: Set<number>
  timer: NodeJS.Timeout | undefined
  heart: NodeJS.Timeout | undefined
}

const newState = (): TenantState => ({
  ours: new Set(),
  ended: new Set(),
  burying: new Set(),
  timer: undefined,
  heart: undefined,
})
