/** `^`: members of reference sets, and what is asked of their rows. */
import type { Concept, ConceptSet } from '../concept-set.ts'
import { isInOrder } from './compare.ts'
import type { CommonFilter, MemberFilter, Members } from './expression.ts'
import { type Run, setOf, unsupported } from './run.ts'
import { termTest } from './term-match.ts'
import { timeTest } from './time.ts'

type Row = Readonly<Record<string, string>>
type RowTest = (row: Row) => boolean

const component = 'referencedComponentId'

export function membersOf(members: Members, run: Run): ConceptSet {
  const refsets = refsetsOf(members, run)
  const wanted = fieldOf(members)
  const tests = members.filters.map(filter => rowTest(filter, run)).filter(test => test !== undefined)
  if (wanted === component && tests.length === 0) {
    return refsets.map(refset => run.system.members(refset)).reduce((a, b) => a.or(b), setOf(run, []))
  }
  const asked = [wanted, ...members.filters.flatMap(namesOf)]
  const found: Concept[] = []
  for (const refset of refsets) {
    for (const row of rowsOf(refset, asked, run)) {
      const concept = tests.every(test => test(row)) ? run.system.find(row[wanted] ?? '') : undefined
      if (concept !== undefined) found.push(concept)
    }
  }
  return setOf(run, found)
}

function refsetsOf({ of }: Members, run: Run): readonly Concept[] {
  const known = run.system.refsets()
  if (of.op === 'any') return [...known]
  const asked = run.ask(of)
  if (of.op === 'concept' && !asked.isEmpty && asked.and(known).isEmpty) {
    const text = `the concept ${of.code} is not a reference set that has members here`
    run.warn({ kind: 'no-reference-set', code: of.code, text })
  }
  return [...asked.and(known)]
}

/** The answer is a set of concepts: it has room for one field. */
function fieldOf({ fields = [component] }: Members): string {
  const [field, ...more] = fields === '*' ? [] : fields
  if (field !== undefined && more.length === 0) return field
  throw unsupported(`fields of a reference set can be asked for one by one, since the answer is a set of concepts`)
}

function namesOf(filter: MemberFilter): readonly string[] {
  if (filter.what === 'active') return []
  return [filter.what === 'field' ? filter.field : filter.what]
}

/** The rows of a reference set, which must know these fields. */
function* rowsOf(refset: Concept, names: readonly string[], run: Run): Generator<Row> {
  const { system } = run
  const asked = names.filter(name => name !== component)
  const seen = new Set<string>()
  const members = system.members(refset)
  for (const member of members) {
    run.read()
    const code = system.code(member)
    const rows = system.fields?.(refset, member) ?? []
    for (const row of rows.length === 0 ? [{}] : rows) {
      for (const name of Object.keys(row)) seen.add(name)
      yield { ...row, [component]: code }
    }
  }
  const unknown = asked.find(name => !seen.has(name))
  if (unknown === undefined || members.isEmpty) return
  const known = seen.size === 0 ? 'none besides its members' : [...seen].join(', ')
  throw unsupported(`the reference set ${system.code(refset)} has no field '${unknown}' here; it has ${known}`)
}

/** `undefined`: fits every row. */
function rowTest(filter: MemberFilter, run: Run): RowTest | undefined {
  if (filter.what === 'active') {
    if ((filter.active ?? true) === (filter.compare === '=') || filter.active === undefined) return undefined
    throw unsupported('inactive members of reference sets are not kept, and cannot be asked for')
  }
  return filter.what === 'field' ? fieldTest(filter, run) : commonTest(filter, run)
}

function commonTest(filter: Exclude<CommonFilter, { what: 'active' }>, run: Run): RowTest {
  if (filter.what === 'effectiveTime') {
    const fits = timeTest(filter)
    return row => fits(row['effectiveTime'] ?? '')
  }
  return conceptTest('moduleId', run.ask(filter.of, true), filter.compare !== '=', run)
}

function conceptTest(field: string, asked: ConceptSet, differs: boolean, run: Run): RowTest {
  return row => {
    const concept = run.system.find(row[field] ?? '')
    return concept !== undefined && asked.has(concept) !== differs
  }
}

function fieldTest(filter: Extract<MemberFilter, { what: 'field' }>, run: Run): RowTest {
  const { field, compare, value } = filter
  const differs = compare === '!='
  switch (value.is) {
    case 'concepts':
      return conceptTest(field, run.ask(value.of, true), differs, run)
    case 'number':
      return row => /^[+-]?[\d.]+$/.test(row[field] ?? '') && isInOrder(Number(row[field]), compare, value.number)
    case 'boolean':
      return row => ['1', 'true'].includes((row[field] ?? '').toLowerCase()) === (value.boolean !== differs)
    case 'text': {
      const tests = value.anyOf.map(termTest)
      return row => tests.some(test => test(row[field] ?? '')) !== differs
    }
    case 'time': {
      const fits = timeTest({ compare, anyOf: value.anyOf })
      return row => fits(row[field] ?? '')
    }
  }
}
