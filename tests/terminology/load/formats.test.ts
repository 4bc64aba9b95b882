/** Releases of each distributor, of invented codes. */
import t from 'tap'
import { recognize } from '../../../src/terminology/load/load.ts'
import { fileOf, filesOf, loaded } from './release.ts'

const csv = (...rows: readonly (readonly string[])[]): string =>
  rows.map(row => `${row.map(field => `"${field.replaceAll('"', '""')}"`).join(',')}\r\n`).join('')

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
      conso('2', 'RXNORM', 'SY', 'a name that was taken back', 'O'),
      conso('4', 'RXNORM', 'SY', 'known by a synonym alone'),
      conso('5', 'MMSL', 'IN', 'of others alone'),
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
    'RxNorm_full_02032099/rrf/RXNSTY.RRF': rrf(
      ['2', 'T200', 'A1.3.3', 'Clinical Drug', '', '4096'],
      ['5', 'T200', 'A1.3.3', 'Clinical Drug', '', '4096'],
    ),
  }
  // The subset of a full release comes first in its archive.
  const prescribed = Object.keys(files).map(path => path.replace('/rrf/', '/prescribe/rrf/'))
  const subset = Object.fromEntries(prescribed.map(path => [path, '']))
  const { release, rows, problems } = await loaded(filesOf({ ...subset, ...files }))
  t.same(problems, [])
  // As the download files have it: https://hl7.org/fhir/R4/rxnorm.html
  t.equal(release.facts.version, '02032099')
  const renamed = Object.entries(files).map(([path, text]) => [path.replace(/^[^/]*/, 'release.zip'), text])
  const readme = { 'release.zip/Readme_Full_02032099.txt': 'x' }
  t.equal((await recognize(filesOf({ ...Object.fromEntries(renamed), ...readme })))?.facts.version, '02032099')
  t.match(release.facts.copyright, /National Library of Medicine/)
  t.same(rows.concepts, [
    { code: '1', display: 'foo' },
    { code: '2', display: 'foo 5 MG Oral Tablet' },
    { code: '3', display: 'Gone', inactive: true },
    { code: '4', display: 'known by a synonym alone' },
  ])
  t.match(rows.designations, [
    { code: '1', value: 'fou', use: { code: 'SY' } },
    { code: '4', value: 'known by a synonym alone' },
  ])
  t.same(rows.edges, [], 'no subsumption is defined by RxNorm')
  t.same(
    (rows.properties as { property: string }[]).filter(({ property }) => property !== 'TTY'),
    [
      { code: '1', property: 'SAB', value: 'RXNORM' },
      { code: '1', property: 'SAB', value: 'MMSL' },
      ...['2', '3', '4'].map(code => ({ code, property: 'SAB', value: 'RXNORM' })),
      { code: '2', property: 'has_ingredient', value: '1' },
      { code: '2', property: 'NDC', value: '00001000101' },
      { code: '2', property: 'STY', value: 'T200' },
    ],
  )
  const broken = { ...files, 'RxNorm_full_02032099/rrf/RXNREL.RRF': '1|2|3|\n' }
  t.same((await loaded(filesOf(broken))).problems, ['RXNREL.RRF line 1: expected 16 pipe-separated columns, found 3'])
})

