/**
 * Makes AuditEvents of what the log has kept, in the order in which it was kept, portion by portion. Ids follow from the portion's,
 * so one that was written down before the process died is not written down twice.
 */
import type { Holder } from '../../jobs/lease.ts'
import type { Pace } from '../../jobs/pace.ts'
import type { Note, Store, Write } from '../../store/port.ts'
import { draftsOf } from './audit-event.ts'
import { written } from './carrying-store.ts'
import type { AuditLogEvent } from './log.ts'
import { logKind, parsePortion } from './portion.ts'

export type WriteDownNeeds = {
  readonly store: Pick<Store, 'notes' | 'commit' | 'dropNote'>
  readonly observe: (event: AuditLogEvent) => void
  readonly signal: AbortSignal
}

const most = 500 // events in one commit, some 0.8 MB
const page = 4 // portions at a time

/** Until the lease is another's, or nothing is left: then `true`. */
export async function writeDown(needs: WriteDownNeeds, tenant: string, holder: Holder, pace: Pace): Promise<boolean> {
  const { store, signal, observe } = needs
  let isAll = true
  for (let after = ''; ; ) {
    const notes = await store.notes({ tenant, kind: logKind, after, limit: page })
    for (const note of notes) {
      if (signal.aborted) return false
      try {
        if (!(await writeOne(store, note, holder, pace))) return false
      } catch (error) {
        observe({ event: 'audit.failed', error }) // it stays, and is tried again; the others do not wait for it
        isAll = false
      }
      after = note.id
    }
    if (notes.length < page) return isAll
  }
}

async function writeOne(store: WriteDownNeeds['store'], note: Note, holder: Holder, pace: Pace): Promise<boolean> {
  const { tenant, id } = note
  let count = 0
  const newId = (): string => `${id}-${++count}`
  const writes = parsePortion(note.text)
    .flatMap(one => draftsOf(one, newId))
    .map(written(tenant))
  for (let from = 0; from < writes.length; from += most) {
    if (!(await pace(() => commit(store, tenant, writes.slice(from, from + most), holder)))) return false
  }
  await store.dropNote(note, note.revision)
  return true
}

/** `false`: the lease is another's. */
async function commit(
  store: WriteDownNeeds['store'],
  tenant: string,
  writes: readonly Write[],
  holder: Holder,
): Promise<boolean> {
  const fence = await holder.fence()
  if (fence === undefined) return false
  const outcome = await store.commit({ tenant, writes, fence })
  if (outcome.ok) return true
  if (outcome.because.why === 'fence') return false
  if (outcome.because.why !== 'condition') throw new Error(`the store refuses the audit: ${outcome.because.why}`)
  if (writes.length === 1) return true // it is there already
  const half = Math.ceil(writes.length / 2) // some are: another version of this program may have cut the portion elsewhere
  return (
    (await commit(store, tenant, writes.slice(0, half), holder)) && commit(store, tenant, writes.slice(half), holder)
  )
}
