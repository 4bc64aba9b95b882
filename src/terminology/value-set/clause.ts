/** One include or exclude of a value set: which codes it stands for. https://hl7.org/fhir/R4/valueset.html#compositions */
import { parseCanonical, printCanonical } from '../canonical.ts'
import type { CodeSystem, Grammar } from '../code-system.ts'
import { ConceptSet } from '../concept-set.ts'
import { textOf } from '../element.ts'
import { supplemented } from '../resource/supplemented.ts'
import { type Codes, codesOf, codesThat, noCodes } from './codes.ts'
import type { Clause, ConceptReference, Filter } from './definition.ts'
import { filtered, itself, notSupported } from './filter.ts'
import { regexOf } from './regex.ts'
import type { Selection } from './selection.ts'
import type { Terminology } from './terminology.ts'
import { refusal, type TxIssue, txIssue } from './tx-issue.ts'
import { resolveSystem, unknownSystem, type VersionRules } from './version-rules.ts'

/** Some members in the order in which they are to be listed: as told, else as the code system has them. */
export type Run = { readonly part: Selection; readonly order: readonly string[] | undefined }

export type Given = {
  readonly terminology: Terminology
  readonly rules: VersionRules
  /** Canonicals of the supplements that count. */
  readonly supplements: readonly string[]
  /** What keeps the value set from being listed in full. */
  readonly faults: TxIssue[]
  /** What is strange about it, though it can be listed. */
  readonly warnings: TxIssue[]
  readonly unknown: UnknownSystem[]
  /** Code systems that were asked, whether anything came of it or not. */
  readonly used: CodeSystem[]
  readonly told: ToldBy[]
  /** Code systems with supplements, made once: sets of bits of two objects could only be combined code by code. */
  readonly systems: Map<string, CodeSystem>
}

/** The parameter that told the version of an include. */
export type ToldBy = { readonly rule: keyof VersionRules; readonly canonical: string }

export type UnknownSystem = { readonly url: string; readonly version: string | undefined }

/**
 * What a fragment does not list may yet exist: an include must then allow for it, an exclude must not, so that nothing is called
 * invalid that may be right.
 */
export type Doubt = 'include' | 'exclude'

/** The codes of the clause's own system, before its imports narrow them down. */
export function ownRun(clause: Clause & { readonly system: string }, given: Given, doubt: Doubt): Run {
  const { system: url } = clause
  const { system, wanted, told, forbidden } = resolveSystem(given.terminology, given.rules, url, clause.version)
  if (told !== undefined) given.told.push({ rule: told, canonical: printCanonical(url, wanted) })
  if (forbidden !== undefined) given.faults.push(forbidden)
  if (system === undefined) return unknownRun(clause, given, wanted)
  const known = withSupplements(system, given)
  given.used.push(known)
  const selection = { url, version: known.facts.version ?? wanted, said: clause.version, wanted, system: known }
  if (clause.concepts !== undefined) return listedRun(selection, clause.concepts)
  const listed = clause.filters
    .map(filter => filtered(known, filter, given.terminology, warning => given.warnings.push(warning)))
    .reduce((all, some) => all.and(some), ConceptSet.all(known.size))
  const part = { ...selection, listed, unlisted: unlistedBy(known, clause.filters, doubt) }
  const doubtful = doubt === 'include' ? doubtfulBy(known, clause.filters, given.terminology) : undefined
  return { part: doubtful === undefined ? part : { ...part, doubtful: doubtful.minus(listed) }, order: undefined }
}

/** Of a fragment, what is above a concept, and what is said of it, may be missing: only its code itself tells that it is out. */
function doubtfulBy(system: CodeSystem, filters: readonly Filter[], terminology: Terminology): ConceptSet | undefined {
  if (!isPartial(system) || filters.length === 0) return undefined
  return filters
    .filter(({ property, op }) => itself.has(property) && (op === '=' || op === 'regex'))
    .map(filter => filtered(system, filter, terminology))
    .reduce((all, some) => all.and(some), ConceptSet.all(system.size))
}

