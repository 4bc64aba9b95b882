/** All that lies in a store of a tenant, version by version, for one process that changes it while servers go on. */
import { type Holder, openHolder } from '../../jobs/lease.ts'
import { isContained } from '../../search/contained.ts'
import { all, type Place } from '../../search/node.ts'
import type { Fence, Note, Store, Version } from '../../store/port.ts'
import { logKind } from '../audit/portion.ts'
import { BadKeys } from './key-wrapper.ts'

export type StoredNeeds = {
  readonly below: Store
  readonly clock: () => number
  /** Of this process alone. */
  readonly owner: string
}

/** Asked for before each step. */
export type Held = () => Promise<Fence>

const batch = 100
const budget = 300_000 // ms

/** Throws `BadKeys` where another process is at it. */
export async function alone<T>(
  { below, clock, owner }: StoredNeeds,
  tenant: string,
  act: (held: Held) => Promise<T>,
): Promise<T> {
  const holder = openHolder({ store: below, clock, owner }, tenant, 'reseal')
  const held: Held = () => fenceOf(holder)
  try {
    await held()
    return await act(held)
  } finally {
    await holder.release()
  }
}

async function fenceOf(holder: Holder): Promise<Fence> {
  const fence = await holder.fence()
  if (fence === undefined) throw taken()
  return fence
}

export function taken(): BadKeys {
  return new BadKeys('another process is sealing anew at this moment; try again when it is done')
}

/** Every version of a type, or all that is contained of it. */
export function pagesOf(below: Store, tenant: string, type: string): AsyncGenerator<readonly Version[]> {
  return isContained(type) ? inside(below, tenant, type) : alones(below, tenant, type)
}

async function* alones(below: Store, tenant: string, type: string): AsyncGenerator<readonly Version[]> {
  const until = await below.sequence(tenant)
  for (let after = 0; ; ) {
    const page = await below.history({ tenant, type, order: 'oldest', until, after, limit: batch })
    yield page.versions
    const last = page.versions.at(-1)
    if (!page.more || last === undefined) return
    after = last.seq
  }
}

async function* inside(below: Store, tenant: string, type: string): AsyncGenerator<readonly Version[]> {
  const query = { tenant, type, where: all, sort: [], limit: batch, budget }
  for (let after: Place | undefined; ; ) {
    const { matches, more } = await below.search({ ...query, ...(after ? { after } : {}) })
    yield matches.map(({ version }) => version)
    after = matches.at(-1)?.place
    if (!more || after === undefined) return
  }
}

/** What the log of the audit keeps; notes that are written down meanwhile are gone. */
export async function* logNotes(below: Store, tenant: string): AsyncGenerator<Note> {
  for (let after = ''; ; ) {
    const notes = await below.notes({ tenant, kind: logKind, after, limit: 10 })
    yield* notes
    const last = notes.at(-1)
    if (last === undefined) return
    after = last.id
  }
}
