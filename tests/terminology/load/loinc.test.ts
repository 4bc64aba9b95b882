/** LOINC's files, of invented codes. */
import t from 'tap'
import { filesOf, loaded } from './release.ts'

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
    ['1-8', 'x', 'LP1-0', 'Foo', 'http://loinc.org', 'COMPONENT', 'Primary', 'http://loinc.org/property/COMPONENT'],
    ['1-8', 'x', 'LP3-3', 'Pt', 'http://loinc.org', 'TIME', 'Primary', ''],
  ),
  'x/LoincPartLink_Supplementary.csv': csv(
    ['LoincNumber', 'PartNumber', 'PartName', 'PartTypeName', 'Property'],
    ['1-8', 'LP1-0', 'Foo', 'COMPONENT', 'http://loinc.org/property/analyte-core'],
    ['2-6', 'LP4-4', 'PANEL', 'CLASS', 'http://loinc.org/property/CLASS'],
  ),
  'x/MapTo.csv': csv(['LOINC', 'MAP_TO', 'COMMENT'], ['2-6', '1-8', '']),
  'x/ParentGroup.csv': csv(['ParentGroupId', 'ParentGroup', 'Status'], ['LG1-1', 'Foos of all kinds', 'ACTIVE']),
  'x/Group.csv': csv(
    ['ParentGroupId', 'GroupId', 'Group', 'Archetype', 'Status', 'VersionFirstReleased'],
    ['LG1-1', 'LG2-2', 'Foos', '', 'Active', ''],
    ['', 'LG3-3', 'Bars', '', 'Inactive', ''],
    ['LG1-1', 'LG3-3', 'Bars', '', 'Inactive', ''],
    ['LG1-1', 'LG3-3', 'Bars', '', 'Inactive', ''],
  ),
  'x/GroupLoincTerms.csv': csv(['Category', 'GroupId', 'Archetype', 'LoincNumber'], ['', 'LG2-2', '', '1-8']),
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
    { code: 'LG1-1', display: 'Foos of all kinds' },
    { code: 'LG2-2', display: 'Foos' },
    { code: 'LG3-3', display: 'Bars', inactive: true },
  ])
  t.same(rows.edges, [
    { child: 'LP1-0', parent: 'LP9-9' },
    { child: '1-8', parent: 'LP1-0' },
    { child: 'LG2-2', parent: 'LG1-1' },
    { child: 'LG3-3', parent: 'LG1-1' },
  ])
  t.same(rows.members, [
    { refset: 'LL1-9', member: 'LA1-1', fields: { order: '1' } },
    { refset: 'LL1-9', member: 'LA2-2', fields: { order: '2' } },
  ])
  const of = (code: string): Readonly<Record<string, unknown>> => {
    const own = (rows.properties as { code: string; property: string; value: unknown }[]).filter(
      row => row.code === code,
    )
    t.equal(new Set(own.map(({ property }) => property)).size, own.length, `${code} says each once`)
    return Object.fromEntries(own.map(({ property, value }) => [property, value]))
  }
  const coding = (code: string, display?: string) => ({ system: 'http://loinc.org', code, ...(display && { display }) })
  t.same(of('1-8'), {
    COMPONENT: coding('LP1-0', 'Foo'),
    TIME_ASPCT: coding('LP3-3', 'Pt'),
    'analyte-core': coding('LP1-0', 'Foo'),
    PROPERTY: 'MCnc',
    SYSTEM: 'Ser',
    SCALE_TYP: 'Qn',
    CLASS: 'CHEM',
    STATUS: 'ACTIVE',
    copyright: 'LOINC',
    'answer-list': coding('LL1-9'),
    GROUP: coding('LG2-2'),
  })
  t.match(of('2-6'), { CLASS: coding('LP4-4', 'PANEL'), MAP_TO: coding('1-8'), 'panel-member': '1-8' })
  t.match(of('LL1-9'), { 'answers-for': coding('1-8') })
  t.match(of('LA1-1'), { LIST: 'LL1-9' })
  const declared = new Set(release.facts.properties.map(({ code }) => code))
  t.same(
    (rows.properties as { property: string }[]).map(({ property }) => property).filter(each => !declared.has(each)),
    [],
  )
  const { [Object.keys(loincFiles)[0] ?? '']: alone = '' } = loincFiles as Readonly<Record<string, string>>
  const bare = await loaded(filesOf({ 'Loinc.csv': alone }))
  t.match(bare.release.facts.properties[0], { code: 'COMPONENT', type: 'string' })
  t.match(bare.rows.properties[0], { code: '1-8', property: 'COMPONENT', value: 'Foo' })
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

t.test('LOINC: what the release has again in other folders is read once', async t => {
  const copy = (from: string, to: string): Readonly<Record<string, string>> => ({
    [to]: Object.entries(loincFiles).find(([path]) => path.endsWith(`/${from}`))?.[1] ?? '',
  })
  const panels = 'Loinc_2.99/AccessoryFiles/PanelsAndForms'
  const again = {
    ...copy('Loinc.csv', `${panels}/Loinc.csv`),
    ...copy('AnswerList.csv', `${panels}/AnswerList.csv`),
    ...copy('LoincAnswerListLink.csv', `${panels}/LoincAnswerListLink.csv`),
    'Loinc_2.99/LoincTableCore/LoincTableCore.csv': 'x',
    ...copy('MapTo.csv', 'Loinc_2.99/LoincTableCore/MapTo.csv'),
  }
  const [once, twice] = [await loaded(filesOf(loincFiles)), await loaded(filesOf({ ...again, ...loincFiles }))]
  t.same(twice.problems, [])
  t.same(twice.rows, once.rows)
  const { 'x/AnswerList.csv': _, ...without } = loincFiles
  t.same((await loaded(filesOf({ ...again, ...without }))).rows.members, once.rows.members, 'the only one there is')
})

t.test('LOINC: where no name tells the version, the latest change of a term does', async t => {
  const table = csv(
    [...loincColumns, 'VersionLastChanged'],
    ...['2.9', '2.73', '2.81', '', '2.46'].map((version, n) => [
      `${n + 1}-0`,
      ...['Foo', 'MCnc', 'Pt', 'Ser', 'Qn', '', 'CHEM', 'ACTIVE', '', 'Foo', ''],
      version,
    ]),
  )
  const version = async (files: Readonly<Record<string, string>>): Promise<string | undefined> =>
    (await loaded(filesOf(files))).release.facts.version
  t.equal(await version({ 'release.zip/LoincTable/Loinc.csv': table }), '2.81')
  t.equal(await version({ 'Loinc_2.82.zip/LoincTable/Loinc.csv': table }), '2.82')
})

t.test('LOINC: the type of a part may be called anything', async t => {
  const types = ['TIME', 'constructor', '__proto__']
  const links = types.map(type => ['1-8', 'LP1-0', 'Foo', type, ''])
  const header = ['LoincNumber', 'PartNumber', 'PartName', 'PartTypeName', 'Property']
  const { rows } = await loaded(filesOf({ ...loincFiles, 'x/LoincPartLink_Supplementary.csv': csv(header, ...links) }))
  const properties = (rows.properties as { property: unknown }[]).map(({ property }) => property)
  for (const name of ['TIME_ASPCT', 'constructor', '__proto__']) t.ok(properties.includes(name), name)
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
