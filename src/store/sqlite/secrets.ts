import type { DatabaseSync } from 'node:sqlite'

export function openSecrets(db: DatabaseSync) {
  const find = openSecretReader(db)
  const add = db.prepare('INSERT INTO secret (name, value) VALUES (?, ?)')
  return {
    /** The fresh one, unless somebody was faster. */
    keep(name: string, fresh: Uint8Array): Uint8Array {
      const found = find(name)
      if (!found) add.run(name, fresh)
      return found ?? fresh
    },
  }
}

export function openSecretReader(db: DatabaseSync): (name: string) => Uint8Array | undefined {
  const find = db.prepare('SELECT value FROM secret WHERE name = ?')
  return name => find.get(name)?.['value'] as Uint8Array | undefined
}
