/** ICD-10-CM and the ICD-10 of the WHO, of invented codes. */
import t from 'tap'
import { recognize } from '../../../src/terminology/load/load.ts'
import { fileOf, filesOf, loaded } from './release.ts'

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
   <diag><name>QA0</name><desc>With two letters</desc></diag>
  </section>
  <section id="B10"><desc>A block of its own (B10)</desc><diag><name>B10</name><desc>A block of its own</desc></diag></section>
 </chapter>
</ICD10CM.tabular>`

t.test('ICD-10-CM: the tabular list', async t => {
  const addenda = { 'icd10cm_tabular_addenda_2099.xml': '<addenda/>' }
  const { release, rows, problems } = await loaded(filesOf({ ...addenda, 'icd10cm_tabular_2099.xml': tabular }))
  t.same(problems, [])
  t.match(release.facts, { url: 'http://hl7.org/fhir/sid/icd-10-cm', version: '2099' })
  t.ok(await recognize(filesOf({ 'icd10c-tabular-April-1-2099.xml': tabular })), 'as it was spelt once')
  t.same(rows.concepts, [
    { code: 'Chapter 1', display: 'Some diseases' },
    { code: 'A00-A09', display: 'Fewer diseases' },
    { code: 'A00', display: 'One disease' },
    { code: 'A00.0', display: 'One disease & more' },
    { code: 'A01', display: 'Another (rare)' },
    { code: 'QA0', display: 'With two letters' },
    { code: 'B10', display: 'A block of its own' },
  ])
  t.same(rows.edges, [
    { child: 'A00-A09', parent: 'Chapter 1' },
    { child: 'A00', parent: 'A00-A09' },
    { child: 'A00.0', parent: 'A00' },
    { child: 'A01', parent: 'A00-A09' },
    { child: 'QA0', parent: 'A00-A09' },
    { child: 'B10', parent: 'Chapter 1' },
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
    ['QA0', 'kind', 'category'],
    ['QA0', 'billable', true],
    ['B10', 'kind', 'category'],
    ['B10', 'billable', true],
  ])
})

t.test('ICD-10-CM: codes with a seventh character, over placeholders', async t => {
  const extension = (char: string, text: string): string => `<extension char="${char}">${text}</extension>`
  const text = `<ICD10CM.tabular><chapter><name>19</name><desc>Injury</desc><section id="S00-S09"><desc>Head</desc>
   <diag><name>S00</name><desc>Injury of head</desc><sevenChrNote><note>to each code</note></sevenChrNote>
    <sevenChrDef>${extension('A', 'initial encounter')}${extension('S', 'sequela')}</sevenChrDef>
    <diag><name>S00.0</name><desc>Injury of scalp</desc></diag>
    <diag><name>S00.2</name><desc>Injury of eyelid</desc><sevenChrDef>${extension('1', 'right eye')}</sevenChrDef>
     <diag><name>S00.201</name><desc>Bite of eyelid</desc></diag></diag>
   </diag><diag><name>S01</name><desc>Wound</desc></diag></section></chapter></ICD10CM.tabular>`
  const { rows, problems } = await loaded(filesOf({ 'icd10cm_tabular_2099.xml': text }))
  t.same(problems, [])
  t.same((rows.concepts as { code: string; display: string }[]).slice(2), [
    { code: 'S00', display: 'Injury of head' },
    { code: 'S00.0', display: 'Injury of scalp' },
    { code: 'S00.0XXA', display: 'Injury of scalp, initial encounter' },
    { code: 'S00.0XXS', display: 'Injury of scalp, sequela' },
    { code: 'S00.2', display: 'Injury of eyelid' },
    { code: 'S00.201', display: 'Bite of eyelid' },
    { code: 'S00.2011', display: 'Bite of eyelid, right eye' },
    { code: 'S01', display: 'Wound' },
  ])
  t.same((rows.edges as { child: string; parent: string }[]).slice(3, 5), [
    { child: 'S00.0XXA', parent: 'S00.0' },
    { child: 'S00.0XXS', parent: 'S00.0' },
  ])
  const billable = (rows.properties as { code: string; property: string; value: unknown }[])
    .filter(({ property, value }) => property === 'billable' && value === true)
    .map(({ code }) => code)
  t.same(billable, ['S00.0XXA', 'S00.0XXS', 'S00.2011', 'S01'])
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

t.test('ClaML may name things as JavaScript does: it knows nothing of them', async t => {
  const names = ['constructor', '__proto__', 'toString'].map(
    name => `<${name}/><Label>x<Reference usage="${name}">A00</Reference></Label>`,
  )
  const { rows, problems } = await loaded(
    filesOf({ 'icd10.xml': claml.replace('</ClaML>', `${names.join('')}</ClaML>`) }),
  )
  t.same(problems, [])
  t.equal(rows.concepts.length, 3)
})

t.test('ClaML as others write it: languages, encodings, a long head', async t => {
  const head = Array.from(
    { length: 40 },
    (_, n) => `<Meta name="note${n}" value="for readers of this file, in general"/>`,
  )
  const text = claml
    .replace('encoding="UTF-8"', 'encoding="ISO-8859-1"')
    .replace(
      '<Meta name="lang" value="en"/>',
      `${head.join('')}<Meta name="copyright" value="Copyright of X"/><Meta name="lang" value="de"/>`,
    )
    .replace(
      '<Label xml:lang="en">Some diseases',
      '<Label xml:lang="de-DE">Übel</Label><Label xml:lang="en">Some diseases',
    )
    .replace('ICD-10-XY', 'ICD-10-GM')
  const { release, rows, problems } = await loaded([fileOf('x.xml', Buffer.from(text, 'latin1'))])
  t.same(problems, [])
  t.match(release.facts, {
    url: 'http://fhir.de/CodeSystem/bfarm/icd-10-gm',
    version: '2099',
    language: 'de',
    copyright: 'Copyright of X',
  })
  t.same(rows.concepts[0], { code: 'I', display: 'Übel' })
  t.same(rows.designations[0], { code: 'I', language: 'en', value: 'Some diseases' })
  const wide = await loaded([fileOf('x.xml', Buffer.from(`\u{FEFF}${text}`, 'utf16le'))])
  t.same(wide.rows.concepts[0], { code: 'I', display: 'Übel' })
  const unknown = await loaded(filesOf({ 'icd10.xml': text.replace('ISO-8859-1', 'EBCDIC') }))
  t.same(unknown.problems, ["icd10.xml line 1: the encoding is 'EBCDIC'; expected such as UTF-8 or ISO-8859-1"])
  const wrong = await loaded([fileOf('icd10.xml', Buffer.from(text.replace('ISO-8859-1', 'UTF-8'), 'latin1'))])
  t.match(wrong.problems, [/^icd10.xml line \d+: the bytes are not UTF-8 text$/])
  const procedures = await recognize(filesOf({ 'ops2099syst_claml_20981017.xml': claml.replace('ICD-10-XY', '') }))
  t.equal(procedures?.facts.url, 'http://fhir.de/CodeSystem/bfarm/ops')
})

t.test('ICD-10 of the WHO: what is coded together is told of both, and is no part of a name', async t => {
  const dual = claml.replace(
    '</ClaML>',
    `<Class code="A17.0" kind="category" usage="dagger"><SuperClass code="A00-A09"/><Rubric kind="preferred"><Label>Tuberculous
       meningitis<Reference class="in brackets" usage="aster" code="G01">G01*</Reference></Label></Rubric></Class>
     <Class code="G01" kind="category" usage="aster"><SuperClass code="A00-A09"/>
      <Rubric kind="preferred"><Label>Meningitis elsewhere</Label></Rubric>
      <Rubric kind="inclusion"><Label><Fragment>Meningitis (in):</Fragment><Fragment> anthrax<Reference class="in brackets"
       usage="dagger">A22.8</Reference></Fragment></Label></Rubric>
      <Rubric kind="inclusion"><Label>of typhoid fever <Reference class="in brackets" usage="dagger">A01.0†</Reference></Label></Rubric>
      <Rubric kind="inclusion"><Label>again <Reference usage="dagger">A01.0</Reference></Label></Rubric>
      <Rubric kind="exclusion"><Label>other <Reference class="in brackets" code="G00">G00.-</Reference></Label></Rubric>
     </Class></ClaML>`,
  )
  const { release, rows, problems } = await loaded(filesOf({ 'icd10_2099.xml': dual }))
  t.same(problems, [])
  t.same((rows.concepts as { code: string }[]).slice(3), [
    { code: 'A17.0', display: 'Tuberculous meningitis' },
    { code: 'G01', display: 'Meningitis elsewhere' },
  ])
  const said = (rows.properties as { code: string; property: string; value: string }[])
    .filter(({ code, property }) => (code === 'A17.0' || code === 'G01') && property !== 'kind')
    .map(({ code, property, value }) => `${code} ${property} ${value}`)
  t.same(said, [
    'A17.0 usage dagger',
    'A17.0 asterisk G01',
    'G01 usage aster',
    'G01 dagger A22.8',
    'G01 dagger A01.0',
    'G01 inclusion Meningitis (in): anthrax (A22.8†)',
    'G01 inclusion of typhoid fever (A01.0†)',
    'G01 inclusion again (A01.0†)',
    'G01 exclusion other (G00.-)',
  ])
  t.ok(['dagger', 'asterisk'].every(code => release.facts.properties.some(each => each.code === code)))
})

t.test('ICD-10 of the WHO: classes are divided as their modifiers say', async t => {
  const label = (text: string): string => `<Rubric kind="preferred"><Label>${text}</Label></Rubric>`
  const part = (modifier: string, code: string, text: string, more = ''): string =>
    `<ModifierClass modifier="${modifier}" code="${code}"${more.startsWith(' ') ? more : ''}><SuperClass code="${modifier}"/>
     ${more.startsWith('<') ? more : ''}${label(text)}</ModifierClass>`
  const entry = (code: string, parent: string, text: string, more = ''): string =>
    `<Class code="${code}" kind="category"><SuperClass code="${parent}"/>${more}${label(text)}</Class>`
  const modified = claml.replace(
    '</ClaML>',
    `<Modifier code="four"><SubClass code=".0"/></Modifier>
     ${part('four', '.0', 'With coma')}${part('four', '.3', 'With eye', ' usage="dagger"')}${part('four', '.9', 'Without')}
     ${part('five', '0', 'calm')}${part('five', '1', 'not calm', '<Meta name="excludeOnPrecedingModifier" value="four .0"/>')}
     ${entry('E10', 'A00-A09', 'Diabetes', '<ModifiedBy code="four"/><ModifiedBy code="five"/>')}
     ${entry('E11', 'A00-A09', 'Other', '<ModifiedBy code="four" all="false"><ValidModifierClass code=".9"/></ModifiedBy>')}
     ${entry('M00', 'A00-A09', 'Arthritis', '<ModifiedBy code="five"/>')}
     ${entry('M00.0', 'M00', 'Of one kind')}${entry('M00.1', 'M00', 'Of another', '<ExcludeModifier code="five"/>')}
     ${entry('M00.00', 'M00.0', 'Said by itself')}
     ${entry('M02', 'M00', 'More')}${entry('M02.0', 'M02', 'Of a third')}
     ${entry('M45', 'A00-A09', 'No fourth', '<ModifiedBy code="five"/>')}${entry('M46', 'A00-A09', 'None', '<ModifiedBy code="x"/>')}
    </ClaML>`,
  )
  const { rows, problems } = await loaded(filesOf({ 'icd10_2099.xml': modified }))
  t.same(problems, [])
  const written = ['E10', 'E11', 'M00', 'M00.0', 'M00.1', 'M00.00', 'M02', 'M02.0', 'M45', 'M46']
  const concepts = rows.concepts as { code: string; display: string }[]
  t.same(
    concepts.slice(3, 13).map(({ code }) => code),
    written,
  )
  t.same(concepts.slice(13), [
    { code: 'E10.0', display: 'Diabetes: With coma' },
    { code: 'E10.3', display: 'Diabetes: With eye' },
    { code: 'E10.9', display: 'Diabetes: Without' },
    { code: 'E10.00', display: 'Diabetes: With coma: calm' },
    { code: 'E10.30', display: 'Diabetes: With eye: calm' },
    { code: 'E10.31', display: 'Diabetes: With eye: not calm' },
    { code: 'E10.90', display: 'Diabetes: Without: calm' },
    { code: 'E10.91', display: 'Diabetes: Without: not calm' },
    { code: 'E11.9', display: 'Other: Without' },
    { code: 'M02.00', display: 'Of a third: calm' },
    { code: 'M02.01', display: 'Of a third: not calm' },
  ])
  const edges = (rows.edges as { child: string; parent: string }[]).map(({ child, parent }) => `${child} ${parent}`)
  t.ok(['E10.3 E10', 'E10.31 E10.3', 'E11.9 E11'].every(edge => edges.includes(edge)))
  t.match(
    (rows.properties as { code: string; property: string }[]).filter(
      ({ code, property }) => code.startsWith('E10') && property === 'usage',
    ),
    [{ code: 'E10.3', value: 'dagger' }],
  )
})