t.test('HCPCS: records of fixed width, and as CSV', async t => {
  // As the record layout of the CMS has it: 269-276 added, 277-284 latest change, 285-292 end, 293 what was done.
  const record = (code: string, kind: string, long: string, short = '', changed = '', ended = ''): string =>
    `${code.padStart(5)}00100${kind}${long.padEnd(80)}${short.padEnd(28)}`.padEnd(268) +
    `20200101${changed.padEnd(8)}${ended.padEnd(8)}N`
  const text = [
    record('A0001', '3', 'A long', 'Short', '20990101'),
    record('A0001', '4', 'description'),
    record('X1', '7', 'Modifier'),
    record('C0001', '3', 'Soon gone', '', '20980101', '20990331'),
    record('B0001', '3', 'Gone', '', '20980101', '20980131'),
  ].join('\r\n')
  const beside = {
    'HCPC2099_recordlayout.txt': 'HCPCS Code 1 5',
    'HCPC2099_JAN_ANWEB_Transaction Report.txt': 'what is new',
  }
  const { release, rows, problems } = await loaded(filesOf({ ...beside, 'HCPC2099_JAN_ANWEB.txt': text }))
  t.same(problems, [])
  t.equal(release.facts.version, '2099_JAN')
  t.same(rows.concepts, [
    { code: 'A0001', display: 'A long description' },
    { code: 'X1', display: 'Modifier' },
    { code: 'C0001', display: 'Soon gone' },
    { code: 'B0001', display: 'Gone', inactive: true },
  ])
  t.same((rows.properties as unknown[]).at(-1), { code: 'B0001', property: 'terminated', value: '2098-01-31' })
  const wrong = await loaded(
    filesOf({ 'HCPC2099_JAN_ANWEB.txt': `${text}\r\nnonsense here\r\n${record('D0001', '4', 'x')}` }),
  )
  t.same(wrong.problems, [
    "HCPC2099_JAN_ANWEB.txt line 6: expected a code in columns 1-5 and 3, 4, 7 or 8 in column 11; found 'nonsense he'",
    "HCPC2099_JAN_ANWEB.txt line 7: the description of 'D0001' goes on, but does not begin before",
  ])
  const table = csv(
    ['HCPC', 'SEQNUM', 'RECID', 'LONG DESCRIPTION', 'SHORT DESCRIPTION', 'ACT EFF DT', 'TERM DT'],
    ['A0001', '00100', '3', 'A long', 'Short', '20990401', ''],
    ['A0001', '00200', '4', 'description', '', '', ''],
    ['B0001', '00100', '3', 'Gone', 'Gone', '20990401', '20990331'],
  )
  t.same((await loaded(filesOf({ 'HCPC2099_APR.csv': table }))).rows.concepts, [
    { code: 'A0001', display: 'A long description' },
    { code: 'B0001', display: 'Gone', inactive: true },
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

t.test('CVX, as XML', async t => {
  const text = `<?xml version='1.0' encoding='ISO-8859-1'?><CVXCodes>
    <CVXInfo><ShortDescription>foo</ShortDescription><FullVaccinename>foo\xe9</FullVaccinename><CVXCode>08       </CVXCode>
     <Notes>a\n note</Notes><Status>Inactive</Status><LastUpdated>1/1/2099</LastUpdated></CVXInfo>
    <CVXInfo><ShortDescription>bar</ShortDescription><FullVaccinename>bar</FullVaccinename><CVXCode>x</CVXCode></CVXInfo></CVXCodes>`
  const { rows, problems } = await loaded([fileOf('cvx.xml', Buffer.from(text, 'latin1')), fileOf('cvx_vis.txt', 'x')])
  t.same(problems, ["cvx.xml line 5: 'x' is no CVX code; expected a number such as 08"])
  t.same(rows.concepts, [{ code: '08', display: 'foo', definition: 'fooé', inactive: true }])
  t.same(
    (rows.properties as { property: string; value: unknown }[]).map(({ property, value }) => [property, value]),
    [
      ['status', 'Inactive'],
      ['notes', 'a note'],
      ['updated', '1/1/2099'],
    ],
  )
})

t.test('NDC: products and packages', async t => {
  const product = [
    'PRODUCTID\tPRODUCTNDC\tPROPRIETARYNAME\tNONPROPRIETARYNAME\tDOSAGEFORMNAME',
    'x\t0001-0002\tFoo\x99\tfoo\tTABLET',
  ].join('\r\n')
  const pack = [
    'PRODUCTID\tPRODUCTNDC\tNDCPACKAGECODE\tPACKAGEDESCRIPTION',
    'x\t0001-0002\t0001-0002-03\t1 BOTTLE',
    'another application\t0001-0002\t0001-0002-03\t1 BOTTLE',
    'x\t9999-9999\t9999-9999-01\tx',
  ].join('\r\n')
  const files = [fileOf('product.txt', Buffer.from(product, 'latin1')), fileOf('package.txt', pack)]
  const { rows, problems } = await loaded(files)
  t.same(problems, [])
  t.same(rows.concepts, [
    { code: '0001-0002', display: 'Foo™' },
    { code: '0001-0002-03', display: 'Foo™, 1 BOTTLE' },
    { code: '9999-9999-01', display: 'x' },
  ])
  t.same(rows.edges, [
    { child: '0001-0002-03', parent: '0001-0002' },
    { child: '9999-9999-01', parent: '9999-9999' },
  ])
  t.same((rows.properties as unknown[]).at(-3), { code: '0001-0002-03', property: 'code-11', value: '00001000203' })
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
  const wide = await loaded(filesOf({ 'list.csv': '\u{FEFF}code,display,,\r\na,A,,\r\n,,,\r\n' }), {
    system: 'http://example.org/s',
  })
  t.same(wide.rows.concepts, [{ code: 'a', display: 'A' }])
  t.same(wide.problems, [])
  const tabs = await loaded(filesOf({ 'list.tsv': 'code\tdisplay\na\tA, B\n' }), { system: 'http://example.org/s' })
  t.same(tabs.rows.concepts, [{ code: 'a', display: 'A, B' }])
  t.match((await loaded(filesOf({ 'list.csv': 'name,x\n1,2\n' }), { system: 'http://example.org/s' })).problems, [
    /expected columns named 'code'; found 'name', 'x'/,
  ])
})
