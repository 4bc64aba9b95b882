/** `^` and `^R`: members of reference sets, reference sets of members, and what is asked of their rows. */
import type { Memberships, Origin } from '../code-system.ts'
import { type Concept, ConceptSet } from '../concept-set.ts'
import { isInOrder } from './compare.ts'
import type { CommonFilter, Containing, MemberFilter, Members } from './expression.ts'
import { type Run, setOf, unsupported } from './run.ts'
import { termTest } from './term-match.ts'
import { timeTest } from './time.ts'

type Row = Readonly<Record<string, string>>
type RowTest = (row: Row) => boolean

const component = 'referencedComponentId'
const ofOrigin: readonly string[] = ['moduleId', 'effectiveTime']

/** The answer is a set of concepts: those that any of the fields names. */
export function membersOf(members: Members, run: Run): ConceptSet {
  const held = refsetsOf(members, run)
  const { fields = [component], filters } = members
  const tests = testsOf(filters, run)
  if (fields !== '*' && fields.every(field => field === component)) {
    const found = wholeRefsets(held, tests, filters, run)
    if (found !== undefined) return found
  }
  const found: Concept[] = []
  for (const { row, naming } of rowsThatFit(members, held, tests, run)) found.push(...conceptsIn(row, naming, run))
  return setOf(run, found)
}

/** `^R`. Members may be inactive, and those that are asked for, too. */
export function refsetsWith({ of, at, filters }: Containing, run: Run): ConceptSet {
  const within = of.op === 'any' ? ConceptSet.all(run.system.size) : run.ask(of, true)
  const tests = testsOf(filters, run)
  const held = rowsAsked(filters, run)
    .flatMap(rows => heldBy(rows.refsets(), rows))
    .map(one => ({ ...one, members: one.members.and(within) }))
    .filter(({ members }) => !members.isEmpty)
  const whole = held.map(one => wholeRefsets([one], tests, filters, run)?.and(within))
  const found = whole.includes(undefined)
    ? Array.from(rowsThatFit({ at, filters }, held, tests, run), ({ refset }) => refset)
    : held.filter((_, n) => whole[n]?.isEmpty === false).map(({ refset }) => refset)
  return setOf(run, found)
}

function testsOf(filters: readonly MemberFilter[], run: Run): readonly RowTest[] {
  return filters.map(filter => rowTest(filter, run)).filter(test => test !== undefined)
}

/** A reference set, where its rows are (those in use, or those that were taken back), and the members whose rows count. */
type Held = { readonly refset: Concept; readonly rows: Memberships; readonly members: ConceptSet }

function heldBy(refsets: ConceptSet, rows: Memberships): readonly Held[] {
  return Array.from(refsets, refset => ({ refset, rows, members: rows.members(refset) }))
}

function refsetsOf({ of, filters }: Members, run: Run): readonly Held[] {
  const { system } = run
  const asked = of.op === 'any' ? undefined : run.ask(of)
  const known = system.lapsed === undefined ? system.refsets() : system.refsets().or(system.lapsed.refsets())
  if (of.op === 'concept' && asked?.isEmpty === false && asked.and(known).isEmpty) {
    const text = `the concept ${of.code} is not a reference set that has members here`
    run.warn({ kind: 'no-reference-set', code: of.code, text })
  }
  return rowsAsked(filters, run).flatMap(rows => {
    const there = rows.refsets()
    return heldBy(asked === undefined ? there : asked.and(there), rows)
  })
}

/** "active members of each reference set", where no filter asks for others. */
function rowsAsked(filters: readonly MemberFilter[], { system, place }: Run): readonly Memberships[] {
  const asked = filters.filter(filter => filter.what === 'active')
  const wants = (state: boolean): boolean =>
    asked.every(({ active = state, compare }) => (active === state) === (compare === '='))
  const rows: Memberships[] = wants(true) ? [system] : []
  const [one] = asked
  if (one === undefined || !wants(false)) return rows
  if (system.lapsed !== undefined) return [...rows, system.lapsed]
  throw unsupported('inactive members of reference sets are not kept here, and cannot be asked for', place(one.at))
}

/** By sets alone; `undefined`: rows must be looked at. */
function wholeRefsets(
  held: readonly Held[],
  tests: readonly RowTest[],
  filters: readonly MemberFilter[],
  { system }: Run,
): ConceptSet | undefined {
  const none = new ConceptSet(system.size)
  if (tests.length === 0) return held.map(({ members }) => members).reduce((a, b) => a.or(b), none)
  if (!filters.flatMap(namesOf).every(name => ofOrigin.includes(name))) return undefined
  const origins = held.map(({ refset, rows }) => rows.origins?.(refset) ?? [])
  if (origins.some(each => each.length === 0)) return undefined
  const fit = origins.flat().filter(({ moduleId, effectiveTime }) => {
    return tests.every(test => test({ moduleId, effectiveTime }))
  })
  return fit.reduce((found, { members }) => found.or(members), none)
}

