import t from 'tap'
import { FhirError } from '../../../src/fhir/issue.ts'
import { applyXmlPatch } from '../../../src/fhir/patch/xml-patch.ts'

const head = '<Patient xmlns="http://hl7.org/fhir">'
const div = '<div xmlns="http://www.w3.org/1999/xhtml"><p title=\'x\'>a&#160;b 😀<br/></p><p>c</p></div>'
const patient = `${head}<id value="p"/><text><status value="generated"/>${div}</text>\
<name id="n1"><family value="X"/><given value="A"/><given value="B"/></name>\
<name><family value="Y"/></name><birthDate value="1920"/></Patient>`

function run(operations: string, document = patient): string {
  return applyXmlPatch(
    document,
    `<diff xmlns:f="http://hl7.org/fhir" xmlns:h="http://www.w3.org/1999/xhtml">${operations}</diff>`,
  )
}

function refusal(patch: string, document = patient): FhirError {
  try {
    const result = applyXmlPatch(document, patch)
    throw new Error(`not refused: ${result}`)
  } catch (error) {
    if (error instanceof FhirError) return error
    throw error
  }
}

/** name, operations, what of the document becomes what */
const applies: readonly (readonly [string, string, string, string])[] = [
  [
    'A.1 add an element',
    '<add sel="f:Patient/f:name[2]"><f:given value="C"/></add>',
    '<family value="Y"/>',
    '<family value="Y"/><given value="C"/>',
  ],
  [
    'A.2 add an attribute',
    '<add sel="f:Patient/f:name[2]" type="@id">n2</add>',
    '<name><family value="Y"',
    '<name id="n2"><family value="Y"',
  ],
  [
    'A.3 prepend',
    '<add sel="f:Patient/f:name[2]" pos="prepend"><f:use value="usual"/></add>',
    '<name><family value="Y"',
    '<name><use value="usual"/><family value="Y"',
  ],
  [
    'A.4 add before',
    '<add sel="f:Patient/f:birthDate" pos="before"><f:gender value="male"/></add>',
    '<birthDate',
    '<gender value="male"/><birthDate',
  ],
  [
    'A.5 add after',
    '<add sel="f:Patient/f:birthDate" pos="after"><f:active value="true"/><f:x/></add>',
    '</Patient>',
    '<active value="true"/><x/></Patient>',
  ],
  [
    'A.6 replace an element',
    '<replace sel="f:Patient/f:name[1]/f:family"><f:family value="Z"/></replace>',
    '<family value="X"/>',
    '<family value="Z"/>',
  ],
  ['A.7 replace an attribute', '<replace sel="f:Patient/f:birthDate/@value">1930</replace>', '"1920"', '"1930"'],
  [
    'A.8 replace a text',
    '<replace sel="f:Patient/f:text/h:div/h:p[2]/text()">d &amp; e</replace>',
    '<p>c</p>',
    '<p>d &#38; e</p>',
  ],
  ['A.9 remove an element', '<remove sel="f:Patient/f:name[1]/f:given[2]"/>', '<given value="B"/>', ''],
  ['A.10 remove an attribute', '<remove sel="f:Patient/f:name[1]/@id"/>', ' id="n1"', ''],
  ['A.11 remove a text', '<remove sel="f:Patient/f:text/h:div/h:p[2]/text()"/>', '<p>c</p>', '<p/>'],
  ['an absolute selector', '<remove sel="/f:Patient/f:birthDate"/>', '<birthDate value="1920"/>', ''],
  ["names without prefix are FHIR's", '<remove sel="Patient/birthDate"/>', '<birthDate value="1920"/>', ''],
  [
    'the default namespace of the patch counts',
    '<remove xmlns="http://hl7.org/fhir" sel="Patient/birthDate"/>',
    '<birthDate value="1920"/>',
    '',
  ],
  ['any element', '<remove sel="*/f:birthDate"/>', '<birthDate value="1920"/>', ''],
  ['any element at a place', '<remove sel="f:Patient/*[5]"/>', '<birthDate value="1920"/>', ''],
  ['by the value of an attribute', '<remove sel="f:Patient/f:name/f:given[@value=\'B\']"/>', '<given value="B"/>', ''],
  [
    'by an attribute in double quotes',
    '<remove sel=\'f:Patient/f:name[@id="n1"]/f:given[1]\'/>',
    '<given value="A"/>',
    '',
  ],
  [
    "by a child's attribute",
    '<add sel="f:Patient/f:name[f:family/@value=\'Y\']" type="@id">y</add>',
    '<name><family value="Y"',
    '<name id="y"><family value="Y"',
  ],
  [
    "by a child's attribute, one of several",
    '<remove sel="f:Patient/f:name[f:given/@value=\'B\']/@id"/>',
    ' id="n1"',
    '',
  ],
  ['by the text of a child', '<remove sel="f:Patient/f:text/h:div[h:p=\'c\']/h:p[2]"/>', '<p>c</p>', ''],
  ['by its own text', '<remove sel="f:Patient/f:text/h:div/h:p[.=\'c\']"/>', '<p>c</p>', ''],
  [
    'with blanks in predicates',
    '<remove sel=" f:Patient/f:name[ 1 ]/f:given[ @value = \'B\' ] "/>',
    '<given value="B"/>',
    '',
  ],
  [
    'several predicates, in order',
    '<remove sel="f:Patient/f:name[f:family][1]/@id"/>'.replace('[f:family]', "[@id='n1']"),
    ' id="n1"',
    '',
  ],
  [
    'quotes in values',
    '<replace sel="f:Patient/f:birthDate/@value">&quot;&lt;&amp;&#10;</replace>',
    '"1920"',
    '"&#34;&#60;&#38;&#10;"',
  ],
  [
    "content without namespace is FHIR's",
    '<replace sel="f:Patient/f:birthDate"><birthDate value="1"><extension url="u"/></birthDate></replace>',
    '<birthDate value="1920"/>',
    '<birthDate value="1"><extension url="u"/></birthDate>',
  ],
  ['ws has nothing to do', '<remove sel="f:Patient/f:birthDate" ws="both"/>', '<birthDate value="1920"/>', ''],
  [
    'replacement among white space',
    '<replace sel="f:Patient/f:birthDate"> <f:birthDate value="1"/> <!-- x --></replace>'.replace(' <!-- x -->', ' '),
    '"1920"',
    '"1"',
  ],
  [
    'comments and white space between operations',
    ' <!-- x --> <?y z?>\n<remove sel="f:Patient/f:birthDate"/>',
    '<birthDate value="1920"/>',
    '',
  ],
  [
    'operations see what those before them did',
    '<remove sel="f:Patient/f:name[1]"/><remove sel="f:Patient/f:name[1]"/>',
    patient.slice(patient.indexOf('<name'), patient.indexOf('<birthDate')),
    '',
  ],
  ['no operation', '', '', ''],
]

