/** A random resource with contents as they are in life: what is left to chance alone hardly ever is a date or a reference. */
import { isObject, type Json, type JsonObject, type Resource } from '../../src/fhir/resource.ts'
import type { Shapes } from '../../src/fhir/shape.ts'

const literals = [
  'Patient/1',
  'Patient/2/_history/3',
  'https://kiln.example.org/fhir/Patient/4',
  'https://elsewhere.example.org/r4/Practitioner/5/_history/1',
  'Practitioner/6',
  'Organization/7',
  'Group/8',
  'Device/9',
  'Location/10',
  'Encounter/11',
  '#contained',
  'urn:uuid:9f760e15-98e0-41c1-92f2-02d8796953e9',
  'Patient?identifier=x|y',
  'no reference',
]
const dates = ['2024', '2024-02', '2024-02-29', '1066-10-14']
const moments = [...dates, '2024-02-29T12:34:56Z', '2024-02-29T12:34:56.789+05:30', '2024-02-29T12:34:56-11:00']

/** Texts for primitives of the type, and for elements that conditions ask for. */
const texts: Readonly<Record<string, readonly string[]>> = {
  date: dates,
  dateTime: moments,
  instant: moments.slice(4),
  canonical: ['http://example.org/q', 'http://example.org/q|1.0', 'http://example.org/q|1.0#part', '#contained'],
  uri: ['http://example.org/a', 'urn:oid:1.2.3'],
  'Reference.reference': literals,
  'Reference.type': ['Patient', 'Practitioner', 'Group'],
  'ContactPoint.system': ['phone', 'email', 'fax'],
  'RelatedArtifact.type': ['depends-on', 'composed-of', 'predecessor', 'successor', 'derived-from'],
}

/** `n` chooses: the same resource and number give the same result. */
export function lifelike(resource: Resource, shapes: Shapes, n: number): Resource {
  let turn = n
  const choose = (list: readonly string[]): string => list[turn++ % list.length]!

  function object(value: JsonObject, type: string): JsonObject {
    const shape = shapes.shape(type === 'Resource' ? String(value['resourceType']) : type)
    const members = Object.entries(value).map(([name, member]): [string, Json | undefined] => {
      const element = shape?.elements.get(name)
      if (!element || member === undefined) return [name, member]
      const form = texts[`${type}.${name}`] ?? texts[element.type]
      const one = (item: Json): Json => {
        if (isObject(item)) return object(item, element.type)
        return form && typeof item === 'string' ? choose(form) : item
      }
      return [name, Array.isArray(member) ? member.map(one) : one(member)]
    })
    return Object.fromEntries(members)
  }

  return { ...object(resource, resource.resourceType), resourceType: resource.resourceType }
}
