/** RxNorm in the Rich Release Format of the NLM: names, relations, attributes. https://www.nlm.nih.gov/research/umls/rxnorm/docs/techdoc.html */
import { type Format, factsOf, type Load } from './format.ts'
import { readLines } from './lines.ts'
import { type Rows, rowsInto } from './sink.ts'
import { baseName, named, type SourceFile } from './source.ts'
import { expectedColumns } from './table.ts'

const url = 'http://www.nlm.nih.gov/research/umls/rxnorm'

export const rxnorm: Format = async (files, wanted) => {
  const names = named(files, 'RXNCONSO.RRF')
  if (names === undefined) return undefined
  const relations = named(files, 'RXNREL.RRF')
  const attributes = named(files, 'RXNSAT.RRF')
  const version =
    wanted.version ??
    files.map(({ path }) => /RxNorm_(?:full|weekly)_(?:prescribe_)?(\d{8})/i.exec(path)?.[1]).find(each => each)
  return {
    facts: factsOf({
      url,
      ...(version === undefined ? {} : { version: isoOf(version) }),
      name: 'RXNORM',
      title: 'RxNorm',
      caseSensitive: true,
      language: 'en',
      properties: [
        { code: 'TTY', type: 'code', description: 'Type of term: IN, SCD, SBD, …' },
        ...relationNames.map(code => ({ code, type: 'code' as const })),
        ...attributeNames.map(code => ({ code, type: 'string' as const })),
      ],
    }),
    bytes: [names, relations, attributes].reduce((sum, file) => sum + (file?.bytes ?? 0), 0),
    load: async load => {
      const known = await readNames(names, load)
      if (relations) await readRelations(relations, known, load)
      if (attributes) await readAttributes(attributes, known, load)
    },
  }
}

/** `MMDDYYYY`, as the archives are named, to a version that can be put in order. */
function isoOf(version: string): string {
  const found = /^(\d\d)(\d\d)(\d{4})$/.exec(version)
  return found ? `${found[3]}${found[1]}${found[2]}` : version
}

/** Of `RELA`, in RXNREL. A row tells what the second concept is to the first. */
const relationNames = [
  'has_ingredient',
  'has_precise_ingredient',
  'has_dose_form',
  'has_doseformgroup',
  'has_tradename',
  'tradename_of',
  'consists_of',
  'constitutes',
  'contains',
  'isa',
  'inverse_isa',
  'form_of',
  'quantified_form_of',
  'ingredient_of',
] as const
const attributeNames = [
  'NDC',
  'RXN_AVAILABLE_STRENGTH',
  'RXN_STRENGTH',
  'RXTERM_FORM',
  'RXN_HUMAN_DRUG',
  'UNII_CODE',
] as const

const isRelation: ReadonlySet<string> = new Set(relationNames)
const isAttribute: ReadonlySet<string> = new Set(attributeNames)

/** Each row ends with a separator. */
async function readRrf(
  file: SourceFile,
  columns: number,
  load: Load,
  read: (fields: readonly string[], line: number, rows: Rows) => void,
): Promise<void> {
  const rows = rowsInto(load.sink, baseName(file))
  await readLines(file, load, (text, line) => {
    const fields = text.split('|')
    if (fields.length === columns + 1 && fields[columns] === '') return read(fields, line, rows)
    load.problems.add(
      baseName(file),
      line,
      expectedColumns(columns, '|', fields.at(-1) === '' ? fields.length - 1 : fields.length),
    )
  })
  rows.flush()
}

/** Names of RxNorm's own; what other vocabularies call a concept are its synonyms. */
async function readNames(file: SourceFile, load: Load): Promise<ReadonlySet<string>> {
  const known = new Set<string>()
  await readRrf(file, 18, load, (fields, line, rows) => {
    const [code = '', language = ''] = fields
    const [source = '', type = '', value = '', suppress = ''] = [fields[11], fields[12], fields[14], fields[16]]
    if (source !== 'RXNORM') return
    if (type === 'SY' || type === 'TMSY' || type === 'PSN' || type === 'ET' || known.has(code)) {
      rows.designation({
        code,
        language: language === 'ENG' ? 'en' : language.toLowerCase(),
        use: { system: url, code: type },
        value,
        line,
      })
      return
    }
    known.add(code)
    rows.concept({
      code,
      display: value,
      line,
      ...(suppress === 'O' || suppress === 'Y' || suppress === 'E' ? { inactive: true } : {}),
    })
    rows.property({ code, property: 'TTY', value: type, line })
  })
  return known
}

async function readRelations(file: SourceFile, known: ReadonlySet<string>, load: Load): Promise<void> {
  await readRrf(file, 16, load, (fields, line, rows) => {
    const [target = '', , , , code = '', , , relation = '', , , source = ''] = fields
    if (source !== 'RXNORM' || !isRelation.has(relation) || !known.has(code) || !known.has(target)) return
    rows.property({ code, property: relation, value: target, line })
    // RxNorm's own hierarchy: a dose form is one of its group, a drug of its form.
    if (relation === 'isa') rows.edge({ child: code, parent: target, line })
  })
}

async function readAttributes(file: SourceFile, known: ReadonlySet<string>, load: Load): Promise<void> {
  await readRrf(file, 13, load, (fields, line, rows) => {
    const [code = ''] = fields
    const [property = '', source = '', value = '', suppress = ''] = [fields[8], fields[9], fields[10], fields[11]]
    if (source !== 'RXNORM' || suppress !== 'N' || !isAttribute.has(property) || !known.has(code)) return
    rows.property({ code, property, value, line })
  })
}
