/** A definition → the codes that it leads to. https://hl7.org/fhir/R4/valueset.html#compositions */
import type { JsonObject } from '../../fhir/resource.ts'
import { type Canonical, parseCanonical, printCanonical } from '../canonical.ts'
import type { CodeSystem } from '../code-system.ts'
import { textOf } from '../element.ts'
import { type Doubt, type Given, ownRun, type Run, type ToldBy, type UnknownSystem } from './clause.ts'
import type { Clause, ConceptReference, Definition } from './definition.ts'
import { and, hasCode, isEmpty, keyOf, minus, or, type Selection, withoutInactive } from './selection.ts'
import { refusal, type TxIssue, txIssue } from './tx-issue.ts'
import { ruleFor } from './version-rules.ts'

export type Members = {
  readonly definition: Definition
  /** By the URL of the code system: one for each version. */
  readonly selections: ReadonlyMap<string, readonly Selection[]>
  /** All members, each in one run, in the order of the includes. */
  readonly runs: readonly Run[]
  /** What value sets say of single concepts, by code system and code. */
  readonly mentions: ReadonlyMap<string, ReadonlyMap<string, ConceptReference>>
  readonly imports: readonly Definition[]
  /** Why it cannot be listed, or not in full. */
  readonly faults: readonly TxIssue[]
  /** What is strange about it: the constraint of a filter names a concept that nobody knows. */
  readonly warnings: readonly TxIssue[]
  /** Code systems of which all or some codes belong to it, if only they were known. */
  readonly unknown: readonly UnknownSystem[]
  /** Code systems that were asked for it, whether anything came of it or not. */
  readonly used: readonly CodeSystem[]
  readonly told: readonly ToldBy[]
}

/** Imports of imports: some ten are in use, and the stack bears several hundred. */
const deepest = 100

export type Compiling = {
  readonly given: Given
  readonly definition: Definition
  /** The value sets that import this one, each the one after it. */
  readonly above: readonly Definition[]
  readonly find: (canonical: Canonical) => JsonObject | undefined
  /** `path`: the value sets that lead there. */
  readonly compileImport: (valueSet: JsonObject, path: readonly Definition[]) => Members
}

/** Throws for value sets that contain themselves, and for filters that have no meaning. */
export function compile({ above, ...compiling }: Compiling): Members {
  const { definition, given } = compiling
  const it: State = { ...compiling, path: [...above, definition], imports: [], mentions: new Map() }
  // What is not well-formed has no members.
  const isSound = definition.faults.length === 0
  const included = isSound ? definition.include.map(clause => partFor(clause, 'include', it)) : []
  const excluded = isSound ? definition.exclude.map(clause => partFor(clause, 'exclude', it)) : []
  const all = new Map<string, Selection>()
  for (const { selections } of included) {
    for (const [key, selection] of selections) all.set(key, merged(all.get(key), selection))
  }
  const keys = new Set(all.keys())
  for (const [key, selection] of all) all.set(key, reduced(selection, excluded, keys, definition))
  return {
    definition,
    selections: Map.groupBy(
      all.values().filter(selection => !isEmpty(selection)),
      selection => selection.url,
    ),
    runs: runsOf(included, all),
    mentions: it.mentions,
    imports: distinct(it.imports),
    faults: isSound ? eachOnce(given.faults) : given.faults,
    warnings: distinct(given.warnings),
    unknown: distinct(given.unknown),
    used: distinct(given.used),
    told: distinct(given.told),
  }
}

type State = Omit<Compiling, 'above'> & {
  readonly path: readonly Definition[]
  readonly imports: Definition[]
  readonly mentions: Map<string, Map<string, ConceptReference>>
}

/** What is imported by many ways has been compiled once, and is told once: else its tellings would double with each step. */
function distinct<T>(all: readonly T[]): readonly T[] {
  return [...new Set(all)]
}

/** Two imports may lack the same thing. */
function eachOnce(faults: readonly TxIssue[]): readonly TxIssue[] {
  return [...new Map(faults.map(fault => [fault.diagnostics, fault])).values()]
}

type Part = { readonly selections: ReadonlyMap<string, Selection>; readonly runs: readonly Run[] }

/** `included`: what there are selections of. An exclude of one of these versions leaves the others alone; else codes count. */
function reduced(
  selection: Selection,
  excluded: readonly Part[],
  included: ReadonlySet<string>,
  { inactive }: Definition,
): Selection {
  let rest = selection
  for (const part of excluded) {
    for (const other of part.selections.values()) {
      const isOfOne = other.said !== undefined && included.has(keyOf(other))
      if (other.url === selection.url && (!isOfOne || keyOf(other) === keyOf(selection))) rest = minus(rest, other)
    }
  }
  return inactive ? rest : withoutInactive(rest)
}

function partFor(clause: Clause, doubt: Doubt, it: State): Part {
  const parts: Part[] = []
  if (isOfSystem(clause)) {
    const run = ownRun(clause, it.given, doubt)
    parts.push({ selections: new Map([[keyOf(run.part), run.part]]), runs: [run] })
    if (doubt === 'include') mention(clause.system, clause.concepts ?? [], run.part.system, it)
  }
  for (const canonical of clause.valueSets) {
    const members = imported(canonical, it)
    parts.push(partOf(members))
    if (members === undefined || doubt === 'exclude') continue
    for (const [url, mentions] of members.mentions) mention(url, mentions.values(), undefined, it)
  }
  return parts.reduce((one, other) => intersection(one, other), parts[0] ?? { selections: new Map(), runs: [] })
}

