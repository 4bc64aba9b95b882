import t from 'tap'
import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import { FhirError } from '../../../src/fhir/issue.ts'
import { printJson } from '../../../src/fhir/json.ts'
import { parseXml } from '../../../src/fhir/xml/parse.ts'

const { shapes } = loadDefinitions()

const patient = (inside: string) => `<Patient xmlns="http://hl7.org/fhir">${inside}</Patient>`
const observation = (inside: string) => `<Observation xmlns="http://hl7.org/fhir">${inside}</Observation>`
const narrative = (div: string) => patient(`<text><status value="generated"/>${div}</text>`)

function json(xml: string | Uint8Array): unknown {
  return JSON.parse(printJson(parseXml(xml, shapes)))
}

function refusal(xml: string | Uint8Array): { status: number; text: string; expression: string | undefined } {
  try {
    parseXml(xml, shapes)
  } catch (refused) {
    if (!(refused instanceof FhirError)) throw refused
    const [issue] = refused.issues
    return { status: refused.status, text: issue?.diagnostics ?? '', expression: issue?.expression }
  }
  return { status: 200, text: 'accepted', expression: undefined }
}

t.test('values get the JSON type of their FHIR type', async t => {
  t.same(json(patient('<active value="true"/><birthDate value="1970-01"/><multipleBirthInteger value="2"/>')), {
    resourceType: 'Patient',
    active: true,
    birthDate: '1970-01',
    multipleBirthInteger: 2,
  })
  t.same(json(patient('<multipleBirthInteger value="+2"/>')), { resourceType: 'Patient', multipleBirthInteger: 2 })
})

t.test('decimals keep their digits', async t => {
  for (const digits of ['1.00', '1e400', '-0.0', '12345678901234567890', '1E-7']) {
    const xml = observation(`<valueQuantity><value value="${digits}"/></valueQuantity>`)
    t.equal(
      printJson(parseXml(xml, shapes)),
      `{"resourceType":"Observation","valueQuantity":{"value":${digits}}}`,
      digits,
    )
  }
})

t.test('ids and extensions of primitives stand in the twin, aligned with the values', async t => {
  const extension = '<extension url="u"><valueCode value="x"/></extension>'
  const xml = patient(
    `<name><given value="A"/><given id="g">${extension}</given><given value="C"/></name>` +
      `<birthDate id="b" value="1970"/><deceasedBoolean>${extension}</deceasedBoolean>` +
      `<contact><name><given>${extension}</given></name></contact>`,
  )
  t.same(json(xml), {
    resourceType: 'Patient',
    name: [{ given: ['A', null, 'C'], _given: [null, { id: 'g', extension: [{ url: 'u', valueCode: 'x' }] }, null] }],
    birthDate: '1970',
    _birthDate: { id: 'b' },
    _deceasedBoolean: { extension: [{ url: 'u', valueCode: 'x' }] },
    contact: [{ name: { _given: [{ extension: [{ url: 'u', valueCode: 'x' }] }] } }],
  })
})

t.test('resources inside resources, and recursive elements', async t => {
  const bundle =
    '<Bundle xmlns="http://hl7.org/fhir"><type value="collection"/><entry><resource><Binary>' +
    '<contentType value="text/plain"/><data value="aGk="/></Binary></resource></entry></Bundle>'
  t.same(json(bundle), {
    resourceType: 'Bundle',
    type: 'collection',
    entry: [{ resource: { resourceType: 'Binary', contentType: 'text/plain', data: 'aGk=' } }],
  })
  const parameters =
    '<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="a"/><part><name value="b"/>' +
    '<resource><Basic><id value="c"/></Basic></resource></part></parameter></Parameters>'
  t.same(json(parameters), {
    resourceType: 'Parameters',
    parameter: [{ name: 'a', part: [{ name: 'b', resource: { resourceType: 'Basic', id: 'c' } }] }],
  })
  t.same(json(patient('<contained><Patient/></contained><contained><Basic/></contained>')), {
    resourceType: 'Patient',
    contained: [{ resourceType: 'Patient' }, { resourceType: 'Basic' }],
  })
})

