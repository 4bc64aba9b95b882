/** What a loading thread is told, and what it tells. All of it passes between threads: data, no functions. */
import type { Step } from '../library/build.ts'
import type { Problem } from './problems.ts'

export type Task = {
  /** Of the library. */
  readonly folder: string
  /** Files, folders and archives that together are one release. */
  readonly paths: readonly string[]
  /** What each of them was called, where they lie under other names. */
  readonly names?: readonly string[]
  /** Whose alone it will be; else everybody's. */
  readonly tenant?: string
  /** Of plain files that name none; all others must be of it. */
  readonly system?: string
  readonly version?: string
  readonly edition?: string
  /** Of displays, where the files tell none. */
  readonly language?: string
  /** Rows that lead nowhere are left out; else they refuse the release. */
  readonly lenient?: boolean
}

export type Progress = {
  readonly system: string
  readonly version: string
  readonly step: 'reading' | Step
  /** Read, and to be read in all, about. */
  readonly bytes: number
  readonly of: number
  readonly rows: number
}

export type Loaded = {
  readonly system: string
  readonly version: string
  readonly edition?: string
  readonly concepts: number
}

/** `loaded`: what was complete by then, and answers; a file may hold several code systems. */
export type End =
  /** `left`: the first of `count` rows and resources that were left out. */
  | {
      readonly is: 'done'
      readonly loaded: readonly Loaded[]
      readonly left: readonly Problem[]
      readonly count: number
    }
  /** The files are wrong: the first of `count` problems. */
  | {
      readonly is: 'refused'
      readonly loaded: readonly Loaded[]
      readonly problems: readonly Problem[]
      readonly count: number
    }
  /** Something else is: a file that may not be read, a full disk. */
  | { readonly is: 'failed'; readonly loaded: readonly Loaded[]; readonly why: string }
  | { readonly is: 'cancelled'; readonly loaded: readonly Loaded[] }

export type FromThread = { readonly is: 'progress'; readonly progress: Progress } | End
