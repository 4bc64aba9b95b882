/**
 * A resource and a patch → the patched resource. https://hl7.org/fhir/R4/http.html#patch
 *
 * "The server SHALL process its own copy of the resource in the format indicated, applying the operations specified in the
 * document, following the relevant PATCH specification. When the operations have all been processed, the server processes the
 * resulting document as an Update operation."
 */
import { FhirError, fail } from '../issue.ts'
import { parseJson, printJson } from '../json.ts'
import { formatOf } from '../media-type.ts'
import { isResource, type Json, type Resource } from '../resource.ts'
import type { Shapes } from '../shape.ts'
import { parseXml } from '../xml/parse.ts'
import { printXml } from '../xml/print.ts'
import { applyFhirPathPatch } from './fhirpath-patch.ts'
import { applyJsonPatch } from './json-patch.ts'
import { applyXmlPatch } from './xml-patch.ts'

/** Bytes with their media type: the body of a PATCH, or what a Binary in a Bundle carries. Or the Parameters in a Bundle. */
export type PatchDocument =
  | { readonly contentType: string; readonly bytes: Uint8Array }
  | { readonly resource: Resource }

/** For `Accept-Patch`. https://www.rfc-editor.org/rfc/rfc5789#section-3.1 */
export const acceptedPatches =
  'application/json-patch+json, application/xml-patch+xml, application/fhir+json, application/fhir+xml'

/** Whether the result is a valid resource is for the validator to say, as of any update. */
export function patch(resource: Resource, document: PatchDocument, shapes: Shapes): Resource {
  const patched =
    'resource' in document ? byParameters(resource, document.resource, shapes) : byBytes(resource, document, shapes)
  return sameIdentity(resource, asResource(patched))
}

function byBytes(
  resource: Resource,
  { contentType, bytes }: Extract<PatchDocument, { bytes: Uint8Array }>,
  shapes: Shapes,
): Json {
  const essence = contentType.split(';', 1).join().trim().toLowerCase()
  if (essence === 'application/json-patch+json') return reread(applyJsonPatch(resource, parseJson(bytes)))
  if (essence === 'application/xml-patch+xml') return byXmlPatch(resource, decode(bytes), shapes)
  switch (formatOf(essence)) {
    case 'json':
      return byParameters(resource, asResource(parseJson(bytes), 400), shapes)
    case 'xml':
      return byParameters(resource, parseXml(bytes, shapes), shapes)
    default:
      throw fail(
        'not-supported',
        `'${contentType}' is no patch that is understood; expected ${acceptedPatches}`,
        undefined,
        {
          status: 415,
          headers: { 'Accept-Patch': acceptedPatches },
        },
      )
  }
}

function byParameters(resource: Resource, parameters: Resource, shapes: Shapes): Json {
  if (parameters.resourceType !== 'Parameters') {
    throw fail('structure', `a FHIRPath Patch is a Parameters resource, received is '${parameters.resourceType}'`)
  }
  return reread(applyFhirPathPatch(resource, parameters, shapes))
}

function byXmlPatch(resource: Resource, text: string, shapes: Shapes): Resource {
  const document = unprocessable(() => printXml(resource, shapes))
  const patched = applyXmlPatch(document, text)
  return unprocessable(() => parseXml(patched, shapes))
}

/** Operations can nest and enlarge what no client could have sent; what is stored must be readable. */
function reread(patched: Json): Json {
  return unprocessable(() => parseJson(printJson(patched)))
}

/** The patch was understood, but what comes of it is no resource: 422 whatever is wrong with it. */
function unprocessable<T>(work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof FhirError)) throw cause
    throw new FhirError(
      cause.issues.map(issue => ({ ...issue, diagnostics: `the patched resource is broken: ${issue.diagnostics}` })),
      { status: 422, cause },
    )
  }
}

function asResource(value: Json, status = 422): Resource {
  if (isResource(value)) return value
  throw fail('structure', 'expected is a resource, an object with a resourceType', undefined, { status })
}

/** The URL says which resource it is; a patch makes no other of it. */
function sameIdentity(before: Resource, after: Resource): Resource {
  for (const name of ['resourceType', 'id'] as const) {
    if (after[name] !== before[name]) {
      const change = `from '${before[name]}' to '${after[name] ?? 'nothing'}'`
      throw fail('business-rule', `a patch must not change ${name} ${change}`, `${before.resourceType}.${name}`)
    }
  }
  return after
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw fail('structure', 'the XML patch is not valid UTF-8', undefined, { cause })
  }
}
