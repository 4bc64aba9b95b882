/** LOINC as Regenstrief distributes it: the table of terms, and what the accessory files say. https://loinc.org/kb/users-guide/ */
import { type Format, factsOf, type Load } from './format.ts'
import { type Rows, rowsInto } from './sink.ts'
import { baseName, named, type SourceFile } from './source.ts'
import { type Row, readTable, type Table } from './table.ts'

const url = 'http://loinc.org'

/** https://hl7.org/fhir/R4/loinc.html: the six axes and what else is a property there, by the column of Loinc.csv. */
const axes = ['COMPONENT', 'PROPERTY', 'TIME_ASPCT', 'SYSTEM', 'SCALE_TYP', 'METHOD_TYP'] as const
const properties = [
  ...axes,
  'CLASS',
  'STATUS',
  'CLASSTYPE',
  'ORDER_OBS',
  'CONSUMER_NAME',
  'EXTERNAL_COPYRIGHT_NOTICE',
  'EXAMPLE_UCUM_UNITS',
  'VersionLastChanged',
] as const

export const loinc: Format = async (files, wanted) => {
  const terms = named(files, 'Loinc.csv')
  if (terms === undefined) return undefined
  const accessory = accessories.flatMap(({ name, read }) => {
    const found = files.filter(file => name.test(baseName(file)))
    return found.map(file => ({ file, read }))
  })
  const version = wanted.version ?? versionOf(files)
  return {
    facts: factsOf({
      url,
      ...(version === undefined ? {} : { version }),
      name: 'LOINC',
      title: 'Logical Observation Identifiers, Names and Codes (LOINC)',
      language: 'en',
      hierarchyMeaning: 'is-a',
      valueSet: 'http://loinc.org/vs',
      copyright:
        'This material contains content from LOINC (http://loinc.org). LOINC is copyright © Regenstrief Institute, Inc. and the ' +
        'Logical Observation Identifiers Names and Codes (LOINC) Committee and is available at no cost under the license at ' +
        'http://loinc.org/license.',
      properties: [
        ...properties.map(code => ({ code, type: 'string' as const })),
        { code: 'copyright', type: 'string', description: 'LOINC, or 3rdParty where others hold rights, too' },
        ...['LIST', 'answer-list', 'answers-for', 'panel-member', 'part'].map(code => ({
          code,
          type: 'code' as const,
        })),
      ],
    }),
    bytes: [terms, ...accessory.map(({ file }) => file)].reduce((sum, { bytes }) => sum + bytes, 0),
    load: async load => {
      await readTerms(terms, load)
      const known: Known = { parts: new Set(), lists: new Set(), edges: new Set() }
      for (const { file, read } of accessory) await read(file, load, known)
    },
  }
}

/** `Loinc_2.81/…`, or a file that says so. */
function versionOf(files: readonly SourceFile[]): string | undefined {
  return files.map(({ path }) => /loinc[_-]?v?(\d\.\d{2})/i.exec(path)?.[1]).find(version => version !== undefined)
}

const csv = (...columns: readonly string[]): Table => ({ columns, separator: ',', quoted: true })

/** Codes that several files name are concepts once. */
type Known = { readonly parts: Set<string>; readonly lists: Set<string>; readonly edges: Set<string> }

type Read = (file: SourceFile, load: Load, known: Known) => Promise<void>

/** In this order: what is a concept by itself comes before those that only mention it. */
const accessories: readonly { readonly name: RegExp; readonly read: Read }[] = [
  { name: /^Part\.csv$/i, read: readParts },
  { name: /^LoincPartLink(_Primary)?\.csv$/i, read: readPartLinks },
  { name: /^ComponentHierarchyBySystem\.csv$/i, read: readHierarchy },
  { name: /^MultiAxialHierarchy\.csv$/i, read: readHierarchy },
  { name: /^AnswerList\.csv$/i, read: readAnswers },
  { name: /^LoincAnswerListLink\.csv$/i, read: readAnswerLinks },
  { name: /^PanelsAndForms\.csv$/i, read: readPanels },
  { name: /^[a-z]{2}[A-Z]{2}\d+LinguisticVariant\.csv$/, read: readVariant },
]

async function each(
  file: SourceFile,
  load: Load,
  table: Table,
  read: (row: Row, line: number, rows: Rows) => void,
): Promise<void> {
  const rows = rowsInto(load.sink, baseName(file))
  await readTable(file, load, table, (row, line) => read(row, line, rows))
  rows.flush()
}

const code = /^(\d{1,7}|L[APLG]\d{1,7}|MTHU\d+)-?\d?$/

function isCode(text: string, file: SourceFile, line: number, load: Load): boolean {
  if (code.test(text)) return true
  load.problems.add(
    baseName(file),
    line,
    `'${text.slice(0, 40)}' is no LOINC code; expected such as 8480-6 or LP7786-9`,
  )
  return false
}

async function readTerms(file: SourceFile, load: Load): Promise<void> {
  await each(file, load, csv('LOINC_NUM', ...axes, 'STATUS', 'LONG_COMMON_NAME'), (row, line, rows) => {
    if (isCode(row('LOINC_NUM'), file, line, load)) giveTerm(row, line, rows)
  })
}

