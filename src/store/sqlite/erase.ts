import type { DatabaseSync } from 'node:sqlite'
import { mostWithin } from '../../search/contained.ts'
import type { Names } from './names.ts'
import { rootWithin } from './search/contained.ts'

const some = 200 // resources with all that belongs to them; keeps a turn of the writer short
const many = 2_000 // rows of the other tables

/** Piece by piece, each in a transaction of its own; others write between. */
export async function* erased(piece: () => Promise<number>): AsyncGenerator<number> {
  for (let rows = await piece(); rows > 0; rows = await piece()) yield rows
}

/**
 * What is taken away is overwritten in the file, but for scraps that moved between pages before: VACUUM sweeps them up. Names that
 * are numbers elsewhere stay, because numbers must not come again for others: the tenant's own, those of its slots (search
 * parameters), and the last place of the sequence, as nobody's.
 */
export function openErase(db: DatabaseSync, tenants: Names): (tenant: string) => number {
  const resources = openResources(db)
  const rest = tables.map(sql => db.prepare(sql))
  return name => {
    const tenant = tenants.key(name)
    if (tenant === undefined) return 0
    db.exec('PRAGMA secure_delete = ON')
    try {
      return resources(tenant) || rest.reduce((sum, take) => sum || Number(take.run(tenant, many).changes), 0)
    } finally {
      db.exec('PRAGMA secure_delete = OFF')
    }
  }
}

/** Which of them comes first makes no difference. */
const tables = [
  'DELETE FROM contained WHERE root IN (SELECT root FROM contained WHERE tenant = ? LIMIT ?)',
  'DELETE FROM term WHERE key IN (SELECT t.key FROM slots s JOIN term t ON t.slots = s.key WHERE s.tenant = ? LIMIT ?)',
  ...[
    ['link', 'target, root'],
    ['claim', 'key'],
    ['receipt', 'key'],
    ['lease', 'name'],
    ['note_tag', 'kind, tag, id'],
    ['note', 'kind, id'],
  ].map(
    ([table, key]) =>
      `DELETE FROM ${table} WHERE tenant = ?1 AND (${key}) IN (SELECT ${key} FROM ${table} WHERE tenant = ?1 LIMIT ?2)`,
  ),
]

/** With their versions and whatever they are found by. */
function openResources(db: DatabaseSync): (tenant: number) => number {
  const next = db.prepare(`SELECT type, id, root FROM resource WHERE tenant = ? LIMIT ${some}`)
  next.setReturnArrays(true)
  const within = ['found', 'range'].map(table => db.prepare(`DELETE FROM ${table} WHERE root BETWEEN ? AND ?`))
  const own = ['found', 'range', 'link'].map(table => db.prepare(`DELETE FROM ${table} WHERE root = ?`))
  const last = 'SELECT max(seq) FROM version'
  const versions = db.prepare(`DELETE FROM version WHERE root = ? AND seq <> (${last})`)
  const blank = db.prepare(
    `UPDATE version SET tenant = -1, type = -1, id = '', json = NULL WHERE root = ? AND seq = (${last})`,
  )
  const pointer = db.prepare('DELETE FROM resource WHERE tenant = ? AND type = ? AND id = ?')
  return tenant => {
    const found = next.all(tenant) as unknown as readonly (readonly [type: number, id: string, root: number])[]
    for (const [type, id, root] of found) {
      for (const drop of within) drop.run(rootWithin(root, 0), rootWithin(root, mostWithin - 1))
      for (const drop of [...own, versions, blank]) drop.run(root)
      pointer.run(tenant, type, id)
    }
    return found.length
  }
}
