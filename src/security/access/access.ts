/** What somebody may do in a tenant: worked out once, asked at every step. */
import { all, type Node } from '../../search/node.ts'

/** SMART v2 permissions: create, read, update, delete, search. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html */
export type Letter = 'c' | 'r' | 'u' | 'd' | 's'

export type Access = {
  /** All of it may be done to everything: nothing has to be judged. */
  readonly unlimited: boolean
  /** The resources of a type to which it may be done; `none`: the type is closed to it. Always the same object for the same question. */
  readonly may: (letter: Letter, type: string) => Node
  /** Whether there is any type that is open to it. */
  readonly somewhere: (letter: Letter) => boolean
  /** What within the resources of a type is closed. */
  readonly limits: (type: string) => Limits
  /** Whether an operation may be asked for: `everything` of `$everything`. */
  readonly runs: (operation: string) => boolean
}

/** Elements are paths below the resource as JSON has them: `telecom`, `contact.telecom`, `valueQuantity`. */
export type Limits = {
  /** Neither shown nor searched nor written. */
  readonly hidden: readonly string[]
  /** Shown, but they stay as they are. */
  readonly fixed: readonly string[]
  /** FHIRPath that must be true of what is written: `%before`, `%after`, which is the focus as well. */
  readonly rules: readonly string[]
}

export const unbounded: Limits = { hidden: [], fixed: [], rules: [] }

export function isUnbounded({ hidden, fixed, rules }: Limits): boolean {
  return hidden.length + fixed.length + rules.length === 0
}

/** Of the server itself, and of everybody where authentication is off. */
export const unlimited: Access = {
  unlimited: true,
  may: () => all,
  somewhere: () => true,
  limits: () => unbounded,
  runs: () => true,
}
