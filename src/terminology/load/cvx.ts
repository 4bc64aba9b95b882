/** Vaccines administered, as the CDC lists them: code|short|full|notes|status|nonvaccine|updated, or the same as XML. https://www2.cdc.gov/vaccines/iis/iisstandards/vaccines.asp?rpt=cvx */
import { type Format, factsOf, type Load } from './format.ts'
import { readLines } from './lines.ts'
import { shown } from './problems.ts'
import { type Rows, rowsInto } from './sink.ts'
import { baseName, type SourceFile } from './source.ts'
import { expectedColumns } from './table.ts'
import { beginning, readXml } from './xml-events.ts'

export const cvx: Format = async (files, wanted) => {
  // cvx_vis.txt tells which information statements belong to them.
  const text = files.find(each => /^cvx(?!.*vis).*\.txt$/i.test(baseName(each)))
  const file = text ?? (await xmlAmong(files))
  if (file === undefined) return undefined
  return {
    facts: factsOf({
      url: 'http://hl7.org/fhir/sid/cvx',
      ...(wanted.version === undefined ? {} : { version: wanted.version }),
      name: 'CVX',
      title: 'Vaccines administered (CVX)',
      language: 'en',
      properties: [
        { code: 'status', type: 'code', description: 'Active, Inactive, Non-US, Pending, Never Active' },
        { code: 'nonvaccine', type: 'boolean' },
        { code: 'notes', type: 'string' },
        { code: 'updated', type: 'string' },
      ],
    }),
    bytes: file.bytes,
    load: load => (text === undefined ? readVaccines(file, load) : readCvx(file, load)),
  }
}

async function xmlAmong(files: readonly SourceFile[]): Promise<SourceFile | undefined> {
  for (const file of files) {
    if (/cvx.*\.xml$/i.test(baseName(file)) && (await beginning(file)).includes('<CVXCodes')) return file
  }
  return undefined
}

const unused: ReadonlySet<string> = new Set(['inactive', 'never active'])

async function readCvx(file: SourceFile, load: Load): Promise<void> {
  const rows = rowsInto(load.sink, baseName(file))
  await readLines(
    file,
    load,
    (text, line) => {
      if (text.trim() === '') return
      const fields = text.split('|').map(field => field.trim())
      if (fields.length !== 7) return load.problems.add(baseName(file), line, expectedColumns(7, '|', fields.length))
      const [code = '', short = '', full = '', notes = '', status = '', nonvaccine = '', updated = ''] = fields
      give({ code, short, full, notes, status, nonvaccine, updated }, { file, line, load, rows })
    },
    'windows-1252',
  )
  rows.flush()
}

async function readVaccines(file: SourceFile, load: Load): Promise<void> {
  const rows = rowsInto(load.sink, baseName(file))
  const said = new Map<string, string>()
  const of = (name: string): string => said.get(name) ?? ''
  await readXml(file, load, {
    close: ({ name, text, line }) => {
      if (name !== 'CVXInfo') {
        said.set(name, text.trim().replaceAll(/\s+/g, ' '))
        return
      }
      const [short, full, code] = [of('ShortDescription'), of('FullVaccinename'), of('CVXCode')]
      const [notes, status, updated] = [of('Notes'), of('Status'), of('LastUpdated')]
      give({ code, short, full, notes, status, nonvaccine: undefined, updated }, { file, line, load, rows })
      said.clear()
    },
  })
  rows.flush()
}

type Vaccine = Readonly<Record<'code' | 'short' | 'full' | 'notes' | 'status' | 'updated', string>> & {
  /** XML does not tell. */
  readonly nonvaccine: string | undefined
}
type At = { readonly file: SourceFile; readonly line: number; readonly load: Load; readonly rows: Rows }

function give(
  { code, short, full, notes, status, nonvaccine, updated }: Vaccine,
  { file, line, load, rows }: At,
): void {
  if (!/^\d{1,3}$/.test(code)) {
    load.problems.add(baseName(file), line, `${shown(code)} is no CVX code; expected a number such as 08`)
    return
  }
  const inactive = unused.has(status.toLowerCase())
  rows.concept({ code, display: short, definition: full, line, ...(inactive ? { inactive } : {}) })
  if (full !== short) rows.designation({ code, language: 'en', value: full, line })
  rows.property({ code, property: 'status', value: status, line })
  if (nonvaccine !== undefined) {
    rows.property({ code, property: 'nonvaccine', value: nonvaccine.toLowerCase() === 'true', line })
  }
  if (notes !== '') rows.property({ code, property: 'notes', value: notes, line })
  if (updated !== '') rows.property({ code, property: 'updated', value: updated, line })
}