t.test('what applies changes what it says and leaves the rest as it was written', async t => {
  for (const [name, operations, was, becomes] of applies) {
    t.ok(patient.includes(was), `the document has ${was}`)
    t.equal(run(operations), patient.replace(was, becomes), name)
  }
})

t.test('the root can be replaced', async t => {
  t.equal(
    run('<replace sel="f:Patient"><f:Patient><f:id value="q"/></f:Patient></replace>'),
    `${head}<id value="q"/></Patient>`,
  )
})

t.test('a narrative comes in with its own namespace', async t => {
  const added = run(`<replace sel="f:Patient/f:text/h:div">${div.replace('>c<', '>d<')}</replace>`)
  t.equal(added, patient.replace('>c<', '>d<'))
  const prefixed = run('<replace sel="f:Patient/f:text/h:div"><h:div>e</h:div></replace>')
  t.equal(prefixed, patient.replace(div, '<div xmlns="http://www.w3.org/1999/xhtml">e</div>'))
})

const fails: readonly (readonly [string, string, RegExp])[] = [
  [
    'nothing selected',
    '<remove sel="f:Patient/f:gender"/>',
    /operation 0 \(remove\): 'f:Patient\/f:gender' selects 0 nodes/,
  ],
  ['several selected', '<remove sel="f:Patient/f:name"/>', /selects 2 nodes, expected is exactly one/],
  ['another root', '<remove sel="f:Observation/f:name"/>', /selects 0 nodes/],
  ['another namespace', '<remove sel="h:Patient/f:birthDate"/>', /selects 0 nodes/],
  ['a place behind the end', '<remove sel="f:Patient/f:name[3]"/>', /selects 0 nodes/],
  ['an attribute that is not there', '<remove sel="f:Patient/f:birthDate/@id"/>', /selects 0 nodes/],
  ['a child of an attribute', '<remove sel="f:Patient/f:birthDate/@value/f:x"/>', /selects 0 nodes/],
  ['removal of the root', '<remove sel="f:Patient"/>', /invalid-root-element-operation/],
  ['a sibling of the root', '<add sel="f:Patient" pos="after"><f:x/></add>', /invalid-root-element-operation/],
  ['an attribute that is there', '<add sel="f:Patient/f:birthDate" type="@value">1</add>', /'value' is there already/],
  [
    'an attribute of a text',
    '<add sel="f:Patient/f:text/h:div/h:p[2]/text()" type="@id">1</add>',
    /only be added to an element/,
  ],
  [
    'children of an attribute',
    '<add sel="f:Patient/f:birthDate/@value"><f:x/></add>',
    /nothing can be added to an attribute/,
  ],
  [
    'children of a text',
    '<add sel="f:Patient/f:text/h:div/h:p[2]/text()"><f:x/></add>',
    /children can only be added to an element/,
  ],
  ['an element by a text', '<replace sel="f:Patient/f:birthDate">1930</replace>', /exactly one element as replacement/],
  [
    'an element by two',
    '<replace sel="f:Patient/f:birthDate"><f:x/><f:y/></replace>',
    /exactly one element as replacement/,
  ],
  ['an element by nothing', '<replace sel="f:Patient/f:birthDate"/>', /exactly one element as replacement/],
]

