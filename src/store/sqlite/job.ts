import type { Commit, Fence, Lease, Note, NoteKey, Refused, Reworded } from '../port.ts'
import type { Tidied } from './tidy.ts'

/** What crosses to the writer's thread: plain data, cloned. `now` is the clock of the one who asks, in ms. */
export type Job =
  | CommitJob
  | {
      readonly do: 'reindex'
      readonly tenant: string
      readonly items: readonly PackedItem[]
      readonly fence: Fence
      readonly now: number
    }
  | {
      readonly do: 'reword'
      readonly tenant: string
      readonly items: readonly Reworded[]
      readonly fence: Fence
      readonly now: number
    }
  | {
      readonly do: 'acquire'
      readonly tenant: string
      readonly name: string
      readonly owner: string
      readonly ms: number
      readonly now: number
    }
  | { readonly do: 'renew'; readonly tenant: string; readonly lease: Lease; readonly ms: number; readonly now: number }
  | { readonly do: 'release'; readonly tenant: string; readonly lease: Lease }
  | { readonly do: 'keepNote'; readonly note: Note; readonly now: number }
  | { readonly do: 'dropNote'; readonly key: NoteKey; readonly revision: number | undefined; readonly now: number }
  | { readonly do: 'dropNotes'; readonly tenant: string; readonly kind: string; readonly tag: string }
  | { readonly do: 'forget'; readonly tenant: string; readonly before: number }
  | { readonly do: 'erase'; readonly tenant: string }
  | { readonly do: 'tidy'; readonly tenant: string; readonly after: number }
  | { readonly do: 'secret'; readonly name: string; readonly fresh: Uint8Array }
  /** Takes the write lock and lets it go. */
  | { readonly do: 'ping' }
  /** Comes alone, when all others are answered. */
  | { readonly do: 'close' }

export type CommitJob = {
  readonly do: 'commit'
  /** Its writes without entries. */
  readonly commit: Commit
  /** Those of each write, packed. */
  readonly entries: readonly (string | undefined)[]
  /** What each write contains; absent: none of them anything. */
  readonly contained?: readonly (readonly PackedContained[])[]
  /** Writes, entries and what they contain were sent before it, under this number. */
  readonly parts?: number
  readonly now: number
  readonly fail: CommitStep | undefined
}

export type PackedContained = {
  readonly type: string
  readonly id: string
  readonly json: string
  readonly packed: string
}

/** A version and what it is to be found by, packed. */
export type PackedItem = readonly [type: string, id: string, version: number, entries: string]

/** What comes back for each. */
export type Results = {
  readonly commit: Applied | Refused
  /** Resources that were changed; `undefined`: the lease was lost. */
  readonly reindex: number | undefined
  /** Texts that were changed; `undefined`: the lease was lost. */
  readonly reword: number | undefined
  readonly acquire: Lease | undefined
  readonly renew: Lease | undefined
  readonly release: undefined
  readonly keepNote: number | undefined
  readonly dropNote: boolean
  readonly dropNotes: undefined
  /** Rows forgotten; 0: no more. */
  readonly forget: number
  /** Rows taken away; 0: nothing is left. */
  readonly erase: number
  readonly tidy: Tidied
  readonly secret: Uint8Array
  readonly ping: undefined
  readonly close: undefined
}

/** A commit's versions without what the asker has: he prints the same text from the same draft. */
export type Applied = {
  readonly ok: true
  readonly updated: number
  /** Of the first version made; the others follow without gaps. */
  readonly seq: number
  /** One per write; 0 where it made no version. */
  readonly versions: readonly number[]
  readonly created: readonly boolean[]
}

/** Steps of a commit in the writer that a test may let fail: a function cannot cross, the name of the step can. */
export const commitSteps = ['commit.begin', 'commit.apply', 'commit.durable', 'commit.answer'] as const
export type CommitStep = (typeof commitSteps)[number]

export type Answer =
  | { readonly is: 'done'; readonly value: Results[Job['do']] }
  /** Without effect. */
  | { readonly is: 'failed'; readonly error: Error }
  /** May have taken effect. */
  | { readonly is: 'unknown'; readonly error: Error }

/** The first message says that the file is open; then answers come in the order of the jobs. */
export type FromWriter = 'open' | readonly Answer[]
