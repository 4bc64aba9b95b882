/**
 * A code system as everything above sees it, wherever its concepts lie: in a CodeSystem resource, in a file of the library, in
 * a grammar. https://hl7.org/fhir/R4/codesystem.html
 */
import { Decimal } from '../fhir/decimal.ts'
import type { JsonObject } from '../fhir/resource.ts'
import type { Stretch, Text } from '../fhir/stretch.ts'
import type { Concept, ConceptSet } from './concept-set.ts'

export type CodeSystemFacts = {
  readonly url: string
  readonly version?: string
  readonly name?: string
  readonly title?: string
  readonly status: 'draft' | 'active' | 'retired' | 'unknown'
  readonly experimental: boolean
  /** `https://hl7.org/fhir/R4/extension-structuredefinition-standards-status.html`: `deprecated`, `withdrawn` … */
  readonly standardsStatus?: string
  readonly content: 'not-present' | 'example' | 'fragment' | 'complete' | 'supplement'
  readonly caseSensitive: boolean
  readonly compositional: boolean
  readonly versionNeeded: boolean
  readonly hierarchyMeaning?: 'grouped-by' | 'is-a' | 'part-of' | 'classified-with'
  /** The language of displays that tell none. */
  readonly language?: string
  readonly copyright?: string
  /** Canonical of the value set of all codes. */
  readonly valueSet?: string
  readonly properties: readonly PropertyDefinition[]
  /** Canonicals of the supplements that are added to it. */
  readonly supplements?: readonly string[]
  readonly filters: readonly {
    readonly code: string
    readonly operators: readonly FilterOperator[]
    readonly value: string
  }[]
}

export type PropertyDefinition = {
  readonly code: string
  readonly uri?: string
  readonly description?: string
  readonly type: 'code' | 'Coding' | 'string' | 'integer' | 'boolean' | 'dateTime' | 'decimal'
}

/** https://hl7.org/fhir/R4/valueset-filter-operator.html, and two that R5 adds. */
export type FilterOperator =
  | '='
  | 'is-a'
  | 'descendent-of'
  | 'is-not-a'
  | 'regex'
  | 'in'
  | 'not-in'
  | 'generalizes'
  | 'exists'
  | 'child-of'
  | 'descendent-leaf'

export type Designation = {
  readonly language?: string
  readonly use?: { readonly system?: string; readonly code: string; readonly display?: string }
  readonly value: string
  /** Of the element that defines it. */
  readonly extensions?: readonly JsonObject[]
}

export type PropertyValue = {
  readonly code: string
  readonly value:
    | string
    | number
    | Decimal
    | boolean
    | { readonly system?: string; readonly version?: string; readonly code: string; readonly display?: string }
}

/** As codes are compared, and values of properties. */
export function codeKey(code: string, { caseSensitive }: Pick<CodeSystemFacts, 'caseSensitive'>): string {
  return caseSensitive ? code : code.toLowerCase()
}

/** What a value is found by: a Coding by its code, and by its display, since some systems name parts of theirs by both. */
export function keysOf(value: PropertyValue['value']): readonly string[] {
  if (value instanceof Decimal) return [decimalKey(value.text)]
  if (typeof value !== 'object') return [String(value)]
  return value.display === undefined || value.display === value.code ? [value.code] : [value.code, value.display]
}

/** 1.50 is found by 1.5, which it equals. */
export function decimalKey(text: string): string {
  return /^-?\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, '') : text
}

/**
 * Reads are synchronous: concepts lie in memory or in a file that the operating system caches. All of it is immutable; a new
 * state of a code system is a new object.
 */
export interface CodeSystem {
  readonly facts: CodeSystemFacts
  readonly size: number
  /** By code, in the case rules of the system; `undefined`: not among the concepts listed. */
  find(code: string): Concept | undefined
  code(concept: Concept): string
  display(concept: Concept): string | undefined
  definition(concept: Concept): string | undefined
  designations(concept: Concept): readonly Designation[]
  /** Those that displays and designations are in, as far as they tell. */
  languages(): readonly string[]
  properties(concept: Concept): readonly PropertyValue[]
  /** Of the element that defines it; absent: there is no such element. */
  extensions?(concept: Concept): readonly JsonObject[]
  /** `inactive`, `status = retired` and what the system itself means by it. */
  inactive(concept: Concept): boolean
  /** `notSelectable`. */
  abstract(concept: Concept): boolean
  parents(concept: Concept): readonly Concept[]
  children(concept: Concept): readonly Concept[]
  /** True for itself. */
  isA(concept: Concept, ancestor: Concept): boolean
  /** Without itself. */
  descendants(concept: Concept): ConceptSet
  ancestors(concept: Concept): ConceptSet
  /** Those with this property, of this value if one is given (Codings by their code or display). */
  having(property: string, value?: string): ConceptSet
  /** Those a text leads to: beginnings of words in any order, without accents and case; the best first. */
  search(
    text: string,
    limits: { readonly within?: ConceptSet; readonly language?: string; readonly most: number },
  ): readonly Concept[]
  /** The same words where they lie, if they lie in a file: from there they are copied into answers. */
  readonly texts?: Texts
  /** What the system's grammar says of a code that is not listed; absent where codes have no grammar. */
  readonly grammar?: Grammar
}

