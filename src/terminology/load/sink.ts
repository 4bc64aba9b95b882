/** Rows one by one for the library's builder, which takes many at a time. */
import type { ConceptRow, DesignationRow, EdgeRow, MemberRow, PropertyRow, RelationRow, Sink } from '../library/row.ts'

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
