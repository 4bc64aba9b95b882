/** Files whose first line names their columns. */
import { readCsv } from './csv.ts'
import type { Load } from './format.ts'
import { type Encoding, readLines } from './lines.ts'
import { shown } from './problems.ts'
import { baseName, type SourceFile } from './source.ts'

export type Table = {
  readonly columns: readonly string[]
  /** CSV, with quotation marks; a text alone is cut at each separator. */
  readonly separator: ',' | '\t' | '|'
  readonly quoted: boolean
  readonly encoding?: Encoding
}

/** A column that the file lacks is ''. */
export type Row = (column: string) => string

/** `columns` must be there, in any order and with any others. */
export async function readTable(
  file: SourceFile,
  load: Pick<Load, 'problems' | 'progress'>,
  table: Table,
  read: (row: Row, line: number) => void,
): Promise<void> {
  const name = baseName(file)
  let places: ReadonlyMap<string, number> | undefined
  let width = 0
  let unread = false
  const take = (fields: readonly string[], line: number): void => {
    if (unread || fields.every(field => field === '')) return
    if (places === undefined) {
      width = fields.length // names may be there twice, or be empty, as behind a table out of a workbook
      places = new Map(
        fields.map((field, at) => [
          field
            .trim()
            .replace(/^\u{FEFF}/u, '')
            .toLowerCase(),
          at,
        ]),
      )
      unread = lacking(places, table, name, load)
      return
    }
    if (fields.length !== width) {
      load.problems.add(name, line, expectedColumns(width, table.separator, fields.length))
      return
    }
    const columns = places
    read(column => fields[columns.get(column.toLowerCase()) ?? -1] ?? '', line)
  }
  const { separator, encoding = 'utf-8' } = table
  const whole = table.quoted
    ? await readCsv(file, load, take, { separator, encoding })
    : await readLines(file, load, (text, line) => take(text.split(separator), line), encoding)
  if (whole && places === undefined) load.problems.add(name, undefined, noHeader)
}

export const noHeader = 'the file is empty; expected a line with the names of columns'

function lacking(
  places: ReadonlyMap<string, number>,
  { columns }: Table,
  name: string,
  load: Pick<Load, 'problems'>,
): boolean {
  const missing = columns.filter(column => !places.has(column.toLowerCase()))
  if (missing.length === 0) return false
  const found = [...places.keys()].slice(0, 10).map(shown).join(', ')
  load.problems.add(name, 1, `expected columns named ${missing.map(shown).join(', ')}; found ${found}`)
  return true
}

const separators: Readonly<Record<string, string>> = { '\t': 'tab', ',': 'comma', '|': 'pipe' }

export function expectedColumns(expected: number, separator: string, found: number): string {
  return `expected ${expected} ${separators[separator]}-separated columns, found ${found}`
}
