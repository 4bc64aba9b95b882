/** Where an expression leads to, as far as that does not depend on what is in the data. http://hl7.org/fhirpath/N1/#path-selection */
import { elementsNamed, isTyped } from './compile.ts'
import { type Expression, Uncovered } from './expression.ts'
import type { Place } from './getter.ts'
import { parse } from './parse.ts'
import { isA } from './types.ts'

/** By properties (`component.valueQuantity`; empty: the focus itself), the type that is there. */
export type Paths = ReadonlyMap<string, string>

/** `undefined`: there are conditions. Two expressions with the same paths find the same. */
export function pathsOf(expression: string, place: Place): Paths | undefined {
  try {
    return new Map(follow(parse(expression), place))
  } catch (error) {
    if (error instanceof Uncovered || error instanceof RangeError) return undefined
    throw error
  }
}

type Path = readonly [path: string, type: string]

function follow(expression: Expression, place: Place): readonly Path[] {
  switch (expression.op) {
    case 'focus':
      return [['', place.type]]
    case 'typed':
      return isTyped(expression.type, place) ? [['', place.type]] : []
    case 'member':
      return follow(expression.of, place).flatMap(([path, type]) =>
        elementsNamed(expression.name, type, place.shapes).map(
          (element): Path => [path === '' ? element.name : `${path}.${element.name}`, element.type],
        ),
      )
    case 'ofType':
      return follow(expression.of, place).filter(([, type]) => isA(type, expression.type))
    case 'union':
      return expression.of.flatMap(branch => follow(branch, place))
    default:
      throw new Uncovered(`${expression.op} as a path`)
  }
}
