import type { DatabaseSync } from 'node:sqlite'

/** The small integers that stand for tenants or types in all other tables; they never change, so they are remembered. */
export type Names = {
  /** `undefined`: nothing was ever stored under this name. */
  key(name: string): number | undefined
  name(key: number): string
}

export function openNames(db: DatabaseSync, table: 'tenant' | 'type'): Names {
  const keys = new Map<string, number>()
  const names = new Map<number, string>()
  const byName = db.prepare(`SELECT key FROM ${table} WHERE name = ?`)
  const byKey = db.prepare(`SELECT name FROM ${table} WHERE key = ?`)
  return {
    key(name) {
      const known = keys.get(name)
      if (known !== undefined) return known
      const found = byName.get(name)?.['key'] as number | undefined
      if (found !== undefined) keys.set(name, found)
      return found
    },
    name(key) {
      const known = names.get(key)
      if (known !== undefined) return known
      const found = byKey.get(key)?.['name'] as string
      names.set(key, found)
      return found
    },
  }
}

export type GrowingNames = Names & {
  /** Makes it where it is new; only inside a transaction. */
  ensure(name: string): number
  /** After a rollback: what was made did not last. */
  reset(): void
}

export function openGrowingNames(db: DatabaseSync, table: 'tenant' | 'type'): GrowingNames {
  const insert = db.prepare(`INSERT INTO ${table} (name) VALUES (?)`)
  let names = openNames(db, table)
  return {
    key: name => names.key(name),
    name: key => names.name(key),
    ensure: name => names.key(name) ?? Number(insert.run(name).lastInsertRowid),
    reset() {
      names = openNames(db, table)
    },
  }
}
