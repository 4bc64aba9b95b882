/**
 * Parts of a resource: `_summary` and `_elements`.
 * https://hl7.org/fhir/R4/search.html#summary and https://hl7.org/fhir/R4/search.html#elements
 */
import { fail, parameterAt } from './issue.ts'
import { isObject, isResource, type Json, type JsonObject, type Resource } from './resource.ts'
import type { ElementShape, Shape, Shapes } from './shape.ts'

const modes = ['true', 'text', 'data', 'count', 'false'] as const

export type Subset =
  | { readonly by: 'summary'; readonly mode: 'true' | 'text' | 'data' | 'count' }
  /** Names of top-level elements; of a choice `value`, `value[x]` or `valueQuantity`. */
  | { readonly by: 'elements'; readonly names: ReadonlySet<string> }

/** Undefined if everything is wanted. `_elements` is the finer wish and wins, except over a mere count. */
export function parseSubset(query: URLSearchParams): Subset | undefined {
  const mode = parseSummary(query.getAll('_summary'))
  const names = parseElements(query.getAll('_elements'))
  if (names && mode !== 'count') return { by: 'elements', names }
  return mode === undefined || mode === 'false' ? undefined : { by: 'summary', mode }
}

function parseSummary(values: readonly string[]): (typeof modes)[number] | undefined {
  const [value, second] = values
  if (value === undefined) return undefined
  if (second !== undefined)
    throw fail('value', `_summary occurs ${values.length} times; expected once`, parameterAt('_summary'))
  const mode = modes.find(known => known === value)
  if (!mode) throw fail('value', `_summary is '${value}'; expected one of ${modes.join(', ')}`, parameterAt('_summary'))
  return mode
}

function parseElements(lists: readonly string[]): ReadonlySet<string> | undefined {
  if (lists.length === 0) return undefined
  const names = lists.flatMap(list => list.split(',')).map(name => name.trim())
  const bad = names.find(name => !/^[A-Za-z][A-Za-z0-9]*(?:\[x\])?$/.test(name))
  if (bad === undefined) return new Set(names)
  const hint = bad.includes('.') ? '; parts of elements cannot be chosen' : ''
  throw fail(
    'value',
    `_elements has '${bad}'; expected names of top-level elements, as in name,birthDate${hint}`,
    parameterAt('_elements'),
  )
}

/** The part that was asked for, marked as such. Of an answer with many entries, each entry's resource is one such part. */
export function subset(resource: Resource, asked: Subset, shapes: Shapes): Resource {
  if (asked.by === 'elements') return marked(topLevel(resource, shapes, shape => isAsked(shape, asked.names)))
  switch (asked.mode) {
    case 'true':
      return marked({ ...summary(resource, shapeOf(resource.resourceType, shapes), shapes), ...named(resource) })
    case 'text':
      return marked(topLevel(resource, shapes, ({ name, min }) => name === 'text' || min > 0))
    case 'data': {
      const { text: _text, ...data } = resource
      return marked({ ...data, ...named(resource) })
    }
    case 'count':
      throw fail(
        'value',
        `_summary=count counts what a search finds; expected true, text, data or false here`,
        parameterAt('_summary'),
      )
  }
}

/** What was listed; and unasked, what must be there and what changes the meaning of the rest. */
function isAsked({ name, choice, min, modifier }: ElementShape, names: ReadonlySet<string>): boolean {
  if (min > 0 || modifier || names.has(name)) return true
  return choice !== undefined && (names.has(choice) || names.has(choice.replace('[x]', '')))
}

function topLevel(resource: Resource, shapes: Shapes, isKept: (element: ElementShape) => boolean): Resource {
  const { elements } = shapeOf(resource.resourceType, shapes)
  const kept = Object.entries(resource).filter(([property]) => {
    const element = elements.get(elementName(property))
    return element !== undefined && (element.name === 'meta' || isKept(element))
  })
  return { ...Object.fromEntries(kept), ...named(resource) }
}

/** What the definitions mark as summary, at every level, and what cannot be left out. */
function summary(json: JsonObject, { elements }: Shape, shapes: Shapes): JsonObject {
  const kept: Record<string, Json> = {}
  for (const [property, value] of Object.entries(json)) {
    const element = elements.get(elementName(property))
    if (value === undefined || !element) continue
    const { summary, attribute, min, modifier } = element
    if (summary || attribute || min > 0 || modifier) kept[property] = summaryOf(value, element, shapes)
  }
  return kept
}

function summaryOf(value: Json, element: ElementShape, shapes: Shapes): Json {
  // An extension means nothing in part; a primitive belongs together with its extensions.
  if (element.primitive || element.type === 'Extension') return value
  if (Array.isArray(value)) return value.map((item: Json) => summaryOf(item, element, shapes))
  if (isResource(value)) return subset(value, { by: 'summary', mode: 'true' }, shapes)
  if (!isObject(value)) return value
  const kept = summary(value, shapeOf(element.type, shapes), shapes)
  // Empty elements do not exist in FHIR.
  return Object.keys(kept).some(name => name !== 'id') ? kept : value
}

/** `_birthDate` belongs to `birthDate`. */
function elementName(property: string): string {
  return property.startsWith('_') ? property.slice(1) : property
}

function shapeOf(type: string, shapes: Shapes): Shape {
  const shape = shapes.shape(type)
  if (!shape) throw new Error(`the definitions have no type ${type}`)
  return shape
}

function named({ resourceType, id }: Resource): Resource {
  return id === undefined ? { resourceType } : { resourceType, id }
}

const subsetted = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }

/** So that nobody overwrites the whole with the part. */
export function marked(part: Resource): Resource {
  const { resourceType: _type, id: _id, meta = {}, ...rest } = part
  const tags = meta['tag']
  const others = Array.isArray(tags) ? tags.filter((tag: Json) => !isSubsetted(tag)) : []
  return { ...named(part), meta: { ...meta, tag: [...others, subsetted] }, ...rest }
}

function isSubsetted(tag: Json): boolean {
  return isObject(tag) && tag['system'] === subsetted.system && tag['code'] === subsetted.code
}

/** As it is stored: what was read in part and comes back is marked still. */
export function unmarked(resource: Resource): Resource {
  const { meta } = resource
  const tags = meta?.['tag']
  if (meta === undefined || !Array.isArray(tags) || !tags.some(isSubsetted)) return resource
  const { tag: _tag, ...rest } = meta
  const others = tags.filter((tag: Json) => !isSubsetted(tag))
  const left = others.length > 0 ? { ...rest, tag: others } : rest
  const { meta: _meta, ...whole } = resource
  return Object.keys(left).length > 0 ? { ...named(resource), meta: left, ...body(whole) } : whole
}

function body({ resourceType: _type, id: _id, ...rest }: Resource): JsonObject {
  return rest
}
