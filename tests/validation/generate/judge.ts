/** Everything that a resource is checked for on the way in, bound to R4's own definitions. */
import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import { loadStructures } from '../../../src/conformance/structures.ts'
import { loadValueSets } from '../../../src/conformance/value-sets.ts'
import { type Issue, isError } from '../../../src/fhir/issue.ts'
import { compileExpression } from '../../../src/fhir/path/compiled/compile.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import type { Codes } from '../../../src/validation/codes.ts'
import type { CompileInvariant } from '../../../src/validation/invariant.ts'
import type { Options } from '../../../src/validation/profile/run.ts'
import { compileValidator } from '../../../src/validation/profile/validate.ts'
import { compileStructure } from '../../../src/validation/structure.ts'

export const { shapes } = loadDefinitions()
export const structures = loadStructures()
const valueSets = loadValueSets()

/** A constraint is broken if it is false: what cannot be decided passes. `cost`: steps that one evaluation may take. */
export function compileWithin(cost?: number): CompileInvariant {
  return (expression, type) => {
    const compiled = compileExpression(expression, { type, shapes, ...(cost === undefined ? {} : { cost }) })
    if (compiled === undefined) throw new Error(`${expression} is beyond the compiler`)
    return (focus, twin, around) => compiled.test(focus, around, twin) !== false
  }
}

export const codes: Codes = {
  validate({ valueSet, system, code }) {
    const known = valueSets.codesOf(valueSet)
    if (known === undefined) return 'unknown value set'
    const has = known.has(system, code)
    if (has === undefined) return 'unknown system'
    return has ? 'in' : 'out'
  },
}

export const options: Options = {
  profiles: 'claimed',
  bestPractice: 'off',
  codes,
  targets: { find: () => 'absent' },
}

export const wellFormed = compileStructure(shapes)
const validate = compileValidator({ structures, compileInvariant: compileWithin() })

/** The form first, as on write: only what is well-formed is asked for more. */
export function findings(resource: Resource): readonly Issue[] {
  const form = wellFormed(resource)
  return form.some(isError) ? form : [...form, ...validate(resource, options)]
}

export function errors(resource: Resource): readonly Issue[] {
  return findings(resource).filter(isError)
}
