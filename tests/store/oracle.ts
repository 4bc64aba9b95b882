/** The port's promises in the plainest possible way: lists in memory. The contract compares every adapter with it. */
import { stamp } from '../../src/fhir/stamp.ts'
import type {
  Change,
  Commit,
  Condition,
  HistoryQuery,
  Key,
  Outcome,
  Receipt,
  Refused,
  ScanQuery,
  Version,
  Write,
} from '../../src/store/port.ts'

type Kept = { readonly receipt: Receipt; readonly versions: readonly Version[] }

export function openOracle() {
  const versions: Version[] = []
  const claims = new Map<string, number>()
  const receipts = new Map<string, Kept>()
  const links = new Map<string, readonly string[]>()

  let latest = 0 // ms; the clock of all tenants

  const history = (key: Key) => versions.filter(version => isOf(version, key))
  const current = (key: Key) => history(key).at(-1)
  const present = (key: Key) => current(key)?.json !== undefined

  function holds(key: Key, when: Condition | undefined): boolean {
    if (when === undefined) return true
    if (when === 'present') return present(key)
    if (when === 'absent') return !present(key)
    return present(key) && current(key)?.version === when.version
  }

  function broken({ tenant, writes }: Commit): Refused['because'] | undefined {
    const written = new Map(writes.filter(({ do: what }) => what !== 'check').map(write => [name(write.key), write]))
    const left = (target: string) => {
      const write = written.get(target)
      if (write) return write.do === 'put'
      const [type = '', id = ''] = target.split('/')
      return present({ tenant, type, id })
    }
    const linker = (target: string) =>
      [...links].find(([source, targets]) => {
        const [owner, by = ''] = source.split(' ')
        return owner === tenant && !written.has(by) && targets.includes(target)
      })?.[0]
    for (const [at, write] of writes.entries()) {
      const link = write.do === 'put' ? write.links?.find(target => !left(target)) : undefined
      if (link !== undefined) return { why: 'dangling', at, link }
      const by = write.do === 'delete' && present(write.key) ? linker(name(write.key)) : undefined
      if (by !== undefined) return { why: 'linked', at, by: by.slice(tenant.length + 1) }
    }
    return undefined
  }

  function judge(commit: Commit): Refused['because'] | undefined {
    const { tenant, receipt, writes } = commit
    const used = receipt && receipts.get(`${tenant} ${receipt.key}`)
    if (used) return { why: 'receipt', was: used.receipt, versions: used.versions }
    const stale = (commit.claims ?? []).find(({ key, generation }) => claimed(tenant, key) !== generation)
    if (stale) return { why: 'claim', key: stale.key }
    const at = writes.findIndex(({ key, when }) => !holds(key, when))
    const failed = writes[at]
    if (failed) return { why: 'condition', at, current: current(failed.key) }
    return commit.integrity ? broken(commit) : undefined
  }

  function claimed(tenant: string, key: string): number {
    return claims.get(`${tenant} ${key}`) ?? 0
  }

  /** A time between what the tenant's versions demand and the latest that anybody has read off the clock: a refused commit
   * may have moved the tenant's clock on without leaving a version. */
  function timeOf(actual: Outcome, least: number): number {
    const given = (actual.ok && actual.versions.find(version => version !== undefined)?.updated) || least
    return given >= least && given <= Math.max(latest, least) ? given : least
  }

  /** `seq` is the adapter's affair: the numbers it gave are taken over. */
  function apply(commit: Commit, now: number, actual: Outcome): Outcome {
    const { tenant, writes, receipt } = commit
    const last = versions.findLast(version => version.tenant === tenant)
    const updated = timeOf(actual, Math.max(now, last?.updated ?? 0))
    const made = writes.map((write, at) => {
      const seq = (actual.ok && actual.versions[at]?.seq) || Number.NaN
      return after(write, current(write.key), updated, seq)
    })
    versions.push(...made.filter(version => version !== undefined))
    for (const write of writes) {
      if (write.do === 'put') links.set(`${tenant} ${name(write.key)}`, write.links ?? [])
      if (write.do === 'delete') links.delete(`${tenant} ${name(write.key)}`)
    }
    for (const { key } of commit.claims ?? []) claims.set(`${tenant} ${key}`, claimed(tenant, key) + 1)
    if (receipt) {
      receipts.set(`${tenant} ${receipt.key}`, { receipt, versions: made.filter(version => version !== undefined) })
    }
    return { ok: true, versions: made }
  }

  function select({ tenant, type, id, since, at, until }: Omit<HistoryQuery, 'order' | 'after' | 'limit'>): Version[] {
    const walked = versions.filter(version => version.tenant === tenant && version.seq <= until)
    const replaced = (version: Version, low: number) =>
      walked.some(later => isOf(later, version) && later.seq > version.seq && later.updated <= low)
    return walked
      .filter(version => (type === undefined || version.type === type) && (id === undefined || version.id === id))
      .filter(version => since === undefined || version.updated >= since)
      .filter(version => !at || (version.updated < at.high && !replaced(version, at.low)))
  }

  return {
    current,
    history,
    claimed,
    /** What the commit had to answer; its effects are kept. */
    commit(commit: Commit, now: number, actual: Outcome): Outcome {
      latest = Math.max(latest, now)
      const because = judge(commit)
      return because ? { ok: false, because } : apply(commit, now, actual)
    },
    page(query: HistoryQuery) {
      const { order, after, limit } = query
      const ordered = order === 'oldest' ? select(query) : select(query).reverse()
      const behind = ordered.filter(
        ({ seq }) => after === undefined || (order === 'oldest' ? seq > after : seq < after),
      )
      return { versions: behind.slice(0, limit), more: behind.length > limit }
    },
    count: (walk: Omit<HistoryQuery, 'order' | 'after' | 'limit'>) => select(walk).length,
    changes(tenant: string, after: number): Change[] {
      const behind = versions.filter(version => version.tenant === tenant && version.seq > after)
      return behind.map(version => ({
        after: version,
        before: history(version).find(earlier => earlier.version === version.version - 1),
      }))
    },
    scan({ tenant, type, at, after = '' }: ScanQuery): Version[] {
      const then = versions.filter(version => version.tenant === tenant && version.type === type && version.seq <= at)
      const latest = new Map(then.map(version => [version.id, version]))
      return [...latest.values()]
        .filter(({ id, json }) => id > after && json !== undefined)
        .sort((a, b) => (a.id < b.id ? -1 : 1))
    },
  }
}

function after(write: Write, before: Version | undefined, updated: number, seq: number): Version | undefined {
  if (write.do === 'check' || (write.do === 'delete' && before?.json === undefined)) return undefined
  const { tenant, type, id } = write.key
  const version = (before?.version ?? 0) + 1
  const method = write.do === 'put' ? write.method : 'DELETE'
  const json = write.do === 'put' ? stamp(write.draft, version, updated) : undefined
  const created = write.do === 'put' && before?.json === undefined
  return { tenant, type, id, version, seq, updated, method, created, json }
}

function isOf(version: Version, { tenant, type, id }: Key): boolean {
  return version.tenant === tenant && version.type === type && version.id === id
}

function name({ type, id }: Key): string {
  return `${type}/${id}`
}
