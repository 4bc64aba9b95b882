/** What $validate-code is asked. https://hl7.org/fhir/R4/valueset-operation-validate-code.html */
import type { JsonObject } from '../../fhir/resource.ts'
import type { Languages } from './language.ts'
import type { Members } from './membership.ts'
import type { Terminology } from './terminology.ts'
import type { VersionRules } from './version-rules.ts'

export type Coding = {
  readonly system?: string
  readonly version?: string
  readonly code?: string
  readonly display?: string
}

/** By which parameter the code came: `code` with its `system`, `coding`, or `codeableConcept`. */
export type Subject =
  | { readonly as: 'code' | 'coding'; readonly coding: Coding }
  | { readonly as: 'codeableConcept'; readonly concept: JsonObject; readonly codings: readonly Coding[] }

export type ValidateRequest = {
  readonly terminology: Terminology
  readonly rules: VersionRules
  /** Absent: the code is to be known to its code system, nothing more. */
  readonly members?: Members
  /** Codings of other code systems do not count. */
  readonly ofSystem?: string | undefined
  readonly subject: Subject
  readonly languages: Languages
  readonly inferSystem?: boolean
  /** `false`: abstract codes are not allowed here. */
  readonly abstract?: boolean | undefined
  readonly activeOnly?: boolean | undefined
  readonly lenientDisplay?: boolean | undefined
  /** Whether it is a member counts, and nothing else: neither display nor status. */
  readonly membershipOnly?: boolean | undefined
}

/** Where the parts of a coding are, as issues tell it. */
export type Place = {
  readonly itself: string
  readonly code: string
  readonly system: string
  readonly version: string
  readonly display: string
}

const within = (itself: string): Place => ({
  itself,
  code: `${itself}.code`,
  system: `${itself}.system`,
  version: `${itself}.version`,
  display: `${itself}.display`,
})

const places = {
  code: { itself: 'code', code: 'code', system: 'system', version: 'version', display: 'display' },
  coding: within('Coding'),
} as const

export function placeOf(as: Subject['as'], index: number): Place {
  return as === 'codeableConcept' ? within(`CodeableConcept.coding[${index}]`) : places[as]
}

/** `http://loinc.org|2.78#8480-6`, as messages name it. */
export function printCoding({ system = '', version, code = '' }: Coding): string {
  return `${system}${version === undefined ? '' : `|${version}`}#${code}`
}
