import type { DatabaseSync } from 'node:sqlite'
import { schema } from './schema.ts'

export const latest = schema.length

const application = 0x4b696c6e // 'Kiln', so that `file` knows it and no other program's database is taken for ours

export type Migrated = { readonly from: number; readonly to: number }

/** Brings the file to the present schema. Safe to call by many processes at once: one works, the others wait and find it done. */
export function migrate(db: DatabaseSync): Migrated {
  const seen = versionOf(db)
  if (seen === latest) return { from: seen, to: latest }
  db.exec('PRAGMA journal_mode = WAL')
  db.exec('BEGIN IMMEDIATE')
  try {
    const from = versionOf(db)
    for (const step of schema.slice(from)) db.exec(step)
    db.exec(`PRAGMA user_version = ${latest}; PRAGMA application_id = ${application}`)
    db.exec('COMMIT')
    return { from, to: latest }
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

/** The schema version of the file, if this program can work with it. */
export function versionOf(db: DatabaseSync): number {
  const version = pragma(db, 'user_version')
  const owner = pragma(db, 'application_id')
  const tables = db.prepare('SELECT count(*) AS value FROM sqlite_schema').get()?.['value'] as number
  if (owner !== application && (owner !== 0 || tables > 0)) {
    throw new Error(`${db.location()} is a database of another program; give the store a folder of its own`)
  }
  if (version > latest) {
    throw new Error(
      `${db.location()} was written by a newer Kiln (schema ${version}); this one knows schemas up to ${latest}. ` +
        'Start the newer Kiln, or restore a backup that was made before the upgrade',
    )
  }
  return version
}

function pragma(db: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return db.prepare(`PRAGMA ${name}`).get()?.[name] as number
}
