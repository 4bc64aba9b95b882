/**
 * Where the rows of a release go: many at a time, of any kind in any order, with codes for names and the line of `file` that each
 * was read from. The builder of the library is one.
 */
import type { PropertyValue } from '../code-system.ts'

export interface Sink {
  concepts(rows: Iterable<ConceptRow>, file?: string): void
  designations(rows: Iterable<DesignationRow>, file?: string): void
  properties(rows: Iterable<PropertyRow>, file?: string): void
  edges(rows: Iterable<EdgeRow>, file?: string): void
  relations(rows: Iterable<RelationRow>, file?: string): void
  members(rows: Iterable<MemberRow>, file?: string): void
}

type Line = { readonly line: number }

export type ConceptRow = Line & {
  readonly code: string
  readonly display?: string
  readonly definition?: string
  readonly inactive?: boolean
  readonly abstract?: boolean
}

/** Besides the display. */
export type DesignationRow = Line & {
  readonly code: string
  readonly language?: string
  readonly use?: Use
  readonly value: string
}

export type Use = { readonly system: string; readonly code: string; readonly display?: string }

export type PropertyRow = Line & {
  readonly code: string
  readonly property: string
  readonly value: PropertyValue['value']
}

export type EdgeRow = Line & { readonly child: string; readonly parent: string }

/** A literal is a text as RF2 writes it: `#500`, `"text"`. */
export type RelationRow = Line & {
  readonly source: string
  readonly group: number
  readonly type: string
  readonly value: { readonly code: string } | string
}

export type MemberRow = Line & {
  readonly refset: string
  readonly member: string
  readonly fields?: Readonly<Record<string, string>>
}

/** Rows one by one, for a sink that takes many. */
export type Rows = {
  concept(row: ConceptRow): void
  designation(row: DesignationRow): void
  property(row: PropertyRow): void
  edge(row: EdgeRow): void
  relation(row: RelationRow): void
  member(row: MemberRow): void
  /** What is left; once a file is read. */
  flush(): void
}

/** Calls cost more than rows; many more than these would leave the cache. */
const batch = 2_000

export function rowsInto(sink: Sink, file: string): Rows {
  const flushes: (() => void)[] = []
  const each = <Row>(give: (rows: Iterable<Row>, file: string) => void): ((row: Row) => void) => {
    let waiting: Row[] = []
    const flush = (): void => {
      if (waiting.length > 0) give(waiting, file)
      waiting = []
    }
    flushes.push(flush)
    return row => {
      if (waiting.push(row) === batch) flush()
    }
  }
  return {
    concept: each<ConceptRow>((rows, name) => sink.concepts(rows, name)),
    designation: each<DesignationRow>((rows, name) => sink.designations(rows, name)),
    property: each<PropertyRow>((rows, name) => sink.properties(rows, name)),
    edge: each<EdgeRow>((rows, name) => sink.edges(rows, name)),
    relation: each<RelationRow>((rows, name) => sink.relations(rows, name)),
    member: each<MemberRow>((rows, name) => sink.members(rows, name)),
    flush: () => {
      for (const flush of flushes) flush()
    },
  }
}
