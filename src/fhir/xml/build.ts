/** The resource that a stream of XML tags describes, checked against the definitions tag by tag. https://hl7.org/fhir/R4/xml.html */
import type { SaxesAttributeNS, SaxesTagNS } from 'saxes'
import { type FhirError, fail, type IssueCode } from '../issue.ts'
import { nearest } from '../nearest.ts'
import type { Json } from '../resource.ts'
import type { Shapes } from '../shape.ts'
import { excerpt } from './excerpt.ts'
import { alignTwins, attach, type Frame, pathOf } from './frame.ts'
import { fhir, schemaInstance, xhtml, xmlns } from './namespace.ts'
import { divFromXml, tagProblem } from './narrative.ts'
import { type Order, orderOfResource, type Place } from './order.ts'
import { jsonValue } from './value.ts'

/** What the parser tells beside its events. */
export type Source = {
  readonly text: string
  /** The line that the reported tag ends in, and the offset behind it. */
  readonly line: () => number
  readonly end: () => number
  readonly allowHtmlEntities: (allowed: boolean) => void
}

export type Building = {
  readonly source: Source
  readonly shapes: Shapes
  readonly depthLimit: number
  /** The innermost open element. */
  top: Frame | undefined
  /** The finished resource. */
  root: Json | undefined
  /** How many elements of a narrative are open, and where its `div` begins. */
  narrative: { depth: number; start: number }
}

export function openTag(building: Building, tag: SaxesTagNS): void {
  const { top, narrative } = building
  if (narrative.depth > 0) openInNarrative(building, tag)
  else if (!top || top.place?.form === 'resource') openResource(building, tag)
  else openChild(building, tag, top)
}

export function closeTag(building: Building): void {
  const { narrative, source, top } = building
  if (narrative.depth === 0) {
    if (top) closeElement(building, top)
  } else if (--narrative.depth === 0 && top?.last) {
    top.json[top.last.element.name] = divFromXml(source.text.slice(narrative.start, source.end()))
  }
}

export function textBetween(building: Building, text: string): void {
  if (building.narrative.depth > 0 || !/[^ \t\r\n]/.test(text)) return
  throw refuse(
    building,
    'structure',
    `text '${excerpt(text.trim())}' stands between elements; a value belongs into value="…"`,
  )
}

export function cdataBetween(building: Building): void {
  if (building.narrative.depth > 0) return
  throw refuse(building, 'structure', 'a CDATA section stands between elements; a value belongs into value="…"')
}

function refuse(building: Building, code: IssueCode, why: string, at = pathOf(building.top)): FhirError {
  return fail(code, `XML, line ${building.source.line()}: ${why}`, at === '' ? undefined : at)
}

function openResource(building: Building, tag: SaxesTagNS): void {
  const { top, shapes } = building
  if (top?.value !== undefined)
    throw refuse(building, 'structure', `<${excerpt(tag.name)}> is a second resource in one element`)
  inNamespace(building, tag, fhir)
  const order = orderOfResource(tag.local, shapes)
  if (!order) {
    const hint = nearestTo(tag.local, shapes.resourceTypes)
    throw refuse(building, 'structure', `<${excerpt(tag.name)}> is no resource type of FHIR R4${hint}`)
  }
  push(building, tag, undefined, order, (top?.depth ?? 0) + 1)
  readAttributes(building, tag)
}

function openChild(building: Building, tag: SaxesTagNS, parent: Frame): void {
  const place = parent.order.byName.get(tag.local)
  inNamespace(building, tag, place?.form === 'narrative' ? xhtml : fhir)
  if (!place || place.form === 'attribute') throw unknown(building, tag, parent)
  inOrder(building, place, parent)
  parent.last = place
  if (place.form === 'narrative') {
    building.narrative.start = building.source.text.lastIndexOf('<', building.source.end() - 1)
    openInNarrative(building, tag)
    return
  }
  const depth = parent.depth + (place.repeats ? 1 : 0) + (place.form === 'complex' ? 1 : 0)
  const order = place.inside()
  push(building, tag, place, order, depth)
  readAttributes(building, tag)
  if (order.holdsNarrative) building.source.allowHtmlEntities(true)
}

function openInNarrative(building: Building, tag: SaxesTagNS): void {
  const problem = tagProblem(tag, ++building.narrative.depth)
  if (problem !== undefined) throw refuse(building, 'structure', problem, `${pathOf(building.top)}.div`)
}