const id = /^[1-9][0-9]{5,17}$/

type Asked = Pick<Members, 'fields' | 'filters' | 'at'>

/** `naming`: the fields asked for that hold ids of concepts. */
function* rowsThatFit(asked: Asked, held: readonly Held[], tests: readonly RowTest[], run: Run) {
  const { fields = [component], filters } = asked
  const filtered = [...new Set(filters.flatMap(namesOf))]
  const withOrigins = fields === '*' || ofOrigin.some(name => filtered.includes(name) || fields.includes(name))
  const seen: Seen = { fields: new Set(), naming: new Set() }
  for (const { refset, row } of rowsOf(held, withOrigins, run)) {
    const naming = (fields === '*' ? Object.keys(row) : fields).filter(name => id.test(row[name] ?? ''))
    for (const name of Object.keys(row)) seen.fields.add(name)
    for (const name of naming) seen.naming.add(name)
    if (!filtered.every(name => row[name] !== undefined) || !tests.every(test => test(row))) continue
    yield { refset, row, naming }
  }
  if (seen.fields.size > 0) complain(asked, seen, [...new Set(held.map(({ refset }) => refset))], run)
}

function conceptsIn(row: Row, fields: readonly string[], { system }: Run): readonly Concept[] {
  return fields.map(field => system.find(row[field] ?? '')).filter(concept => concept !== undefined)
}

/** Of the rows of all reference sets: the fields that there are, and those with ids of concepts. */
type Seen = { readonly fields: Set<string>; readonly naming: Set<string> }

/** About fields that are not there, and those that are no concepts. */
function complain({ fields = [], filters, at }: Asked, seen: Seen, refsets: readonly Concept[], run: Run): void {
  const wanted = fields === '*' ? [] : fields.map(name => ({ name, at }))
  const filtered = filters.flatMap(filter => namesOf(filter).map(name => ({ name, at: filter.at })))
  const missing = [...filtered, ...wanted].find(({ name }) => !seen.fields.has(name))
  if (missing !== undefined) throw lacking(missing.name, seen, refsets, run, missing.at)
  const nameless = wanted.find(({ name }) => !seen.naming.has(name))
  if (nameless === undefined) return
  const why = `the field '${nameless.name}' holds no ids of concepts, and what is asked for is a set of concepts`
  throw unsupported(why, run.place(at))
}

/** "If a reference set field is selected that does not exist in any of the identified reference sets" */
function lacking(name: string, { fields }: Seen, refsets: readonly Concept[], run: Run, at: number) {
  const [one, ...more] = refsets.map(refset => run.system.code(refset))
  const known = [...fields].filter(each => each !== component).join(', ')
  const which = more.length === 0 ? `the reference set ${one} has no` : `none of ${refsets.length} reference sets has a`
  const [they, their] = more.length === 0 ? ['it has', 'its'] : ['they have', 'their']
  const others = known === '' ? `none besides ${their} members` : known
  return unsupported(`${which} field '${name}' here; ${they} ${others}`, run.place(at))
}

function namesOf(filter: MemberFilter): readonly string[] {
  if (filter.what === 'active') return []
  return [filter.what === 'field' ? filter.field : filter.what]
}

function* rowsOf(held: readonly Held[], withOrigins: boolean, run: Run) {
  for (const { refset, rows, members } of held) {
    const originOf = withOrigins ? originsOf(rows.origins?.(refset) ?? []) : undefined
    for (const member of members) {
      run.read()
      const told = rows.fields?.(refset, member) ?? []
      const code = run.system.code(member)
      for (const [at, row] of (told.length === 0 ? [{}] : told).entries()) {
        yield { refset, row: { ...row, ...originOf?.(member, at), [component]: code } as Row }
      }
    }
  }
}

function originsOf(origins: readonly Origin[]): (member: Concept, row: number) => Row | undefined {
  const byRow = Map.groupBy(origins, ({ row }) => row)
  return (member, row) => {
    const found = byRow.get(row)?.find(({ members }) => members.has(member))
    return found && { moduleId: found.moduleId, effectiveTime: found.effectiveTime }
  }
}

/** `undefined`: it chose between the rows already. */
function rowTest(filter: MemberFilter, run: Run): RowTest | undefined {
  if (filter.what === 'active') return undefined
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
