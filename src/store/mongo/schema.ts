/** The documents, their collections and indexes. A step that was released is never changed again. */
import type { Collection, Db, Document, ServerSessionId } from 'mongodb'
import { containedType, isContained, plainType } from '../../search/contained.ts'
import type { Method } from '../port.ts'
import { insertOnce } from './insert.ts'
import { versionId } from './key.ts'
import type { IndexFields } from './search/index-fields.ts'

/**
 * Where a resource stands now. `raw` goes out; `resource` is its projection, for people who aggregate over their data; `index` is
 * what searches find it by.
 */
export type PointerDoc = {
  /** `tenant/id` */
  readonly _id: string
  readonly tenant: string
  readonly id: string
  /** 0: it never was, but somebody made sure of that. */
  readonly version: number
  readonly seq: number
  readonly updated: Date
  readonly method: Method
  readonly created: boolean
  readonly deleted: boolean
  readonly raw?: string
  readonly resource?: Document
  readonly index?: IndexFields
  /** The `seq` of its first version, whatever became of it since; absent where there is no version. */
  readonly born?: number
  /** Has a document in `links`. */
  readonly linked?: true
  /** Names of what it contains, `Medication#m1`: each has a `ContainedDoc`. */
  readonly contained?: readonly string[]
  /** Counts those who rely on the resource staying as it is: they touch it, so that they conflict with its writers. */
  readonly guard?: number
}

/**
 * What a present resource contains, as searches find it: everything is its container's but `_id` and `id`, `born`, `raw` and
 * `index`. It comes and goes with the version of its container.
 */
export type ContainedDoc = Omit<PointerDoc, 'resource' | 'linked' | 'contained' | 'guard'>

/** An immutable version. */
export type VersionDoc = {
  /** `tenant/id/version`, the number padded: the versions of a resource are a range. */
  readonly _id: string
  readonly tenant: string
  readonly id: string
  readonly version: number
  readonly seq: number
  readonly updated: Date
  readonly method: Method
  readonly created: boolean
  /** Absent: deleted by this version. */
  readonly raw?: string
}

/** One place in a tenant's sequence. The first of a transaction also tells whether that transaction was committed. */
export type ChangeDoc = {
  /** `tenant/seq`, the number padded. */
  readonly _id: string
  readonly tenant: string
  readonly seq: number
} & (
  | { readonly type: string; readonly id: string; readonly version: number; readonly updated: Date }
  /** Stands where a transaction was to begin, so that it can never commit. */
  | { readonly aborted: true }
)

export type Block = {
  readonly from: number
  readonly count: number
  /** Last sign of life, ms. */
  readonly since: number
  /** Of the transaction. */
  readonly session: ServerSessionId
}

/** The sequence of a tenant, moved without a transaction. */
export type CounterDoc = {
  /** The tenant. */
  readonly _id: string
  readonly next: number
  /** The latest `updated` given out, ms. */
  readonly clock: number
  /** Blocks whose transactions may still be under way. */
  readonly open: readonly Block[]
  /** By type, the end of the last block that was taken to write such a resource. */
  readonly latest?: Readonly<Record<string, number>>
}

export type ClaimDoc = {
  readonly _id: string
  readonly tenant: string
  readonly generation: number
  readonly used: Date
}

export type ReceiptDoc = {
  readonly _id: string
  readonly tenant: string
  readonly key: string
  readonly fingerprint: string
  readonly note: string
  readonly versions: readonly { readonly type: string; readonly id: string; readonly version: number }[]
  readonly used: Date
}

export type LinkDoc = {
  /** `tenant/Type/id` of the one that refers. */
  readonly _id: string
  readonly tenant: string
  /** `Type/id` */
  readonly source: string
  readonly targets: readonly string[]
}

/** Stays when the lease ends, so that tokens rise for ever. */
export type LeaseDoc = {
  readonly _id: string
  readonly owner: string
  readonly token: number
  /** ms */
  readonly expires: number
  /** Commits that relied on it. */
  readonly guard?: number
}

export type NoteDoc = {
  /** `tenant/…`: a hash of kind and id. */
  readonly _id: string
  readonly tenant: string
  readonly kind: string
  readonly id: string
  readonly text: string
  readonly tags: readonly string[]
  /** Absent: never. */
  readonly expires?: Date
  readonly revision: number
}

/** The guards of commits under way. */
export type AnnouncementDoc = {
  /** `tenant/name`, a name for each attempt. */
  readonly _id: string
  readonly tenant: string
  /** JSON of `Guard[]`: questions may be nested deeper than documents. */
  readonly guards: string
  readonly since: Date
  /** How many have written since what one of the guards may find. */
  readonly moved?: number
}

/** A resource type whose collections and indexes are complete. */
export type TypeDoc = { readonly _id: string }

export type SecretDoc = { readonly _id: string; readonly value: Uint8Array }

