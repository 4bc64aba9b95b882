/** The FHIRPath engine for the expressions that our compiler leaves. https://hl7.org/fhir/R4/fhirpath.html */
import { Decimal } from '../../fhir/decimal.ts'
import { FhirError } from '../../fhir/issue.ts'
import { elementsOf } from '../../fhir/path/element.ts'
import { evaluate, type Limits } from '../../fhir/path/evaluate.ts'
import { type Location, locate, placeOf } from '../../fhir/path/location.ts'
import type { Json, Resource } from '../../fhir/resource.ts'
import type { Shapes } from '../../fhir/shape.ts'
import type { Found, Getter, Place } from './getter.ts'

/**
 * Each write of a resource runs the expressions of its type, which are somebody's own: 20,000 steps take about 10 ms, and only a
 * regular expression that runs away needs the clock.
 */
const limits: Limits = { cost: 20_000, text: 100_000, ms: 250 }

/** When it is tried for the first time, the engine itself may still have to be made ready. */
const trial: Limits = { ...limits, ms: 10_000 }

/** Throws a `FhirError` if the text is not FHIRPath, or asks for something that there is not. */
export function evaluated(expression: string, { resourceType, shapes }: Place): Getter {
  computed(expression, { resourceType }, trial)
  return {
    get: (_focus, resource) => located(expression, resource, shapes) ?? attempted(expression, resource),
    types: undefined,
  }
}

/** A resource at which the expression fails is not found by it: no write is refused for the sake of a definition. */
function attempted(expression: string, resource: Resource): readonly Found[] {
  try {
    return computed(expression, resource)
  } catch (error) {
    if (error instanceof FhirError) return []
    throw error
  }
}

/** Elements of the resource, whose types the shapes know; `undefined` if there is something else among what is found. */
function located(expression: string, resource: Resource, shapes: Shapes): readonly Found[] | undefined {
  try {
    return locate(expression, resource, shapes, limits).flatMap(location => found(resource, location, shapes))
  } catch (error) {
    if (error instanceof FhirError) return undefined // evaluation says so again, if it is not about computed values
    throw error
  }
}

function found(resource: Resource, location: Location, shapes: Shapes): readonly Found[] {
  const step = location.at(-1)
  if (step === undefined) return [{ value: resource, type: resource.resourceType }]
  const parent = placeOf(resource, location.slice(0, -1), shapes)
  const value = parent && elementsOf(parent.object, step.element)[step.index]?.value
  return value === undefined ? [] : [{ value, type: step.element.type }]
}

function computed(expression: string, resource: Resource, within = limits): readonly Found[] {
  return evaluate(expression, resource, within).flatMap(value => {
    const type = typeOf(value)
    return type === undefined ? [] : [{ value, type }]
  })
}

/** What is computed is a primitive, or nothing that can be searched. */
function typeOf(value: Json): string | undefined {
  if (typeof value === 'boolean' || typeof value === 'string') return typeof value
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'decimal'
  return value instanceof Decimal ? 'decimal' : undefined
}
