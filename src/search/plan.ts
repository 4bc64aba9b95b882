/** A query with all FHIR meaning decided: what stores are asked. */
import type { Node, SortKey } from './node.ts'

export type Plan = {
  /** One question per type, `restrict` included. */
  readonly questions: readonly { readonly type: string; readonly where: Node }[]
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
}

/** What search must know of code systems and value sets; the terminology service fills it. `undefined`: not known here. */
export type Codes = {
  readonly valueSet: (url: string) => Promise<readonly Code[] | undefined>
  /** The code and all below it (`is`: 'below') or above it. */
  readonly hierarchy: (is: 'above' | 'below', code: Code) => Promise<readonly Code[] | undefined>
}

export type Code = { readonly system: string | undefined; readonly code: string }
