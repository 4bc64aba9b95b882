/** What each search parameter type brings. https://hl7.org/fhir/R4/search.html#ptypes */
import type { Json } from '../../fhir/resource.ts'

/**
 * An element → the values that it is found by. `base` is the URL of this server as its clients see it, without trailing slash:
 * absolute references to it are local ones.
 */
export type Extract<V> = (element: Json, base: string | undefined) => readonly V[]

export type ParameterType<V> = {
  /**
   * By FHIR type of the element, as the tables of the specification have it. A parameter may reach elements of other types too
   * (all of a choice): they are not searched.
   */
  readonly extract: Readonly<Record<string, Extract<V>>>
}
