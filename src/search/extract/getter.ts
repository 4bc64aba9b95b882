/** What a search parameter's expression comes to. https://hl7.org/fhir/R4/searchparameter-definitions.html#SearchParameter.expression */
import type { Json, Resource } from '../../fhir/resource.ts'
import type { Shapes } from '../../fhir/shape.ts'

/** An element and the FHIR type that it has where it stands: `code`, `HumanName`, `Observation.component`. */
export type Found = { readonly value: Json; readonly type: string }

export type Getter = {
  /** `focus` is the resource itself, or for a component of a composite the element that its parts are taken from. */
  readonly get: (focus: Json, resource: Resource) => readonly Found[]
  /** Types of what can be found; empty: nothing ever is. `undefined`: only known once it is found. */
  readonly types: readonly string[] | undefined
}

/** Where an expression is compiled: the type of the focus, and of the resource around it. */
export type Place = { readonly type: string; readonly resourceType: string; readonly shapes: Shapes }
