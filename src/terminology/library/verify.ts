/** Before a file counts: it is whole, and holds what was written into it. */
import type { DatabaseSync } from 'node:sqlite'
import type { Counts } from './file-format.ts'
import { openFile } from './open-file.ts'

export function verify(path: string, counts: Counts): void {
  const db = openFile(path)
  try {
    db.exec('PRAGMA mmap_size = 0') // to read all of it once is no reason to have all of it in memory
    const found = db.prepare('PRAGMA integrity_check').all()
    if (found.length !== 1 || found[0]?.['integrity_check'] !== 'ok') {
      throw new Error(`the file that was written is damaged: ${found.map(row => row['integrity_check']).join('; ')}`)
    }
    same('concepts', rows(db, 'concept'), counts.concepts)
    same('words', rows(db, 'word'), counts.words)
  } finally {
    db.close()
  }
}

function rows(db: DatabaseSync, table: string): unknown {
  return db.prepare(`SELECT count(*) count FROM ${table}`).get()?.['count']
}

function same(what: string, found: unknown, expected: number): void {
  if (found !== expected) throw new Error(`the file that was written has ${found} ${what} instead of ${expected}`)
}
