/** What the validator asks of a FHIRPath compiler. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.constraint.expression */
import type { Environment } from '../fhir/path/compiled/item.ts'
import type { Json, JsonObject } from '../fhir/resource.ts'

/**
 * False only where the constraint is certainly broken. `twin` has the id and the extensions of a primitive, `around` the
 * resource. Throws where its limits are exceeded.
 */
export type Invariant = (focus: Json | undefined, twin: JsonObject | undefined, around: Environment) => boolean

/** Whose the expression is: R4's own, or that of a definition which anybody may have brought. */
export type Origin = 'core' | 'own'

/** `type` is the focus's: `Patient`, `Patient.contact`, `HumanName`, `code`. Throws for what is not valid FHIRPath, or cannot be compiled. */
export type CompileInvariant = (expression: string, type: string, origin: Origin) => Invariant
