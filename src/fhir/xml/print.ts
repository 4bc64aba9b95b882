/** A resource as XML. https://hl7.org/fhir/R4/xml.html */
import { type FhirError, fail } from '../issue.ts'
import { isObject, isResource, type Json, type JsonObject, type Resource } from '../resource.ts'
import type { Shapes } from '../shape.ts'
import { fhir } from './namespace.ts'
import { divProblem, divToXml } from './narrative.ts'
import { type Order, orderOfResource, type Place } from './order.ts'
import { xmlText } from './value.ts'

export type XmlStyle = { readonly pretty?: boolean }

type Printing = {
  readonly shapes: Shapes
  readonly pretty: boolean
  /** FHIRPath steps to the element that is being printed. */
  readonly trail: string[]
}

const declaration = '<?xml version="1.0" encoding="UTF-8"?>'

/** Elements come out in the order of the specification. What XML cannot say, JSON still can: 406. */
export function printXml(resource: Resource, shapes: Shapes, { pretty = false }: XmlStyle = {}): string {
  const gap = pretty ? '\n' : ''
  const printing = { shapes, pretty, trail: [resource.resourceType] }
  return declaration + resourceTag(printing, resource, gap, ` xmlns="${fhir}"`) + gap
}

function refuse({ trail }: Printing, why: string): FhirError {
  const diagnostics = `${why}, so that XML cannot carry the resource; ask for application/fhir+json`
  return fail('structure', diagnostics, trail.join('.'), { status: 406 })
}

function resourceTag(printing: Printing, resource: Resource, gap: string, attributes = ''): string {
  const { resourceType, ...members } = resource
  const order = orderOfResource(resourceType, printing.shapes)
  if (!order) throw refuse(printing, `'${resourceType}' is no resource type of FHIR R4`)
  return complexTag(printing, resourceType, members, order, gap, attributes)
}

function complexTag(
  printing: Printing,
  name: string,
  json: JsonObject,
  order: Order,
  gap: string,
  ownAttributes = '',
): string {
  const inner = printing.pretty ? `${gap}  ` : ''
  let attributes = ''
  let children = ''
  for (const place of placesOf(printing, json, order)) {
    printing.trail.push(place.step)
    if (place.form === 'attribute') attributes += attribute(printing, place.element.name, json[place.element.name])
    else children += elementTags(printing, place, json, inner)
    printing.trail.pop()
  }
  return element(gap, name, attributes + ownAttributes, children)
}

function element(gap: string, name: string, attributes: string, children: string): string {
  return children === '' ? `${gap}<${name}${attributes}/>` : `${gap}<${name}${attributes}>${children}${gap}</${name}>`
}

/** What the object has, in the order of the specification. */
function placesOf(printing: Printing, json: JsonObject, order: Order): readonly Place[] {
  const places: Place[] = []
  let rank = 0
  let sorted = true
  for (const name in json) {
    if (json[name] === undefined) continue
    const place = order.byProperty.get(name)
    if (!place) throw refuse(printing, `'${name}' is not defined here`)
    sorted &&= place.rank > rank
    rank = place.rank
    places.push(place)
  }
  return sorted ? places : inOrder(printing, places)
}

function inOrder(printing: Printing, unsorted: readonly Place[]): readonly Place[] {
  const places = [...new Set(unsorted)].sort((a, b) => a.rank - b.rank) // a primitive and its twin are one place
  const second = places.find((place, index) => place.rank === places[index - 1]?.rank)
  if (second) throw refuse(printing, `${second.element.choice} has two values`)
  return places
}

function elementTags(printing: Printing, place: Place, json: JsonObject, gap: string): string {
  const value = json[place.element.name]
  const twin = place.form === 'primitive' ? json[place.twin] : undefined
  if (!place.repeats) return elementTag(printing, place, value, twin, gap)
  const values = list(printing, value)
  const twins = list(printing, twin)
  const [step = ''] = printing.trail.splice(-1)
  let tags = ''
  for (let index = 0; index < Math.max(values.length, twins.length); index++) {
    printing.trail.push(`${step}[${index}]`)
    tags += elementTag(printing, place, values[index] ?? undefined, twins[index] ?? undefined, gap)
    printing.trail.pop()
  }
  printing.trail.push(step)
  return tags
}

function list(printing: Printing, value: Json | undefined): readonly Json[] {
  if (value === undefined) return []
  if (Array.isArray(value)) return value
  throw refuse(printing, 'the element repeats but is no array')
}

function elementTag(
  printing: Printing,
  place: Place,
  value: Json | undefined,
  twin: Json | undefined,
  gap: string,
): string {
  const { name } = place.element
  switch (place.form) {
    case 'primitive':
      return primitiveTag(printing, place, value, twin, gap)
    case 'narrative':
      return `${gap}${narrative(printing, value)}`
    case 'resource': {
      if (!isResource(value)) throw refuse(printing, 'a resource is missing')
      return element(gap, name, '', resourceTag(printing, value, printing.pretty ? `${gap}  ` : ''))
    }
    default:
      if (!isFilled(value)) throw refuse(printing, 'an object is missing or empty')
      return complexTag(printing, name, value, place.inside(), gap)
  }
}

function primitiveTag(
  printing: Printing,
  place: Place,
  value: Json | undefined,
  twin: Json | undefined,
  gap: string,
): string {
  const { name } = place.element
  const text = value === undefined ? '' : attribute(printing, 'value', value)
  if (twin === undefined && text !== '') return `${gap}<${name}${text}/>`
  if (!isFilled(twin)) throw refuse(printing, 'there is neither a value nor an object with extensions')
  return complexTag(printing, name, twin, place.inside(), gap, text)
}

function isFilled(value: Json | undefined): value is JsonObject {
  return isObject(value) && Object.keys(value).length > 0
}

function attribute(printing: Printing, name: string, value: Json | undefined): string {
  const text = xmlText(value)
  if (text === undefined) throw refuse(printing, 'the value is empty, no primitive, or has characters that XML forbids')
  return ` ${name}="${text}"`
}

function narrative(printing: Printing, value: Json | undefined): string {
  if (typeof value !== 'string') throw refuse(printing, 'the narrative is no string')
  const problem = divProblem(value)
  if (problem !== undefined) throw refuse(printing, `the narrative is no XHTML: ${problem}`)
  return divToXml(value)
}
