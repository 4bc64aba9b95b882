/** A table of resources and one of index rows; whoever waits in the same turn of the loop shares a durable commit. */
import { DatabaseSync } from 'node:sqlite'

export type Table = {
  readonly db: DatabaseSync
  /** Replaces the index rows of the resource in this row. */
  index(row: number, fresh: boolean): void
  /** Resolves once what `write` did is on the disk. */
  durably(write: () => void): Promise<void>
}

export function openTable(file: string, indexRows = 0): Table {
  const db = new DatabaseSync(file)
  db.exec(`
    PRAGMA page_size = 8192;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 10000;
    PRAGMA cache_size = -65536;
    CREATE TABLE IF NOT EXISTS resource (row INTEGER PRIMARY KEY, type TEXT, id TEXT, json TEXT, UNIQUE (type, id));
    CREATE TABLE IF NOT EXISTS entry (
      param INTEGER, value INTEGER, row INTEGER, PRIMARY KEY (param, value, row)
    ) WITHOUT ROWID`)
  const add = db.prepare('INSERT INTO entry VALUES (?, ?, ?)')
  const drop = db.prepare('DELETE FROM entry WHERE param = ? AND value = ? AND row = ?')
  let waiting: { readonly write: () => void; readonly done: () => void }[] = []

  function flush(): void {
    const batch = waiting
    waiting = []
    db.exec('BEGIN IMMEDIATE')
    for (const { write } of batch) write()
    db.exec('COMMIT')
    for (const { done } of batch) done()
  }

  return {
    db,
    index(row, fresh) {
      for (let param = 0; param < indexRows; param++) {
        const anywhere = Math.imul(row + param, 0x9e3779b1) >>> 0
        const value = param % 4 === 0 ? anywhere : anywhere % 30 // identifiers and times; codes that many share
        if (!fresh) drop.run(param, value, row)
        add.run(param, value, row)
      }
    },
    durably: write =>
      new Promise(done => {
        if (waiting.push({ write, done }) === 1) setImmediate(flush)
      }),
  }
}
