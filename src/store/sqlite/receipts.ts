import type { DatabaseSync } from 'node:sqlite'
import type { Receipt, Refused, Version } from '../port.ts'
import type { Names } from './names.ts'
import { toVersion, type VersionRow, versionColumns } from './version.ts'

export function openReceipts(db: DatabaseSync, types: Names) {
  const find = openReceiptReader(db, types)
  const keep = db.prepare(
    'INSERT INTO receipt (tenant, key, fingerprint, note, first, last, used) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const forget = db.prepare(
    `DELETE FROM receipt WHERE tenant = ?1 AND key IN (SELECT key FROM receipt WHERE tenant = ?1 AND used < ?2 LIMIT ?3)`,
  )
  return {
    judge(names: TenantNames, receipt: Receipt): Refused['because'] | undefined {
      const found = find(names, receipt.key)
      return found && { why: 'receipt', was: found.receipt, versions: found.versions }
    },
    apply(tenant: number, { key, fingerprint, note }: Receipt, first: number, last: number, now: number) {
      keep.run(tenant, key, fingerprint, note, first, last, now)
    },
    forget: (tenant: number, before: number, limit: number) => Number(forget.run(tenant, before, limit).changes),
  }
}

export type TenantNames = { readonly key: number; readonly name: string }

export type Found = { readonly receipt: Receipt; readonly versions: readonly Version[] }

export function openReceiptReader(
  db: DatabaseSync,
  types: Names,
): (tenant: TenantNames, key: string) => Found | undefined {
  const find = db.prepare('SELECT fingerprint, note, first, last FROM receipt WHERE tenant = ? AND key = ?')
  const made = db.prepare(
    `SELECT ${versionColumns}, v.type, v.id FROM version v WHERE v.seq BETWEEN ? AND ? ORDER BY v.seq`,
  )
  find.setReturnArrays(true)
  made.setReturnArrays(true)
  return ({ key: tenantKey, name: tenant }, key) => {
    const row = find.get(tenantKey, key) as unknown as [string, string, number, number] | undefined
    if (!row) return undefined
    const [fingerprint, note, first, last] = row
    const rows = made.all(first, last) as unknown as (readonly [...VersionRow, type: number, id: string])[]
    const versions = rows.map(([s, v, u, m, json, type, id]) =>
      toVersion({ tenant, type: types.name(type), id }, [s, v, u, m, json]),
    )
    return { receipt: { key, fingerprint, note }, versions }
  }
}
