/** Which codes belong to a value set, compiled once and then asked often. https://hl7.org/fhir/R4/valueset.html#compositions */
import type { JsonObject } from '../../fhir/resource.ts'
import { sameJson } from '../../fhir/same-json.ts'
import { type Canonical, parseCanonical, printCanonical } from '../canonical.ts'
import type { CodeSystem } from '../code-system.ts'
import { type Concept, ConceptSet } from '../concept-set.ts'
import { textOf } from '../element.ts'
import {
  type Doubt,
  type Given,
  missingSupplements,
  ownRun,
  type Run,
  type ToldBy,
  type UnknownSystem,
} from './clause.ts'
import { type Clause, type ConceptReference, type Definition, definitionOf } from './definition.ts'
import { implicitValueSet } from './implicit.ts'
import { type Inputs, recording, type Sources, stillHold } from './inputs.ts'
import { and, hasCode, isEmpty, keyOf, minus, or, type Selection } from './selection.ts'
import type { Terminology } from './terminology.ts'
import { refusal, type TxIssue, txIssue } from './tx-issue.ts'
import { ruleFor, keyOf as rulesKey, type VersionRules } from './version-rules.ts'

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

export type Question = {
  readonly rules: VersionRules
  /** Canonicals of supplements to be used, beside those that the value set asks for. */
  readonly supplements: readonly string[]
}

export type Memberships = Sources & {
  /** Throws for value sets that contain themselves, and for filters that have no meaning. */
  of(valueSet: JsonObject, question: Question): Members
}

/** Of one value set, for requests that differ in versions and supplements. */
const mostAnswers = 8
/** Clients make up expressions, so not all of them are kept: each may hold some 100 KB of bits. */
const mostImplicit = 200

/** Imports of imports: some ten are in use, and the stack bears several hundred. */
const deepest = 100

/** What was compiled, of one state of a terminology or of several that follow each other. */
export type Kept = {
  readonly members: WeakMap<JsonObject, Map<string, KeptMembers>>
  /** Implicit value sets that were written down, by canonical. */
  readonly implicit: Map<string, JsonObject>
}

type KeptMembers = { readonly members: Members; readonly inputs: Inputs; holdsIn: Terminology }

export function nothingKept(): Kept {
  return { members: new WeakMap(), implicit: new Map() }
}

/** Keeps what it compiled for as long as the resource is held by somebody. What `kept` has counts while its inputs are the same. */
export function membershipsOf(terminology: Terminology, kept: Kept = nothingKept()): Memberships {
  const systems = new Map<string, CodeSystem>()
  const implicit = new Map<string, JsonObject>()
  const find = ({ url, version }: Canonical): JsonObject | undefined => {
    const found = terminology.valueSet(url, version) ?? implicit.get(url)
    if (found !== undefined) return found
    const written = writtenDown(implicitValueSet(terminology, url), kept.implicit.get(url))
    if (written === undefined) return undefined
    keep(implicit, url, written, mostImplicit)
    keep(kept.implicit, url, written, mostImplicit)
    return written
  }
  const sources = { terminology, find }

  const known = (answers: Map<string, KeptMembers>, key: string): KeptMembers | undefined => {
    const answer = answers.get(key)
    if (answer === undefined || answer.holdsIn === terminology) return answer
    if (!stillHold(answer.inputs, sources)) return undefined
    answer.holdsIn = terminology
    return answer
  }

  const of = (valueSet: JsonObject, question: Question, above: readonly Definition[]): KeptMembers => {
    const answers = kept.members.get(valueSet) ?? new Map<string, KeptMembers>()
    kept.members.set(valueSet, answers)
    // Of what has no URL, only the resource around it tells what an anchor means.
    const place = above.length === 0 || textOf(valueSet, 'url') !== undefined ? '' : 'contained'
    const key = `${place}\n${rulesKey(question.rules)}\n${question.supplements.join(' ')}`
    const before = known(answers, key)
    if (before !== undefined) return before
    const inputs: Inputs = new Map()
    const recorded = recording(sources, inputs)
    const definition = definitionOf(valueSet)
    const supplements = [...new Set([...question.supplements, ...definition.supplements])]
    const faults = [...definition.faults, ...missingSupplements(recorded.terminology, supplements)]
    const given = {
      ...{ terminology: recorded.terminology, rules: question.rules, supplements, systems, faults },
      warnings: [],
      unknown: [],
      used: [],
      told: [],
    }
    const importSet: Import = (imported, path) => {
      const answer = of(imported, { ...question, supplements }, path)
      for (const [question, input] of answer.inputs) inputs.set(question, input)
      return answer.members
    }
    const compiler = new Compiler(given, definition, above, recorded.find, importSet)
    const members = definition.faults.length === 0 ? compiler.members() : compiler.nothing()
    const answer = { members, inputs, holdsIn: terminology }
    keep(answers, key, answer, mostAnswers)
    return answer
  }
  return { ...sources, of: (valueSet, question) => of(valueSet, question, []).members }
}

/** The same object as before where it says the same, so that what was compiled from it is found. */
function writtenDown(made: JsonObject | undefined, before: JsonObject | undefined): JsonObject | undefined {
  return before !== undefined && sameJson(made, before) ? before : made
}

function keep<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  if (map.size >= most && !map.has(key)) for (const oldest of map.keys().take(1)) map.delete(oldest)
  map.set(key, value)
}

type Import = (valueSet: JsonObject, path: readonly Definition[]) => Members
type Part = { readonly selections: ReadonlyMap<string, Selection>; readonly runs: readonly Run[] }

class Compiler {
  readonly #given: Given
  readonly #path: readonly Definition[]
  readonly #definition: Definition
  readonly #find: Memberships['find']
  readonly #import: Import
  readonly #imports: Definition[] = []
  readonly #mentions = new Map<string, Map<string, ConceptReference>>()

