/** What the readers of LOINC's files have in common. */
import type { Load } from './format.ts'
import { type Rows, rowsInto } from './sink.ts'
import { baseName, type SourceFile } from './source.ts'
import { type Row, readTable, type Table } from './table.ts'

export const url = 'http://loinc.org'

export const csv = (...columns: readonly string[]): Table => ({ columns, separator: ',', quoted: true })

/** What one file tells the reader of another. Codes that several files name are concepts once. */
export type Known = {
  readonly parts: Set<string>
  readonly lists: Set<string>
  readonly edges: Set<string>
  /** Of terms: the properties that links to parts tell, one bit each in the order of `linked`. */
  readonly links: Map<string, number>
}

export type Read = (file: SourceFile, load: Load, known: Known) => Promise<void>

export async function each(
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

export function isCode(text: string, file: SourceFile, line: number, load: Load): boolean {
  if (code.test(text)) return true
  load.problems.add(
    baseName(file),
    line,
    `'${text.slice(0, 40)}' is no LOINC code; expected such as 8480-6 or LP7786-9`,
  )
  return false
}

export type Coding = { readonly system: string; readonly code: string; readonly display?: string }

export function codingOf(code: string, display: string): Coding {
  return display === '' ? { system: url, code } : { system: url, code, display }
}
