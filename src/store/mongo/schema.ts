/** The documents, their collections and indexes. A step that was released is never changed again. */
import type { Collection, Db, Document, ServerSessionId } from 'mongodb'
import type { Method } from '../port.ts'

/** Where a resource stands now. `raw` goes out; `resource` is its projection, for people who aggregate over their data. */
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
  /** Has a document in `links`. */
  readonly linked?: true
  /** Counts those who rely on the resource staying as it is: they touch it, so that they conflict with its writers. */
  readonly guard?: number
}

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

export type SecretDoc = { readonly _id: string; readonly value: Uint8Array }

export type Collections = {
  readonly changes: Collection<ChangeDoc>
  readonly sequences: Collection<CounterDoc>
  readonly claims: Collection<ClaimDoc>
  readonly receipts: Collection<ReceiptDoc>
  readonly links: Collection<LinkDoc>
  readonly leases: Collection<LeaseDoc>
  readonly secrets: Collection<SecretDoc>
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
    secrets: db.collection('secrets'),
    pointers: type => db.collection(type),
    versions: type => db.collection(versionsOf(type)),
  }
}

export const versionsOf = (type: string) => `${type}_History`

/** What each migration adds; all of it may be repeated. */
export const schema: readonly Readonly<Record<string, readonly Record<string, 1>[]>>[] = [
  {
    changes: [{ tenant: 1, updated: 1, seq: 1 }],
    sequences: [],
    claims: [{ tenant: 1, used: 1 }],
    receipts: [{ tenant: 1, used: 1 }],
    links: [{ tenant: 1, targets: 1 }],
    leases: [],
    secrets: [],
  },
]

/** Of the history of each type; its other questions, and all about current resources, are ranges of `_id`. */
export const versionIndex = { tenant: 1, seq: 1 } as const
