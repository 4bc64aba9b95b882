/** The types that parameters have, and what may stand for each. https://hl7.org/fhir/R4/operationdefinition-definitions.html#OperationDefinition.parameter.type */
import type { OperationParameter } from '../../conformance/artifact.ts'
import type { Shapes } from '../../fhir/shape.ts'

export type Kind = 'parts' | 'primitive' | 'complex' | 'resource' | 'any'

export function kindOf({ type, part }: OperationParameter, shapes: Shapes): Kind {
  if (type === undefined || (part && part.length > 0)) return 'parts'
  if (type === 'Any' || type === 'Element') return 'any'
  if (type === 'Resource' || type === 'DomainResource') return 'resource'
  const kind = shapes.shape(type)?.kind
  if (!kind) throw new Error(`there is no type '${type}'`)
  return kind
}

/** In R4 they have one form in JSON, and from version to version parameters move from one to another: the value decides. */
const families: readonly (readonly string[])[] = [
  ['string', 'code', 'id', 'markdown', 'uri', 'url', 'canonical', 'oid', 'uuid'],
  ['integer', 'positiveInt', 'unsignedInt', 'decimal'],
  ['date', 'dateTime', 'instant'],
]

/** `sent` as in `value[x]`: a `valueString` may be a code, if its text is one. */
export function mayStandFor(sent: string, type: string): boolean {
  return sent === type || families.some(family => family.includes(sent) && family.includes(type))
}

export function isOfResourceType(found: string, type: string): boolean {
  return type === 'Resource' || type === 'DomainResource' || type === 'Any' || found === type
}
