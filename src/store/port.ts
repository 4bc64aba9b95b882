/**
 * What Kiln needs of a database. Two adapters keep these promises: `sqlite/` and `mongo/`, one contract suite proves it.
 *
 * The store knows keys, versions and text; it knows no HTTP and decides nothing about FHIR.
 * Tenant leads every key: no function takes an id without its tenant.
 */
import type { Draft } from '../fhir/stamp.ts'
import type { Contained } from '../search/contained.ts'
import type { Entries } from '../search/entry.ts'
import type { Node, Place, SortKey } from '../search/node.ts'

export type Key = { readonly tenant: string; readonly type: string; readonly id: string }

/** How a version came to be; `Bundle.entry.request.method` of history. */
export type Method = 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** An immutable row: one state that a resource had. A deletion is a version without text. */
export type Version = Key & {
  /** `meta.versionId`: 1, 2, 3 … without gaps for each resource, deletions counted. */
  readonly version: number
  /** Place in the tenant's commit sequence: unique, rising in commit order, and per resource in version order. */
  readonly seq: number
  /** `meta.lastUpdated` in ms: a time read off the clock by then; never falls while `seq` rises, not even if the clock does. */
  readonly updated: number
  readonly method: Method
  /** There was no such resource before: the first version of all, or the first after a deletion. */
  readonly created: boolean
  /** The JSON that goes out, byte for byte; `undefined`: deleted by this version. */
  readonly json: string | undefined
}

/** What must hold when the write happens, judged inside the transaction. */
export type Condition =
  /** This is the current version, and not a deletion. */
  | { readonly version: number }
  /** There is a current version that is not a deletion. */
  | 'present'
  /** There is none: never was, or was deleted. */
  | 'absent'

export type Write =
  | {
      readonly do: 'put'
      readonly key: Key
      readonly method: Exclude<Method, 'DELETE'>
      readonly draft: Draft
      readonly when?: Condition
      /** `Type/id` of every local resource referred to; checked and kept where the tenant's integrity is on. */
      readonly links?: readonly string[]
      /** What the resource is found by from now on; absent: only by its id, time and type. */
      readonly entries?: Entries
      /**
       * What it contains, each id once. Until the next version of their container, searches of the type `#Medication` find them
       * under ids like `MedicationRequest/23#m1`, as versions that have their own text and all else of their container's; no
       * other question of a store knows them.
       */
      readonly contained?: readonly Contained[]
    }
  /** Of a resource that is absent or deleted already: no new version. */
  | { readonly do: 'delete'; readonly key: Key; readonly when?: Condition }
  /** Changes nothing, but the commit fails unless the condition holds. */
  | { readonly do: 'check'; readonly key: Key; readonly when: Condition }

/**
 * A named counter that serialises those who act on the same criterion: read its `generation`, look at the data, commit with
 * the generation that was read. Of several that read the same one, exactly one commits. (DESIGN: conditional interactions)
 */
export type Claim = { readonly key: string; readonly generation: number }

/**
 * What must still be so when the commit happens, before its own writes: the present resources of `type` that fit `where` are
 * exactly these. Together with a claim this is a conditional interaction that nobody overtakes.
 */
export type Guard = { readonly type: string; readonly where: Node; readonly ids: readonly string[] }

/** Remembers what a request with an Idempotency-Key did. */
export type Receipt = {
  /** Principal and key. */
  readonly key: string
  /** Of method, target and body: the same key with another request is refused. */
  readonly fingerprint: string
  /** What the caller needs, beside the versions, to answer again. */
  readonly note: string
}

export type Fence = { readonly name: string; readonly token: number }

/** All of it happens, or nothing. At most one write per key. */
export type Commit = {
  readonly tenant: string
  readonly writes: readonly Write[]
  readonly claims?: readonly Claim[]
  readonly guards?: readonly Guard[]
  readonly receipt?: Receipt
  /** The commit fails unless this lease is still held under this token. */
  readonly fence?: Fence
  /** Referential integrity: every link must lead to a present resource, and nothing linked to may be deleted. */
  readonly integrity?: boolean
}