t.test('what XML tools add is tolerated: declarations, comments, instructions, prefixes, schema locations', async t => {
  const expected = { resourceType: 'Patient', active: false }
  const dressed =
    '\uFEFF<?xml version="1.0" encoding="utf-8" standalone="yes"?>\r\n<!-- a --><?style x?>\n' +
    '<f:Patient xmlns:f="http://hl7.org/fhir" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"\n' +
    ' xsi:schemaLocation="http://hl7.org/fhir ../patient.xsd"> <!-- b -->\t<?php c?>\n<f:active value=\'false\'></f:active></f:Patient>\n<!-- d -->\n'
  t.same(json(dressed), expected)
  t.same(json(Buffer.from(dressed)), expected, 'as bytes')
})

t.test('references to characters and white space in values are resolved as XML says', async t => {
  t.same(json(patient('<gender value="&lt;&amp;&quot;&apos;&#x1F600;&#10;\n\t"/>')), {
    resourceType: 'Patient',
    gender: '<&"\'😀\n  ',
  })
})

t.test('a narrative keeps its text byte for byte', async t => {
  const div =
    '<div xmlns="http://www.w3.org/1999/xhtml" xml:lang=\'de\' >\n <p class="a">é &lt; &#160;<b />\t</p><!-- c --><![CDATA[<]]></div >'
  t.same(json(narrative(div)), { resourceType: 'Patient', text: { status: 'generated', div } })
  t.same(json(narrative(div).replaceAll('\n', '\r\n')), { resourceType: 'Patient', text: { status: 'generated', div } })
})

t.test("a narrative's named entities become numeric, its inherited namespace is written out", async t => {
  const named = narrative('<div xmlns="http://www.w3.org/1999/xhtml" title="&euro;">a&nbsp;&amp;&Auml;</div>')
  t.match(json(named), {
    text: { div: '<div xmlns="http://www.w3.org/1999/xhtml" title="&#8364;">a&#160;&amp;&#196;</div>' },
  })
  const inherited =
    '<f:Patient xmlns:f="http://hl7.org/fhir" xmlns="http://www.w3.org/1999/xhtml"><f:text><div><p/></div></f:text></f:Patient>'
  t.match(json(inherited), { text: { div: '<div xmlns="http://www.w3.org/1999/xhtml"><p/></div>' } })
})

