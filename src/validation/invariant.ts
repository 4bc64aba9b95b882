/** What the validator asks of a FHIRPath compiler. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.constraint.expression */
import type { Json, Resource } from '../fhir/resource.ts'

/**
 * True also where the expression gives nothing: many constraints say nothing of what is not there. `resource` is %resource,
 * `root` is %rootResource: they differ within contained resources. Throws where its limits are exceeded.
 */
export type Invariant = (focus: Json, resource: Resource, root: Resource) => boolean

/** `type` is the focus's: `Patient`, `Patient.contact`, `HumanName`, `code`. Throws for what is not valid FHIRPath. */
export type CompileInvariant = (expression: string, type: string) => Invariant
