import t from 'tap'
import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import { Decimal } from '../../../src/fhir/decimal.ts'
import { FhirError } from '../../../src/fhir/issue.ts'
import type { JsonObject, Resource } from '../../../src/fhir/resource.ts'
import { printXml } from '../../../src/fhir/xml/print.ts'

const { shapes } = loadDefinitions()
const head = '<?xml version="1.0" encoding="UTF-8"?>'

function patient(members: JsonObject): string {
  return printXml({ resourceType: 'Patient', ...members }, shapes).slice(head.length)
}

function refusal(members: JsonObject): { status: number; text: string; expression: string | undefined } {
  try {
    patient(members)
  } catch (refused) {
    if (!(refused instanceof FhirError)) throw refused
    const [issue] = refused.issues
    return { status: refused.status, text: issue?.diagnostics ?? '', expression: issue?.expression }
  }
  return { status: 200, text: 'printed', expression: undefined }
}

t.test('elements come out in the order of the specification, whatever the order of the JSON', async t => {
  t.equal(
    patient({ birthDate: '1970', _active: { id: 'a' }, name: [{ given: ['G'], family: 'F' }], id: 'p', active: true }),
    '<Patient xmlns="http://hl7.org/fhir"><id value="p"/><active id="a" value="true"/>' +
      '<name><family value="F"/><given value="G"/></name><birthDate value="1970"/></Patient>',
  )
})

t.test('ids, urls and values are attributes; extensions are elements', async t => {
  t.equal(
    patient({
      extension: [{ url: 'u', id: 'e', valueDecimal: new Decimal('1.00') }],
      _birthDate: { extension: [{ url: 'v', valueString: '' }].slice(1), id: 'b' },
    }),
    '<Patient xmlns="http://hl7.org/fhir"><extension id="e" url="u"><valueDecimal value="1.00"/></extension>' +
      '<birthDate id="b"/></Patient>',
  )
})

t.test('values and twins of a repeating primitive are merged by their place', async t => {
  t.equal(
    patient({ name: [{ _given: [null, { extension: [{ url: 'u' }] }], given: ['A', null, 'C'] }] }),
    '<Patient xmlns="http://hl7.org/fhir"><name><given value="A"/><given><extension url="u"/></given>' +
      '<given value="C"/></name></Patient>',
  )
})

t.test('characters that attributes would lose are escaped', async t => {
  t.match(patient({ gender: '<&>"\'\t\r\n😀' }), 'value="&lt;&amp;>&quot;\'&#9;&#13;&#10;😀"')
})

t.test('pretty XML has one element a line, and leaves the narrative alone', async t => {
  const div = '<div xmlns="http://www.w3.org/1999/xhtml"><p>a</p>\n <p>b</p></div>'
  const resource: Resource = {
    resourceType: 'Patient',
    text: { status: 'generated', div },
    contained: [{ resourceType: 'Basic', id: 'x' }],
    _birthDate: { extension: [{ url: 'u', valueString: 's' }] },
  }
  t.equal(
    printXml(resource, shapes, { pretty: true }),
    `${head}
<Patient xmlns="http://hl7.org/fhir">
  <text>
    <status value="generated"/>
    ${div}
  </text>
  <contained>
    <Basic>
      <id value="x"/>
    </Basic>
  </contained>
  <birthDate>
    <extension url="u">
      <valueString value="s"/>
    </extension>
  </birthDate>
</Patient>
`,
  )
})

t.test('a narrative becomes XML that every parser understands', async t => {
  const text = (div: string) => patient({ text: { div } })
  t.match(text('<div>a&nbsp;b&copy;</div>'), '<div xmlns="http://www.w3.org/1999/xhtml">a&#160;b&#169;</div>')
  t.match(
    text(' <div\nxmlns="http://www.w3.org/1999/xhtml"/>\n'),
    '<text><div\nxmlns="http://www.w3.org/1999/xhtml"/></text>',
  )
  t.match(text('<div data-xmlns="a"/>'), '<div xmlns="http://www.w3.org/1999/xhtml" data-xmlns="a"/>')
})

const bad: readonly (readonly [why: string, members: JsonObject, text: RegExp, expression: string])[] = [
  ['an unknown element', { name: [{ nick: 'x' }] }, /'nick' is not defined here/, 'Patient.name[0]'],
  ['a control character', { gender: 'a\u0001' }, /characters that XML forbids/, 'Patient.gender'],
  ['half a surrogate pair', { name: [{ given: ['a', '\uD800'] }] }, /forbids/, 'Patient.name[0].given[1]'],
  ['an empty value', { gender: '' }, /empty/, 'Patient.gender'],
  ['an object as a value', { gender: {} }, /no primitive/, 'Patient.gender'],
  ['a null without extensions', { name: [{ given: [null] }] }, /neither a value/, 'Patient.name[0].given[0]'],
  ['one where several may be', { name: { family: 'x' } }, /no array/, 'Patient.name'],
  ['text where an object belongs', { name: ['x'] }, /object is missing/, 'Patient.name[0]'],
  ['an empty object', { name: [{}] }, /or empty/, 'Patient.name[0]'],
  ['an empty twin', { _gender: {} }, /neither a value/, 'Patient.gender'],
  ['no resource in contained', { contained: [{ id: 'x' }] }, /resource is missing/, 'Patient.contained[0]'],
  ['an unknown resource', { contained: [{ resourceType: 'X' }] }, /'X' is no resource type/, 'Patient.contained[0]'],
  ['two of a choice', { deceasedBoolean: true, deceasedDateTime: '2020' }, /deceased\[x\] has two/, 'Patient'],
  ['a broken narrative', { text: { div: '<div><p></div>' } }, /no XHTML/, 'Patient.text.div'],
  [
    'a narrative that would break out',
    { text: { div: '<div/></text><active value="false"/><text><div/>' } },
    /no XHTML/,
    'Patient.text.div',
  ],
  ['extensions of a narrative', { text: { div: '<div/>', _div: { id: 'x' } } }, /'_div'/, 'Patient.text'],
]

for (const [why, members, text, expression] of bad) {
  t.test(`${why} is not written, and JSON is recommended instead`, async t => {
    const refused = refusal(members)
    t.equal(refused.status, 406)
    t.match(refused.text, text)
    t.match(refused.text, 'application/fhir+json')
    t.equal(refused.expression, expression)
  })
}
