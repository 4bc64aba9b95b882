/** Which resources a definition is about, and whether what it finds there can be searched. */
import type { Shapes } from '../../fhir/shape.ts'
import type { Parameters, SearchParameter } from '../parameters.ts'
import { listed } from '../parse/known.ts'
import { simpleTypes } from '../values/simple.ts'

export type Known = {
  readonly shapes: Shapes
  /** Those that there are beside it. */
  readonly parameters: Parameters
}

/** All resources of these types would have it. */
export function typesOf({ base }: Pick<SearchParameter, 'base'>, shapes: Shapes): readonly string[] {
  return shapes.resourceTypes.filter(
    type =>
      base.includes(type) ||
      base.includes('Resource') ||
      (base.includes('DomainResource') && shapes.shape(type)?.elements.has('contained')),
  )
}

/** Continues a sentence about an expression; `undefined`: something is found that the parameter type can search. */
export function mismatch(found: readonly string[], type: SearchParameter['type']): string | undefined {
  if (found.length === 0) return 'finds no element'
  if (type === 'composite') return undefined
  const fitting = Object.keys(simpleTypes[type].extract)
  if (found.some(each => fitting.includes(each))) return undefined
  return `finds ${listed(found)}, which a ${type} parameter does not search (expected ${listed(fitting)})`
}
