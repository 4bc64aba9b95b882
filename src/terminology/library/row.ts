/** What a loader tells a build, row by row: in any order, with codes for names, and the line of its file it was read from. */
import type { DescriptionKind, PropertyValue } from '../code-system.ts'

/** Many rows at a time, of any kind in any order. `file`: in which the lines of these rows are counted. */
export interface Sink {
  concepts(rows: Iterable<ConceptRow>, file?: string): void
  designations(rows: Iterable<DesignationRow>, file?: string): void
  properties(rows: Iterable<PropertyRow>, file?: string): void
  edges(rows: Iterable<EdgeRow>, file?: string): void
  relations(rows: Iterable<RelationRow>, file?: string): void
  members(rows: Iterable<MemberRow>, file?: string): void
}

export type Line = { readonly line?: number }

/** The order of these is the order of the code system. */
export type ConceptRow = Line & {
  readonly code: string
  readonly display?: string
  readonly definition?: string
  readonly inactive?: boolean
  /** `notSelectable` */
  readonly abstract?: boolean
}

/** Besides the display. Only those in use: what a distributor took back leads nobody to a concept. */
export type DesignationRow = Line & {
  readonly code: string
  readonly language?: string
  readonly use?: Use
  readonly value: string
  /** Of RF2. One that is not active is no designation: it is kept for those who ask for it. */
  readonly description?:
    | {
        readonly id: string
        readonly effectiveTime: string
        /** The same object for all of one kind. */
        readonly kind: DescriptionKind
      }
    | undefined
}

export type Use = { readonly system?: string; readonly code: string; readonly display?: string }

export type PropertyRow = Line & {
  readonly code: string
  readonly property: string
  readonly value: PropertyValue['value']
}

export type EdgeRow = Line & { readonly child: string; readonly parent: string }

/** An attribute, such as a finding's site. `group`: 0 is none. A literal is a text as RF2 writes it: `#500`, `"text"`. */
export type RelationRow = Line & {
  readonly source: string
  readonly group: number
  readonly type: string
  readonly value: { readonly code: string } | string
}

/** Of a reference set. `fields`: what it says of its member, such as the target of a map. */
export type MemberRow = Line & {
  readonly refset: string
  readonly member: string
  readonly fields?: Readonly<Record<string, string>>
  /** Taken back: no member, but kept for those who ask for such. */
  readonly inactive?: boolean
  /** Of RF2: where the row comes from. */
  readonly origin?: { readonly moduleId: string; readonly effectiveTime: string }
}

/** A row that was left out, and why. */
export type Problem = {
  readonly kind: 'duplicate' | 'unknown' | 'cycle' | 'empty'
  /** For whoever made the file: which code, what was expected. */
  readonly text: string
  readonly file?: string
  readonly line?: number
}
