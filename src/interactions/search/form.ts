/** POST searches: "parameters … in the URL and the form body" count alike. https://hl7.org/fhir/R4/http.html#search */
import { fail } from '../../fhir/issue.ts'
import type { FhirRequest } from '../interaction.ts'

const form = 'application/x-www-form-urlencoded'

/** All parameters of the request, those of the URL first. */
export function parametersOf({ query, method, body }: Pick<FhirRequest, 'query' | 'method' | 'body'>): URLSearchParams {
  if (method !== 'POST' || body === undefined) return query
  if (body.is === 'resource') throw fail('invalid', 'a search takes no resource: expected parameters in the URL')
  // Some clients send no body and a type that goes with their others.
  if (body.bytes.length === 0) return query
  if (body.type !== form) {
    throw fail('not-supported', `a search in '${body.type}' cannot be read: expected ${form}`, undefined, {
      status: 415,
    })
  }
  return new URLSearchParams([...query, ...new URLSearchParams(textOf(body.bytes))])
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw fail('structure', 'the form is not valid UTF-8', undefined, { cause })
  }
}
