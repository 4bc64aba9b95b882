import type { DatabaseSync } from 'node:sqlite'
import type { Fence, Lease } from '../port.ts'
import type { GrowingNames } from './names.ts'

type Row = { readonly owner: string; readonly token: number; readonly expires: number }

/** Leases live in the writer's transactions, so that a fence and the writes behind it are judged as one. */
export function openLeases(db: DatabaseSync, tenants: GrowingNames) {
  const find = db.prepare('SELECT owner, token, expires FROM lease WHERE tenant = ? AND name = ?')
  const take = db.prepare(
    `INSERT INTO lease (tenant, name, owner, token, expires) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET owner = excluded.owner, token = excluded.token, expires = excluded.expires`,
  )
  const standing = (tenant: string, name: string) =>
    find.get(tenants.key(tenant) ?? 0, name) as unknown as Row | undefined
  const holds = (tenant: string, { name, token }: Fence, now: number) => {
    const row = standing(tenant, name)
    return row?.token === token && row.expires > now
  }
  const set = (tenant: string, lease: Lease) => {
    take.run(tenants.ensure(tenant), lease.name, lease.owner, lease.token, lease.expires)
    return lease
  }
  return {
    holds,
    acquire(tenant: string, name: string, owner: string, ms: number, now: number): Lease | undefined {
      const row = standing(tenant, name)
      if (row && row.expires > now && row.owner !== owner) return undefined
      return set(tenant, { name, owner, token: (row?.token ?? 0) + 1, expires: now + ms })
    },
    renew(tenant: string, lease: Lease, ms: number, now: number): Lease | undefined {
      return holds(tenant, lease, now) ? set(tenant, { ...lease, expires: now + ms }) : undefined
    },
    release(tenant: string, lease: Lease): undefined {
      if (standing(tenant, lease.name)?.token === lease.token) set(tenant, { ...lease, expires: 0 })
    },
  }
}
