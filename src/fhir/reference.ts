/** What a literal reference points at, and where a resource holds some. https://hl7.org/fhir/R4/references.html#literal */
import { isObject, isResource, type Json, type JsonObject, type Resource } from './resource.ts'
import type { ElementShape, Shape, Shapes } from './shape.ts'

export type Reference =
  /** A resource of this server, whether the text is relative or starts with our base. */
  | { readonly kind: 'local'; readonly type: string; readonly id: string; readonly version?: string }
  /** `#id`: in the same resource; without id, that resource itself. */
  | { readonly kind: 'contained'; readonly id: string }
  /** `Patient?identifier=…`: in a transaction, the one resource that matches. https://hl7.org/fhir/R4/http.html#trules */
  | { readonly kind: 'conditional'; readonly type: string; readonly query: string }
  /** `urn:uuid:…`, `urn:oid:…`: an entry of the same Bundle, or something that only its owner can find. */
  | { readonly kind: 'urn'; readonly urn: string }
  /** Somewhere else; `type` and `id` where the URL has the form of a FHIR server's. */
  | {
      readonly kind: 'absolute'
      readonly url: string
      readonly type?: string
      readonly id?: string
      readonly version?: string
    }
  /** None of these forms. */
  | { readonly kind: 'invalid' }

const version = '(?:/_history/([A-Za-z0-9.-]{1,64}))?'
const instance = new RegExp(`^([A-Z][A-Za-z]{1,63})/([A-Za-z0-9.-]{1,64})${version}$`)
const remote = new RegExp(`^https?://[^?#]+/([A-Z][A-Za-z]{1,63})/([A-Za-z0-9.-]{1,64})${version}$`)
const conditional = /^([A-Z][A-Za-z]{1,63})\?(\S+)$/
const absolute = /^[A-Za-z][A-Za-z0-9+.-]*:\S+$/
const contained = /^#(\S*)$/

/** The type that `Patient/1` names, for who needs no more than that. */
export function localType(text: string): string | undefined {
  return instance.test(text) ? text.slice(0, text.indexOf('/')) : undefined
}

/** `base` is ours, without trailing slash. */
export function parseReference(text: string, base?: string): Reference {
  const relative = base !== undefined && text.startsWith(`${base}/`) ? text.slice(base.length + 1) : text
  return parseLocal(relative) ?? parseOther(text)
}

function parseLocal(text: string): Reference | undefined {
  const [found, type, id, vid] = instance.exec(text) ?? []
  if (found === undefined || type === undefined || id === undefined) return undefined
  return { kind: 'local', type, id, ...(vid === undefined ? {} : { version: vid }) }
}

function parseOther(text: string): Reference {
  const [, anchor] = contained.exec(text) ?? []
  if (anchor !== undefined) return { kind: 'contained', id: anchor }
  const [, type, query] = conditional.exec(text) ?? []
  if (type !== undefined && query !== undefined) return { kind: 'conditional', type, query }
  if (!absolute.test(text)) return { kind: 'invalid' }
  return /^urn:/i.test(text) ? { kind: 'urn', urn: text } : parseRemote(text)
}

function parseRemote(url: string): Reference {
  const [, type, id, vid] = remote.exec(url) ?? []
  if (type === undefined || id === undefined) return { kind: 'absolute', url }
  return { kind: 'absolute', url, type, id, ...(vid === undefined ? {} : { version: vid }) }
}

export type Literal = {
  readonly reference: string
  /** `Patient.generalPractitioner[0].reference` */
  readonly expression: string
}

/**
 * Every literal reference of a resource, those of its contained resources and extensions included. Not those of whole
 * resources inside it (Bundle.entry.resource): their texts are resolved within the Bundle, not by the server.
 */
export function references(resource: Resource, shapes: Shapes): Literal[] {
  const found: Literal[] = []
  walkResource(resource, resource.resourceType, { shapes, found })
  return found
}

type Walk = { readonly shapes: Shapes; readonly found: Literal[] }

function walkResource(resource: Resource, at: string, walk: Walk): void {
  const shape = walk.shapes.shape(resource.resourceType)
  if (shape) walkObject(resource, shape, at, walk)
}

function walkObject(object: JsonObject, shape: Shape, at: string, walk: Walk): void {
  for (const name of Object.keys(object)) {
    const isTwin = name.startsWith('_')
    const element = shape.elements.get(isTwin ? name.slice(1) : name)
    if (element && element.primitive === isTwin) walkElement(object[name], element, `${at}.${step(element)}`, walk)
  }
}

/** FHIRPath knows a choice by the name that its types share. */
function step({ name, choice }: ElementShape): string {
  return choice === undefined ? name : choice.replace('[x]', '')
}

function walkElement(value: Json | undefined, element: ElementShape, at: string, walk: Walk): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) walkElement(item, element, `${at}[${index}]`, walk)
  } else if (element.type === 'Resource') {
    if (element.name === 'contained' && isResource(value)) walkResource(value, at, walk)
  } else if (isObject(value)) {
    const { reference } = value
    if (element.type === 'Reference' && typeof reference === 'string') {
      walk.found.push({ reference, expression: `${at}.reference` })
    }
    const shape = walk.shapes.shape(element.type)
    if (shape) walkObject(value, shape, at, walk)
  }
}
