/** A search parameter's expression → its getter for one type. https://hl7.org/fhir/R4/searchparameter-definitions.html#SearchParameter.expression */
import { fail } from '../../fhir/issue.ts'
import { compile } from './compile.ts'
import { evaluated } from './evaluated.ts'
import { NoElement, Uncovered } from './expression.ts'
import type { Getter, Place } from './getter.ts'
import { parse } from './parse.ts'

/** Our own closures where they can be had, else the FHIRPath engine, at about a hundred times the cost. */
export function compileGetter(expression: string, place: Place): Getter {
  return covered(expression, place) ?? evaluated(expression, place)
}

/** The engine cannot start from a part of a resource and still know its types, so here is no second way. */
export function compilePart(expression: string, place: Place): Getter {
  const getter = covered(expression, place)
  if (getter !== undefined) return getter
  throw fail(
    'not-supported',
    `the component expression '${expression}' is not supported from ${place.type}: expected are paths, ofType(), where() with = and !=`,
    undefined,
    { status: 422 },
  )
}

/** `undefined` where the expression has more than our compiler knows. */
export function covered(expression: string, place: Place): Getter | undefined {
  try {
    return compile(parse(expression), place)
  } catch (error) {
    // Too deep for the stack: the engine has a limit for that, and words.
    if (error instanceof Uncovered || error instanceof RangeError) return undefined
    throw error
  }
}

/** An element that the expression names, but the type does not have: `Patient.colour`. */
export function missingElement(expression: string, place: Place): string | undefined {
  try {
    compile(parse(expression), place)
  } catch (error) {
    if (error instanceof NoElement) return error.message
    if (!(error instanceof Uncovered || error instanceof RangeError)) throw error
  }
  return undefined
}
