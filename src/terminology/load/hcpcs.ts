/** HCPCS level II as the CMS distributes it: records of fixed width, or the same as CSV. https://www.cms.gov/medicare/coding-billing/healthcare-common-procedure-system */
import { type Format, factsOf, type Load } from './format.ts'
import { readLines } from './lines.ts'
import { shown } from './problems.ts'
import { type Rows, rowsInto } from './sink.ts'
import { baseName, type SourceFile } from './source.ts'
import { readTable } from './table.ts'

export const hcpcs: Format = async (files, wanted) => {
  const file =
    files.find(each => /^HCPC(S)?20\d\d.*ANWEB.*\.txt$/i.test(baseName(each))) ??
    files.find(each => /^HCPC(S)?20\d\d.*\.(csv|txt)$/i.test(baseName(each)))
  if (file === undefined) return undefined
  const version = wanted.version ?? /20\d\d(?:[_-]?(?:JAN|APR|JUL|OCT|Q[1-4]))?/i.exec(baseName(file))?.[0]
  return {
    facts: factsOf({
      url: 'http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets',
      ...(version === undefined ? {} : { version }),
      name: 'HCPCS',
      title: 'Healthcare Common Procedure Coding System, level II',
      language: 'en',
      properties: [
        { code: 'kind', type: 'code', description: 'procedure or modifier' },
        { code: 'terminated', type: 'dateTime', description: 'The day on which it ended' },
      ],
    }),
    bytes: file.bytes,
    load: load => (/\.csv$/i.test(baseName(file)) ? readColumns(file, load) : readFixed(file, load)),
  }
}

type Procedure = { code: string; long: string; short: string; ended: string; line: number }

/** Columns 1-5 code (modifiers: 4-5), 6-10 sequence, 11 kind of record, 12-91 long, 92-119 short description, 277-284 end. */
async function readFixed(file: SourceFile, load: Load): Promise<void> {
  const rows = rowsInto(load.sink, baseName(file))
  let open: Procedure | undefined
  const close = (): void => {
    if (open) give(open, rows)
    open = undefined
  }
  await readLines(
    file,
    load,
    (text, line) => {
      if (text.trim() === '') return
      const code = text.slice(0, 5).trim()
      const kind = text[10] ?? ''
      if (!/^([A-Z]\d{4}|[A-Z0-9]{2})$/.test(code) || !/^[3478]$/.test(kind)) {
        load.problems.add(
          baseName(file),
          line,
          `expected a code in columns 1-5 and 3, 4, 7 or 8 in column 11; found ${shown(text.slice(0, 11))}`,
        )
        return
      }
      const long = text.slice(11, 91).trim()
      // 3 and 7 begin a procedure and a modifier; 4 and 8 go on with its description.
      if (kind === '3' || kind === '7') {
        close()
        open = { code, long, short: text.slice(91, 119).trim(), ended: text.slice(276, 284).trim(), line }
      } else if (open?.code === code) open.long += ` ${long}`
      else
        load.problems.add(baseName(file), line, `the description of ${shown(code)} goes on, but does not begin before`)
    },
    'windows-1252',
  )
  close()
  rows.flush()
}

async function readColumns(file: SourceFile, load: Load): Promise<void> {
  const rows = rowsInto(load.sink, baseName(file))
  const table = {
    columns: ['HCPC', 'LONG DESCRIPTION'],
    separator: ',',
    quoted: true,
    encoding: 'windows-1252',
  } as const
  await readTable(file, load, table, (row, line) => {
    give(
      {
        code: row('HCPC'),
        long: row('LONG DESCRIPTION'),
        short: row('SHORT DESCRIPTION'),
        ended: row('TERM DT'),
        line,
      },
      rows,
    )
  })
  rows.flush()
}

function give({ code, long, short, ended, line }: Procedure, rows: Rows): void {
  rows.concept({ code, display: long || short, line, ...(ended === '' ? {} : { inactive: true }) })
  if (short !== '' && short !== long) rows.designation({ code, language: 'en', value: short, line })
  rows.property({ code, property: 'kind', value: code.length === 2 ? 'modifier' : 'procedure', line })
  if (/^\d{8}$/.test(ended)) {
    rows.property({ code, property: 'terminated', value: ended.replace(/(....)(..)(..)/, '$1-$2-$3'), line })
  }
}