  constructor(
    given: Given,
    definition: Definition,
    above: readonly Definition[],
    find: Memberships['find'],
    importSet: Import,
  ) {
    this.#given = given
    this.#definition = definition
    this.#path = [...above, definition]
    this.#find = find
    this.#import = importSet
  }

  /** What is not well-formed has no members. */
  nothing(): Members {
    const { faults, warnings, unknown, used, told } = this.#given
    return {
      definition: this.#definition,
      selections: new Map(),
      runs: [],
      mentions: new Map(),
      imports: [],
      faults,
      warnings,
      unknown,
      used,
      told,
    }
  }

  members(): Members {
    const definition = this.#definition
    const included = definition.include.map(clause => this.#part(clause, 'include'))
    const excluded = definition.exclude.map(clause => this.#part(clause, 'exclude'))
    const all = new Map<string, Selection>()
    for (const { selections } of included) {
      for (const [key, selection] of selections) all.set(key, merged(all.get(key), selection))
    }
    for (const [key, selection] of all) all.set(key, this.#reduced(selection, excluded))
    const selections = Map.groupBy(
      all.values().filter(selection => !isEmpty(selection)),
      selection => selection.url,
    )
    return {
      definition,
      selections,
      runs: runsOf(included, all),
      mentions: this.#mentions,
      imports: distinct(this.#imports),
      // Two imports may lack the same thing.
      faults: [...new Map(this.#given.faults.map(fault => [fault.diagnostics, fault])).values()],
      warnings: distinct(this.#given.warnings),
      unknown: distinct(this.#given.unknown),
      used: distinct(this.#given.used),
      told: distinct(this.#given.told),
    }
  }

  #reduced(selection: Selection, excluded: readonly Part[]): Selection {
    let rest = selection
    for (const part of excluded) {
      for (const other of part.selections.values()) if (other.url === selection.url) rest = minus(rest, other)
    }
    return this.#definition.inactive ? rest : withoutInactive(rest)
  }

  #part(clause: Clause, doubt: Doubt): Part {
    const parts: Part[] = []
    if (isOfSystem(clause)) {
      const run = ownRun(clause, this.#given, doubt)
      parts.push({ selections: new Map([[keyOf(run.part), run.part]]), runs: [run] })
      if (doubt === 'include') this.#mention(clause.system, clause.concepts ?? [], run.part.system)
    }
    for (const canonical of clause.valueSets) {
      const members = this.#imported(canonical)
      parts.push(partOf(members))
      if (members === undefined || doubt === 'exclude') continue
      for (const [url, mentions] of members.mentions) this.#mention(url, mentions.values(), undefined)
    }
    return parts.reduce((one, other) => intersection(one, other), parts[0] ?? { selections: new Map(), runs: [] })
  }

  /** The first word counts. */
  #mention(url: string, concepts: Iterable<ConceptReference>, system: CodeSystem | undefined): void {
    const mentions = this.#mentions.get(url) ?? new Map<string, ConceptReference>()
    this.#mentions.set(url, mentions)
    for (const mention of concepts) {
      const concept = system?.find(mention.code)
      const code = concept === undefined ? mention.code : (system?.code(concept) ?? mention.code)
      if (!mentions.has(code)) mentions.set(code, mention)
    }
  }

  #imported(canonical: string): Members | undefined {
    const { url, version } = parseCanonical(canonical)
    const wanted = version ?? ruleFor(this.#given.rules.valueSet, url)
    const valueSet = url.startsWith('#')
      ? this.#contained(url.slice(1))
      : this.#find({ url, ...(wanted === undefined ? {} : { version: wanted }) })
    if (version === undefined && wanted !== undefined) {
      this.#given.told.push({ rule: 'valueSet', canonical: printCanonical(url, wanted) })
    }
    if (valueSet === undefined) {
      this.#given.faults.push(unknownValueSet(url, wanted))
      return undefined
    }
    const known = this.#path.findIndex(definition => definition.resource === valueSet)
    if (known >= 0) throw refusal([circularity(this.#path, known)])
    if (this.#path.length > deepest) throw refusal([tooDeep(this.#path)])
    const members = this.#import(valueSet, this.#path)
    this.#imports.push(members.definition, ...members.imports)
    this.#given.faults.push(...members.faults)
    this.#given.warnings.push(...members.warnings)
    this.#given.unknown.push(...members.unknown)
    this.#given.used.push(...members.used)
    this.#given.told.push(...members.told)
    return members
  }

  /** In the value set itself, or beside it where it is contained: whoever imports it there has it, however far up. */
  #contained(id: string): JsonObject | undefined {
    const here = this.#definition
    const container = this.#path.findLast(each => each.contained.includes(here.resource))
    const all = [...here.contained, ...(container?.contained ?? [])]
    return all.find(resource => textOf(resource, 'id') === id)
  }
}

/** What is imported by many ways has been compiled once, and is told once: else its tellings would double with each step. */
function distinct<T>(all: readonly T[]): readonly T[] {
  return [...new Set(all)]
}

function isOfSystem(clause: Clause): clause is Clause & { readonly system: string } {
  return clause.system !== undefined
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

export function withoutInactive(selection: Selection): Selection {
  const { system, listed, doubtful } = selection
  if (system === undefined) return selection
  const active = (concepts: ConceptSet): ConceptSet =>
    ConceptSet.of(
      system.size,
      Iterator.from(concepts).filter((concept: Concept) => !system.inactive(concept)),
    )
  return { ...selection, listed: active(listed), ...(doubtful === undefined ? {} : { doubtful: active(doubtful) }) }
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
