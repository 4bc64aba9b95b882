import type { DatabaseSync } from 'node:sqlite'
import type { Commit, Refused, Write } from '../port.ts'
import { openClaims } from './claims.ts'
import type { Applied, CommitJob } from './job.ts'
import type { openLeases } from './leases.ts'
import { openLinks } from './links.ts'
import type { GrowingNames } from './names.ts'
import { openReceipts } from './receipts.ts'
import { openRootInside, type ReindexJob, reindex } from './reindex.ts'
import { holds, openResources, type Standing } from './resources.ts'
import { openIndex } from './search/indexing.ts'

type Leases = ReturnType<typeof openLeases>

/**
 * A commit inside the writer's open transaction: first everything is judged, then everything is written. What passes the
 * judges cannot be refused any more, so commits that share a transaction need no savepoints.
 */
export function openCommits(db: DatabaseSync, tenants: GrowingNames, types: GrowingNames, leases: Leases) {
  const resources = openResources(db, types)
  const claims = openClaims(db)
  const receipts = openReceipts(db, types)
  const links = openLinks(db, types, resources.find)
  const index = openIndex(db, tenants, types, resources.rootOf)
  const rootInside = openRootInside(db)
  const order = openOrder(db)

  /** A repeated request must find its receipt before its own effects refuse it; a lost lease outranks what the data say. */
  function judge(tenant: number, commit: Commit, standing: readonly (Standing | undefined)[], now: number) {
    const { receipt, fence, claims: claimed = [], guards = [] } = commit
    const names = { key: tenant, name: commit.tenant }
    return (
      (receipt && receipts.judge(names, receipt)) ??
      (fence && !leases.holds(commit.tenant, fence, now) ? ({ why: 'fence' } as const) : undefined) ??
      claims.judge(tenant, claimed) ??
      index.judge(commit.tenant, guards) ??
      condition(commit.writes, standing) ??
      (commit.integrity ? links.judge(tenant, commit, standing) : undefined)
    )
  }

  function condition(writes: readonly Write[], standing: readonly (Standing | undefined)[]) {
    const at = writes.findIndex((write, index) => !holds(write.when, standing[index]))
    const write = writes[at]
    return write && ({ why: 'condition', at, current: resources.current(write.key, standing[at]) } as const)
  }

  function apply(
    commit: Commit,
    standing: readonly (Standing | undefined)[],
    { now, fail, entries: packed, contained }: CommitJob,
  ): Applied {
    const tenant = tenants.ensure(commit.tenant)
    const updated = order.time(tenant, now)
    const first = order.seq()
    const versions = commit.writes.map((write, at) => {
      const before = standing[at]
      if (write.do === 'check' || (write.do === 'delete' && before?.deleted !== 0)) return 0
      const seq = order.next()
      const version = resources.apply(write, before, { tenant, seq, updated })
      const root = before?.root ?? seq
      const owner = { tenant, type: types.ensure(write.key.type), root }
      links.apply(tenant, root, write.do === 'put' ? (write.links ?? []) : [], before !== undefined)
      index.apply(owner, write.do === 'put' ? packed[at] : null, before !== undefined)
      index.applyContained(owner, write.key, contained?.[at] ?? [], before !== undefined)
      return version
    })
    if (fail === 'commit.apply') throw new Error('fault: commit.apply')
    claims.apply(tenant, commit.claims ?? [], now)
    if (commit.receipt) receipts.apply(tenant, commit.receipt, first, order.seq() - 1, now)
    const created = commit.writes.map((write, at) => write.do === 'put' && standing[at]?.deleted !== 0)
    return { ok: true, updated, seq: first, versions, created }
  }

  return {
    /** A transaction has begun: others may have written since the last one. */
    begin: order.begin,
    /** After a rollback: what was made did not last. */
    reset: index.reset,
    run(job: CommitJob): Applied | Refused {
      const { commit, now } = job
      const tenant = tenants.key(commit.tenant) ?? 0
      const standing = commit.writes.map(({ key }) => resources.find(tenant, key.type, key.id))
      const because = judge(tenant, commit, standing, now)
      return because ? { ok: false, because } : apply(commit, standing, job)
    },
    reindex: (job: ReindexJob) => reindex({ tenants, types, leases, resources, rootInside, apply: index.apply }, job),
    forget(tenantName: string, before: number): number {
      const tenant = tenants.key(tenantName) ?? 0
      const some = 500 // rows; keeps a turn of the writer short
      return receipts.forget(tenant, before, some) + claims.forget(tenant, before, some)
    },
  }
}

/** Sequence and time of one transaction: read at its first need, counted on from there. */
function openOrder(db: DatabaseSync) {
  const lastSeq = db.prepare('SELECT max(seq) AS value FROM version')
  const lastTime = db.prepare('SELECT updated AS value FROM version WHERE tenant = ? ORDER BY seq DESC LIMIT 1')
  let upcoming: number | undefined
  const times = new Map<number, number>()
  const seq = () => {
    upcoming ??= ((lastSeq.get()?.['value'] as number | null) ?? 0) + 1
    return upcoming
  }
  return {
    begin() {
      upcoming = undefined
      times.clear()
    },
    seq,
    next() {
      const taken = seq()
      upcoming = taken + 1
      return taken
    },
    /** The clock, unless it stands behind what the tenant has seen already. */
    time(tenant: number, now: number) {
      const last = times.get(tenant) ?? (lastTime.get(tenant)?.['value'] as number | undefined) ?? 0
      const time = Math.max(now, last)
      times.set(tenant, time)
      return time
    },
  }
}