function giveTerm(row: Row, line: number, rows: Rows): void {
  const code = row('LOINC_NUM')
  const display = row('LONG_COMMON_NAME') || row('SHORTNAME') || row('COMPONENT')
  const definition = row('DefinitionDescription')
  rows.concept({
    code,
    display,
    line,
    ...(definition === '' ? {} : { definition }),
    ...(row('STATUS') === 'DEPRECATED' ? { inactive: true } : {}),
  })
  for (const property of properties) {
    const value = row(property)
    if (value !== '') rows.property({ code, property, value, line })
  }
  const owner = row('EXTERNAL_COPYRIGHT_NOTICE') === '' ? 'LOINC' : '3rdParty'
  rows.property({ code, property: 'copyright', value: owner, line })
  for (const [use, value] of namesOf(row)) {
    if (value === '' || value === display) continue
    rows.designation({ code, language: 'en', use: { system: url, code: use }, value, line })
  }
}

function namesOf(row: Row): readonly (readonly [use: string, value: string])[] {
  const fully = axes.map(row).join(':').replace(/:$/, '')
  return [
    ['SHORTNAME', row('SHORTNAME')],
    ['FullySpecifiedName', fully],
    ['DisplayName', row('DisplayName')],
  ]
}

async function readParts(file: SourceFile, load: Load, { parts }: Known): Promise<void> {
  await each(file, load, csv('PartNumber', 'PartTypeName', 'PartName', 'Status'), (row, line, rows) => {
    const part = row('PartNumber')
    if (!isCode(part, file, line, load)) return
    parts.add(part)
    const display = row('PartDisplayName') || row('PartName')
    rows.concept({ code: part, display, line, ...(row('Status') === 'DEPRECATED' ? { inactive: true } : {}) })
    rows.property({ code: part, property: 'PartTypeName', value: row('PartTypeName'), line })
  })
}

/** Axes name parts by their code, as FHIR's properties of LOINC do. */
async function readPartLinks(file: SourceFile, load: Load): Promise<void> {
  await each(file, load, csv('LoincNumber', 'PartNumber', 'PartTypeName'), (row, line, rows) => {
    rows.property({ code: row('LoincNumber'), property: 'part', value: row('PartNumber'), line })
  })
}

/** Nodes that are not parts of Part.csv are concepts by this file alone. */
async function readHierarchy(file: SourceFile, load: Load, { parts, edges }: Known): Promise<void> {
  await each(file, load, csv('IMMEDIATE_PARENT', 'CODE', 'CODE_TEXT'), (row, line, rows) => {
    const child = row('CODE')
    const parent = row('IMMEDIATE_PARENT')
    if (!isCode(child, file, line, load)) return
    if (child.startsWith('L') && !parts.has(child)) {
      parts.add(child)
      rows.concept({ code: child, display: row('CODE_TEXT'), line })
    }
    const edge = `${child} ${parent}`
    if (parent === '' || edges.has(edge)) return
    edges.add(edge)
    rows.edge({ child, parent, line })
  })
}

/** Lists and answers are concepts; the list says which answers are in it. */
async function readAnswers(file: SourceFile, load: Load, { lists }: Known): Promise<void> {
  await each(file, load, csv('AnswerListId', 'AnswerListName', 'AnswerStringId', 'DisplayText'), (row, line, rows) => {
    const list = row('AnswerListId')
    const answer = row('AnswerStringId')
    if (!isCode(list, file, line, load)) return
    if (!lists.has(list)) rows.concept({ code: list, display: row('AnswerListName'), line })
    lists.add(list)
    if (answer === '') return
    if (!lists.has(answer)) rows.concept({ code: answer, display: row('DisplayText'), line })
    lists.add(answer)
    rows.property({ code: answer, property: 'LIST', value: list, line })
    rows.member({ refset: list, member: answer, fields: { order: row('SequenceNumber') }, line })
  })
}

async function readAnswerLinks(file: SourceFile, load: Load): Promise<void> {
  await each(file, load, csv('LoincNumber', 'AnswerListId'), (row, line, rows) => {
    rows.property({ code: row('LoincNumber'), property: 'answer-list', value: row('AnswerListId'), line })
    rows.property({ code: row('AnswerListId'), property: 'answers-for', value: row('LoincNumber'), line })
  })
}

/** A panel is named in the row of each of its members; in its own row, it is its own. */
async function readPanels(file: SourceFile, load: Load): Promise<void> {
  await each(file, load, csv('ParentLoinc', 'Loinc'), (row, line, rows) => {
    const panel = row('ParentLoinc')
    const member = row('Loinc')
    if (panel !== member) rows.property({ code: panel, property: 'panel-member', value: member, line })
  })
}

/** `deDE15LinguisticVariant.csv` */
async function readVariant(file: SourceFile, load: Load): Promise<void> {
  const [language, region] = [baseName(file).slice(0, 2), baseName(file).slice(2, 4)]
  await each(file, load, csv('LOINC_NUM', 'COMPONENT', 'LONG_COMMON_NAME'), (row, line, rows) => {
    const linguistic = row('LinguisticVariantDisplayName')
    const value =
      linguistic ||
      row('LONG_COMMON_NAME') ||
      axes
        .map(axis => row(axis))
        .filter(part => part !== '')
        .join(':')
    const term = row('LOINC_NUM')
    if (value !== '')
      rows.designation({
        code: term,
        language: `${language}-${region}`,
        use: { system: url, code: 'LONG_COMMON_NAME' },
        value,
        line,
      })
  })
}
