/** A file of the library as SQLite sees it: it never changes, so nothing is locked and nothing is looked for beside it. */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'

const mapped = 2 ** 31 - 65_536 // bytes, as much as SQLite allows: pages are read where the system caches them
const cache = 256 // KB of pages that are copied nevertheless

export function openFile(path: string): DatabaseSync {
  return openWith(path, `PRAGMA mmap_size = ${mapped}; PRAGMA cache_size = -${cache}`)
}

/** For what is read once and then held: mapped, it would lie in memory twice. */
export function openUnmapped(path: string): DatabaseSync {
  return openWith(path, `PRAGMA mmap_size = 0; PRAGMA cache_size = -${cache}`)
}

function openWith(path: string, pragmas: string): DatabaseSync {
  const url = pathToFileURL(path)
  url.searchParams.set('immutable', '1') // https://www.sqlite.org/c3ref/open.html
  const db = new DatabaseSync(url, { readOnly: true })
  db.exec(pragmas)
  return db
}

/** A question whose rows are lists: an object for each row costs as much as finding it. */
export function prepareRows(db: DatabaseSync, sql: string): StatementSync {
  const statement = db.prepare(sql)
  statement.setReturnArrays(true)
  return statement
}
