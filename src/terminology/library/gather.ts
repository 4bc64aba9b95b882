/** Rows as a loader tells them → columns. */
import { idHalves } from './descriptions.ts'
import { flag } from './file-format.ts'
import type { ConceptRow, DesignationRow, EdgeRow, MemberRow, PropertyRow, RelationRow } from './row.ts'
import type { Names, Stage } from './stage.ts'

/** Where codes are numbered by their first mention; `key`: as they are compared. */
export type Gathering = {
  readonly stage: Stage
  readonly key: (code: string) => string
  readonly file: string | undefined
}

export function addConcepts({ stage, key, file }: Gathering, rows: Iterable<ConceptRow>): void {
  const { mention, code, display, definition, flags } = stage.concepts.columns
  const text = (value: string | undefined): number => (value === undefined ? -1 : stage.texts.add(value))
  for (const row of rows) {
    mention.push(stage.codes.add(key(row.code)))
    code.push(stage.texts.add(row.code))
    display.push(text(row.display))
    definition.push(text(row.definition))
    flags.push((row.inactive ? flag.inactive : 0) | (row.abstract ? flag.abstract : 0))
    stage.concepts.lines.add(row.line, file)
  }
}

export function addDesignations({ stage, key, file }: Gathering, rows: Iterable<DesignationRow>): void {
  const { concept, language, use, value } = stage.designations.columns
  const mention = mentions(stage.codes, key)
  const uses = new Map<DesignationRow['use'], number>([[undefined, -1]])
  const numberOf = (it: DesignationRow['use']): number => {
    const number = uses.get(it) ?? stage.uses.add(JSON.stringify(it))
    uses.set(it, number)
    return number
  }
  const describe = descriptionsOf(stage)
  const languageOf = numbers(stage.languages)
  for (const row of rows) {
    const number = mention(row.code)
    const text = stage.texts.add(row.value)
    if (row.description) describe(number, text, row.description)
    if (row.description?.kind.active === false) continue
    concept.push(number)
    language.push(languageOf(row.language))
    use.push(numberOf(row.use))
    value.push(text)
    stage.designations.lines.add(row.line, file)
  }
}

type Described = NonNullable<DesignationRow['description']>

function descriptionsOf({ descriptions, kinds, times }: Stage) {
  const { concept, text, high, low, kind, time } = descriptions.columns
  const numbers = new Map<Described['kind'], number>()
  const timeOf = mentions(times, time => time)
  return (mention: number, place: number, { id, effectiveTime, kind: it }: Described): void => {
    const number = numbers.get(it) ?? kinds.add(JSON.stringify(it))
    numbers.set(it, number)
    concept.push(mention)
    text.push(place)
    const [most, least] = idHalves(id)
    high.push(most)
    low.push(least)
    kind.push(number)
    time.push(timeOf(effectiveTime))
  }
}

export function addProperties({ stage, key, file }: Gathering, rows: Iterable<PropertyRow>): void {
  const { concept, value } = stage.given.columns
  const mention = mentions(stage.codes, key)
  const propertyOf = numbers(stage.properties)
  for (const row of rows) {
    concept.push(mention(row.code))
    value.push(stage.values.add(propertyOf(row.property), row.value))
    stage.given.lines.add(row.line, file)
  }
}

export function addEdges({ stage, key, file }: Gathering, rows: Iterable<EdgeRow>): void {
  const { child, parent } = stage.edges.columns
  const [ofChild, ofParent] = [mentions(stage.codes, key), mentions(stage.codes, key)]
  for (const row of rows) {
    child.push(ofChild(row.child))
    parent.push(ofParent(row.parent))
    stage.edges.lines.add(row.line, file)
  }
}

export function addRelations({ stage, key, file }: Gathering, rows: Iterable<RelationRow>): void {
  const { source, group, type, value } = stage.relations.columns
  const [ofSource, ofType] = [mentions(stage.codes, key), mentions(stage.codes, key)]
  const ofValue = mentions(stage.codes, key)
  for (const row of rows) {
    source.push(ofSource(row.source))
    group.push(row.group)
    type.push(ofType(row.type))
    value.push(typeof row.value === 'string' ? ~stage.literals.add(row.value) : ofValue(row.value.code))
    stage.relations.lines.add(row.line, file)
  }
}

export function addMembers({ stage, key, file }: Gathering, rows: Iterable<MemberRow>): void {
  const { refset, member, fields, module, time, inactive } = stage.members.columns
  const [ofRefset, ofMember] = [mentions(stage.codes, key), mentions(stage.codes, key)]
  for (const row of rows) {
    refset.push(ofRefset(row.refset))
    member.push(ofMember(row.member))
    fields.push(row.fields ? stage.texts.add(JSON.stringify(row.fields)) : -1)
    module.push(stage.modules.add(row.origin?.moduleId))
    time.push(stage.times.add(row.origin?.effectiveTime))
    inactive.push(row.inactive === true ? 1 : 0)
    stage.members.lines.add(row.line, file)
  }
}

/** For one column: rows that name the same mostly follow each other. */
function mentions(codes: Names, key: (code: string) => string): (code: string) => number {
  let last: string | undefined
  let number = -1
  return code => {
    if (code !== last) number = codes.add(key(code))
    last = code
    return number
  }
}

/** Of the few names that all rows have: each is the same string mostly, whose hash is known. */
function numbers(names: Names): (name: string | undefined) => number {
  const known = new Map<string | undefined, number>()
  return name => {
    const before = known.get(name)
    if (before !== undefined) return before
    const number = names.add(name)
    known.set(name, number)
    return number
  }
}