function push(building: Building, tag: SaxesTagNS, place: Place | undefined, order: Order, depth: number): void {
  if (depth > building.depthLimit) {
    throw refuse(
      building,
      'structure',
      `<${excerpt(tag.name)}> is nested too deep: in JSON, more than ${building.depthLimit} levels`,
    )
  }
  const json: Frame['json'] = place ? {} : { resourceType: tag.local }
  const parent = building.top
  building.top = { parent, place, order, depth, json, value: undefined, last: undefined, twins: undefined }
}

function inNamespace(building: Building, tag: SaxesTagNS, expected: string): void {
  if (tag.uri === expected) return
  const received = tag.uri === '' ? 'no namespace' : `namespace '${excerpt(tag.uri)}'`
  throw refuse(building, 'structure', `<${excerpt(tag.name)}> is in ${received}; expected ${expected}`)
}

function unknown(building: Building, tag: SaxesTagNS, { order, place }: Frame): FhirError {
  const at = `${pathOf(building.top)}.${excerpt(tag.local)}`
  if (order.byName.has(tag.local)) {
    return refuse(building, 'structure', `'${excerpt(tag.local)}' is written as an attribute, not as an element`, at)
  }
  const where = place ? `<${place.element.name}>` : 'this resource'
  const hint = nearestTo(tag.local, order.byName.keys())
  return refuse(building, 'structure', `<${excerpt(tag.name)}> is no element of ${where}${hint}`, at)
}

function nearestTo(name: string, known: Iterable<string>): string {
  const meant = nearest(name, known)
  return meant === undefined ? '' : `; did you mean <${meant}>?`
}

/** "Elements must always appear in the order documented", repetitions together. */
function inOrder(building: Building, place: Place, { last, json }: Frame): void {
  if (!last || place.rank > last.rank || (place === last && place.repeats)) return
  const { name, choice } = place.element
  let why = `<${name}> comes after <${last.element.name}>; expected before it`
  if (place === last) why = `<${name}> occurs twice; at most one is allowed`
  else if (place.rank === last.rank) why = `<${name}> comes after <${last.element.name}>; expected one ${choice} only`
  else if (Object.hasOwn(json, name)) why += place.repeats ? ', beside the others of its name' : ', and only once'
  throw refuse(building, 'structure', why, `${pathOf(building.top)}.${place.step}`)
}

function readAttributes(building: Building, tag: SaxesTagNS): void {
  for (const name in tag.attributes) {
    const attribute = tag.attributes[name]
    if (attribute && !isMarkup(attribute)) readAttribute(building, tag, attribute)
  }
}

function readAttribute(building: Building, tag: SaxesTagNS, { name, uri, value }: SaxesAttributeNS): void {
  const { top } = building
  if (value === '')
    throw refuse(building, 'value', `attribute '${excerpt(name)}' is empty; expected a value or no attribute`)
  if (uri === '' && top?.place?.form === 'primitive' && name === 'value') {
    top.value = jsonValue(value, top.place.element.type)
    if (top.value === undefined) throw refuse(building, 'value', `'${excerpt(value)}' is no ${top.place.element.type}`)
  } else if (uri === '' && top?.order.byName.get(name)?.form === 'attribute') top.json[name] = value
  else throw refuse(building, 'structure', `attribute '${excerpt(name)}' is not allowed on <${excerpt(tag.name)}>`)
}

/** Declarations of namespaces, and the schema location that some tools always write. */
function isMarkup({ uri, local }: SaxesAttributeNS): boolean {
  return uri === xmlns || (uri === schemaInstance && local === 'schemaLocation')
}

function closeElement(building: Building, closed: Frame): void {
  alignTwins(closed)
  if (isEmpty(closed)) throw refuse(building, 'required', emptiness(closed))
  if (closed.order.holdsNarrative) building.source.allowHtmlEntities(false)
  const { parent, place } = closed
  building.top = parent
  if (parent && place) attach(closed, place, parent)
  else if (parent) parent.value = closed.json
  else building.root = closed.json
}

/** "FHIR elements are never empty": an id alone is nothing. A resource may be. */
function isEmpty({ place, json, last, value }: Frame): boolean {
  if (!place || last !== undefined || value !== undefined) return false
  return Object.keys(json).every(name => name === 'id')
}

function emptiness({ place }: Frame): string {
  const name = place?.element.name
  if (place?.form === 'primitive') return `<${name}> has neither a value attribute nor an extension`
  return `<${name}> is empty; expected ${place?.form === 'resource' ? 'a resource' : 'elements'} inside`
}
