/** RxNorm in the Rich Release Format of the NLM: names, relations, attributes. https://www.nlm.nih.gov/research/umls/rxnorm/docs/techdoc.html */
import { type Format, factsOf, type Load } from './format.ts'
import { readLines } from './lines.ts'
import { type Rows, rowsInto } from './sink.ts'
import { baseName, type SourceFile } from './source.ts'
import { expectedColumns } from './table.ts'

const url = 'http://www.nlm.nih.gov/research/umls/rxnorm'

export const rxnorm: Format = async (files, wanted) => {
  // A full release brings what may be prescribed once more, in a folder of its own.
  const [names] = ofName(files, 'RXNCONSO.RRF').toSorted((a, b) => b.bytes - a.bytes)
  if (names === undefined) return undefined
  const beside = (name: string): SourceFile | undefined =>
    ofName(files, name).find(file => folderOf(file) === folderOf(names))
  const [relations, attributes, types] = ['RXNREL.RRF', 'RXNSAT.RRF', 'RXNSTY.RRF'].map(beside)
  const version = wanted.version ?? files.map(({ path }) => dated.exec(path)?.[1]).find(each => each !== undefined)
  return {
    facts: factsOf({
      url,
      ...(version === undefined ? {} : { version }),
      name: 'RXNORM',
      title: 'RxNorm',
      caseSensitive: true,
      language: 'en',
      valueSet: `${url}/vs`,
      copyright:
        'This product uses publicly available data courtesy of the U.S. National Library of Medicine (NLM), National Institutes of ' +
        'Health, Department of Health and Human Services; NLM is not responsible for the product and does not endorse or recommend ' +
        'this or any other product.',
      properties: [
        { code: 'TTY', type: 'code', description: 'Type of term: IN, SCD, SBD, …' },
        { code: 'SAB', type: 'code', description: 'The vocabularies that name it' },
        { code: 'STY', type: 'code', description: 'Semantic type, by its identifier such as T121' },
        ...relationNames.map(code => ({ code, type: 'code' as const })),
        ...attributeNames.map(code => ({ code, type: 'string' as const })),
      ],
    }),
    bytes: [names, relations, attributes, types].reduce((sum, file) => sum + (file?.bytes ?? 0), 0),
    load: async load => {
      const known = await readNames(names, load)
      if (relations) await readRelations(relations, known, load)
      if (attributes) await readAttributes(attributes, known, load)
      if (types) await readTypes(types, known, load)
    },
  }
}

/** `RxNorm_full_07092014.zip`, and `Readme_Full_07092014.txt` in it. */
const dated = /(?:RxNorm|Readme)_(?:full|weekly)_(?:prescribe_)?(\d{8})/i

function ofName(files: readonly SourceFile[], name: string): readonly SourceFile[] {
  return files.filter(file => baseName(file).toUpperCase() === name)
}

function folderOf(file: SourceFile): string {
  return file.path.slice(0, -baseName(file).length)
}

/**
 * Of `RELA`, in RXNREL. A row tells what the second concept is to the first. None of them is subsumption, as FHIR has it.
 * https://www.nlm.nih.gov/research/umls/rxnorm/docs/appendix1.html
 */
const relationNames = [
  ...['boss_of', 'consists_of', 'constitutes', 'contained_in', 'contains', 'dose_form_of', 'doseformgroup_of'],
  ...['form_of', 'has_boss', 'has_dose_form', 'has_doseformgroup', 'has_form', 'has_ingredient', 'has_ingredients'],
  ...['has_part', 'has_precise_ingredient', 'has_quantified_form', 'has_tradename', 'ingredient_of', 'ingredients_of'],
  ...['inverse_isa', 'isa', 'part_of', 'precise_ingredient_of', 'quantified_form_of', 'reformulated_to'],
  ...['reformulation_of', 'tradename_of'],
]
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

/** They are not what a concept is called: `RXNORM and TTY <> 'SY'`. https://hl7.org/fhir/R4/rxnorm.html */
const isSynonym: ReadonlySet<string> = new Set(['SY', 'TMSY', 'PSN', 'ET'])
/** Obsolete, or suppressed by an editor or because of its type. */
const isSuppressed: ReadonlySet<string> = new Set(['O', 'E', 'Y'])

type Name = { readonly code: string; readonly value: string; readonly line: number }

/** Names of RxNorm's own, and which other vocabularies name the same. */
async function readNames(file: SourceFile, load: Load): Promise<ReadonlySet<string>> {
  const known = new Set<string>()
  /** Of concepts that have only synonyms, the first of them: that is their name. */
  const waiting = new Map<string, Name>()
  const sources = openSources()
  await readRrf(file, 18, load, (fields, line, rows) => {
    const [code = '', spoken = ''] = fields
    const [source = '', type = '', value = '', suppress = ''] = [fields[11], fields[12], fields[14], fields[16]]
    sources.add(code, source)
    if (source !== 'RXNORM') return
    const inactive = isSuppressed.has(suppress)
    if (!isSynonym.has(type) && !known.has(code)) {
      known.add(code)
      waiting.delete(code)
      rows.concept({ code, display: value, line, ...(inactive ? { inactive } : {}) })
      rows.property({ code, property: 'TTY', value: type, line })
    } else if (!inactive) {
      if (!known.has(code) && !waiting.has(code)) waiting.set(code, { code, value, line })
      rows.designation({ code, language: languageOf(spoken), use: { system: url, code: type }, value, line })
    }
  })
  const rows = rowsInto(load.sink, baseName(file))
  for (const { code, value, line } of waiting.values()) {
    known.add(code)
    rows.concept({ code, display: value, line })
  }
  for (const code of known) {
    for (const value of sources.of(code)) rows.property({ code, property: 'SAB', value })
  }
  rows.flush()
  return known
}

function languageOf(spoken: string): string {
  return spoken === 'ENG' ? 'en' : spoken.toLowerCase()
}

/** The vocabularies that name a code: there are about a dozen. */
function openSources(): { add(code: string, source: string): void; of(code: string): readonly string[] } {
  const names: string[] = []
  /** One bit for each. */
  const named = new Map<string, number>()
  return {
    add(code, source) {
      if (!names.includes(source)) names.push(source)
      named.set(code, (named.get(code) ?? 0) | (1 << names.indexOf(source)))
    },
    of: code => names.filter((_, at) => (((named.get(code) ?? 0) >> at) & 1) === 1),
  }
}

async function readRelations(file: SourceFile, known: ReadonlySet<string>, load: Load): Promise<void> {
  await readRrf(file, 16, load, (fields, line, rows) => {
    const [target = '', , , , code = '', , , relation = '', , , source = ''] = fields
    if (source !== 'RXNORM' || !isRelation.has(relation) || !known.has(code) || !known.has(target)) return
    rows.property({ code, property: relation, value: target, line })
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

async function readTypes(file: SourceFile, known: ReadonlySet<string>, load: Load): Promise<void> {
  await readRrf(file, 6, load, ([code = '', type = ''], line, rows) => {
    if (known.has(code)) rows.property({ code, property: 'STY', value: type, line })
  })
}