t.test('what does not apply is 422 and says where', async t => {
  for (const [name, operation, words] of fails) {
    const error = refusal(
      `<diff xmlns:f="http://hl7.org/fhir" xmlns:h="http://www.w3.org/1999/xhtml">${operation}</diff>`,
    )
    t.equal(error.status, 422, name)
    t.match(error.message, words, name)
  }
})

const malformed: readonly (readonly [string, string, RegExp])[] = [
  ['nothing', '', /not well-formed|no root element/],
  ['text', 'x', /not well-formed/],
  ['an open tag', '<diff><remove sel="Patient/id">', /not well-formed/],
  ['two roots', '<diff/><diff/>', /not well-formed/],
  ['an undeclared prefix', '<diff><f:remove sel="Patient/id"/></diff>', /not well-formed/],
  ['an undeclared prefix in a selector', '<diff><remove sel="f:Patient/id"/></diff>', /prefix 'f' is not declared/],
  ['an unknown entity', '<diff><remove sel="&x;"/></diff>', /not well-formed/],
  ['a DTD', '<!DOCTYPE diff [<!ENTITY x "y">]><diff/>', /DTD/],
  [
    'an unknown operation',
    '<diff><move sel="Patient/id"/></diff>',
    /expected is add, replace or remove, received is 'move'/,
  ],
  ['an operation that every object inherits', '<diff><toString sel="Patient/id"/></diff>', /received is 'toString'/],
  ['text between operations', '<diff>x<remove sel="Patient/id"/></diff>', /received is text 'x'/],
  ['no selector', '<diff><remove/></diff>', /lacks the attribute 'sel'/],
  ['an empty selector', '<diff><remove sel=""/></diff>', /is not a selector/],
  ['a descendant axis', '<diff><remove sel="//birthDate"/></diff>', /is not a selector/],
  ['another axis', '<diff><remove sel="Patient/parent::x"/></diff>', /is not a selector/],
  ['a function', '<diff><remove sel="Patient/name[last()]"/></diff>', /is not a selector/],
  ['id()', '<diff><remove sel="id(\'x\')"/></diff>', /is not a selector/],
  ['a union', '<diff><remove sel="Patient/name | Patient/id"/></diff>', /is not a selector/],
  ['a place of 0', '<diff><remove sel="Patient/name[0]"/></diff>', /is not a selector/],
  ['an open predicate', '<diff><remove sel="Patient/name[1"/></diff>', /is not a selector/],
  ['an open string', '<diff><remove sel="Patient/name[@id=\'x]"/></diff>', /is not a selector/],
  ['an empty step', '<diff><remove sel="Patient//id"/></diff>', /is not a selector/],
  ['a trailing slash', '<diff><remove sel="Patient/id/"/></diff>', /is not a selector/],
  ['an unknown pos', '<diff><add sel="Patient/id" pos="inside"/></diff>', /'pos' must be before, after or prepend/],
  ['pos and type', '<diff><add sel="Patient/id" pos="before" type="@x"/></diff>', /'pos' has no meaning beside 'type'/],
  [
    'a type without @',
    '<diff><add sel="Patient/id" type="x">1</add></diff>',
    /'type' must be an attribute such as @value/,
  ],
  [
    'a namespace declaration',
    '<diff><add sel="Patient" type="namespace::x">u</add></diff>',
    /'type' must be an attribute/,
  ],
  ['a removal with content', '<diff><remove sel="Patient/id"><x/></remove></diff>', /a removal has no content/],
  ['deep nesting', `<diff>${'<a>'.repeat(200)}${'</a>'.repeat(200)}</diff>`, /nests more than 128 elements/],
  ['many operations', `<diff>${'<remove sel="Patient/id"/>'.repeat(1_001)}</diff>`, /1001 operations, at most 1000/],
]

t.test('what is no XML Patch is refused', async t => {
  for (const [name, patch, words] of malformed) {
    const error = refusal(patch)
    t.match(error.message, words, name)
    t.equal(error.status, /at most/.test(error.message) ? 403 : 400, name)
  }
})
