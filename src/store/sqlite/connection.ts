import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

export type Synchronous = 'FULL' | 'NORMAL'

export const patience = 5_000 // ms to wait for another process of this machine; its longest transaction is a fraction of that

const mapped = 2 ** 31 // bytes of the file that reads see without copying; on 1,000,000 resources a third of their time

/**
 * What a writer keeps of the file. As long as that is below 1 GB, SQLite goes through all that is kept at nearly each commit:
 * where it puts pages in order, one bears for a moment the number of the page at 1 GB, and later all that seems to be behind
 * the end is dropped. This costs more than to read what is not kept, at 80 MB as at 800. Decided when the file is opened.
 */
const kept = { small: 16, large: 64 } as const // MB
const large = 2 ** 30 // bytes

/** The one writing connection of a thread. `FULL`: an acknowledged commit survives power loss. */
export function openWriting(file: string, synchronous: Synchronous): DatabaseSync {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  const db = new DatabaseSync(file, { timeout: patience })
  db.exec(`
    PRAGMA page_size = 8192;
    PRAGMA synchronous = ${synchronous};
    PRAGMA cache_size = ${-1024 * (size < large ? kept.small : kept.large)};
    PRAGMA temp_store = MEMORY`)
  return db
}

/**
 * MB that a reader keeps of what it does not map: of a file below 2 GB only what is in the log. Each commit of another connection
 * drops all of it, and goes through the whole table of a cache that was ever full: 35 µs for each 64 MB, whatever is in it then.
 */
const unmapped = 128

/** Sees every commit that was acknowledged, by whichever connection, from its next statement on, or from the next `Snapshot`. */
export function openReading(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { readOnly: true, timeout: patience })
  db.exec(`PRAGMA cache_size = ${-1024 * unmapped}; PRAGMA mmap_size = ${mapped}`)
  return db
}

/** https://www.sqlite.org/rescode.html, primary codes. */
export const code = { busy: 5, locked: 6, full: 13 } as const

/** `undefined`: not an error of SQLite. */
export function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return undefined
  return error.errcode & 0xff // the rest is the extended code
}
