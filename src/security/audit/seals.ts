/** Where seals are kept: one note each, which nobody replaces, and one that tells the last of them. */
import type { Note, Store } from '../../store/port.ts'
import { origin, parseSeal, type Seal, type SealHead } from './seal.ts'

type Notes = Pick<Store, 'note' | 'keepNote'>

const kind = 'audit-seal'

/** So that the order of ids is that of numbers. */
function idOf(number: number): string {
  return String(number).padStart(12, '0')
}

export async function sealNumber(
  store: Pick<Store, 'note'>,
  tenant: string,
  number: number,
): Promise<Seal | undefined> {
  const note = await store.note({ tenant, kind, id: idOf(number) })
  return note && parseSeal(note.text)
}

/** The last one. The note that tells it may be one behind: a process can die between the two. */
export async function lastSeal(store: Pick<Store, 'note'>, tenant: string): Promise<SealHead> {
  let last: SealHead = (await head(store, tenant)).seal ?? origin
  for (;;) {
    const next = await sealNumber(store, tenant, last.number + 1)
    if (next === undefined) return last
    last = next
  }
}

export async function head(store: Pick<Store, 'note'>, tenant: string): Promise<{ seal?: Seal; revision: number }> {
  const note = await store.note(headKey(tenant))
  const seal = note && parseSeal(note.text)
  return { ...(seal === undefined ? {} : { seal }), revision: note?.revision ?? 0 }
}

/** Whether it is the one of its number: of several processes that seal at once, one does. */
export async function keepSeal(store: Notes, seal: Seal): Promise<boolean> {
  const { tenant, number } = seal
  const text = JSON.stringify(seal)
  if ((await store.keepNote(noteOf({ tenant, kind, id: idOf(number) }, text, 0))) === undefined) return false
  const { seal: told, revision } = await head(store, tenant)
  if ((told?.number ?? 0) < number) await store.keepNote(noteOf(headKey(tenant), text, revision))
  return true
}

function headKey(tenant: string) {
  return { tenant, kind: 'audit-head', id: 'head' }
}

/** How far a job has come that goes through all events: a number. */
export function openPosition(store: Notes, tenant: string, name: string) {
  const key = { tenant, kind: 'audit-position', id: name }
  return {
    async read(): Promise<number> {
      return Number((await store.note(key))?.text ?? 0)
    },
    /** Only forward. Who is overtaken leaves it. */
    async advance(to: number): Promise<void> {
      const note = await store.note(key)
      if (Number(note?.text ?? 0) < to) await store.keepNote(noteOf(key, String(to), note?.revision ?? 0))
    },
  }
}

function noteOf(key: Pick<Note, 'tenant' | 'kind' | 'id'>, text: string, revision: number): Note {
  return { ...key, text, tags: [], revision }
}
