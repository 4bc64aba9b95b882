/** Anybody's list: a header of `code`, and any of `display`, `definition`, `parent`, `active`; other columns are properties. */

import { readCsv } from './csv.ts'
import { type Format, factsOf, type Load } from './format.ts'
import { problemList } from './problems.ts'
import { type Rows, rowsInto } from './sink.ts'
import { baseName, type SourceFile } from './source.ts'
import { type Row, readTable } from './table.ts'

/** Of one file, of a system that is named by whoever loads it. */
export const plainCsv: Format = async (files, wanted) => {
  const [file, ...more] = files.filter(each => /\.(csv|tsv)$/i.test(baseName(each)))
  if (file === undefined || more.length > 0 || wanted.system === undefined) return undefined
  const names = await headerOf(file)
  return {
    facts: factsOf({
      url: wanted.system,
      ...(wanted.version === undefined ? {} : { version: wanted.version }),
      caseSensitive: true,
      hierarchyMeaning: 'is-a',
      properties: names.filter(isProperty).map(code => ({ code, type: 'string' })),
    }),
    bytes: file.bytes,
    load: load => readPlain(file, names, load),
  }
}

const known: ReadonlySet<string> = new Set(['code', 'display', 'definition', 'parent', 'active', 'abstract'])

/** `display:de` is a designation. */
function isProperty(name: string): boolean {
  return name !== '' && !known.has(name.toLowerCase()) && !/^display:/i.test(name)
}

function separatorOf(file: SourceFile): ',' | '\t' {
  return /\.tsv$/i.test(file.path) ? '\t' : ','
}

class Enough extends Error {}

async function headerOf(file: SourceFile): Promise<readonly string[]> {
  let names: readonly string[] = []
  const first = (fields: readonly string[]): void => {
    names = fields.map(field => field.trim())
    throw new Enough()
  }
  try {
    await readCsv(file, { problems: problemList(), progress: () => {} }, first, { separator: separatorOf(file) })
  } catch (error) {
    if (!(error instanceof Enough)) throw error
  }
  return names
}

const no: ReadonlySet<string> = new Set(['0', 'false', 'no', 'n', 'inactive', 'retired'])
const yes: ReadonlySet<string> = new Set(['1', 'true', 'yes', 'y'])

async function readPlain(file: SourceFile, names: readonly string[], load: Load): Promise<void> {
  const rows = rowsInto(load.sink, baseName(file))
  const table = { columns: ['code'], separator: separatorOf(file), quoted: true } as const
  await readTable(file, load, table, (row, line) => {
    const code = row('code').trim()
    if (code === '') load.problems.add(baseName(file), line, 'the row has no code')
    else give(code, row, names, line, rows)
  })
  rows.flush()
}

function give(code: string, row: Row, names: readonly string[], line: number, rows: Rows): void {
  const [display, definition] = [row('display'), row('definition')]
  rows.concept({
    code,
    line,
    ...(display === '' ? {} : { display }),
    ...(definition === '' ? {} : { definition }),
    ...(no.has(row('active').toLowerCase()) ? { inactive: true } : {}),
    ...(yes.has(row('abstract').toLowerCase()) ? { abstract: true } : {}),
  })
  const parents = row('parent')
    .split('|')
    .map(parent => parent.trim())
  for (const parent of parents.filter(each => each !== '')) rows.edge({ child: code, parent, line })
  for (const name of names.filter(each => row(each) !== '')) {
    const value = row(name)
    if (isProperty(name)) rows.property({ code, property: name, value, line })
    else if (/^display:/i.test(name)) rows.designation({ code, language: name.slice('display:'.length), value, line })
  }
}
