/** Constraints as closures, within limits. https://hl7.org/fhir/R4/conformance-rules.html#constraints */
import { fail } from '../fhir/issue.ts'
import { compileExpression } from '../fhir/path/compiled/compile.ts'
import type { Shapes } from '../fhir/shape.ts'
import type { CompileInvariant, Origin } from './invariant.ts'

/** Steps of one evaluation. */
const cost: Readonly<Record<Origin, number>> = {
  core: 10_000_000, // dom-3 of 10 MB
  own: 200_000, // some 20 ms, for an expression that may have been written to waste them
}

/** Steps that the constraints of others than R4 may take for one resource together. */
export const allowance = 500_000

/** A constraint is broken only by what is certainly false. */
export function openInvariants(shapes: Shapes): CompileInvariant {
  return (expression, type, origin) => {
    const compiled = compileExpression(expression, { type, shapes, cost: cost[origin], metered: origin === 'own' })
    if (compiled === undefined) {
      throw fail('not-supported', `'${expression.slice(0, 200)}' uses functions of FHIRPath that are not known here`)
    }
    return (focus, twin, around) => compiled.test(focus, around, twin) !== false
  }
}
