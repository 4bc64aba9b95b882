import type { Filter } from 'mongodb'
import type { Note, NoteKey, Store } from '../port.ts'
import { insertOnce } from './insert.ts'
import { hashedId } from './key.ts'
import type { Collections, NoteDoc } from './schema.ts'

type Notes = Pick<Store, 'note' | 'notes' | 'noted' | 'keepNote' | 'dropNote' | 'dropNotes'>

/** Each change is one atomic update of one document. */
export function openNotes({ notes }: Collections, clock: () => number): Notes {
  const standing = (): Filter<NoteDoc> => ({
    $or: [{ expires: { $exists: false } }, { expires: { $gt: new Date(clock()) } }],
  })
  return {
    async note(key) {
      const doc = await notes.findOne({ _id: idOf(key), ...standing() })
      return doc ? noteOf(doc) : undefined
    },
    async notes({ tenant, kind, tag, after = '', limit }) {
      const wanted = { tenant, kind, id: { $gt: after }, ...(tag === undefined ? {} : { tags: tag }), ...standing() }
      return (await notes.find(wanted).sort({ id: 1 }).limit(limit).toArray()).map(noteOf)
    },
    noted: (tenants, kind) => notes.distinct('tenant', { tenant: { $in: [...tenants] }, kind }),
    async keepNote(note) {
      const doc = docOf(note)
      const { _id, revision, expires, ...rest } = doc
      const over: Filter<NoteDoc> = { _id, expires: { $lte: new Date(clock()) } }
      const same: Filter<NoteDoc> = { _id, revision, ...standing() }
      const update = {
        $set: { ...rest, ...(expires ? { expires } : {}) },
        ...(expires ? {} : { $unset: { expires: 1 as const } }),
        $inc: { revision: 1 },
      }
      const written = await notes.findOneAndUpdate(revision === 0 ? over : same, update, { returnDocument: 'after' })
      if (written) return written.revision
      if (revision !== 0) return undefined
      return (await insertOnce(notes, { ...doc, revision: 1 })) ? 1 : undefined
    },
    async dropNote(key, revision) {
      const wanted = { _id: idOf(key), ...(revision === undefined ? {} : { revision }), ...standing() }
      return (await notes.deleteOne(wanted)).deletedCount === 1
    },
    async dropNotes(tenant, kind, tag) {
      await notes.deleteMany({ tenant, kind, tags: tag })
    },
  }
}

function idOf({ tenant, kind, id }: NoteKey): string {
  return hashedId(tenant, JSON.stringify([kind, id]))
}

function docOf({ expires, ...note }: Note): NoteDoc {
  return { _id: idOf(note), ...note, ...(expires === undefined ? {} : { expires: new Date(expires) }) }
}

function noteOf({ tenant, kind, id, text, tags, expires, revision }: NoteDoc): Note {
  return { tenant, kind, id, text, tags, revision, ...(expires ? { expires: expires.getTime() } : {}) }
}
