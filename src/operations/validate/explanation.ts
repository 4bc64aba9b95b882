/** `$validate?explain`: the answer as text for a person at a terminal, as `kiln validate` tells it. */
import type * as conformance from '../../conformance/artifact.ts'
import type { Issue } from '../../fhir/issue.ts'
import { parseJson } from '../../fhir/json.ts'
import { placesIn } from '../../fhir/json-place.ts'
import { formatOf } from '../../fhir/media-type.ts'
import { isResource, type Resource } from '../../fhir/resource.ts'
import type { Answer, FhirRequest } from '../../interactions/interaction.ts'
import { explain } from './explain.ts'

export const explainParameters: readonly conformance.OperationParameter[] = [
  { name: 'explain', use: 'in', min: 0, max: '1', type: 'boolean' },
  { name: 'colours', use: 'in', min: 0, max: '1', type: 'boolean' },
]

export function explanation(
  request: FhirRequest,
  subject: Resource | undefined,
  issues: readonly Issue[],
  colours: boolean,
): Answer {
  const text = subject === undefined ? '' : textOf(request, subject)
  const source = { name: nameOf(request, subject), text, ...(text === '' ? {} : { placeOf: placesIn(text) }) }
  const bytes = new TextEncoder().encode(`${explain(source, issues, colours)}\n`)
  return { status: 200, body: { is: 'content', bytes, type: 'text/plain; charset=utf-8' } }
}

/** As it was sent, so that lines are those of the sender; what came as XML or among Parameters, and what is stored, printed anew. */
function textOf({ body }: FhirRequest, subject: Resource): string {
  if (body?.is === 'bytes' && body.bytes.length > 0 && formatOf(body.type) === 'json') {
    const sent = parseJson(body.bytes)
    if (isResource(sent) && sent.resourceType !== 'Parameters') return new TextDecoder().decode(body.bytes)
  }
  return JSON.stringify(subject, null, 2)
}

function nameOf({ target: { type, id } }: FhirRequest, subject: Resource | undefined): string {
  return id === '' ? (subject?.resourceType ?? type) : `${type}/${id}`
}
