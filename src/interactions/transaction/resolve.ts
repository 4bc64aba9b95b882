/**
 * Every value that equals an entry's fullUrl becomes that resource's `[type]/[id]`: in references, in elements of type uri, url,
 * oid and uuid, and in the narrative's links. Canonicals, strings and Reference.identifier stay as they are.
 * https://hl7.org/fhir/R4/http.html#trules
 */
import { fail } from '../../fhir/issue.ts'
import { isObject, isResource, type Json, type JsonObject, type Resource } from '../../fhir/resource.ts'
import type { ElementShape, Shape, Shapes } from '../../fhir/shape.ts'
import type { Identities } from './identify.ts'

const links = new Set(['uri', 'url', 'oid', 'uuid'])

/** Elements that may hold a link, or something that may; the rest is passed over. By JSON property, `_name` included. */
const worthALook = new WeakMap<Shape, ReadonlyMap<string, ElementShape>>()

function looksAt(shape: Shape): ReadonlyMap<string, ElementShape> {
  const known = worthALook.get(shape)
  if (known) return known
  const found = new Map<string, ElementShape>()
  for (const [name, element] of shape.elements) {
    const isLink = element.path === 'Reference.reference' || element.type === 'xhtml' || links.has(element.type)
    if (isLink ? !element.attribute : !element.primitive) found.set(name, element)
    if (element.primitive) found.set(`_${name}`, element) // its extensions
  }
  worthALook.set(shape, found)
  return found
}

/** Conditional references, as written: what is known of them, and by their first place those that are still to be found. */
export type References = { readonly known: ReadonlyMap<string, string>; readonly wanted: Map<string, string> }

type Walk = {
  readonly shapes: Shapes
  readonly identities: Identities
  readonly references: References
  /** The base of the entry's own fullUrl: relative references are relative to it. https://hl7.org/fhir/R4/bundle.html#references */
  readonly base: string | undefined
  /** Where the resource stands, and the steps from there to the element in hand. */
  readonly at: string
  readonly trail: (string | number)[]
}

/** `at` is the FHIRPath that leads to the resource. */
export function resolve(
  resource: Resource,
  at: string,
  fullUrl: string | undefined,
  identities: Identities,
  references: References,
  shapes: Shapes,
): Resource {
  return inResource(resource, { identities, references, shapes, base: baseOf(fullUrl), at, trail: [] }) as Resource
}

/** What relative references are relative to: the base of a RESTful fullUrl, with its slash. */
export function baseOf(fullUrl: string | undefined): string | undefined {
  return fullUrl?.match(/^(https?:\/\/.+\/)[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/)?.[1]
}

/** What stands in a Bundle that is itself written refers to the entries of that Bundle. */
function inResource(resource: Resource, it: Walk): JsonObject {
  if (resource.resourceType === 'Bundle') return resource
  const shape = it.shapes.shape(resource.resourceType)
  return shape ? inObject(resource, shape, it) : resource
}

/** Copies only what changes: most of a resource stays. */
function inObject(object: JsonObject, shape: Shape, it: Walk): JsonObject {
  let copy: Record<string, Json | undefined> | undefined
  const elements = looksAt(shape)
  for (const name of Object.keys(object)) {
    const element = elements.get(name)
    const value = object[name]
    if (!element || value === undefined) continue
    it.trail.push(name)
    const next = inElement(value, name, element, shape, it)
    it.trail.pop()
    if (next === value) continue
    copy ??= { ...object }
    copy[name] = next
  }
  return copy ?? object
}

function inElement(value: Json, name: string, element: ElementShape, of: Shape, it: Walk): Json {
  if (typeof value === 'string') return inText(value, element, it)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return inArray(value, name, element, of, it)
  // Reference.identifier names something in the world, not an entry.
  if (!isObject(value) || (of.name === 'Reference' && name === 'identifier')) return value
  if (element.type === 'Resource') return isResource(value) ? inResource(value, it) : value
  const shape = it.shapes.shape(element.type)
  return shape ? inObject(value, shape, it) : value
}

function inArray(items: readonly Json[], name: string, element: ElementShape, of: Shape, it: Walk): readonly Json[] {
  let copy: Json[] | undefined
  for (const [index, item] of items.entries()) {
    it.trail.push(index)
    const next = inElement(item, name, element, of, it)
    it.trail.pop()
    if (next === item) continue
    copy ??= [...items]
    copy[index] = next
  }
  return copy ?? items
}

/** Put together only for a refusal: nearly every element is passed, and nearly none refused. */
function pathOf({ at, trail }: Walk): string {
  return at + trail.map(step => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')
}

function inText(value: string, element: ElementShape, it: Walk): string {
  if (element.path === 'Reference.reference') return inReference(value, it)
  if (element.type === 'xhtml') return inNarrative(value, it)
  return links.has(element.type) ? (it.identities.urls.get(value) ?? value) : value
}

function inReference(value: string, it: Walk): string {
  const found = entryOf(value, it) ?? versionOf(value, it)
  if (found !== undefined) return found
  if (/^urn:(uuid|oid):/i.test(value)) {
    throw fail('value', `'${value}' is the fullUrl of no entry of this transaction that writes a resource`, pathOf(it))
  }
  return /^[A-Z][A-Za-z]+\?/.test(value) ? inConditional(value, it) : value
}

function inConditional(value: string, it: Walk): string {
  const { known, wanted } = it.references
  const found = known.get(value)
  if (found === undefined && !wanted.has(value)) wanted.set(value, pathOf(it))
  return found ?? value
}

function entryOf(value: string, { identities: { urls }, base }: Walk): string | undefined {
  return urls.get(value) ?? (base === undefined ? undefined : urls.get(base + value))
}

/** "Version-specific references should remain as version-specific references after the references have been updated." */
function versionOf(value: string, it: Walk): string | undefined {
  if (!value.includes('/_history/')) return undefined
  const [, url, version] = /^(.+)\/_history\/([A-Za-z0-9.-]{1,64})$/.exec(value) ?? []
  const found = url === undefined ? undefined : entryOf(url, it)
  // Of what is created here there is but one version, whatever it was where the bundle comes from.
  return found && `${found}/_history/${it.identities.created.has(found) ? '1' : version}`
}

/** "…in the narrative: img/@src and a/@href" */
function inNarrative(div: string, { identities: { urls } }: Walk): string {
  return div.replace(
    /(\s(?:href|src)\s*=\s*)("([^"]*)"|'([^']*)')/g,
    (whole, attribute: string, quoted: string, double?: string, single?: string) => {
      const found = urls.get(double ?? single ?? '')
      const quote = quoted.charAt(0)
      return found === undefined ? whole : `${attribute}${quote}${found}${quote}`
    },
  )
}
