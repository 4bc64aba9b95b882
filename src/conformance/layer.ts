/** How StructureDefinitions are kept: a shelf of files, and layers of shelves. */
import type { Issue } from '../fhir/issue.ts'
import type { StructureDefinition, Structures } from './structure-definition.ts'

/** What a definition says of itself, without its elements. */
export type Header = Omit<StructureDefinition, 'snapshot' | 'differential'>

/** A definition that is read when it is needed. */
export type Filed = { readonly header: Header; readonly read: () => StructureDefinition }

export type Shelf = {
  /** All versions of it. */
  readonly of: (url: string) => readonly Filed[]
  readonly all: () => readonly Filed[]
}

export type Layer = Structures & {
  /** Base definitions and profiles alike, of this type or all there are. */
  readonly list: (type?: string) => readonly Header[]
  /** What is wrong with a definition that is known. One with errors is not found, for nothing can be checked by it. */
  readonly faults: (canonical: string) => readonly Issue[]
  /** What is known of it by its own word, whether it can be used or not. */
  readonly header: (canonical: string) => Header | undefined
  /** R4 defines it, so nobody else can. */
  readonly isCore: (url: string) => boolean
}
