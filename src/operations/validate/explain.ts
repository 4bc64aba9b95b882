/** Findings for a person at a terminal: each with its line of the source, and a caret at the place. */
import { styleText } from 'node:util'
import { type Issue, isError, type Severity } from '../../fhir/issue.ts'
import type { Place } from '../../fhir/json-place.ts'

/** `placeOf`: where an expression leads to in the source; absent for a source whose places are not known. */
export type Source = {
  readonly name: string
  readonly text: string
  readonly placeOf?: (expression: string) => Place
}

export type Explained = Issue & { readonly key?: string; readonly source?: string }

export function explain(source: Source, issues: readonly Explained[], colours: boolean): string {
  const paint: Paint = (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text)
  const starts = lineStarts(source.text)
  const parts = issues.map(issue => explainOne({ ...source, starts }, issue, paint))
  return [...parts, summary(source.name, issues, paint)].join('\n')
}

type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'cyan' | 'green'
type Paint = (style: Style, text: string) => string

const styles: Readonly<Record<Severity, Style>> = { fatal: 'red', error: 'red', warning: 'yellow', information: 'cyan' }

type Shown = Source & { readonly starts: readonly number[] }

function lineStarts(text: string): readonly number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

function explainOne(shown: Shown, issue: Explained, paint: Paint): string {
  const { name, placeOf } = shown
  const { severity, diagnostics, expression } = issue
  const style = styles[severity]
  const place = (expression === undefined ? undefined : placeOf?.(expression)) ?? spoken(shown, diagnostics)
  const at = place && position(shown, place.start)
  const where = at ? `${printable(name)}:${at.line}:${at.column}` : printable(name)
  const rule = [issue.key, issue.source].filter(part => part !== undefined).join(', ')
  const lines = [
    `${paint('bold', where)}: ${paint(style, severity)}: ${printable(diagnostics)}${rule === '' ? '' : ` [${printable(rule)}]`}`,
    ...(expression === undefined ? [] : [paint('dim', `  at ${printable(expression)}`)]),
    ...(place ? excerpt(shown, place, style, paint) : []),
  ]
  return `${lines.join('\n')}\n`
}

/** Where the parser stood, as its message says: of XML, the line alone. */
function spoken({ text, starts }: Shown, diagnostics: string): Place | undefined {
  const [, line, column] = /^(?:JSON|XML), line (\d+)(?:, column (\d+))?:/.exec(diagnostics) ?? []
  const start = starts[Number(line) - 1]
  if (start === undefined) return undefined
  if (column !== undefined) return { start: start + Number(column) - 1, end: start + Number(column) }
  const whole = text.slice(start, starts[Number(line)])
  return { start: start + Math.max(0, whole.search(/\S/)), end: start + whole.trimEnd().length }
}

function position({ starts }: Shown, offset: number): { readonly line: number; readonly column: number } {
  const line = starts.findLastIndex(start => start <= offset)
  return { line: line + 1, column: offset - (starts[line] ?? 0) + 1 }
}

const width = 100 // columns of the source; of a document in one line, those around the place

function excerpt(shown: Shown, { start, end }: Place, style: Style, paint: Paint): readonly string[] {
  const { line, column: place } = position(shown, start)
  const from = start - place + 1
  const whole = shown.text.slice(from, shown.starts[line]).trimEnd()
  const cut = whole.length > width ? Math.max(0, start - from - width / 2) : 0
  const quoted = `${cut > 0 ? '…' : ''}${whole.slice(cut, cut + width)}${whole.length > cut + width ? '…' : ''}`
  const column = start - from - cut + (cut > 0 ? 1 : 0)
  const carets = '^'.repeat(Math.max(1, Math.min(end - start, quoted.length - column)))
  const gutter = String(line)
  return [
    `${paint('dim', `  ${gutter} |`)} ${printable(quoted)}`,
    `${paint('dim', `  ${' '.repeat(gutter.length)} |`)} ${' '.repeat(column)}${paint(style, carets)}`,
  ]
}

function summary(name: string, issues: readonly Issue[], paint: Paint): string {
  const errors = issues.filter(isError).length
  const warnings = issues.filter(({ severity }) => severity === 'warning').length
  const counts = [counted(errors, 'error'), counted(warnings, 'warning')].filter(part => part !== '')
  const text = counts.length === 0 ? 'no problems' : counts.join(', ')
  return `${printable(name)}: ${paint(errors > 0 ? 'red' : warnings > 0 ? 'yellow' : 'green', text)}`
}

function counted(count: number, what: string): string {
  return count === 0 ? '' : `${count} ${what}${count === 1 ? '' : 's'}`
}

/** A file may hold what a terminal would obey. One column stays one column. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come through
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, ' ')
}
