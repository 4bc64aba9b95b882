/** Notes of some kinds are sealed whole: what the log of the audit keeps, until events are made of it, tells what was asked for. */
import type { Note, NoteKey, Store } from '../../store/port.ts'
import { auditType } from '../audit/audit-event.ts'
import { logKind } from '../audit/portion.ts'
import { type About, keyNameOf, sealText } from './envelope.ts'
import type { Keys } from './keys.ts'
import type { Opening } from './opening.ts'
import { tenantRing } from './ring.ts'
import type { Schemes } from './scheme.ts'

type Needs = {
  readonly store: Pick<Store, 'note' | 'notes' | 'keepNote'>
  readonly keys: Keys
  readonly schemes: Schemes
  readonly opening: Opening
  readonly random: (bytes: number) => Uint8Array
}

export function sealedNotes({ store, keys, schemes, opening, random }: Needs): Needs['store'] {
  async function open(note: Note): Promise<Note> {
    if (note.kind !== logKind || keyNameOf(note.text) === undefined) return note
    return { ...note, text: await opening.text(note.tenant, note.text, aboutNote(note)) }
  }

  async function seal(note: Note): Promise<Note> {
    if ((await schemes()).writes({ type: auditType, id: '' }).is === 'nothing') return note
    const ring = await keys.make(note.tenant, tenantRing)
    const by = ring === 'erased' ? undefined : ring.at(-1)
    if (by === undefined) throw new Error('the key of a tenant stays')
    return { ...note, text: sealText(note.text, by, aboutNote(note), random) }
  }

  return {
    async note(key) {
      const found = await store.note(key)
      return found && open(found)
    },
    notes: async query => Promise.all((await store.notes(query)).map(open)),
    keepNote: async note => store.keepNote(note.kind === logKind ? await seal(note) : note),
  }
}

export function aboutNote({ tenant, kind, id }: NoteKey): About {
  return [tenant, 'note', kind, id]
}