const bad: readonly (readonly [why: string, xml: string | Uint8Array, text: RegExp, expression?: string])[] = [
  ['nothing', '', /root element/],
  ['no XML', '{"resourceType":"Patient"}', /line 1/],
  ['a truncated document', '<Patient xmlns="http://hl7.org/fhir"><name>', /unclosed tag: name/],
  ['a truncated tag', '<Patient xmlns="http://hl7.org/fhir"><na', /unclosed tag|unexpected end/],
  ['a wrong closing tag', patient('<name><text value="x"/></Name>'), /not well-formed/],
  ['a second root', `${patient('')}<Patient/>`, /line 1, column \d+: not well-formed/],
  ['text behind the root', `${patient('')}x`, /not well-formed/],
  ['a DTD', `<!DOCTYPE Patient>${patient('')}`, /DTD/],
  [
    'an external entity',
    `<!DOCTYPE Patient [<!ENTITY x SYSTEM "file:///etc/passwd">]>${patient('<gender value="&x;"/>')}`,
    /DTD/,
  ],
  ['an unknown entity', patient('<gender value="&x;"/>'), /undefined entity/],
  ['an entity that JavaScript would find', patient('<gender value="&constructor;"/>'), /undefined entity/],
  ['an HTML entity in a value', patient('<gender value="&nbsp;"/>'), /undefined entity/],
  ['a control character', patient('<gender value="&#1;"/>'), /not well-formed/],
  ['invalid UTF-8', Buffer.from([0x3c, 0xff, 0x3e]), /UTF-8/],
  ['UTF-16', Buffer.from(`\uFEFF${patient('')}`, 'utf16le'), /UTF-8/],
  ['another encoding', `<?xml version="1.0" encoding="ISO-8859-1"?>${patient('')}`, /'ISO-8859-1'/],
  ['another XML version', `<?xml version="1.1"?>${patient('')}`, /1\.1/],
  ['an unknown resource', '<Patiant xmlns="http://hl7.org/fhir"/>', /did you mean <Patient>/],
  ['an abstract resource', '<DomainResource xmlns="http://hl7.org/fhir"/>', /no resource type/],
  ['no namespace', '<Patient/>', /no namespace; expected http:\/\/hl7.org\/fhir/],
  ['another namespace', '<Patient xmlns="urn:hl7-org:v3"/>', /'urn:hl7-org:v3'/],
  ['another namespace inside', patient('<name xmlns="urn:x"/>'), /'urn:x'/, 'Patient'],
  ['an unbound prefix', patient('<x:name/>'), /unbound namespace prefix/],
  ['an unknown element', patient('<name><givn value="a"/></name>'), /did you mean <given>/, 'Patient.name[0].givn'],
  ['a twin as an element', patient('<_birthDate value="1970"/>'), /no element/, 'Patient._birthDate'],
  ['a prototype as an element', patient('<__proto__ value="1970"/>'), /no element/, 'Patient.__proto__'],
  ['an attribute as an element', patient('<name><id value="a"/></name>'), /as an attribute/, 'Patient.name[0].id'],
  ['an unknown attribute', patient('<active valu="true"/>'), /'valu' is not allowed/, 'Patient.active'],
  ['a value on a complex element', patient('<name value="a"/>'), /'value' is not allowed/, 'Patient.name[0]'],
  ['an id attribute on a resource', '<Patient xmlns="http://hl7.org/fhir" id="a"/>', /'id' is not allowed/, 'Patient'],
  ['an attribute twice', patient('<active value="true" value="true"/>'), /duplicate attribute/],
  [
    'a foreign attribute',
    patient('<active xml:lang="en" value="true"/>'),
    /'xml:lang' is not allowed/,
    'Patient.active',
  ],
  [
    'an xsi:type',
    `<Patient xmlns="http://hl7.org/fhir" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="x"/>`,
    /xsi:type/,
    'Patient',
  ],
  ['an empty value', patient('<gender value=""/>'), /'value' is empty/, 'Patient.gender'],
  ['a value as text', patient('<gender>male</gender>'), /text 'male'/, 'Patient.gender'],
  ['a value as CDATA', patient('<gender><![CDATA[male]]></gender>'), /CDATA/, 'Patient.gender'],
  ['a no-break space between elements', patient('\u00A0<gender value="male"/>'), /text/, 'Patient'],
  ['no value', patient('<gender/>'), /neither a value/, 'Patient.gender'],
  ['an id alone', patient('<gender id="a"/>'), /neither a value/, 'Patient.gender'],
  ['an empty element', patient('<name/><name id="a"/>'), /<name> is empty/, 'Patient.name[0]'],
  ['a child in a primitive', patient('<gender value="male"><code/></gender>'), /no element/, 'Patient.gender.code'],
  ['an element twice', patient('<gender value="a"/><gender value="b"/>'), /occurs twice/, 'Patient.gender'],
  [
    'a wrong order',
    patient('<gender value="a"/><active value="true"/>'),
    /<active> comes after <gender>/,
    'Patient.active',
  ],
  [
    'repetitions apart',
    patient('<name id="a"><text value="x"/></name><gender value="a"/><name><text value="x"/></name>'),
    /beside the others/,
    'Patient.name',
  ],
  [
    'two of a choice',
    patient('<deceasedBoolean value="true"/><deceasedDateTime value="2020"/>'),
    /one deceased\[x\] only/,
    'Patient.deceased',
  ],
  ['no boolean', patient('<active value="yes"/>'), /'yes' is no boolean/, 'Patient.active'],
  ['no integer', patient('<multipleBirthInteger value="01"/>'), /'01' is no integer/, 'Patient.multipleBirth'],
  ['no decimal', observation('<valueQuantity><value value=".5"/></valueQuantity>'), /'\.5'/, 'Observation.value.value'],
  ['an empty contained', patient('<contained/>'), /expected a resource/, 'Patient.contained[0]'],
  ['no resource in contained', patient('<contained><name/></contained>'), /no resource type/, 'Patient.contained[0]'],
  [
    'two resources in one element',
    patient('<contained><Basic/><Basic/></contained>'),
    /second resource/,
    'Patient.contained[0]',
  ],
  ['a narrative in no namespace of its own', narrative('<div/>'), /1999\/xhtml/, 'Patient.text'],
  [
    'FHIR in a narrative',
    narrative('<div xmlns="http://www.w3.org/1999/xhtml"><p xmlns="http://hl7.org/fhir"/></div>'),
    /<p> is in namespace/,
    'Patient.text.div',
  ],
  [
    'a prefix in a narrative',
    narrative('<h:div xmlns:h="http://www.w3.org/1999/xhtml"/>'),
    /prefix/,
    'Patient.text.div',
  ],
  [
    'a deep narrative',
    narrative(`<div xmlns="http://www.w3.org/1999/xhtml">${'<b>'.repeat(64)}${'</b>'.repeat(64)}</div>`),
    /64 deep/,
    'Patient.text.div',
  ],
  ['no div but a p', narrative('<p xmlns="http://www.w3.org/1999/xhtml"/>'), /<p>/, 'Patient.text'],
]