export type Outcome = Committed | Refused

export type Committed = {
  readonly ok: true
  /** One per write, in order: the version it made; `undefined` for checks and for deletes that had nothing to delete. */
  readonly versions: readonly (Version | undefined)[]
}

/** Nothing was written. Conditions are judged before links, and each in the order of the writes: the first that does not hold is told. */
export type Refused = {
  readonly ok: false
  readonly because: /** `writes[at].when` did not hold; `current` is what stands instead. */
    | { readonly why: 'condition'; readonly at: number; readonly current: Version | undefined }
    /** Somebody else used the claim since its generation was read. */
    | { readonly why: 'claim'; readonly key: string }
    /** `guards[at]` does not hold any more. */
    | { readonly why: 'guard'; readonly at: number }
    /** The receipt's key was used before; by another request if the fingerprints differ. */
    | { readonly why: 'receipt'; readonly was: Receipt; readonly versions: readonly Version[] }
    | { readonly why: 'fence' }
    /** `writes[at]` links to a resource that is not there. */
    | { readonly why: 'dangling'; readonly at: number; readonly link: string }
    /** `writes[at]` would delete what `by` (`Type/id`) links to. */
    | { readonly why: 'linked'; readonly at: number; readonly by: string }
    /** `writes[at]` does not fit the store's size limit, in bytes. */
    | { readonly why: 'too-large'; readonly at: number; readonly limit: number }
}

/** A commit whose outcome nobody knows: it may have happened. Everything else that `commit` throws means: it did not. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown'
}

/** Could not be tried or was given up without effect (busy, lost connection, closing); the same call may succeed later. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
}

export type Change = { readonly after: Version; readonly before: Version | undefined }

export type HistoryQuery = {
  readonly tenant: string
  readonly type?: string
  /** Only with `type`. */
  readonly id?: string
  /** `updated >= since`, ms. */
  readonly since?: number
  /** Only versions that were current at some time in [low, high), ms: `updated < high` and no successor with `updated <= low`. */
  readonly at?: { readonly low: number; readonly high: number }
  readonly order: 'newest' | 'oldest'
  /** Only versions with `seq <= until`: pages of one walk see one state. */
  readonly until: number
  /** Continue behind this `seq`, in the direction of `order`. */
  readonly after?: number
  readonly limit: number
}

export type HistoryPage = {
  readonly versions: readonly Version[] /** There are more behind the last one. */
  readonly more: boolean
}

/** Present resources of one type. */
export type SearchQuery = {
  readonly tenant: string
  readonly type: string
  readonly where: Node
  /** Then by `born`, always ascending. */
  readonly sort: readonly SortKey[]
  /** Only resources whose current version has `seq <= until`. */
  readonly until?: number
  /** Continue behind this place. */
  readonly after?: Place
  readonly limit: number
  /** How long this may take, ms; then `TooCostly` is thrown. */
  readonly budget: number
  /** The page is to tell its `until`: what `sequence` would have told just before, for less. */
  readonly anchored?: true
}

export type Match = {
  readonly version: Version
  readonly place: Place
}

export type SearchPage = {
  readonly matches: readonly Match[]
  /** There are more behind the last one. */
  readonly more: boolean
  /** Where it was asked for: all that was committed up to this place of the sequence was seen, and maybe more. */
  readonly until?: number
}

/** How a store goes about a search. */
export type Explanation = {
  /** What is sent to the database, as it is written there. */
  readonly compiled: string
  readonly indexes: readonly string[]
  /** Resources and index rows that were looked at. */
  readonly examined: number
  /** No index narrows this down: every resource of the type is looked at. */
  readonly scan: boolean
}

/** The search was given up: it would have taken longer than its budget, or asks for more than the database can be asked. */
export class TooCostly extends Error {
  override readonly name = 'TooCostly'
}