export type Collections = {
  readonly changes: Collection<ChangeDoc>
  readonly sequences: Collection<CounterDoc>
  readonly claims: Collection<ClaimDoc>
  readonly receipts: Collection<ReceiptDoc>
  readonly links: Collection<LinkDoc>
  readonly leases: Collection<LeaseDoc>
  readonly notes: Collection<NoteDoc>
  readonly announcements: Collection<AnnouncementDoc>
  readonly secrets: Collection<SecretDoc>
  readonly types: Collection<TypeDoc>
  /** Of `#Medication` the contained ones: they are searched in the same way. */
  pointers(type: string): Collection<PointerDoc>
  versions(type: string): Collection<VersionDoc>
}

/** Names of types begin with a capital, ours do not. */
export function openCollections(db: Db): Collections {
  return {
    changes: db.collection('changes'),
    sequences: db.collection('sequences'),
    claims: db.collection('claims'),
    receipts: db.collection('receipts'),
    links: db.collection('links'),
    leases: db.collection('leases'),
    notes: db.collection('notes'),
    announcements: db.collection('announcements'),
    secrets: db.collection('secrets'),
    types: db.collection('types'),
    pointers: type => db.collection(collectionOf(type)),
    versions: type => db.collection(versionsOf(type)),
  }
}

export const versionsOf = (type: string) => `${type}_History`

/** Of the current resources of a type, or of those that are contained. */
export const collectionOf = (type: string) => (isContained(type) ? `${plainType(type)}_Contained` : type)

/** The type whose current resources are in the collection, if it is one of those. */
export function typeOf(collection: string): string | undefined {
  return /^[A-Z][A-Za-z]*$/.exec(collection)?.[0]
}

/** The same, or of those that are contained. */
export function typeWithin(collection: string): string | undefined {
  const [, type, inner] = /^([A-Z][A-Za-z]*)(_Contained)?$/.exec(collection) ?? []
  return type !== undefined && inner !== undefined ? containedType(type) : type
}

export type Index = Readonly<Record<string, 1 | -1>>

/** What a migration adds; all of it may be repeated. */
export type Step = {
  readonly collections: Readonly<Record<string, readonly Index[]>>
  /** Of each type that is there already: new ones have all indexes from the start. */
  readonly everyType?: {
    readonly indexes: readonly Index[]
    /** Which these take the place of: gone once those are there, so that no search is without. */
    readonly instead?: readonly Index[]
    readonly fill?: (collections: Collections, type: string) => Promise<void>
  }
}

/** Of the history of each type; its other questions are ranges of `_id`. */
export const versionIndex: Index = { tenant: 1, seq: 1 }

/** With the date behind each term, so that both narrow what is read. */
const termsIndex: Index = { tenant: 1, 'index.terms': 1, 'index.date': 1 }

/**
 * Of the current resources of each type: by their entries, and in the orders that need no sorting. Terms are not joined with
 * `born`: the engine of the tests returns a wrong order from such an index.
 */
export const pointerIndexes: readonly Index[] = [
  termsIndex,
  { tenant: 1, 'index.ranges.low': 1 },
  { tenant: 1, 'index.ranges.high': 1 },
  { tenant: 1, born: 1 },
  { tenant: 1, updated: 1, born: 1 },
  { tenant: 1, updated: -1, born: 1 },
]

export const schema: readonly Step[] = [
  {
    collections: {
      changes: [{ tenant: 1, updated: 1, seq: 1 }],
      sequences: [],
      claims: [{ tenant: 1, used: 1 }],
      receipts: [{ tenant: 1, used: 1 }],
      links: [{ tenant: 1, targets: 1 }],
      leases: [],
      secrets: [],
    },
  },
  { collections: { types: [] }, everyType: { indexes: pointerIndexes, fill: fillBorn } },
  {
    collections: {
      notes: [
        { tenant: 1, kind: 1, id: 1 },
        { tenant: 1, kind: 1, tags: 1 },
        { tenant: 1, expires: 1 },
      ],
    },
  },
  { collections: { announcements: [] } },
  { collections: {}, everyType: { indexes: [termsIndex], instead: [{ tenant: 1, 'index.terms': 1 }] } },
]

const batch = 1_000 // resources whose birth is looked up in one go

/** From before searches: when a resource was first seen, its first version tells. With that the type is complete. */
async function fillBorn({ types, ...collections }: Collections, type: string): Promise<void> {
  const [pointers, versions] = [collections.pointers(type), collections.versions(type)]
  const old = { version: { $gt: 0 }, born: { $exists: false } }
  for (;;) {
    const found = await pointers.find(old, { projection: { tenant: 1, id: 1, seq: 1 }, limit: batch }).toArray()
    if (found.length === 0) break
    const first = found.map(({ tenant, id }) => versionId(tenant, id, 1))
    const births = await versions.find({ _id: { $in: first } }, { projection: { seq: 1 } }).toArray()
    const born = new Map(births.map(({ _id, seq }) => [_id, seq]))
    const updates = found.map(({ _id, seq }, at) => {
      const update = { $set: { born: born.get(first[at] ?? '') ?? seq } }
      return { updateOne: { filter: { _id, born: { $exists: false } }, update } }
    })
    await pointers.bulkWrite(updates)
  }
  await insertOnce(types, { _id: type })
}
