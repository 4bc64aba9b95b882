import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Change } from '../port.ts'
import type { Names } from './names.ts'
import { toVersion, type VersionRow, versionColumns } from './version.ts'

const page = 64 // changes read in one go
const patrol = 50 // ms between looks for commits of other processes; reads one number from shared memory

type Row = readonly [...VersionRow, type: number, id: string, root: number]

/** In SQLite commits appear in the order of their sequence, so there are no gaps to wait for. */
export function openChanges(db: DatabaseSync, tenants: Names, types: Names) {
  const next = db.prepare(
    `SELECT ${versionColumns}, v.type, v.id, v.root FROM version v
     WHERE v.tenant = ? AND v.seq > ? ORDER BY v.seq LIMIT ${page}`,
  )
  const before = db.prepare(`SELECT ${versionColumns} FROM version v WHERE v.root = ? AND v.version = ?`)
  next.setReturnArrays(true)
  before.setReturnArrays(true)
  return (tenant: string, after: number): Change[] => {
    const rows = next.all(tenants.key(tenant) ?? 0, after) as unknown as readonly Row[]
    return rows.map(([seq, version, updated, method, json, type, id, root]) => {
      const key = { tenant, type: types.name(type), id }
      const previous = before.get(root, version - 1) as unknown as VersionRow | undefined
      return {
        after: toVersion(key, [seq, version, updated, method, json]),
        before: previous && toVersion(key, previous),
      }
    })
  }
}

/** Woken by our own commits and, through `patrol`, by those of other processes. */
export type Bell = {
  /** Resolves when something may have changed, or the signal is aborted. */
  wait(tenant: string, signal: AbortSignal): Promise<void>
  /** Asks for the tenants only if somebody waits. */
  ring(tenants: () => ReadonlySet<string>): void
  close(): void
}

/** Wakes those who wait for changes: at once for our own commits, within `patrol` for those of other processes. */
export function openBell(db: DatabaseSync): Bell {
  const state = db.prepare('PRAGMA data_version')
  const look = () => {
    try {
      return state.get()?.['data_version'] as number
    } catch {
      return Number.NaN // never the same: whoever is woken meets the error in a call of his own
    }
  }
  const sleepers = new Set<{ readonly tenant: string; readonly wake: () => void }>()
  let seen = look()
  let timer: NodeJS.Timeout | undefined
  let open = true

  function wakeWhere(test: (tenant: string) => boolean): void {
    for (const sleeper of sleepers) if (test(sleeper.tenant)) sleeper.wake()
  }

  function guard(): void {
    const now = look()
    if (now === seen) return
    seen = now
    wakeWhere(() => true)
  }

  function leave(sleeper: { readonly tenant: string; readonly wake: () => void }): void {
    sleepers.delete(sleeper)
    if (sleepers.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  return {
    wait(tenant, signal) {
      return new Promise(resolve => {
        if (signal.aborted || !open) return resolve()
        const sleeper = {
          tenant,
          wake() {
            signal.removeEventListener('abort', sleeper.wake)
            leave(sleeper)
            resolve()
          },
        }
        signal.addEventListener('abort', sleeper.wake)
        sleepers.add(sleeper)
        timer ??= setInterval(guard, patrol)
      })
    },
    ring(tenants) {
      if (sleepers.size === 0) return
      const changed = tenants()
      wakeWhere(tenant => changed.has(tenant))
    },
    close() {
      open = false
      wakeWhere(() => true)
    },
  }
}

export async function* changes(
  tenant: string,
  after: number,
  signal: AbortSignal,
  read: (tenant: string, after: number) => Promise<readonly Change[]>,
  bell: Bell,
): AsyncGenerator<Change> {
  let seen = after
  while (!signal.aborted) {
    const found = await read(tenant, seen)
    // Nothing can ring in between: the wait begins in the turn of the read.
    if (found.length === 0) await bell.wait(tenant, signal)
    for (const change of found) {
      if (signal.aborted) return
      yield change
      seen = change.after.seq
    }
    if (found.length === page) await nextTurn() // a long backlog must not keep others from being served
  }
}