for (const [why, xml, text, expression] of bad) {
  t.test(`${why} is refused`, async t => {
    const refused = refusal(xml)
    t.equal(refused.status, 400)
    t.match(refused.text, text)
    t.equal(refused.expression, expression)
  })
}

t.test('the place in the error counts lines and repetitions', async t => {
  const xml = patient('\n<name>\n<given value="a"/></name>\n<name><given value="b"/>\n<given valu="c"/></name>')
  const refused = refusal(xml)
  t.equal(refused.expression, 'Patient.name[1].given[1]')
  t.match(refused.text, /line 5/)
})

t.test('nesting ends where that of JSON ends', async t => {
  const deep = (levels: number) =>
    `<Questionnaire xmlns="http://hl7.org/fhir">${'<item>'.repeat(levels)}<text value="x"/>${'</item>'.repeat(levels)}</Questionnaire>`
  t.equal(refusal(deep(31)).status, 200, '31 items: 1 + 31 × 2 = 63 levels')
  t.match(refusal(deep(32)), { status: 400, text: /nested too deep/ })
  t.match(refusal(deep(100_000)), { status: 400, text: /nested too deep/ })
})

t.test('a refusal does not repeat megabytes', async t => {
  const long = 'x'.repeat(1_000_000)
  t.ok(refusal(narrative(`<div xmlns="${long}"/>`)).text.length < 500)
  t.ok(refusal(`<${long}>`).text.length < 500)
  t.ok(refusal(`<a></${long}>`).text.length < 500)
  for (const inside of [
    `<active value="${long}"/>`,
    `<${long}/>`,
    `<active ${long}="1"/>`,
    long,
    `<name xmlns="${long}"/>`,
  ]) {
    const { status, text, expression = '' } = refusal(patient(inside))
    t.equal(status, 400)
    t.ok(text.length + expression.length < 500, text.slice(0, 100))
  }
})

t.test('every truncation of a document is refused', async t => {
  const xml = narrative('<div xmlns="http://www.w3.org/1999/xhtml">a<!-- b --></div>')
  for (let length = 0; length < xml.length; length++) {
    if (refusal(xml.slice(0, length)).status !== 400) t.fail(xml.slice(0, length))
  }
  t.equal(refusal(xml).status, 200)
})
