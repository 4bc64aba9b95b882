import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Growth } from '../port.ts'
import type { Names } from './names.ts'
import { creating } from './version.ts'

const portion = 10_000 // places of the sequence looked at in one go: some milliseconds

type Row = readonly [resources: number | null, bytes: number | null]

/** The length of a text stands before it, so that none is read. */
export function openMeasure(db: DatabaseSync, tenants: Names, types: Names) {
  const sum = db.prepare(
    `SELECT sum(method >= ${creating}) - sum(json IS NULL), sum(octet_length(json)) FROM version
     WHERE tenant = ? AND type <> ? AND seq > ? AND seq <= ?`,
  )
  sum.setReturnArrays(true)
  return async (name: string, after: number, until: number, but = ''): Promise<Growth> => {
    const [tenant, type] = [tenants.key(name) ?? 0, types.key(but) ?? 0]
    let growth: Growth = { resources: 0, bytes: 0 }
    for (let from = after; from < until; from += portion) {
      if (from > after) await nextTurn()
      const [resources, bytes] = sum.get(tenant, type, from, Math.min(from + portion, until)) as unknown as Row
      growth = { resources: growth.resources + (resources ?? 0), bytes: growth.bytes + (bytes ?? 0) }
    }
    return growth
  }
}
