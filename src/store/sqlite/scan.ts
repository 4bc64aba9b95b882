import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ScanQuery, Version } from '../port.ts'
import type { Names } from './names.ts'
import { toVersion, type VersionRow, versionColumns } from './version.ts'

type Row = readonly [...VersionRow, id: string] | readonly [null, null, null, null, null, id: string]

const page = 64 // resources; read in one go, so it bounds how long the loop stands still

/**
 * The state at a place in the sequence, without holding a transaction open: versions are immutable, so where the pointer has
 * moved on, the version it left is found behind it. Whoever came later is passed over.
 */
export function openScan(db: DatabaseSync, tenants: Names, types: Names) {
  const next = db.prepare(
    `SELECT ${versionColumns}, r.id FROM resource r LEFT JOIN version v ON v.seq = CASE
       WHEN r.seq <= :at THEN r.seq
       ELSE (SELECT p.seq FROM version p WHERE p.root = r.root AND p.seq <= :at ORDER BY p.version DESC LIMIT 1) END
     WHERE r.tenant = :tenant AND r.type = :type AND r.id > :after ORDER BY r.id LIMIT ${page}`,
  )
  next.setReturnArrays(true)
  /** Pointers behind `after` in order of id, with what stood there. */
  return ({ tenant, type, at }: ScanQuery, after: string): readonly Row[] => {
    const keys = { tenant: tenants.key(tenant) ?? 0, type: types.key(type) ?? 0 }
    return next.all({ ...keys, at, after }) as unknown as readonly Row[]
  }
}

export async function* scan(
  query: ScanQuery,
  read: (query: ScanQuery, after: string) => Promise<readonly Row[]>,
): AsyncGenerator<Version> {
  for (let after = query.after ?? ''; ; ) {
    const rows = await read(query, after)
    for (const [seq, version, updated, method, json, id] of rows) {
      after = id
      if (json === null) continue // not yet there, or deleted
      yield toVersion({ tenant: query.tenant, type: query.type, id }, [seq, version, updated, method, json])
    }
    if (rows.length < page) return
    await nextTurn() // a long scan must not keep others from being served
  }
}