/** What is told of a concept in words. Every code system tells it in strings. */
export interface Texts {
  code(concept: Concept): Text
  display(concept: Concept): Text | undefined
  definition(concept: Concept): Text | undefined
  designations(concept: Concept): readonly (Omit<Designation, 'value'> & { readonly value: Text })[]
  properties(concept: Concept): readonly { readonly code: string; readonly value: PropertyValue['value'] | Stretch }[]
}

/** https://hl7.org/fhir/R4/terminologies-systems.html: UCUM, BCP-47, MIME types; post-coordination. */
export interface Grammar {
  /**
   * `name`: what it is called in English, where that is not its display. `normal`: the code in the case that it should have,
   * where case does not count.
   */
  check(
    code: string,
  ):
    | { readonly valid: true; readonly display?: string; readonly name?: string; readonly normal?: string }
    | { readonly valid: false; readonly why: string }
  /** Of the filters that `facts` declares: the test of a valid code; `undefined` where the operator or the value has no meaning. */
  filter?(filter: GrammarFilter): ((code: string) => boolean) | undefined
  /** Of two codes that are valid and written differently; `unclear`: what one would have to know to tell. */
  relation?(a: string, b: string): Subsumption | { readonly unclear: string }
}

export type GrammarFilter = { readonly property: string; readonly op: string; readonly value: string }

/** https://hl7.org/fhir/R4/valueset-concept-subsumption-outcome.html */
export type Subsumption = 'equivalent' | 'subsumes' | 'subsumed-by' | 'not-subsumed'

/** SNOMED CT and what is made like it. https://confluence.ihtsdotools.org/display/DOCECL */
export interface Relations extends Memberships {
  /** Sources with an attribute of one of these types whose value is one of these. */
  sources(types: ConceptSet | undefined, values: ConceptSet | undefined): ConceptSet
  /** Of one concept: groups (0: ungrouped) of type and value. */
  attributes(
    concept: Concept,
  ): readonly { readonly group: number; readonly type: Concept; readonly value: Concept | string | number }[]
  /** Rows that were taken back; absent, they are not kept. */
  readonly lapsed?: Memberships | undefined
  /** Absent, `display` and `designations` are all that is known. */
  readonly descriptions?: Descriptions | undefined
}

/** Rows of reference sets. */
export interface Memberships {
  /** Members of a reference set. */
  members(refset: Concept): ConceptSet
  refsets(): ConceptSet
  /** What a reference set says of a member, row by row, without `referencedComponentId`; absent, it is not known. */
  fields?(refset: Concept, member: Concept): readonly Readonly<Record<string, string>>[]
  /** Where the rows of a reference set come from. */
  readonly origins?: ((refset: Concept) => readonly Origin[]) | undefined
}

/**
 * A description of RF2: a designation, and what it says of itself beyond that. Ids of concepts are texts, as in RF2; what is
 * absent is not known. https://docs.snomed.org/snomed-ct-specifications/snomed-ct-release-file-specification
 */
export type Description = DescriptionKind & {
  readonly term: string
  readonly id?: string
  readonly effectiveTime?: string
}

/** What many descriptions have in common: there are some hundred kinds of millions. */
export type DescriptionKind = {
  /** False: taken back. */
  readonly active: boolean
  /** Fully specified name, synonym, definition. */
  readonly type: string
  readonly language?: string
  readonly moduleId?: string
  /** What language reference sets say of it. */
  readonly dialects?: readonly { readonly refset: string; readonly acceptability: string }[]
}

export interface Descriptions {
  /** Those taken back, too. */
  of(concept: Concept): readonly Description[]
  readonly kinds: readonly DescriptionKind[]
  /** Who has a description of this kind, by its place in `kinds`. */
  having(kind: number): ConceptSet
  /** No concept beyond these has a description with this id. */
  identified(id: string): ConceptSet
}

/** Where rows of a reference set come from: of each of `members` the row with this place among its rows, from 0. */
export type Origin = {
  readonly moduleId: string
  readonly effectiveTime: string
  readonly row: number
  readonly members: ConceptSet
}
