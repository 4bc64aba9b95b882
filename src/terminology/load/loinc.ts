/** LOINC as Regenstrief distributes it: the table of terms, and what the accessory files say. https://loinc.org/kb/users-guide/ */
import type { CodeSystemFacts } from '../code-system.ts'
import { type Format, factsOf, type Load } from './format.ts'
import { readGroups, readGroupTerms, readParentGroups } from './loinc-groups.ts'
import { axes, definitionsOf, linked, propertyOf, terms, texts } from './loinc-properties.ts'
import { type Coding, codingOf, csv, each, isCode, type Known, type Read, url } from './loinc-table.ts'
import type { Rows } from './sink.ts'
import { baseName, named, type SourceFile } from './source.ts'
import { type Row, readTable } from './table.ts'

export const loinc: Format = async (files, wanted) => {
  const once = withoutCopies(files)
  const table = named(once, 'Loinc.csv')
  if (table === undefined) return undefined
  const found = tables.flatMap(({ name, read }) => {
    const those = once.filter(file => name.test(baseName(file)))
    return those.map(file => ({ file, read }))
  })
  const version = wanted.version ?? versionOf(files) ?? (await latestChange(table))
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
        'http://loinc.org/license. LOINC® is a registered United States trademark of Regenstrief Institute, Inc.',
      properties: definitionsOf(found.some(({ read }) => read === readPartLinks)),
      filters,
    }),
    bytes: found.reduce((sum, { file: { bytes } }) => sum + bytes, 0),
    load: async load => {
      const known: Known = { parts: new Set(), lists: new Set(), edges: new Set(), links: new Map() }
      for (const { file, read } of found) await read(file, load, known)
    },
  }
}

/** Tables that the release brings again for those who take only a part of it: the terms of panels, and the core of all terms. */
const copies = /(?:^|\/)(?:PanelsAndForms|LoincTableCore)\/[^/]*$/i

function withoutCopies(files: readonly SourceFile[]): readonly SourceFile[] {
  const [own, again] = [false, true].map(isCopy => files.filter(({ path }) => copies.test(path) === isCopy))
  return [...Map.groupBy([...(own ?? []), ...(again ?? [])], file => baseName(file).toLowerCase()).values()].flatMap(
    ([first]) => first ?? [],
  )
}

/** Beyond the properties. https://hl7.org/fhir/R4/loinc.html#filters */
const filters: CodeSystemFacts['filters'] = ['parent', 'child', 'ancestor', 'descendant'].map(code => ({
  code,
  operators: ['=', 'in'],
  value: 'A code, or several with commas',
}))

/** `Loinc_2.81/…`, or a file that says so. */
function versionOf(files: readonly SourceFile[]): string | undefined {
  return files.map(({ path }) => /loinc[_-]?v?(\d\.\d{2})/i.exec(path)?.[1]).find(version => version !== undefined)
}

/** Each release changes some terms, and says so of them. What is wrong with the table is told when it is read. */
async function latestChange(table: SourceFile): Promise<string | undefined> {
  let latest: string | undefined
  await readTable(table, { problems: { list: [], add: () => {} }, progress: () => {} }, csv('LOINC_NUM'), row => {
    const version = row('VersionLastChanged')
    if (/^\d\.\d{2}$/.test(version) && version > (latest ?? '')) latest = version
  })
  return latest
}

/** In this order: links tell which axes of terms are known; what is a concept by itself comes before those that only mention it. */
const tables: readonly { readonly name: RegExp; readonly read: Read }[] = [
  { name: /^LoincPartLink(_Primary|_Supplementary)?\.csv$/i, read: readPartLinks },
  { name: /^Loinc\.csv$/i, read: readTerms },
  { name: /^MapTo\.csv$/i, read: readReplacements },
  { name: /^Part\.csv$/i, read: readParts },
  { name: /^ComponentHierarchyBySystem\.csv$/i, read: readHierarchy },
  { name: /^MultiAxialHierarchy\.csv$/i, read: readHierarchy },
  { name: /^AnswerList\.csv$/i, read: readAnswers },
  { name: /^LoincAnswerListLink\.csv$/i, read: readAnswerLinks },
  { name: /^PanelsAndForms\.csv$/i, read: readPanels },
  { name: /^ParentGroup\.csv$/i, read: readParentGroups },
  { name: /^Group\.csv$/i, read: readGroups },
  { name: /^GroupLoincTerms\.csv$/i, read: readGroupTerms },
  { name: /^[a-z]{2}[A-Z]{2}\d+LinguisticVariant\.csv$/, read: readVariant },
]

async function readTerms(file: SourceFile, load: Load, { links }: Known): Promise<void> {
  await each(file, load, csv('LOINC_NUM', ...axes, 'STATUS', 'LONG_COMMON_NAME'), (row, line, rows) => {
    const code = row('LOINC_NUM')
    if (isCode(code, file, line, load)) giveTerm(row, links.get(code) ?? 0, line, rows)
  })
}

function giveTerm(row: Row, links: number, line: number, rows: Rows): void {
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
  for (const property of [...linked.filter((_, n) => ((links >> n) & 1) === 0), ...texts]) {
    const value = row(property)
    if (value !== '') rows.property({ code, property, value, line })
  }
  for (const property of terms) {
    for (const [term] of row(property).matchAll(/[^;\s]+/g)) {
      rows.property({ code, property, value: codingOf(term, ''), line })
    }
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

/** What a term is made of, and what else is told of it by parts. */
async function readPartLinks(file: SourceFile, load: Load, { links }: Known): Promise<void> {
  const parts = new Map<string, Coding>()
  await each(file, load, csv('LoincNumber', 'PartNumber', 'PartTypeName'), (row, line, rows) => {
    const [code, part] = [row('LoincNumber'), row('PartNumber')]
    const property = propertyOf(row('Property'), row('PartTypeName'))
    const value = parts.get(part) ?? codingOf(part, row('PartName'))
    parts.set(part, value)
    const axis = linked.indexOf(property)
    if (axis >= 0) links.set(code, (links.get(code) ?? 0) | (1 << axis))
    rows.property({ code, property, value, line })
  })
}

/** Of terms that are taken back. */
async function readReplacements(file: SourceFile, load: Load): Promise<void> {
  await each(file, load, csv('LOINC', 'MAP_TO'), (row, line, rows) => {
    rows.property({ code: row('LOINC'), property: 'MAP_TO', value: codingOf(row('MAP_TO'), ''), line })
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
    const [term, list] = [row('LoincNumber'), row('AnswerListId')]
    rows.property({ code: term, property: 'answer-list', value: codingOf(list, row('AnswerListName')), line })
    rows.property({ code: list, property: 'answers-for', value: codingOf(term, row('LongCommonName')), line })
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
