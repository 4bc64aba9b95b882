/** Releases of each distributor, of invented codes. */
import t from 'tap'
import { recognize } from '../../../src/terminology/load/load.ts'
import { fileOf, filesOf, loaded } from './release.ts'

const csv = (...rows: readonly (readonly string[])[]): string =>
  rows.map(row => `${row.map(field => `"${field.replaceAll('"', '""')}"`).join(',')}\r\n`).join('')

const loincColumns = [
  ...['LOINC_NUM', 'COMPONENT', 'PROPERTY', 'TIME_ASPCT', 'SYSTEM', 'SCALE_TYP', 'METHOD_TYP', 'CLASS', 'STATUS'],
  ...['SHORTNAME', 'LONG_COMMON_NAME', 'DefinitionDescription'],
]
const loincFiles = {
  'Loinc_2.99/LoincTable/Loinc.csv': csv(
    loincColumns,
    [
      '1-8',
      'Foo',
      'MCnc',
      'Pt',
      'Ser',
      'Qn',
      '',
      'CHEM',
      'ACTIVE',
      'Foo SerPl',
      'Foo [Mass/volume] in Serum',
      'What foo is,\n"exactly"',
    ],
    ['2-6', 'Bar panel', '-', 'Pt', 'Bld', '-', '', 'PANEL', 'DEPRECATED', '', 'Bar panel - Blood', ''],
  ),
  'Loinc_2.99/AccessoryFiles/PartFile/Part.csv': csv(
    ['PartNumber', 'PartTypeName', 'PartName', 'PartDisplayName', 'Status'],
    ['LP1-0', 'COMPONENT', 'Foo', 'Foo!', 'ACTIVE'],
  ),
  'Loinc_2.99/AccessoryFiles/PartFile/LoincPartLink_Primary.csv': csv(
    [
      'LoincNumber',
      'LongCommonName',
      'PartNumber',
      'PartName',
      'PartCodeSystem',
      'PartTypeName',
      'LinkTypeName',
      'Property',
    ],
    ['1-8', 'x', 'LP1-0', 'Foo', 'http://loinc.org', 'COMPONENT', 'Primary', 'p'],
  ),
  'x/ComponentHierarchyBySystem.csv': csv(
    ['PATH_TO_ROOT', 'SEQUENCE', 'IMMEDIATE_PARENT', 'CODE', 'CODE_TEXT'],
    ['', '1', '', 'LP9-9', 'Root'],
    ['LP9-9', '1', 'LP9-9', 'LP1-0', 'Foo'],
    ['LP9-9.LP1-0', '1', 'LP1-0', '1-8', 'Foo [Mass/volume] in Serum'],
    ['LP9-9.LP1-0', '2', 'LP1-0', '1-8', 'Foo [Mass/volume] in Serum'],
  ),
  'x/AnswerList.csv': csv(
    ['AnswerListId', 'AnswerListName', 'AnswerStringId', 'SequenceNumber', 'DisplayText'],
    ['LL1-9', 'Yes or no', 'LA1-1', '1', 'Yes'],
    ['LL1-9', 'Yes or no', 'LA2-2', '2', 'No'],
  ),
  'x/LoincAnswerListLink.csv': csv(
    ['LoincNumber', 'AnswerListId', 'AnswerListLinkType'],
    ['1-8', 'LL1-9', 'NORMATIVE'],
  ),
  'x/PanelsAndForms.csv': csv(['ParentLoinc', 'Loinc'], ['2-6', '2-6'], ['2-6', '1-8']),
  'x/deDE15LinguisticVariant.csv': csv(
    ['LOINC_NUM', 'COMPONENT', 'PROPERTY', 'LONG_COMMON_NAME', 'LinguisticVariantDisplayName'],
    ['1-8', 'Fu', 'MCnc', 'Fu im Serum', ''],
  ),
}

t.test('LOINC: terms, parts, hierarchy, answers, panels, languages', async t => {
  const { release, rows, problems, progress } = await loaded(filesOf(loincFiles))
  t.same(problems, [])
  t.match(release.facts, { url: 'http://loinc.org', version: '2.99' })
  t.equal(progress, release.bytes)
  t.same(rows.concepts, [
    { code: '1-8', display: 'Foo [Mass/volume] in Serum', definition: 'What foo is,\n"exactly"' },
    { code: '2-6', display: 'Bar panel - Blood', inactive: true },
    { code: 'LP1-0', display: 'Foo!' },
    { code: 'LP9-9', display: 'Root' },
    { code: 'LL1-9', display: 'Yes or no' },
    { code: 'LA1-1', display: 'Yes' },
    { code: 'LA2-2', display: 'No' },
  ])
  t.same(rows.edges, [
    { child: 'LP1-0', parent: 'LP9-9' },
    { child: '1-8', parent: 'LP1-0' },
  ])
  t.same(rows.members, [
    { refset: 'LL1-9', member: 'LA1-1', fields: { order: '1' } },
    { refset: 'LL1-9', member: 'LA2-2', fields: { order: '2' } },
  ])
  for (const [code, property, value] of [
    ['1-8', 'COMPONENT', 'Foo'],
    ['1-8', 'part', 'LP1-0'],
    ['1-8', 'answer-list', 'LL1-9'],
    ['LL1-9', 'answers-for', '1-8'],
    ['2-6', 'panel-member', '1-8'],
  ]) {
    t.ok(
      (rows.properties as { code: string; property: string; value: string }[]).some(
        row => row.code === code && row.property === property && row.value === value,
      ),
      String(property),
    )
  }
  t.same(
    (rows.designations as { code: string; language: string; value: string }[]).map(({ code, language, value }) => [
      code,
      language,
      value,
    ]),
    [
      ['1-8', 'en', 'Foo SerPl'],
      ['1-8', 'en', 'Foo:MCnc:Pt:Ser:Qn'],
      ['2-6', 'en', 'Bar panel:-:Pt:Bld:-'],
      ['1-8', 'de-DE', 'Fu im Serum'],
    ],
  )
})

t.test('LOINC: what is wrong is told by file and line', async t => {
  const first = 'Loinc_2.99/LoincTable/Loinc.csv'
  const problems = async (text: string) => (await loaded(filesOf({ ...loincFiles, [first]: text }))).problems
  t.same(await problems(csv(loincColumns, ['x'])), [`Loinc.csv line 2: expected 12 comma-separated columns, found 1`])
  t.same(await problems(csv(loincColumns, ['1-8;', ...Array.from({ length: 11 }, () => '')])), [
    "Loinc.csv line 2: '1-8;' is no LOINC code; expected such as 8480-6 or LP7786-9",
  ])
  t.match(await problems(csv(['CODE', 'NAME'])), [
    /^Loinc.csv line 1: expected columns named 'LOINC_NUM', .*; found 'code', 'name'$/,
  ])
  t.same(await problems(''), ['Loinc.csv: the file is empty; expected a line with the names of columns'])
  t.same(await problems(`${csv(loincColumns)}"1-8,x`), ['Loinc.csv line 2: a quotation mark is not closed'])
})

const tabular = `<?xml version="1.0"?>
<ICD10CM.tabular><version>2099</version>
 <chapter><name>1</name><desc>Some diseases (A00-A09)</desc>
  <includes><note>everything</note></includes>
  <section id="A00-A09"><desc>Fewer diseases (A00-A09)</desc>
   <diag><name>A00</name><desc>One disease</desc>
    <diag><name>A00.0</name><desc>One disease &amp; more</desc><inclusionTerm><note>Its old
      name</note><note>another</note></inclusionTerm><excludes1><note>that (B99)</note></excludes1></diag>
   </diag>
   <diag><name>A01</name><desc>Another (rare)</desc></diag>
  </section>
 </chapter>
</ICD10CM.tabular>`

t.test('ICD-10-CM: the tabular list', async t => {
  const { release, rows, problems } = await loaded(filesOf({ 'icd10cm_tabular_2099.xml': tabular }))
  t.same(problems, [])
  t.match(release.facts, { url: 'http://hl7.org/fhir/sid/icd-10-cm', version: '2099' })
  t.same(rows.concepts, [
    { code: 'Chapter 1', display: 'Some diseases' },
    { code: 'A00-A09', display: 'Fewer diseases' },
    { code: 'A00', display: 'One disease' },
    { code: 'A00.0', display: 'One disease & more' },
    { code: 'A01', display: 'Another (rare)' },
  ])
  t.same(rows.edges, [
    { child: 'A00-A09', parent: 'Chapter 1' },
    { child: 'A00', parent: 'A00-A09' },
    { child: 'A00.0', parent: 'A00' },
    { child: 'A01', parent: 'A00-A09' },
  ])
  const said = (rows.properties as { code: string; property: string; value: unknown }[]).map(row => [
    row.code,
    row.property,
    row.value,
  ])
  t.same(said, [
    ['Chapter 1', 'kind', 'chapter'],
    ['Chapter 1', 'includes', 'everything'],
    ['A00-A09', 'kind', 'block'],
    ['A00', 'kind', 'category'],
    ['A00.0', 'kind', 'code'],
    ['A00.0', 'inclusionTerm', 'Its old name'],
    ['A00.0', 'inclusionTerm', 'another'],
    ['A00.0', 'excludes1', 'that (B99)'],
    ['A00.0', 'billable', true],
    ['A00', 'billable', false],
    ['A01', 'kind', 'category'],
    ['A01', 'billable', true],
  ])
})

t.test('ICD-10-CM: the order file', async t => {
  const line = (order: string, code: string, billable: string, short: string, long: string): string =>
    `${order} ${code.padEnd(7)} ${billable} ${short.padEnd(60)} ${long}\r\n`
  const text =
    line('00001', 'A00', '0', 'One', 'One disease') +
    line('00002', 'A000', '1', 'One more', '') +
    line('00003', 'A01', '1', 'Two', 'Second')
  const { rows, problems } = await loaded(filesOf({ 'icd10cm_order_2099.txt': text }))
  t.same(problems, [])
  t.same(rows.concepts, [
    { code: 'A00', display: 'One disease' },
    { code: 'A00.0', display: 'One more' },
    { code: 'A01', display: 'Second' },
  ])
  t.same(rows.edges, [{ child: 'A00.0', parent: 'A00' }])
  t.match((await loaded(filesOf({ 'icd10cm_order_2099.txt': `${text}garbage\n` }))).problems, [
    /^icd10cm_order_2099.txt line 4: expected order, code, 0 or 1, .*; found 'garbage'$/,
  ])
})

t.test('ICD-10-CM: XML that is something else, or ends too early', async t => {
  const problems = async (text: string) => (await loaded(filesOf({ 'icd10cm_tabular_2099.xml': text }))).problems
  t.same(await problems('<html></html>'), [
    "icd10cm_tabular_2099.xml line 1: the root is 'html'; expected 'ICD10CM.tabular'",
  ])
  t.match(await problems(tabular.slice(0, 500)), [/^icd10cm_tabular_2099.xml line \d+: unclosed tag/])
  t.match(await problems(tabular.replace('</diag>', '</dag>')), [
    /^icd10cm_tabular_2099.xml line 8: unexpected close tag/,
  ])
  t.match(await problems(tabular.replace('A00.0', 'zero')), [
    /line 7: 'zero' is no ICD-10-CM code; expected such as E11.9/,
  ])
  t.match(await problems(`<ICD10CM.tabular>${'<diag>'.repeat(200)}`), [/nested deeper than 100/])
})

const claml = `<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE ClaML SYSTEM "ClaML.dtd">
<ClaML version="2.0.0"><Meta name="lang" value="en"/><Title name="ICD-10-XY" date="2099-01-01" version="2099">ICD</Title>
<Class code="I" kind="chapter"><SubClass code="A00-A09"/><Rubric kind="preferred"><Label xml:lang="en">Some diseases</Label></Rubric></Class>
<Class code="A00-A09" kind="block"><SuperClass code="I"/><Rubric kind="preferred"><Label>Fewer</Label></Rubric></Class>
<Class code="A00" kind="category" usage="dagger"><SuperClass code="A00-A09"/>
 <Rubric kind="preferred"><Label>One <Term class="italics">rare</Term> disease</Label></Rubric>
 <Rubric kind="preferredLong"><Label>One rare disease, long</Label></Rubric>
 <Rubric kind="exclusion"><Label>that (<Reference>B99</Reference>)</Label></Rubric>
 <Rubric kind="inclusion"><Label>this</Label></Rubric><Rubric kind="inclusion"><Label>and this</Label></Rubric></Class>
</ClaML>`

t.test('ICD-10 of the WHO: ClaML', async t => {
  const { release, rows, problems } = await loaded(filesOf({ 'icd10_2099.xml': claml }))
  t.same(problems, [])
  t.match(release.facts, { url: 'http://hl7.org/fhir/sid/icd-10', version: '2099', title: 'ICD-10-XY' })
  t.same(rows.concepts, [
    { code: 'I', display: 'Some diseases' },
    { code: 'A00-A09', display: 'Fewer' },
    { code: 'A00', display: 'One rare disease, long' },
  ])
  t.same(rows.designations, [{ code: 'A00', value: 'One rare disease' }])
  t.same(rows.edges, [
    { child: 'A00-A09', parent: 'I' },
    { child: 'A00', parent: 'A00-A09' },
  ])
  t.same(
    (rows.properties as { property: string; value: string }[]).slice(-5).map(row => [row.property, row.value]),
    [
      ['kind', 'category'],
      ['usage', 'dagger'],
      ['inclusion', 'this'],
      ['inclusion', 'and this'],
      ['exclusion', 'that (B99)'],
    ],
  )
  const problemsOf = async (text: string) => (await loaded(filesOf({ 'icd10_2099.xml': text }))).problems
  t.same(await problemsOf(claml.replace(' code="A00"', '')), [
    "icd10_2099.xml line 5: the Class '' lacks the attribute 'code'",
  ])
  t.same(await problemsOf(claml.replace('<Label>Fewer</Label>', '')), [
    "icd10_2099.xml line 4: the Class 'A00-A09' lacks a Rubric of the kind 'preferred'",
  ])
  t.match(await problemsOf(claml.slice(0, -10)), [/line \d+: unclosed tag/])
  t.equal(await recognize(filesOf({ 'x.xml': claml.replace('ICD-10-XY', 'Something') })), undefined)
  const named = await recognize(filesOf({ 'x.xml': claml.replace('ICD-10-XY', 'Something') }), {
    system: 'http://example.org/x',
  })
  t.equal(named?.facts.url, 'http://example.org/x')
})

const rrf = (...rows: readonly (readonly (string | number)[])[]): string =>
  rows.map(row => `${row.join('|')}|\n`).join('')
const conso = (code: string, sab: string, tty: string, text: string, suppress = 'N') =>
  [code, 'ENG', '', '', '', '', '', code, '', '', '', sab, tty, code, text, '', suppress, '4096'] as const

t.test('RxNorm: names, relations, attributes', async t => {
  const files = {
    'RxNorm_full_02032099/rrf/RXNCONSO.RRF': rrf(
      conso('1', 'RXNORM', 'IN', 'foo'),
      conso('1', 'RXNORM', 'SY', 'fou'),
      conso('1', 'MMSL', 'IN', 'Foo of others'),
      conso('2', 'RXNORM', 'SCD', 'foo 5 MG Oral Tablet'),
      conso('3', 'RXNORM', 'BN', 'Gone', 'O'),
    ),
    'RxNorm_full_02032099/rrf/RXNREL.RRF': rrf(
      ['1', '', 'CUI', 'RO', '2', '', 'CUI', 'has_ingredient', 'r', '', 'RXNORM', '', '', '', '', ''],
      ['1', '', 'CUI', 'RO', '99', '', 'CUI', 'has_ingredient', 'r', '', 'RXNORM', '', '', '', '', ''],
    ),
    'RxNorm_full_02032099/rrf/RXNSAT.RRF': rrf([
      '2',
      '',
      '',
      '',
      '',
      '',
      '',
      '',
      'NDC',
      'RXNORM',
      '00001000101',
      'N',
      '4096',
    ]),
  }
  const { release, rows, problems } = await loaded(filesOf(files))
  t.same(problems, [])
  t.equal(release.facts.version, '20990203')
  t.same(rows.concepts, [
    { code: '1', display: 'foo' },
    { code: '2', display: 'foo 5 MG Oral Tablet' },
    { code: '3', display: 'Gone', inactive: true },
  ])
  t.match(rows.designations, [{ code: '1', value: 'fou', use: { code: 'SY' } }])
  t.same(
    (rows.properties as { property: string }[]).filter(({ property }) => property !== 'TTY'),
    [
      { code: '2', property: 'has_ingredient', value: '1' },
      { code: '2', property: 'NDC', value: '00001000101' },
    ],
  )
  const broken = { ...files, 'RxNorm_full_02032099/rrf/RXNREL.RRF': '1|2|3|\n' }
  t.same((await loaded(filesOf(broken))).problems, ['RXNREL.RRF line 1: expected 16 pipe-separated columns, found 3'])
})

t.test('HCPCS: records of fixed width, and as CSV', async t => {
  const record = (code: string, kind: string, long: string, short = '', ended = ''): string =>
    `${code.padStart(5)}00100${kind}${long.padEnd(80)}${short.padEnd(28)}`.padEnd(276) + ended.padEnd(44)
  const text = [
    record('A0001', '3', 'A long', 'Short'),
    record('A0001', '4', 'description'),
    record('X1', '7', 'Modifier'),
    record('B0001', '3', 'Gone', '', '20980131'),
  ].join('\r\n')
  const { release, rows, problems } = await loaded(filesOf({ 'HCPC2099_JAN_ANWEB.txt': text }))
  t.same(problems, [])
  t.equal(release.facts.version, '2099_JAN')
  t.same(rows.concepts, [
    { code: 'A0001', display: 'A long description' },
    { code: 'X1', display: 'Modifier' },
    { code: 'B0001', display: 'Gone', inactive: true },
  ])
  t.same((rows.properties as unknown[]).at(-1), { code: 'B0001', property: 'terminated', value: '2098-01-31' })
  const wrong = await loaded(
    filesOf({ 'HCPC2099_JAN_ANWEB.txt': `${text}\r\nnonsense here\r\n${record('C0001', '4', 'x')}` }),
  )
  t.same(wrong.problems, [
    "HCPC2099_JAN_ANWEB.txt line 5: expected a code in columns 1-5 and 3, 4, 7 or 8 in column 11; found 'nonsense he'",
    "HCPC2099_JAN_ANWEB.txt line 6: the description of 'C0001' goes on, but does not begin before",
  ])
  const table = csv(
    ['HCPC', 'LONG DESCRIPTION', 'SHORT DESCRIPTION', 'TERM DT'],
    ['A0001', 'A long description', 'Short', ''],
  )
  t.same((await loaded(filesOf({ 'HCPC2099_APR.csv': table }))).rows.concepts, [
    { code: 'A0001', display: 'A long description' },
  ])
})

t.test('CVX', async t => {
  const text =
    '08 |foo|foo vaccine, for tests|a note|Active|False|2099/01/01\r\n9|bar|bar|||True|\r\n998|none|none|x|Never Active|True|2099/01/01'
  const { rows, problems } = await loaded(filesOf({ 'cvx.txt': text }))
  t.same(problems, [])
  t.same(rows.concepts, [
    { code: '08', display: 'foo', definition: 'foo vaccine, for tests' },
    { code: '9', display: 'bar', definition: 'bar' },
    { code: '998', display: 'none', definition: 'none', inactive: true },
  ])
  t.same((await loaded(filesOf({ 'cvx.txt': '08|foo\n<html>|b|c|d|e|f|g' }))).problems, [
    'cvx.txt line 1: expected 7 pipe-separated columns, found 2',
    "cvx.txt line 2: '<html>' is no CVX code; expected a number such as 08",
  ])
})

t.test('NDC: products and packages', async t => {
  const product = [
    'PRODUCTID\tPRODUCTNDC\tPROPRIETARYNAME\tNONPROPRIETARYNAME\tDOSAGEFORMNAME',
    'x\t0001-0002\tFoo\x99\tfoo\tTABLET',
  ].join('\r\n')
  const pack = [
    'PRODUCTID\tPRODUCTNDC\tNDCPACKAGECODE\tPACKAGEDESCRIPTION',
    'x\t0001-0002\t0001-0002-03\t1 BOTTLE',
    'x\t9999-9999\t9999-9999-01\tx',
  ].join('\r\n')
  const files = [fileOf('product.txt', Buffer.from(product, 'latin1')), fileOf('package.txt', pack)]
  const { rows, problems } = await loaded(files)
  t.same(problems, [
    'package.txt line 3: the package 9999-9999-01 is of the product 9999-9999, which product.txt does not have',
  ])
  t.same(rows.concepts, [
    { code: '0001-0002', display: 'Foo™' },
    { code: '0001-0002-03', display: 'Foo™, 1 BOTTLE' },
  ])
  t.same(rows.edges, [{ child: '0001-0002-03', parent: '0001-0002' }])
  t.same((rows.properties as unknown[]).at(-1), { code: '0001-0002-03', property: 'code-11', value: '00001000203' })
})

t.test('plain CSV, of a system that is named', async t => {
  const text =
    'code,display,display:de,definition,parent,active,colour\na,A,Ä,"The ""first""",,,red\nb,B,,,a|c,no,\nc,,,,a,yes,blue\n,x,,,,,\n'
  const { release, rows, problems } = await loaded(filesOf({ 'list.csv': text }), {
    system: 'http://example.org/s',
    version: '3',
  })
  t.same(problems, ['list.csv line 5: the row has no code'])
  t.match(release.facts, { url: 'http://example.org/s', version: '3', properties: [{ code: 'colour' }] })
  t.same(rows.concepts, [
    { code: 'a', display: 'A', definition: 'The "first"' },
    { code: 'b', display: 'B', inactive: true },
    { code: 'c' },
  ])
  t.same(rows.designations, [{ code: 'a', language: 'de', value: 'Ä' }])
  t.same(rows.edges, [
    { child: 'b', parent: 'a' },
    { child: 'b', parent: 'c' },
    { child: 'c', parent: 'a' },
  ])
  t.same(rows.properties, [
    { code: 'a', property: 'colour', value: 'red' },
    { code: 'c', property: 'colour', value: 'blue' },
  ])
  t.equal(await recognize(filesOf({ 'list.csv': text })), undefined)
  const tabs = await loaded(filesOf({ 'list.tsv': 'code\tdisplay\na\tA, B\n' }), { system: 'http://example.org/s' })
  t.same(tabs.rows.concepts, [{ code: 'a', display: 'A, B' }])
  t.match((await loaded(filesOf({ 'list.csv': 'name,x\n1,2\n' }), { system: 'http://example.org/s' })).problems, [
    /expected columns named 'code'; found 'name', 'x'/,
  ])
})