/** Codes that a value set lists are members even if nobody knows their system. */
function unknownRun(clause: Clause & { readonly system: string }, given: Given, wanted: string | undefined): Run {
  const { system: url, concepts } = clause
  const codes = concepts?.map(concept => concept.code) ?? []
  if (concepts === undefined) {
    given.unknown.push({ url, version: wanted })
    given.faults.push(unknownSystem(given.terminology, url, wanted, 'value set cannot be expanded'))
  }
  const part = { url, version: wanted, system: undefined, listed: new ConceptSet(0), unlisted: codesOf(codes) }
  return { part, order: codes }
}

function listedRun(
  selection: Pick<Selection, 'url' | 'version' | 'said' | 'wanted'> & { readonly system: CodeSystem },
  concepts: readonly ConceptReference[],
): Run {
  const { system } = selection
  const listed: number[] = []
  const unlisted: string[] = []
  const order: string[] = []
  for (const { code } of concepts) {
    const concept = system.find(code)
    if (concept !== undefined) listed.push(concept)
    else if (mayHave(system, code)) unlisted.push(code)
    else continue
    order.push(concept === undefined ? code : system.code(concept))
  }
  return { part: { ...selection, listed: ConceptSet.of(system.size, listed), unlisted: codesOf(unlisted) }, order }
}

export function isPartial(system: CodeSystem): boolean {
  const { content } = system.facts
  return content === 'fragment' || content === 'example'
}

/** Of a code that the system does not list. */
function mayHave(system: CodeSystem, code: string): boolean {
  return isPartial(system) || system.grammar?.check(code).valid === true
}

function unlistedBy(system: CodeSystem, filters: readonly Filter[], doubt: Doubt): Codes {
  const { grammar } = system
  if (grammar !== undefined) {
    const tests = filters.map(filter => testBy(system, grammar, filter))
    return codesThat(code => grammar.check(code).valid && tests.every(test => test(code)))
  }
  if (!isPartial(system)) return noCodes
  return filters.length === 0 || doubt === 'include' ? codesThat(() => true) : noCodes
}

/** A filter of the system's own, or one on the code. */
function testBy(system: CodeSystem, grammar: Grammar, filter: Filter): (code: string) => boolean {
  if (!system.facts.filters.some(({ code }) => code === filter.property)) return codeTest(filter)
  const test = grammar.filter?.(filter)
  if (test === undefined) throw refusal([notSupported(system, filter)])
  return test
}

/** What a filter says of a code alone; nothing else is known of codes that a grammar makes. */
function codeTest({ property, op, value, at }: Filter): (code: string) => boolean {
  if (!itself.has(property)) return () => false
  if (op === 'regex') return regexOf(value, `${at}.value`)
  if (op === '=') return code => code === value
  const values = new Set(value.split(',').map(each => each.trim()))
  if (op === 'in') return code => values.has(code)
  return op === 'not-in' ? code => !values.has(code) : () => false
}

export function withSupplements(
  system: CodeSystem,
  { terminology, supplements, systems }: Pick<Given, 'terminology' | 'supplements' | 'systems'>,
): CodeSystem {
  const { url, version } = system.facts
  const resources = supplements.flatMap(canonical => {
    const wanted = parseCanonical(canonical)
    const resource = terminology.supplement(wanted.url, wanted.version)
    const base = parseCanonical(textOf(resource, 'supplements') ?? '')
    const fits = base.url === url && (base.version === undefined || base.version === version)
    return resource !== undefined && fits ? [resource] : []
  })
  if (resources.length === 0) return system
  const key = [printCanonical(url, version), ...supplements].join(' ')
  const known = systems.get(key) ?? supplemented(system, resources)
  systems.set(key, known)
  return known
}

export function missingSupplements(terminology: Terminology, supplements: readonly string[]): readonly TxIssue[] {
  return supplements
    .filter(canonical => {
      const { url, version } = parseCanonical(canonical)
      return terminology.supplement(url, version) === undefined
    })
    .map(noSupplement)
}

function noSupplement(canonical: string): TxIssue {
  return txIssue({
    code: 'not-found',
    type: 'not-found',
    id: 'VALUESET_SUPPLEMENT_MISSING',
    text: `Required supplement not found: ${canonical}`,
  })
}
