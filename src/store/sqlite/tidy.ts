/** Texts that nothing is found by any more: they stay when entries go, since writers remember them by number. */
import type { DatabaseSync } from 'node:sqlite'
import type { Names } from './names.ts'

const some = 5_000 // texts that are looked at in one go; keeps a turn of the writer short

/** `rows`: texts that were taken away; `end`: where to go on, `undefined` behind the last one. */
export type Tidied = { readonly rows: number; readonly end: number | undefined }

/** Units of ranges and the lists of types are no texts of resources. */
const unused = `
  SELECT t.key FROM term t JOIN slots s ON s.key = t.slots
  WHERE t.key > ? AND t.key <= ? AND s.tenant = ? AND substr(s.names, 1, 1) <> char(10)
    AND NOT EXISTS (SELECT 1 FROM found f WHERE f.term = t.key)`

/** Inside the writer's open transaction. */
export function openTidy(db: DatabaseSync, tenants: Names): (tenant: string, after: number) => Tidied {
  const last = db.prepare('SELECT max(key) AS key FROM term')
  const drop = db.prepare(`DELETE FROM term WHERE key IN (${unused})`)
  const tell = db.prepare('UPDATE tidied SET times = times + 1')
  return (name, after) => {
    const end = after + some
    db.exec('PRAGMA secure_delete = ON')
    try {
      const rows = Number(drop.run(after, end, tenants.key(name) ?? 0).changes)
      if (rows > 0) tell.run() // numbers come again
      const most = (last.get()?.['key'] as number | null) ?? 0
      return { rows, end: end < most ? end : undefined }
    } finally {
      db.exec('PRAGMA secure_delete = OFF')
    }
  }
}

/** Whether this was done since the last time that it was asked, by whichever process. */
export function openTidiness(db: DatabaseSync): () => boolean {
  const select = db.prepare('SELECT times FROM tidied')
  let known: unknown
  return () => {
    const times = select.get()?.['times']
    const isNew = times !== known
    known = times
    return isNew
  }
}

/** Piece by piece, each in a transaction of its own; others write between. */
export async function* tidied(piece: (after: number) => Promise<Tidied>): AsyncGenerator<number> {
  for (let after: number | undefined = 0; after !== undefined; ) {
    const { rows, end }: Tidied = await piece(after)
    if (rows > 0) yield rows
    after = end
  }
}
