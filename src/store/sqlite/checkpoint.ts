import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { patience } from './connection.ts'

const often = 10_000 // pages (80 MB) between passive checkpoints: SQLite's 1,000 halves the speed of writing
const bound = 4 * often * 8192 // bytes that the log may reach while passive ones are kept from finishing
const briefly = 100 // ms to wait for readers of old pages
const pause = 1_000 // transactions to let pass after one that could not finish

/**
 * How the log gets back into the file. SQLite does it passively while nobody reads old pages; several processes that write
 * without rest can keep it from ever starting over, so beyond the bound the writer stops the others for as long as it takes.
 */
export function openCheckpoints(db: DatabaseSync, file: string): () => void {
  db.exec(`PRAGMA wal_autocheckpoint = ${often}`)
  let skip = 0
  return function afterTransaction() {
    if (skip-- > 0 || statSync(`${file}-wal`).size < bound) return
    db.exec(`PRAGMA busy_timeout = ${briefly}`)
    const unfinished = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy'] === 1
    db.exec(`PRAGMA busy_timeout = ${patience}`)
    skip = unfinished ? pause : 0
  }
}
