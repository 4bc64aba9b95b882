import type { DatabaseSync } from 'node:sqlite'
import type { Names } from './names.ts'

export function openTypes(db: DatabaseSync, tenants: Names): (tenant: string) => readonly string[] {
  const select = db.prepare(
    `SELECT name FROM type t WHERE EXISTS (SELECT 1 FROM version v WHERE v.tenant = ?1 AND v.type = t.key)
       OR EXISTS (SELECT 1 FROM contained c WHERE c.tenant = ?1 AND c.type = t.key) ORDER BY name`,
  )
  return tenant => select.all(tenants.key(tenant) ?? 0).map(({ name }) => name as string)
}
