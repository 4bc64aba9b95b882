/** https://hl7.org/fhir/R4/http.html#history */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { HistoryPage, HistoryQuery } from '../port.ts'
import type { Names } from './names.ts'
import { toVersion, type VersionRow, versionColumns } from './version.ts'

type Walk = Omit<HistoryQuery, 'order' | 'after' | 'limit'>
type Scope = 'instance' | 'type' | 'system'
type Row = readonly [...VersionRow, type: number, id: string]

const within: Record<Scope, string> = {
  instance: 'v.root = (SELECT root FROM resource WHERE tenant = :tenant AND type = :type AND id = :id)',
  type: 'v.tenant = :tenant AND v.type = :type',
  system: 'v.tenant = :tenant',
}
/** `seq` and `version` rise together in one resource; its index is by version. */
const by: Record<Scope, string> = { instance: 'v.version', type: 'v.seq', system: 'v.seq' }

/** `replaced`: versions whose successor came before this `seq` are left out. */
function selection(scope: Scope, replaced: boolean): string {
  const successor = 'SELECT 1 FROM version s WHERE s.root = v.root AND s.version = v.version + 1 AND s.seq < :replaced'
  return `FROM version v WHERE ${within[scope]} AND v.seq BETWEEN :low AND :high
    ${replaced ? `AND NOT EXISTS (${successor})` : ''}`
}

export function openHistory(db: DatabaseSync, tenants: Names, types: Names) {
  const statement = remembered(text => db.prepare(text))
  const firstSince = openFirstSince(db)

  function select(walk: Walk) {
    const tenant = tenants.key(walk.tenant) ?? 0
    const type = types.key(walk.type ?? '') ?? 0
    const { replaced, ...bounds } = boundsOf(walk, time => firstSince(tenant, time))
    const scope = walk.id !== undefined ? 'instance' : walk.type !== undefined ? 'type' : 'system'
    const args = {
      tenant,
      ...(scope === 'system' ? {} : { type }),
      ...(walk.id === undefined ? {} : { id: walk.id }),
      ...(replaced === undefined ? {} : { replaced }),
    }
    return { scope, from: selection(scope, replaced !== undefined), bounds, args } as const
  }

  return {
    history(query: HistoryQuery): HistoryPage {
      const { order, after, limit } = query
      const { scope, from, bounds, args } = select(query)
      const low = order === 'oldest' && after !== undefined ? Math.max(bounds.low, after + 1) : bounds.low
      const high = order === 'newest' && after !== undefined ? Math.min(bounds.high, after - 1) : bounds.high
      // + 0: see atMost in search/sql.ts
      const rows = statement(
        `SELECT ${versionColumns}, v.type, v.id ${from} ORDER BY ${by[scope]} ${order === 'newest' ? 'DESC' : 'ASC'} LIMIT :limit + 0`,
      ).all({ ...args, low, high, limit: limit + 1 }) as unknown as readonly Row[]
      const versions = rows.slice(0, limit).map(([seq, version, updated, method, json, type, id]) => {
        const key = { tenant: query.tenant, type: types.name(type), id }
        return toVersion(key, [seq, version, updated, method, json])
      })
      return { versions, more: rows.length > limit }
    },
    countHistory(walk: Walk): number {
      const { from, bounds, args } = select(walk)
      const [count] = statement(`SELECT count(*) ${from}`).get({ ...args, ...bounds }) as unknown as [number]
      return count
    },
  }
}

function remembered(prepare: (text: string) => StatementSync): (text: string) => StatementSync {
  const statements = new Map<string, StatementSync>()
  return text => {
    const known = statements.get(text)
    if (known) return known
    const fresh = prepare(text)
    fresh.setReturnArrays(true)
    statements.set(text, fresh)
    return fresh
  }
}

/** Times become places in the sequence, because `updated` never falls while `seq` rises. */
function boundsOf({ until, since, at }: Walk, firstSince: (time: number) => number) {
  const last = Math.min(until, Number.MAX_SAFE_INTEGER - 1)
  return {
    low: since === undefined ? 0 : firstSince(since),
    high: at ? Math.min(last, firstSince(at.high) - 1) : last,
    replaced: at && Math.min(last + 1, firstSince(at.low + 1)),
  }
}

/** The place in the sequence from which on `updated >= time`, by bisection: no index by time is needed. */
export function openFirstSince(db: DatabaseSync): (tenant: number, time: number) => number {
  const next = db.prepare('SELECT seq, updated FROM version WHERE tenant = ? AND seq >= ? ORDER BY seq LIMIT 1')
  const last = db.prepare('SELECT max(seq) FROM version')
  next.setReturnArrays(true)
  last.setReturnArrays(true)
  return (tenant, time) => {
    const [end] = last.get() as unknown as [number | null]
    let low = 0 // every version before it is older
    let high = (end ?? 0) + 1 // none from here on is older
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const [seq, updated] = (next.get(tenant, middle) as unknown as [number, number] | undefined) ?? [high, time]
      if (updated >= time) high = middle
      else low = seq + 1
    }
    return low
  }
}
