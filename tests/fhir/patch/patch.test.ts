import t from 'tap'
import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import { FhirError } from '../../../src/fhir/issue.ts'
import { parseJson, printJson } from '../../../src/fhir/json.ts'
import { type PatchDocument, patch } from '../../../src/fhir/patch/patch.ts'
import type { Resource } from '../../../src/fhir/resource.ts'

const { shapes } = loadDefinitions()
const div = `<div xmlns="http://www.w3.org/1999/xhtml"><p>a &amp; b</p></div>`
const observation = parseJson(
  printJson({
    resourceType: 'Observation',
    id: 'o',
    text: { status: 'generated', div },
    status: 'preliminary',
    code: { text: 'weight' },
    valueQuantity: { value: 1.5, unit: 'kg' },
  }).replace('1.5', '1.50'),
) as Resource

const document = (contentType: string, text: string): PatchDocument => ({ contentType, bytes: Buffer.from(text) })
const json = (text: string) => document('application/json-patch+json', text)
const xml = (operations: string) =>
  document('application/xml-patch+xml', `<diff xmlns:f="http://hl7.org/fhir">${operations}</diff>`)

const parameters: Resource = {
  resourceType: 'Parameters',
  parameter: [
    {
      name: 'operation',
      part: [
        { name: 'type', valueCode: 'replace' },
        { name: 'path', valueString: 'Observation.status' },
        { name: 'value', valueCode: 'final' },
      ],
    },
  ],
}

const parametersXml = `<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="operation"/>\
<part><name value="type"/><valueCode value="replace"/></part>\
<part><name value="path"/><valueString value="Observation.status"/></part>\
<part><name value="value"/><valueCode value="final"/></part></parameter></Parameters>`

function refusal(patchDocument: PatchDocument, resource = observation): FhirError {
  try {
    const result = patch(resource, patchDocument, shapes)
    throw new Error(`not refused: ${printJson(result)}`)
  } catch (error) {
    if (error instanceof FhirError) return error
    throw error
  }
}

const same: readonly (readonly [string, PatchDocument])[] = [
  ['JSON Patch', json('[{"op":"replace","path":"/status","value":"final"}]')],
  [
    'JSON Patch with a parameter and capitals',
    document('Application/JSON-Patch+JSON; charset=utf-8', '[{"op":"replace","path":"/status","value":"final"}]'),
  ],
  ['XML Patch', xml('<replace sel="f:Observation/f:status/@value">final</replace>')],
  ['FHIRPath Patch in JSON', document('application/fhir+json', printJson(parameters))],
  ['FHIRPath Patch in JSON of a version', document('application/fhir+json; fhirVersion=4.0', printJson(parameters))],
  ['FHIRPath Patch in XML', document('application/fhir+xml', parametersXml)],
  ['FHIRPath Patch as a resource', { resource: parameters }],
]

t.test('the same change in every format gives the same resource, untouched parts as they were', async t => {
  const before = printJson(observation)
  for (const [name, patchDocument] of same) {
    t.strictSame(
      sorted(printJson(patch(observation, patchDocument, shapes))),
      sorted(before.replace('"preliminary"', '"final"')),
      name,
    )
    t.equal(printJson(observation), before, `${name} leaves the resource that was given as it is`)
  }
})

/** Going through XML puts properties into the order of the specification. */
function sorted(text: string): unknown {
  return text.match(/"[^"]*":(?:"(?:[^"\\]|\\.)*"|[\d.]+)/g)?.sort()
}

t.test('a patch may be empty', async t => {
  for (const patchDocument of [json('[]'), xml(''), { resource: { resourceType: 'Parameters' } }]) {
    t.strictSame(sorted(printJson(patch(observation, patchDocument, shapes))), sorted(printJson(observation)))
  }
})

t.test('other media types are 415 and say what is accepted', async t => {
  for (const type of [
    'text/plain',
    'application/merge-patch+json',
    'application/json-patch',
    'multipart/form-data',
    '',
  ]) {
    const error = refusal(document(type, '[]'))
    t.equal(error.status, 415, type)
    t.match(error.message, /application\/json-patch\+json, application\/xml-patch\+xml, application\/fhir\+json/)
    t.match(error.headers['Accept-Patch'], /application\/json-patch\+json/)
  }
})

