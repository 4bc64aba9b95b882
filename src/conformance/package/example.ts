/**
 * A package's example as this server stores it where that is wanted: what tells it from real data, and references that lead to
 * nothing but what the package brings. https://hl7.org/fhir/R4/implementationguide-definitions.html
 */
import { parseReference } from '../../fhir/reference.ts'
import { isObject, type Json, type JsonObject, type Resource } from '../../fhir/resource.ts'
import { exampleSourceOf, packagedId } from './packaged.ts'
import type { Name } from './version.ts'

/** No definition of a package has it: ids have no slash. */
export function exampleId(from: Name, id: string): string {
  return packagedId(from, `example/${id}`)
}

export type ExampleNeeds = {
  readonly from: Name
  /** The FHIR base as the tenant's clients see it. */
  readonly base: string
  /** `Type/id` of what the package defines, by its own ids. */
  readonly definitions: ReadonlySet<string>
}

const tag = { system: 'urn:kiln:package-example', code: 'example', display: 'Example of a FHIR package' }
/** By which any system knows test data: https://hl7.org/fhir/R4/security-labels.html */
const label = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'HTEST' }

export function packagedExample(resource: Resource, needs: ExampleNeeds): Resource {
  const { resourceType, id = '', meta = {}, ...body } = resource
  const marked = {
    ...meta,
    source: exampleSourceOf(needs.from),
    security: withCoding(meta['security'], label),
    tag: withCoding(meta['tag'], tag),
  }
  // What stands in a Bundle refers to the entries of that Bundle.
  const led = resourceType === 'Bundle' ? body : (inJson(body, needs) as JsonObject)
  return { resourceType, id: exampleId(needs.from, id), meta: marked, ...led }
}

function withCoding(codings: Json | undefined, coding: JsonObject): readonly Json[] {
  const list = Array.isArray(codings) ? codings : []
  const isThis = (one: Json): boolean =>
    isObject(one) && one['system'] === coding['system'] && one['code'] === coding['code']
  return list.some(isThis) ? list : [...list, coding]
}

/** R4 has no other texts that are called `reference` and could be taken for one. */
function inJson(value: Json, needs: ExampleNeeds): Json {
  if (Array.isArray(value)) return value.map(item => inJson(item, needs))
  if (!isObject(value)) return value
  const members = Object.entries(value).map(([name, member]) => {
    if (member === undefined) return [name, member] as const
    const isReference = name === 'reference' && typeof member === 'string'
    return [name, isReference ? inReference(member, needs) : inJson(member, needs)] as const
  })
  return Object.fromEntries(members)
}

/** `Patient/1` must never become the tenant's own patient of that id, even if the package has none. */
function inReference(text: string, { from, base, definitions }: ExampleNeeds): string {
  const reference = parseReference(text, base)
  if (reference.kind !== 'local') return text
  const { type, id } = reference
  return `${type}/${definitions.has(`${type}/${id}`) ? packagedId(from, id) : exampleId(from, id)}`
}
