/**
 * What a resource is found by. `type` is the type of the search parameter: https://hl7.org/fhir/R4/search.html#ptypes
 *
 * All meaning that is in the data is decided here (precision, case, units, which server "ours" is), so that stores and the
 * in-memory matcher only compare. Values are never changed.
 */
import type { CompositeValue } from './composite.ts'
import type { SimpleValue } from './simple.ts'

export type Value = SimpleValue | CompositeValue
