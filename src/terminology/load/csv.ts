/** Comma-separated values. https://www.rfc-editor.org/rfc/rfc4180 */
import type { Load } from './format.ts'
import { type Encoding, readLines } from './lines.ts'
import { baseName, type SourceFile } from './source.ts'

/** `line`: on which the record begins. */
export type RecordReader = (fields: readonly string[], line: number) => void

/** Beyond this, a quotation mark was forgotten. */
const longest = 1_000_000

export async function readCsv(
  file: SourceFile,
  load: Pick<Load, 'problems' | 'progress'>,
  read: RecordReader,
  { separator = ',', encoding = 'utf-8' }: { separator?: string; encoding?: Encoding } = {},
): Promise<boolean> {
  const name = baseName(file)
  let open: { text: string; line: number; quotes: number } | undefined
  const complete = (text: string, line: number): void => {
    if (text === '' && separator === ',') return
    const fields = text.includes('"') ? quotedFields(text, separator) : text.split(separator)
    if (typeof fields === 'string') load.problems.add(name, line, fields)
    else read(fields, line)
  }
  const take = (text: string, line: number): void => {
    const bare = line === 1 ? text.replace(/^\u{FEFF}/u, '') : text
    const quotes = marksIn(bare)
    if (open === undefined) {
      if (quotes % 2 === 0) complete(bare, line)
      else open = { text: bare, line, quotes }
      return
    }
    open = { text: `${open.text}\n${bare}`, line: open.line, quotes: open.quotes + quotes }
    if (open.text.length > longest) throw new Unclosed()
    if (open.quotes % 2 === 1) return
    const { text: whole, line: first } = open
    open = undefined
    complete(whole, first)
  }
  const whole = await readLines(file, load, take, encoding).catch((error: unknown) => {
    if (error instanceof Unclosed) return true
    throw error
  })
  if (open !== undefined) load.problems.add(name, (open as { line: number }).line, 'a quotation mark is not closed')
  return whole
}

class Unclosed extends Error {
  override readonly name = 'Unclosed'
}

function marksIn(text: string): number {
  let count = 0
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) count++
  return count
}

/** A text: what is wrong. */
function quotedFields(text: string, separator: string): string[] | string {
  const fields: string[] = []
  let at = 0
  for (;;) {
    const quoted = text[at] === '"'
    const end = quoted ? endOfQuoted(text, at) : endOfBare(text, at, separator)
    const field = quoted ? text.slice(at + 1, end - 1).replaceAll('""', '"') : text.slice(at, end)
    if (!quoted && field.includes('"')) return 'a quotation mark stands within a field that is not quoted'
    fields.push(field)
    if (end === text.length) return fields
    if (text[end] !== separator) return 'expected a separator behind the closing quotation mark'
    at = end + 1
  }
}

function endOfBare(text: string, at: number, separator: string): number {
  const end = text.indexOf(separator, at)
  return end === -1 ? text.length : end
}

/** Behind the closing mark. */
function endOfQuoted(text: string, at: number): number {
  let close = text.indexOf('"', at + 1)
  while (close !== -1 && text[close + 1] === '"') close = text.indexOf('"', close + 2)
  return close === -1 ? text.length : close + 1
}
