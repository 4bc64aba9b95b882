/** What a constraint is evaluated against: an edition of SNOMED CT, or what is made like it. */
import type { CodeSystem, Relations } from '../code-system.ts'
import type { Concept } from '../concept-set.ts'

/** What some editions are loaded with, and others not: a constraint that needs what is not there is refused. */
export type Substrate = CodeSystem &
  Relations & {
    /** What a reference set says of a member, row by row, without `referencedComponentId`. */
    fields?(refset: Concept, member: Concept): readonly Readonly<Record<string, string>>[]
    /** With more than designations tell; absent, `display` and `designations` are all that is known. */
    descriptions?(concept: Concept): readonly Description[]
  }

/** Ids of concepts are texts, as in RF2. What is absent is not known. */
export type Description = {
  readonly term: string
  readonly language?: string
  /** Fully specified name, synonym, definition. */
  readonly type: string
  readonly active: boolean
  readonly id?: string
  readonly moduleId?: string
  readonly effectiveTime?: string
  /** What language reference sets say of it. */
  readonly dialects?: readonly { readonly refset: string; readonly acceptability: string }[]
}
