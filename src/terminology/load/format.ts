/** What each kind of release is read by. */
import type { CodeSystemFacts } from '../code-system.ts'
import type { Sink } from '../library/row.ts'
import type { Problems } from './problems.ts'
import type { SourceFile } from './source.ts'

/** One load: where rows go, what is wrong, how far it is. */
export type Load = {
  readonly sink: Sink
  readonly problems: Problems
  /** Called with numbers of bytes, whose sum grows to `bytes` of the release, about. */
  readonly progress: (bytes: number) => void
}

/** A release whose files are known for what they are, before they are read. */
export type Release = {
  readonly facts: CodeSystemFacts
  /** What all versions of one edition share. */
  readonly edition?: string
  /** To be read in all. */
  readonly bytes: number
  readonly load: (load: Load) => Promise<void>
}

export type Wanted = {
  /** In place of what the files tell, or where they tell none. */
  readonly version?: string
  /** Of plain files that name no system. */
  readonly system?: string
}

/** `undefined`: these files are something else. */
export type Format = (files: readonly SourceFile[], wanted: Wanted) => Promise<Release | undefined>

type Given = Pick<CodeSystemFacts, 'url' | 'properties'> & Partial<CodeSystemFacts>

/** What code systems from distributors have in common. */
export function factsOf(given: Given): CodeSystemFacts {
  return {
    status: 'active',
    experimental: false,
    content: 'complete',
    caseSensitive: false,
    compositional: false,
    versionNeeded: false,
    filters: [],
    ...given,
  }
}
