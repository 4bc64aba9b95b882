/** The smallest instance of a type: what must be there, and nothing else. */
import type { Json, JsonObject, Resource } from '../../src/fhir/resource.ts'
import type { ElementShape, Shapes } from '../../src/fhir/shape.ts'

export function minimal(type: string, shapes: Shapes): Resource {
  return { resourceType: type, ...required(type, shapes) }
}

function required(type: string, shapes: Shapes): JsonObject {
  const shape = shapes.shape(type)
  if (!shape) throw new Error(`no shape ${type}`)
  const json: Record<string, Json> = {}
  const chosen = new Set<string>()
  for (const element of shape.elements.values()) {
    const group = element.choice ?? element.name
    if (element.min === 0 || chosen.has(group)) continue
    chosen.add(group)
    const value = exampleOf(element, shapes)
    json[element.name] = element.max > 1 ? [value] : value
  }
  return json
}

function exampleOf({ path, type, primitive }: ElementShape, shapes: Shapes): Json {
  if (primitive || type === 'xhtml') {
    const value = examples[type]
    if (value === undefined) throw new Error(`no value of type ${type} for ${path}`)
    return value
  }
  if (type === 'Resource') return minimal('Basic', shapes)
  const parts = required(type, shapes)
  return Object.keys(parts).length > 0 ? parts : { extension: [{ url: 'http://example.org/x', valueString: 'x' }] }
}

const examples: Readonly<Record<string, Json>> = {
  boolean: true,
  integer: 1,
  positiveInt: 1,
  unsignedInt: 1,
  decimal: 1.5,
  date: '2024-05-01',
  dateTime: '2024-05-01T10:00:00Z',
  instant: '2024-05-01T10:00:00Z',
  time: '10:00:00',
  code: 'x',
  id: 'x',
  string: 'x',
  markdown: 'x',
  uri: 'http://example.org/x',
  url: 'http://example.org/x',
  canonical: 'http://example.org/x',
  oid: 'urn:oid:1.2.3',
  uuid: 'urn:uuid:05efabf0-4be2-4561-91ce-51548425acb9',
  base64Binary: 'AQID',
  xhtml: '<div xmlns="http://www.w3.org/1999/xhtml">x</div>',
}
