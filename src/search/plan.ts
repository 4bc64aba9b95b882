/** A query with all FHIR meaning decided: what stores are asked. */
import type { Node, SortKey } from './node.ts'
import type { Canonical } from './values/canonical.ts'

export type Plan = {
  /** One question per type, `restrict` included. `sort` takes the place of the plan's, key by key, where slots have other names. */
  readonly questions: readonly { readonly type: string; readonly where: Node; readonly sort?: readonly SortKey[] }[]
  readonly sort: readonly SortKey[]
}

/** What the planner needs to know beside the definitions. */
export type PlanNeeds = {
  /** The URL of this server as the tenant's clients see it, without trailing slash. */
  readonly base: string
  /** Which resources of a type may be seen: part of every question about that type, chains and `_has` included. */
  readonly restrict: (type: string) => Node
  /** The compartment that is searched: part of the questions about the types searched, and of no other. */
  readonly within?: (type: string) => Node
  readonly terminology: Codes
  readonly stored: Stored
  /** Of which there are resources, contained ones (`#Medication`) included; needed only where those are searched. */
  readonly types?: readonly string[]
}

/**
 * Other resources that an answer depends on and that no question can name before they are looked up: hierarchies of references,
 * and what canonical URLs lead to. Only what may be seen; rejects as too costly where it is too much to be told in full.
 */
export type Stored = {
  /** Of those that fit. */
  readonly ids: (type: string, where: Node) => Promise<readonly string[]>
  /** What those that fit are called. */
  readonly canonicals: (type: string, where: Node) => Promise<readonly Canonical[]>
  /** What those that fit refer to by canonical URL, under the search parameter of this code. */
  readonly cited: (type: string, where: Node, code: string) => Promise<readonly Canonical[]>
}

/** What search must know of code systems and value sets; the terminology service fills it. `undefined`: not known here. */
export type Codes = {
  readonly valueSet: (url: string) => Promise<readonly Code[] | undefined>
  /** Whether upper and lower case are the same in the codes of this system, as far as is known. */
  readonly caseless: (system: string) => Promise<boolean>
  /** The code and all below it (`is`: 'below') or above it. */
  readonly hierarchy: (is: 'above' | 'below', code: Code) => Promise<readonly Code[] | undefined>
  /** Codes of other systems for the same, or for a kind of it, as far as concept maps tell. */
  readonly translations: (code: Code) => Promise<readonly Code[]>
}

export type Code = { readonly system: string | undefined; readonly code: string }