export type ScanQuery = {
  readonly tenant: string
  readonly type: string
  /** The state at this place of the commit sequence, whatever is written meanwhile. */
  readonly at: number
  /** Continue behind this id. */
  readonly after?: string
}

/** What a version is to be found by, beginning now. */
export type Reindexed = {
  readonly type: string
  readonly id: string
  /** The one that the entries were made of. */
  readonly version: number
  readonly entries: Entries
}

/** A version that says the same in another text: under another key, say. Of what is contained, the version is its container's. */
export type Reworded = {
  readonly type: string
  readonly id: string
  readonly version: number
  /** As it reads now; one that reads otherwise stays as it is. */
  readonly was: string
  readonly json: string
}

export type NoteKey = { readonly tenant: string; readonly kind: string; readonly id: string }

/**
 * What a protocol must remember: a code, a session, an account, a token that was revoked. No resource: it has no history, no
 * search finds it, and it is gone when it expires.
 */
export type Note = NoteKey & {
  readonly text: string
  /** By which it is found beside its id: the grant that a token belongs to. */
  readonly tags: readonly string[]
  /** ms; absent: it stays until it is dropped. */
  readonly expires?: number
  /** Another one with every change. */
  readonly revision: number
}

/** Of a kind, in the order of their ids. */
export type NoteQuery = {
  readonly tenant: string
  readonly kind: string
  readonly tag?: string
  /** Continue behind this id. */
  readonly after?: string
  readonly limit: number
}

/** What some versions add to what a tenant has. */
export type Growth = {
  /** Present ones; less than 0 where more were deleted than created. */
  readonly resources: number
  /** Of the JSON of all versions, as UTF-8. */
  readonly bytes: number
}

/** The right to run a job alone until `expires` (ms); a later holder always has a higher token. */
export type Lease = { readonly name: string; readonly owner: string; readonly token: number; readonly expires: number }

export interface Store {
  /** The current version, a deletion included. */
  read(key: Key): Promise<Version | undefined>
  /** As `read`, for many keys of one tenant, in order. */
  readAll(keys: readonly Key[]): Promise<readonly (Version | undefined)[]>
  vread(key: Key, version: number): Promise<Version | undefined>
  history(query: HistoryQuery): Promise<HistoryPage>
  /** How many versions all pages of this walk hold together. */
  countHistory(query: Omit<HistoryQuery, 'order' | 'after' | 'limit'>): Promise<number>

  search(query: SearchQuery): Promise<SearchPage>
  /** How many `search` would find on all pages together. */
  count(query: Omit<SearchQuery, 'sort' | 'after' | 'limit'>): Promise<number>
  /** As `search` would do it; it is carried out and its matches forgotten. */
  explain(query: SearchQuery): Promise<Explanation>
  /** The types of which the tenant has, or had, resources, and those of contained ones (`#Medication`) that it has. */
  types(tenant: string): Promise<readonly string[]>

  /** Resolves once the outcome is durable. */
  commit(commit: Commit): Promise<Outcome>
  /**
   * Replaces the entries of those that are still current: no version, no change, no history. Gives how many; whoever lost the
   * lease has done nothing, and is told `undefined`.
   */
  reindex(tenant: string, items: readonly Reindexed[], fence: Fence): Promise<number | undefined>

  /**
   * Replaces texts, also of versions that are no longer current: no version, no change, no history. Gives how many; whoever lost
   * the lease has done nothing, and is told `undefined`.
   */
  reword(tenant: string, items: readonly Reworded[], fence: Fence): Promise<number | undefined>

