import type { DatabaseSync } from 'node:sqlite'

/**
 * Enters the state that is read from here on, and tells which it is: what was learnt of one need not be asked again as long as
 * this answers the same, be it for hours in which nobody writes. `undefined`: a transaction that was begun elsewhere, in which
 * anything may change.
 *
 * A state is held until all that this thread can do without waiting is done, so many requests share it: taking and leaving one
 * costs as much as several look-ups. None of them misses what was acknowledged before it was sent, because all of them were
 * received before: the thread hears of nothing new (a request, a commit) before it waits.
 */
export type Snapshot = () => number | undefined

export function openSnapshot(db: DatabaseSync): Snapshot {
  const [begin, end] = [db.prepare('BEGIN'), db.prepare('COMMIT')]
  // https://www.sqlite.org/pragma.html#pragma_data_version: another number after each commit of others, and this one only reads
  const version = db.prepare('PRAGMA data_version')
  version.setReturnArrays(true)
  let state = 0
  let entered = false

  function leave(): void {
    entered = false
    if (db.isOpen) end.run()
  }

  return () => {
    if (entered) return state
    if (db.isTransaction) return undefined
    begin.run()
    process.nextTick(leave) // Node runs this when there are no more promises to settle
    const [number] = version.get() as unknown as [number]
    entered = true
    state = number
    return state
  }
}