function isOfSystem(clause: Clause): clause is Clause & { readonly system: string } {
  return clause.system !== undefined
}

/** The first word counts. */
function mention(
  url: string,
  concepts: Iterable<ConceptReference>,
  system: CodeSystem | undefined,
  { mentions: all }: State,
): void {
  const mentions = all.get(url) ?? new Map<string, ConceptReference>()
  all.set(url, mentions)
  for (const mention of concepts) {
    const concept = system?.find(mention.code)
    const code = concept === undefined ? mention.code : (system?.code(concept) ?? mention.code)
    if (!mentions.has(code)) mentions.set(code, mention)
  }
}

function imported(canonical: string, it: State): Members | undefined {
  const { given, path, find, compileImport, imports } = it
  const { url, version } = parseCanonical(canonical)
  const wanted = version ?? ruleFor(given.rules.valueSet, url)
  const valueSet = url.startsWith('#')
    ? contained(url.slice(1), it)
    : find({ url, ...(wanted === undefined ? {} : { version: wanted }) })
  if (version === undefined && wanted !== undefined) {
    given.told.push({ rule: 'valueSet', canonical: printCanonical(url, wanted) })
  }
  if (valueSet === undefined) {
    given.faults.push(unknownValueSet(url, wanted))
    return undefined
  }
  const known = path.findIndex(definition => definition.resource === valueSet)
  if (known >= 0) throw refusal([circularity(path, known)])
  if (path.length > deepest) throw refusal([tooDeep(path)])
  const members = compileImport(valueSet, path)
  imports.push(members.definition, ...members.imports)
  given.faults.push(...members.faults)
  given.warnings.push(...members.warnings)
  given.unknown.push(...members.unknown)
  given.used.push(...members.used)
  given.told.push(...members.told)
  return members
}

/** In the value set itself, or beside it where it is contained: whoever imports it there has it, however far up. */
function contained(id: string, { definition: here, path }: State): JsonObject | undefined {
  const container = path.findLast(each => each.contained.includes(here.resource))
  const all = [...here.contained, ...(container?.contained ?? [])]
  return all.find(resource => textOf(resource, 'id') === id)
}

function partOf(members: Members | undefined): Part {
  const all = [...(members?.selections.values() ?? [])].flat()
  return { selections: new Map(all.map(selection => [keyOf(selection), selection])), runs: members?.runs ?? [] }
}

/** In the order of the first. */
function intersection(one: Part, other: Part): Part {
  if (one === other) return one
  const selections = new Map<string, Selection>()
  for (const [key, selection] of one.selections) {
    const met = [...other.selections.values()].filter(each => each.url === selection.url)
    const common = met.map(each => and(selection, each)).reduce<Selection | undefined>(merged, undefined)
    if (common !== undefined) selections.set(key, common)
  }
  return { selections, runs: one.runs.filter(run => selections.has(keyOf(run.part))) }
}

function merged(one: Selection | undefined, other: Selection): Selection {
  return one === undefined ? other : or(one, other)
}

/** Each member once, where it is included first. */
function runsOf(parts: readonly Part[], all: ReadonlyMap<string, Selection>): readonly Run[] {
  const runs: Run[] = []
  const listed = new Map<string, Selection>()
  for (const { runs: own, selections } of parts) {
    for (const run of own) {
      const key = keyOf(run.part)
      const [whole, clause, before] = [all.get(key), selections.get(key), listed.get(key)]
      if (whole === undefined || clause === undefined) continue
      let part = and(and(run.part, clause), whole)
      if (before !== undefined) part = minus(part, before)
      if (isEmpty(part)) continue
      listed.set(key, merged(before, part))
      runs.push({ part, order: run.order && [...new Set(run.order)].filter(code => hasCode(part, code)) })
    }
  }
  return runs
}

export function unknownValueSet(url: string, version: string | undefined): TxIssue {
  return txIssue({
    code: 'not-found',
    type: 'not-found',
    id: 'Unable_to_resolve_value_Set_',
    text: `A definition for the value Set '${printCanonical(url, version)}' could not be found`,
  })
}

function tooDeep([first]: readonly Definition[]): TxIssue {
  return txIssue({
    code: 'too-costly',
    type: 'too-costly',
    id: 'VALUESET_TOO_DEEP',
    text: `The value set '${first?.canonical}' imports others, which import others, more than ${deepest} deep: expected at most ${deepest}`,
  })
}

function circularity(path: readonly Definition[], known: number): TxIssue {
  const names = path.slice(known).map(definition => definition.canonical)
  return txIssue({
    code: 'processing',
    type: 'vs-invalid',
    id: 'VALUESET_CIRCULAR_REFERENCE',
    text: `Found a circularity pointing to ${names[0]} processing ValueSet with pathway [${names.join(', ')}]`,
  })
}
