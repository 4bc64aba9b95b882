/** https://hl7.org/fhir/R4/search.html#composite */
import type { SimpleValue } from './simple.ts'

/**
 * One element in which the components come together, such as one `Observation.component`. It is found if each part of the question
 * fits one of the values of the component in its place; none of the components is without values. Alternatives stay side by side
 * and are not multiplied out: a thousand codes beside a thousand values are two thousand, not a million.
 *
 * Without any parts it says the opposite: ordinary parameters answer for this composite, but not for this resource.
 */
export type CompositeValue = { readonly type: 'composite'; readonly parts: readonly (readonly SimpleValue[])[] }
