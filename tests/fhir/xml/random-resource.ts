/** Random instances of any resource type, in the one JSON form that XML gives back: no empty things, aligned twins. */

import { numberOf } from '../../../src/fhir/decimal.ts'
import type { Json, JsonObject, Resource } from '../../../src/fhir/resource.ts'
import type { ElementShape, Shape, Shapes } from '../../../src/fhir/shape.ts'
import { fc } from '../../property.ts'

type Gen = fc.GeneratorValue
type Mutable = Record<string, Json>

const deepest = 5

const text = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).map(xmlOnly),
  fc.constantFrom(
    'a & b < c > "d" \'e\'',
    ' leading and trailing ',
    'tab\tline\nreturn\r',
    '😀 𝒳 é',
    ']]>',
    '&amp;#10;',
  ),
)
const decimal = fc.oneof(
  fc.constantFrom('1.00', '1e400', '-0.0', '0', '12345678901234567890.10', '1E-7', '-3.14', '0.000000000000000000001'),
  fc.tuple(fc.bigInt(), fc.nat()).map(([whole, part]) => `${whole}.${part}0`),
)
const markup = fc.constantFrom(
  '<br/>',
  '<p class="x">y</p>',
  '<!-- note -->',
  '&amp;&lt;',
  "<b title='&quot;'>\r\n</b>",
)
const div = fc
  .tuple(text, markup)
  .map(([words, tags]) => `<div xmlns="http://www.w3.org/1999/xhtml">${words.replace(/[&<>]/g, ' ')}${tags}</div>`)

export function randomResource(type: string, shapes: Shapes): fc.Arbitrary<Resource> {
  return fc.gen().map(gen => resource(gen, type, shapes, 0))
}

function resource(gen: Gen, type: string, shapes: Shapes, depth: number): Resource {
  const shape = shapes.shape(type)
  if (!shape) throw new Error(`no shape ${type}`)
  return { resourceType: type, ...members(gen, shape, shapes, depth) }
}

function members(gen: Gen, shape: Shape, shapes: Shapes, depth: number): JsonObject {
  const json: Mutable = {}
  const chosen = new Set<string>()
  for (const element of shape.elements.values()) {
    const group = element.choice ?? element.name
    const odds = (element.choice ? 0.1 : 0.3) / (depth + 1)
    if (chosen.has(group) || (element.min === 0 && !happens(gen, odds))) continue
    if (depth >= deepest && !element.primitive) continue
    chosen.add(group)
    add(gen, json, element, shapes, depth)
  }
  return json
}

function happens(gen: Gen, odds: number): boolean {
  return gen(fc.nat, 999) < odds * 1000
}

function add(gen: Gen, json: Mutable, element: ElementShape, shapes: Shapes, depth: number): void {
  const { name, type, attribute, max } = element
  if (attribute) json[name] = gen(() => text)
  else if (type === 'xhtml') json[name] = gen(() => div)
  else if (element.primitive) addPrimitive(gen, json, element, shapes, depth)
  else {
    const make = () => complex(gen, type, shapes, depth + 1)
    json[name] = max > 1 ? repeated(gen, make) : make()
  }
}

function repeated<T>(gen: Gen, make: () => T): T[] {
  return Array.from({ length: gen(fc.integer, { min: 1, max: 3 }) }, make)
}

function complex(gen: Gen, type: string, shapes: Shapes, depth: number): JsonObject {
  if (type === 'Resource') {
    const types = depth < 3 ? shapes.resourceTypes : ['Basic']
    return resource(gen, types[gen(fc.nat, types.length - 1)] ?? 'Basic', shapes, depth)
  }
  const shape = shapes.shape(type)
  if (!shape) throw new Error(`no shape ${type}`)
  const json = members(gen, shape, shapes, depth)
  return Object.keys(json).some(name => name !== 'id')
    ? json
    : { ...json, extension: [{ url: 'http://example.org/x' }] }
}

/** A value, or extensions, or both, or (of several) some with this and some with that. */
function addPrimitive(gen: Gen, json: Mutable, element: ElementShape, shapes: Shapes, depth: number): void {
  const one = () => {
    const extended = happens(gen, 0.15)
    const value = extended && happens(gen, 0.4) ? null : primitive(gen, element.type)
    const twin = extended ? complex(gen, element.type, shapes, Math.max(depth + 1, 3)) : null
    return { value, twin }
  }
  const { name } = element
  if (element.max > 1) {
    const all = repeated(gen, one)
    if (all.some(({ value }) => value !== null)) json[name] = all.map(({ value }) => value)
    if (all.some(({ twin }) => twin !== null)) json[`_${name}`] = all.map(({ twin }) => twin)
  } else {
    const { value, twin } = one()
    if (value !== null) json[name] = value
    if (twin !== null) json[`_${name}`] = twin
  }
}

function primitive(gen: Gen, type: string): Json {
  switch (type) {
    case 'boolean':
      return gen(fc.boolean)
    case 'integer':
    case 'positiveInt':
    case 'unsignedInt':
      return gen(fc.integer)
    case 'decimal':
      return numberOf(gen(() => decimal))
    default:
      return gen(() => text)
  }
}

/** Without the characters that neither FHIR strings nor XML may have. */
function xmlOnly(word: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to remove
  return word.replace(/[\0-\x08\x0B\x0C\x0E-\x1F\p{Cs}\uFFFE\uFFFF]/gu, '') || 'x'
}
