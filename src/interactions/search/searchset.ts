/** Results as a Bundle. "search.mode … why this entry is in the result set": https://hl7.org/fhir/R4/bundle.html#searchset */
import { type Issue, toOutcome } from '../../fhir/issue.ts'
import { parseJson, printJson } from '../../fhir/json.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Shapes } from '../../fhir/shape.ts'
import { type Subset, subset } from '../../fhir/subset.ts'
import { isContained } from '../../search/contained.ts'
import type { Version } from '../../store/port.ts'

/** A stored text goes out as it is, unless only a part of it was asked for. */
export function entry(
  { type, id, json = '' }: Version,
  mode: 'match' | 'include',
  base: string,
  part: Subset | undefined,
  shapes: Shapes,
): string {
  const resource = part ? printJson(subset(parseJson(json) as Resource, part, shapes)) : json
  // "MedicationRequest/23#m1 … informs the client that this is a contained resource": https://hl7.org/fhir/R4/search.html#contained
  const name = isContained(type) ? id : `${type}/${id}`
  return `{"fullUrl":${JSON.stringify(`${base}/${name}`)},"resource":${resource},"search":{"mode":"${mode}"}}`
}

/** What is to be said of the search itself; nothing, if there is nothing to say. */
export function outcome(issues: readonly Issue[]): readonly string[] {
  if (issues.length === 0) return []
  return [`{"resource":${printJson(toOutcome(issues))},"search":{"mode":"outcome"}}`]
}
