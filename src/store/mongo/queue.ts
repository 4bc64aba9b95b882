/**
 * Commits that wait are made together: those of one tenant that touch disjoint keys share a transaction, and a few such
 * groups run at once. While they run, the next groups gather by themselves; the busier the store, the larger they grow.
 */
import { type Commit, type Outcome, StoreUnavailable } from '../port.ts'
import { isGuarded, upsets } from './guards.ts'
import { hashedId, nameOf } from './key.ts'
import { linksOf } from './standing.ts'

export type Entry = {
  readonly commit: Commit
  readonly since: number
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
}

const parallel = 4 // groups of a tenant under way; more of them only meet each other at the server
const most = { commits: 128, writes: 1_000, characters: 8_000_000 } // of one group: a transaction of well under a second

/** What a commit touches. Those that write a key meet nobody else at it; those that only rely on it may share it. */
type Touch = {
  readonly writes: readonly string[]
  readonly relies: readonly string[]
  readonly count: number
  readonly characters: number
}
type Waiting = { readonly entry: Entry; readonly touch: Touch }
type Lane = {
  waiting: Waiting[]
  /** The keys of those under way, and themselves. */
  readonly busy: Set<string>
  readonly flying: Set<Commit>
  running: number
  scheduled: boolean
}

export type Queue = {
  ask(commit: Commit): Promise<Outcome>
  /** Resolves when all that was asked is answered. */
  close(): Promise<void>
}

/** `run` answers every entry and never throws. */
export function openQueue(
  run: (tenant: string, entries: readonly Entry[]) => Promise<void>,
  clock: () => number,
): Queue {
  const lanes = new Map<string, Lane>()
  let closing: (() => void) | undefined
  let closed = false

  function schedule(tenant: string, lane: Lane): void {
    if (lane.scheduled || lane.running >= parallel || lane.waiting.length === 0) return
    lane.scheduled = true
    setImmediate(() => {
      lane.scheduled = false
      start(tenant, lane)
    })
  }

  function start(tenant: string, lane: Lane): void {
    const group = gather(lane)
    if (group.length === 0) return
    const touched = group.flatMap(({ touch }) => [...touch.writes, ...touch.relies])
    for (const key of touched) lane.busy.add(key)
    for (const { entry } of group) lane.flying.add(entry.commit)
    lane.running++
    void run(
      tenant,
      group.map(({ entry }) => entry),
    ).then(() => {
      for (const key of touched) lane.busy.delete(key)
      for (const { entry } of group) lane.flying.delete(entry.commit)
      lane.running--
      if (lane.running === 0 && lane.waiting.length === 0) lanes.delete(tenant)
      schedule(tenant, lane)
      if (lanes.size === 0) closing?.()
    })
    schedule(tenant, lane)
  }

  return {
    ask(commit) {
      if (closed) return Promise.reject(new StoreUnavailable('the store is closing'))
      const lane = lanes.get(commit.tenant) ?? {
        waiting: [],
        busy: new Set(),
        flying: new Set(),
        running: 0,
        scheduled: false,
      }
      lanes.set(commit.tenant, lane)
      return new Promise((resolve, reject) => {
        lane.waiting.push({ entry: { commit, since: clock(), resolve, reject }, touch: touchOf(commit) })
        schedule(commit.tenant, lane)
      })
    },
    close() {
      closed = true
      return new Promise(resolve => {
        closing = resolve
        if (lanes.size === 0) resolve()
      })
    },
  }
}

/** Takes out of the lane what may run together now, oldest first. */
function gather(lane: Lane): readonly Waiting[] {
  const group: Waiting[] = []
  const left: Waiting[] = []
  const taken: Taken = { writing: new Set(lane.busy), relying: new Set() }
  const before = { guarding: [...lane.flying].filter(isGuarded), writing: [...lane.flying] }
  let room = { ...most }
  for (const waiting of lane.waiting) {
    const { touch, entry } = waiting
    const after = {
      commits: room.commits - 1,
      writes: room.writes - touch.count,
      characters: room.characters - touch.characters,
    }
    const fits = group.length === 0 || Math.min(after.commits, after.writes, after.characters) >= 0
    const joins = fits && isFree(touch, taken) && isFaithful(entry.commit, before)
    if (joins) {
      group.push(waiting)
      before.writing.push(entry.commit)
      room = after
    } else {
      left.push(waiting)
      if (isGuarded(entry.commit)) before.guarding.push(entry.commit)
    }
    take(taken, touch, joins)
  }
  lane.waiting = left
  return group
}

type Taken = { readonly writing: Set<string>; readonly relying: Set<string> }

function isFree({ writes, relies }: Touch, { writing, relying }: Taken): boolean {
  return writes.every(key => !writing.has(key) && !relying.has(key)) && relies.every(key => !writing.has(key))
}

/** Whoever waits for a key keeps its place before later ones. */
function take({ writing, relying }: Taken, { writes, relies }: Touch, joins: boolean): void {
  for (const key of writes) writing.add(key)
  for (const key of relies) (joins ? relying : writing).add(key)
}

/** What guards find is read before the group is written: nobody may change it meanwhile, as far as this process can tell. */
function isFaithful(
  { writes, guards = [] }: Commit,
  before: { readonly guarding: readonly Commit[]; readonly writing: readonly Commit[] },
): boolean {
  return (
    !before.guarding.some(other => upsets(writes, other.guards ?? [])) &&
    (guards.length === 0 || !before.writing.some(other => upsets(other.writes, guards)))
  )
}

function touchOf(commit: Commit): Touch {
  const { tenant, writes, claims = [], receipt, fence } = commit
  const written = writes.map(({ key }) => nameOf(key))
  const claimed = claims.map(({ key }) => `claim:${hashedId(tenant, key)}`)
  const received = receipt ? [`receipt:${hashedId(tenant, receipt.key)}`] : []
  const fenced = fence ? [`lease:${fence.name}`] : []
  const own = new Set(written)
  return {
    writes: [...written, ...claimed, ...received],
    relies: [...linksOf(commit).filter(link => !own.has(link)), ...fenced],
    count: writes.length,
    characters: writes.reduce((sum, write) => sum + (write.do === 'put' ? write.draft.rest.length : 0), 0),
  }
}