const unparseable: readonly (readonly [string, PatchDocument, RegExp])[] = [
  ['truncated JSON', json('[{"op":"replace"'), /./],
  ['duplicate members', json('[{"op":"remove","op":"test","path":"/status"}]'), /./],
  ['__proto__ in a value', json('[{"op":"add","path":"/x","value":{"__proto__":{}}}]'), /./],
  [
    'invalid UTF-8 in JSON',
    { contentType: 'application/json-patch+json', bytes: Uint8Array.of(0x5b, 0xff, 0x5d) },
    /UTF-8/,
  ],
  ['truncated XML', document('application/xml-patch+xml', '<diff>'), /not well-formed/],
  [
    'invalid UTF-8 in XML',
    { contentType: 'application/xml-patch+xml', bytes: Uint8Array.of(0x3c, 0xff, 0x3e) },
    /UTF-8/,
  ],
  ['a JSON Patch that says to be FHIR', document('application/fhir+json', '[]'), /expected is a resource/],
  [
    'another resource',
    document('application/fhir+json', '{"resourceType":"Observation"}'),
    /is a Parameters resource, received is 'Observation'/,
  ],
  [
    'another resource in a Bundle',
    { resource: { resourceType: 'Observation' } },
    /is a Parameters resource, received is 'Observation'/,
  ],
  [
    'another resource in XML',
    document('application/fhir+xml', '<Patient xmlns="http://hl7.org/fhir"><active value="true"/></Patient>'),
    /received is 'Patient'/,
  ],
]

t.test('what cannot be read is 400', async t => {
  for (const [name, patchDocument, words] of unparseable) {
    const error = refusal(patchDocument)
    t.equal(error.status, 400, name)
    t.match(error.message, words, name)
  }
})

const identities: readonly (readonly [string, PatchDocument, RegExp])[] = [
  ['id by JSON', json('[{"op":"replace","path":"/id","value":"x"}]'), /must not change id from 'o' to 'x'/],
  ['no id by JSON', json('[{"op":"remove","path":"/id"}]'), /must not change id from 'o' to 'nothing'/],
  [
    'resourceType by JSON',
    json('[{"op":"replace","path":"/resourceType","value":"Patient"}]'),
    /must not change resourceType from 'Observation' to 'Patient'/,
  ],
  ['no resourceType by JSON', json('[{"op":"remove","path":"/resourceType"}]'), /expected is a resource/],
  ['no resource by JSON', json('[{"op":"replace","path":"","value":[]}]'), /expected is a resource/],
  ['id by XML', xml('<replace sel="f:Observation/f:id/@value">x</replace>'), /must not change id/],
  ['no id by XML', xml('<remove sel="f:Observation/f:id"/>'), /must not change id/],
  [
    'resourceType by XML',
    xml('<replace sel="f:Observation"><f:Patient><f:id value="o"/></f:Patient></replace>'),
    /must not change resourceType/,
  ],
  [
    'id by FHIRPath',
    { resource: JSON.parse(printJson(parameters).replace('Observation.status', 'Observation.id')) },
    /must not change id from 'o' to 'final'/,
  ],
]

t.test('a patch that makes another resource of it is 422', async t => {
  for (const [name, patchDocument, words] of identities) {
    const error = refusal(patchDocument)
    t.equal(error.status, 422, name)
    t.match(error.message, words, name)
  }
})

const broken: readonly (readonly [string, PatchDocument])[] = [
  ['an unknown element in XML', xml('<add sel="f:Observation"><f:shoeSize value="44"/></add>')],
  ['an element in the wrong place in XML', xml('<add sel="f:Observation"><f:status value="final"/></add>')],
  ['another namespace in XML', xml('<add sel="f:Observation"><x xmlns="urn:x"/></add>')],
  [
    'JSON that nests too deeply',
    json(
      `[{"op":"add","path":"/a","value":{}},${Array.from({ length: 80 }, (_, i) => `{"op":"add","path":"/a${'/a'.repeat(i + 1)}","value":{}}`).join()}]`,
    ),
  ],
]

t.test('a patch that breaks the resource is 422', async t => {
  for (const [name, patchDocument] of broken) {
    const error = refusal(patchDocument)
    t.equal(error.status, 422, name)
    t.match(error.message, /the patched resource is broken/, name)
  }
})

t.test('what JSON can say and XML cannot is not lost by an XML patch', async t => {
  const error = refusal(xml('<replace sel="f:Observation/f:status/@value">final</replace>'), {
    ...observation,
    shoeSize: 44,
  })
  t.equal(error.status, 422)
})