  /** The end of the gap-free prefix of the tenant's commit sequence: nothing at or before it will still appear. Includes this process's own finished commits. */
  sequence(tenant: string): Promise<number>
  /**
   * The same of many tenants by one question, for whoever watches them; those that never wrote are missing. What others finished
   * at this moment may be missing too, and is there the next time.
   */
  ends(tenants: readonly string[]): Promise<ReadonlyMap<string, number>>
  /**
   * A place of the sequence at or behind the last version of any of these types, 0 if there is none: it counts all that was
   * acknowledged before, by whichever process. A promise only where it must be waited for.
   */
  latest(tenant: string, types: readonly string[]): number | Promise<number>
  /** Every change behind `after`, in sequence order, never past a gap; waits for more until aborted. */
  changes(tenant: string, after: number, signal: AbortSignal): AsyncIterable<Change>
  /** The resources of a type as they stood at `at`, by id, deletions left out. May be resumed and takes no lock. */
  scan(query: ScanQuery): AsyncIterable<Version>

  /** Of the versions behind `after`, up to `until`; those of the type `but` are not counted. Costs as much as there are. */
  measure(tenant: string, after: number, until: number, but?: string): Promise<Growth>
  /**
   * Takes away all that the tenant has, piece by piece, and tells how many rows each piece had; whoever is stopped goes on by
   * asking again. Nobody else may use the tenant meanwhile, nor its name ever after: what processes remember of it is not
   * told, and its sequence does not begin anew.
   */
  erase(tenant: string): AsyncIterable<number>
  /** Takes away the texts of entries that are no more, as far as they are kept, piece by piece, and tells how many each had. */
  tidy(tenant: string): AsyncIterable<number>

  /** 0 where the claim was never used. */
  generation(tenant: string, claim: string): Promise<number>
  receipt(
    tenant: string,
    key: string,
  ): Promise<{ readonly receipt: Receipt; readonly versions: readonly Version[] } | undefined>
  note(key: NoteKey): Promise<Note | undefined>
  notes(query: NoteQuery): Promise<readonly Note[]>
  /** Those of the tenants that have notes of a kind that does not expire, by one question. */
  noted(tenants: readonly string[], kind: string): Promise<readonly string[]>
  /**
   * Writes the note if nobody changed it since `revision` was read (0: there was none), and gives the new revision; `undefined`:
   * somebody was faster, and nothing is changed.
   */
  keepNote(note: Note): Promise<number | undefined>
  /** Only if it is at this revision, where one is given. `false`: it is not there, or was changed. */
  dropNote(key: NoteKey, revision?: number): Promise<boolean>
  /** All of a kind that have the tag. */
  dropNotes(tenant: string, kind: string, tag: string): Promise<void>
  /** Forgets receipts and claims older than `before` (ms), and notes that expired before. */
  forget(tenant: string, before: number): Promise<void>

  /** Takes the lease if it is free or has expired; `undefined` if somebody else holds it. */
  acquire(tenant: string, name: string, owner: string, ms: number): Promise<Lease | undefined>
  /** `undefined` if it was lost meanwhile. */
  renew(tenant: string, lease: Lease, ms: number): Promise<Lease | undefined>
  release(tenant: string, lease: Lease): Promise<void>

  /** 32 random bytes that all processes on this store share, made at first use. */
  secret(name: string): Promise<Uint8Array>

  /** Throws `StoreUnavailable` unless the store answers and its migrations are done. */
  ready(): Promise<void>
  close(): Promise<void>
}

/** What an adapter needs of the world. */
export type StoreNeeds = {
  readonly clock: () => number
  readonly random: (bytes: number) => Uint8Array
  readonly observe: (event: StoreEvent) => void
  /** Throws where a test wants this step to fail; does nothing in production. */
  readonly fault?: (step: string) => void | Promise<void>
}

export type StoreEvent =
  | { readonly event: 'store.migrated'; readonly from: number; readonly to: number; readonly ms: number }
  | { readonly event: 'store.commit'; readonly commits: number; readonly writes: number; readonly ms: number }
  | { readonly event: 'store.retry'; readonly step: string; readonly attempt: number }
  | { readonly event: 'store.failed'; readonly step: string; readonly error: Error }
