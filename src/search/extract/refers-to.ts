/** Whether a reference points at a type, told without reading what it points at. https://hl7.org/fhir/R4/references.html#Reference */
import { parseReference } from '../../fhir/reference.ts'
import { isObject, type Json, type Resource } from '../../fhir/resource.ts'

/**
 * `where(resolve() is Patient)`, taken literally, would have to read the Patient, who may not be there, not on this server, or not yet.
 * The type is in the literal reference; where it tells none, `Reference.type` does, else a reference by identifier was never found.
 * What is contained in the resource tells its type itself.
 */
export function refersTo(reference: Json, asked: string, resource: Resource): boolean {
  if (!isObject(reference)) return false
  const { reference: literal, type } = reference
  return ((typeof literal === 'string' ? targetOf(literal, resource) : undefined) ?? type) === asked
}

function targetOf(literal: string, { contained }: Resource): Json | undefined {
  const parsed = parseReference(literal)
  if (parsed.kind === 'contained') {
    const inner = Array.isArray(contained) ? contained.filter(isObject) : []
    return inner.find(({ id }) => id === parsed.id)?.['resourceType']
  }
  return parsed.kind === 'local' || parsed.kind === 'absolute' ? parsed.type : undefined
}
