import type { DatabaseSync } from 'node:sqlite'
import type { Note, NoteKey, NoteQuery } from '../port.ts'
import type { GrowingNames, Names } from './names.ts'

type Row = {
  readonly id: string
  readonly text: string
  readonly tags: string
  readonly expires: number | null
  readonly revision: number
}

export function openNotes(db: DatabaseSync, tenants: GrowingNames) {
  const find = db.prepare('SELECT revision, expires FROM note WHERE tenant = ? AND kind = ? AND id = ?')
  const put = db.prepare(
    `INSERT INTO note (tenant, kind, id, text, tags, expires, revision) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET text = excluded.text, tags = excluded.tags, expires = excluded.expires,
       revision = excluded.revision`,
  )
  const remove = db.prepare('DELETE FROM note WHERE tenant = ? AND kind = ? AND id = ?')
  const tag = db.prepare('INSERT OR IGNORE INTO note_tag (tenant, kind, tag, id) VALUES (?, ?, ?, ?)')
  const tagsOf = db.prepare('SELECT tags FROM note WHERE tenant = ? AND kind = ? AND id = ?')
  const untag = db.prepare('DELETE FROM note_tag WHERE tenant = ? AND kind = ? AND tag = ? AND id = ?')
  const tagged = db.prepare('SELECT id FROM note_tag WHERE tenant = ? AND kind = ? AND tag = ?')
  const old = db.prepare('SELECT kind, id FROM note WHERE tenant = ? AND expires < ? LIMIT ?')

  function takeAway(tenant: number, kind: string, id: string): void {
    const before = tagsOf.get(tenant, kind, id)?.['tags'] as string | undefined
    for (const name of JSON.parse(before ?? '[]') as string[]) untag.run(tenant, kind, name, id)
    remove.run(tenant, kind, id)
  }

  /** 0: there is none. What has expired still has its number, so that none comes twice. */
  function standing({ tenant, kind, id }: NoteKey, now: number): { readonly revision: number; readonly last: number } {
    const row = find.get(tenants.key(tenant) ?? 0, kind, id) as unknown as Row | undefined
    if (!row) return { revision: 0, last: 0 }
    return { revision: isOver(row, now) ? 0 : row.revision, last: row.revision }
  }

  return {
    keep(note: Note, now: number): number | undefined {
      const { revision, last } = standing(note, now)
      if (note.revision !== revision) return undefined
      const { kind, id, text, tags, expires = null } = note
      const tenant = tenants.ensure(note.tenant)
      takeAway(tenant, kind, id)
      put.run(tenant, kind, id, text, JSON.stringify(tags), expires, last + 1)
      for (const name of tags) tag.run(tenant, kind, name, id)
      return last + 1
    },
    drop(key: NoteKey, wanted: number | undefined, now: number): boolean {
      const { revision } = standing(key, now)
      if (revision === 0 || (wanted !== undefined && wanted !== revision)) return false
      takeAway(tenants.ensure(key.tenant), key.kind, key.id)
      return true
    },
    dropAll(tenantName: string, kind: string, name: string): undefined {
      const tenant = tenants.key(tenantName) ?? 0
      for (const { id } of tagged.all(tenant, kind, name)) takeAway(tenant, kind, id as string)
    },
    forget(tenantName: string, before: number): number {
      const tenant = tenants.key(tenantName) ?? 0
      const rows = old.all(tenant, before, some)
      for (const { kind, id } of rows) takeAway(tenant, kind as string, id as string)
      return rows.length
    },
  }
}

const some = 500 // rows; keeps a turn of the writer short

function isOver({ expires }: Pick<Row, 'expires'>, now: number): boolean {
  return expires !== null && expires <= now
}

export function openNoteReader(db: DatabaseSync, tenants: Names) {
  const columns = 'n.id, n.text, n.tags, n.expires, n.revision'
  const find = db.prepare(`SELECT ${columns} FROM note n WHERE tenant = ? AND kind = ? AND id = ?`)
  const list = db.prepare(
    `SELECT ${columns} FROM note n
     WHERE tenant = ?1 AND kind = ?2 AND id > ?3 AND (expires IS NULL OR expires > ?4) ORDER BY id LIMIT ?5`,
  )
  const listTagged = db.prepare(
    `SELECT ${columns} FROM note_tag t JOIN note n USING (tenant, kind, id)
     WHERE t.tenant = ?1 AND t.kind = ?2 AND t.tag = ?6 AND t.id > ?3 AND (n.expires IS NULL OR n.expires > ?4)
     ORDER BY t.id LIMIT ?5`,
  )
  const any = db.prepare('SELECT 1 FROM note WHERE tenant = ? AND kind = ? LIMIT 1')
  return {
    noted(names: readonly string[], kind: string): readonly string[] {
      return names.filter(name => any.get(tenants.key(name) ?? 0, kind) !== undefined)
    },
    one(key: NoteKey, now: number): Note | undefined {
      const row = find.get(tenants.key(key.tenant) ?? 0, key.kind, key.id) as unknown as Row | undefined
      return row && !isOver(row, now) ? noteOf(key, row) : undefined
    },
    some({ tenant, kind, tag, after = '', limit }: NoteQuery, now: number): readonly Note[] {
      const of = [tenants.key(tenant) ?? 0, kind, after, now, limit] as const
      const rows = tag === undefined ? list.all(...of) : listTagged.all(...of, tag)
      return (rows as unknown as readonly Row[]).map(row => noteOf({ tenant, kind }, row))
    },
  }
}

function noteOf({ tenant, kind }: Omit<NoteKey, 'id'>, { id, text, tags, expires, revision }: Row): Note {
  return { tenant, kind, id, text, tags: JSON.parse(tags), revision, ...(expires === null ? {} : { expires }) }
}
