/** From codes to numbers: what was told in any order becomes lists by concept; rows that lead nowhere are reported and left out. */
import { Column, grouped, type Lists, listOf } from './column.ts'
import { type Hierarchy, hierarchyOf } from './hierarchy.ts'
import type { Problem } from './row.ts'
import type { Lines, Stage } from './stage.ts'

export type Resolved = {
  /** The row of each concept. */
  readonly concepts: Int32Array
  readonly hierarchy: Hierarchy
  /** By concept the rows of each kind. */
  readonly designations: Lists
  readonly given: Lists
  readonly descriptions: Lists
  readonly relations: Lists
  /** Of each row: a concept; `value`: or ~ a literal. */
  readonly types: Int32Array
  readonly values: Int32Array
  /** By reference set its rows, those that were taken back, and the concept of each row. */
  readonly refsets: Lists
  readonly lapsed: Lists
  readonly members: Int32Array
}

type Report = (problem: Problem) => void
/** -1: it is no concept. */
type Known = (mention: number) => number
/** Of one row: `undefined` where a concept is missing, which then has been reported. */
type Find = (mention: number, what: string, row: number, lines: Lines) => number

export function resolve(stage: Stage, report: Report): Resolved {
  const { concepts, numbers } = numbered(stage, report)
  const size = concepts.length
  const known: Known = mention => numbers[mention] ?? -1
  const find: Find = (mention, what, row, lines) => {
    const concept = known(mention)
    if (concept >= 0) return concept
    const text = `${what} '${stage.codes.list[mention]}' is not among the concepts`
    report({ kind: 'unknown', text, ...lines.at(row) })
    return -1
  }
  const { designations, given } = stage
  const byConcept = (rows: typeof designations | typeof given, what: string): Lists =>
    grouped(
      rows.values('concept').map((mention, row) => find(mention, what, row, rows.lines)),
      size,
    )
  return {
    concepts,
    hierarchy: hierarchyOf(parentsOf(stage, find, size), way => report(cycleOf(stage, concepts, way))),
    designations: byConcept(designations, 'the concept of a designation,'),
    given: byConcept(given, 'the concept of a property,'),
    // The designations tell which concepts are missing.
    descriptions: grouped(stage.descriptions.values('concept').map(known), size),
    ...relationsOf(stage, find, size),
    ...membersOf(stage, find, known, size),
  }
}

/** The first row of each code is its concept. */
function numbered(stage: Stage, report: Report): { concepts: Int32Array; numbers: Int32Array } {
  const { lines } = stage.concepts
  const concepts = new Column()
  const numbers = new Int32Array(stage.codes.list.length).fill(-1)
  for (const [row, mention] of stage.concepts.values('mention').entries()) {
    const code = stage.codes.list[mention]
    const first = numbers[mention] ?? -1
    if (code === '') report({ kind: 'empty', text: 'a concept has no code', ...lines.at(row) })
    else if (first >= 0) {
      const where = lines.at(concepts.at(first)).line
      const text = `code '${code}' was listed before${where === undefined ? '' : ` in line ${where}`}`
      report({ kind: 'duplicate', text, ...lines.at(row) })
    } else numbers[mention] = concepts.push(row)
  }
  return { concepts: concepts.values(), numbers }
}

function parentsOf({ edges }: Stage, find: Find, size: number): Lists {
  const [children, parents] = [edges.values('child'), edges.values('parent')]
  const keys = new Int32Array(children.length)
  const above = new Int32Array(children.length)
  for (const [row, mention] of children.entries()) {
    const child = find(mention, 'child', row, edges.lines)
    const parent = find(parents[row] ?? 0, 'parent', row, edges.lines)
    keys[row] = parent < 0 ? -1 : child
    above[row] = parent
  }
  const { starts, items } = grouped(keys, size)
  return { starts, items: items.map(row => above[row] ?? 0) }
}

function cycleOf(stage: Stage, concepts: Int32Array, way: readonly number[]): Problem {
  const codes = way.map(concept => stage.texts.at(stage.concepts.columns.code.at(concepts[concept] ?? 0)))
  const text = `the hierarchy goes in a circle: ${codes.join(' → ')} (each the parent of the one before it); the last step is left out`
  return { kind: 'cycle', text, ...stage.concepts.lines.at(concepts[way.at(-2) ?? 0] ?? 0) }
}

function relationsOf({ relations }: Stage, find: Find, size: number): Pick<Resolved, 'relations' | 'types' | 'values'> {
  const { lines } = relations
  const keys = relations.values('source').map((mention, row) => find(mention, 'source', row, lines))
  const types = relations.values('type').map((mention, row) => find(mention, 'type', row, lines))
  const values = relations.values('value').map((value, row) => (value < 0 ? value : find(value, 'value', row, lines)))
  const isLiteral = relations.values('value')
  for (const row of keys.keys()) {
    if ((types[row] ?? -1) < 0 || ((values[row] ?? -1) < 0 && (isLiteral[row] ?? 0) >= 0)) keys[row] = -1
  }
  return { relations: grouped(keys, size), types, values }
}

/** What was taken back may lead to what is gone, too: then it is left out without a word. */
function membersOf(
  { members }: Stage,
  find: Find,
  known: Known,
  size: number,
): Pick<Resolved, 'refsets' | 'lapsed' | 'members'> {
  const { lines } = members
  const inactive = members.values('inactive')
  const place = (mention: number, what: string, row: number): number =>
    inactive[row] === 1 ? known(mention) : find(mention, what, row, lines)
  const found = members.values('member').map((mention, row) => place(mention, 'member', row))
  const keys = members
    .values('refset')
    .map((mention, row) => (found[row] === -1 ? -1 : place(mention, 'reference set', row)))
  const those = (state: number): Lists =>
    grouped(
      keys.map((key, row) => (inactive[row] === state ? key : -1)),
      size,
    )
  return { refsets: those(0), lapsed: those(1), members: found }
}

/** Each reference set with its rows; with those that were taken back under ~ its number, as the file has them. */
export function* rowsOfRefsets({ refsets, lapsed, concepts }: Resolved): Generator<readonly [key: number, Int32Array]> {
  for (const refset of concepts.keys()) {
    yield [refset, listOf(refsets, refset)]
    yield [~refset, listOf(lapsed, refset)]
  }
}
