import { setTimeout as sleep } from 'node:timers/promises'
import type { Change } from '../port.ts'
import { commandTime } from './connection.ts'
import { changeId } from './key.ts'
import type { Reads } from './read.ts'
import type { Collections } from './schema.ts'
import type { Sequences } from './sequence.ts'

const page = 64 // changes read in one go
const patrol = 100 // ms between looks for commits of other processes; a look reads one small document

/** Changes up to `seen`: there are none between them and the last one that is given, or the end of the prefix. */
type Piece = { readonly changes: readonly Change[]; readonly seen: number }

export function openChanges({ changes }: Collections, sequences: Sequences, reads: Reads) {
  return async function next(tenant: string, after: number): Promise<Piece> {
    const prefix = await sequences.prefix(tenant)
    if (prefix <= after) return { changes: [], seen: after }
    const _id = { $gt: changeId(tenant, after), $lte: changeId(tenant, prefix) }
    const found = await changes
      .find({ _id, tenant }, { sort: { _id: 1 }, limit: page, maxTimeMS: commandTime })
      .toArray()
    const places = found.filter(it => 'type' in it)
    const [versions, before] = await Promise.all([
      reads.versions(tenant, places),
      reads.versions(
        tenant,
        places.map(place => ({ ...place, version: place.version - 1 })),
      ),
    ])
    const made = versions.flatMap((version, at) => (version ? [{ after: version, before: before[at] }] : []))
    return { changes: made, seen: found.length < page ? prefix : (found.at(-1)?.seq ?? prefix) }
  }
}

/** Wakes those who wait for changes as soon as a commit of this process is done. */
export type Bell = {
  /** Resolves at the next ring, after `patrol`, or when the signal is aborted. */
  wait(tenant: string, signal: AbortSignal): Promise<void>
  ring(tenant: string): void
}

export function openBell(): Bell {
  const sleepers = new Map<string, AbortController>()
  return {
    async wait(tenant, signal) {
      const bell = sleepers.get(tenant) ?? new AbortController()
      sleepers.set(tenant, bell)
      await sleep(patrol, undefined, { signal: AbortSignal.any([signal, bell.signal]) }).catch(() => undefined)
    },
    ring(tenant) {
      sleepers.get(tenant)?.abort()
      sleepers.delete(tenant)
    },
  }
}

export async function* changes(
  tenant: string,
  after: number,
  signal: AbortSignal,
  next: (tenant: string, after: number) => Promise<Piece>,
  bell: Bell,
): AsyncGenerator<Change> {
  let behind = after
  while (!signal.aborted) {
    const rung = bell.wait(tenant, signal) // begun before the look, so that no ring is missed
    const { changes: found, seen } = await next(tenant, behind)
    for (const change of found) {
      if (signal.aborted) return
      yield change
    }
    if (seen === behind) await rung
    behind = seen
  }
}
