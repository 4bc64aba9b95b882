import type { DatabaseSync } from 'node:sqlite'
import { TooCostly } from '../../port.ts'

/** The search needs more than its first helping; nothing was found yet. */
export class Postponed extends Error {
  override readonly name = 'Postponed'
}

export type Bounds = {
  /** ms. */
  readonly budget: number
  /** Rows, and ms that it may take here; then `Postponed` is thrown. */
  readonly helping?: { readonly rows: number; readonly ms: number }
}

const often = 128 // rows between looks at the clock; some 0.1 ms

/**
 * SQLite cannot be interrupted, but statements ask this for each row that they look at, and it can throw. The time is that of
 * the process, not the store's clock: it bounds work, and nothing that is stored depends on it.
 */
export function openEffort(db: DatabaseSync) {
  let rows = 0
  let most = 0
  let here = 0
  let end = 0

  function check(): void {
    const now = performance.now()
    if (now >= end) throw new TooCostly('the search takes longer than it may')
    if (rows > most || now >= here) throw new Postponed('the search takes longer than it may here')
  }

  /** The argument makes SQLite ask once for each row of its table. */
  function tick(_row: unknown): 1 {
    rows++
    if (rows % often === 0) check()
    return 1
  }

  db.function('tick', tick)
  return {
    begin({ budget, helping }: Bounds): void {
      const now = performance.now()
      rows = 0
      most = helping?.rows ?? Number.POSITIVE_INFINITY
      here = now + (helping?.ms ?? Number.POSITIVE_INFINITY)
      end = now + budget
      check()
    },
    check,
    /** So many are going to be looked at by a statement that does not ask. */
    add(some: number): void {
      rows += some
    },
    examined: () => rows,
  }
}

export type Effort = ReturnType<typeof openEffort>
