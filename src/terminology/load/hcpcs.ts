/** HCPCS level II as the CMS distributes it: records of fixed width, or the same as CSV. https://www.cms.gov/medicare/coding-billing/healthcare-common-procedure-system */
import { type Format, factsOf, type Load } from './format.ts'
import { readLines } from './lines.ts'
import { shown } from './problems.ts'
import { type Rows, rowsInto } from './sink.ts'
import { baseName, type SourceFile } from './source.ts'
import { readTable } from './table.ts'

export const hcpcs: Format = async (files, wanted) => {
  const ours = files.filter(each => data.test(baseName(each)))
  const file = ours.find(each => /ANWEB.*\.txt$/i.test(baseName(each))) ?? ours[0]
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

/** `HCPC2026_OCT_ANWEB_v2.txt`, and not the description of its columns or what is corrected in it, which come in the same archive. */
const data = /^HCPCS?20\d\d(?!.*(?:layout|correction|transaction)).*\.(csv|txt)$/i

type Procedure = {
  readonly code: string
  long: string
  readonly short: string
  /** The day on which its latest change takes effect. */
  readonly changed: string
  readonly ended: string
  readonly line: number
}

/**
 * Columns 1-5 code (modifiers: 4-5), 6-10 sequence, 11 kind of record, 12-91 long, 92-119 short description, 277-284 when its latest
 * change takes effect, 285-292 end: HCPC20…_recordlayout.txt, which comes with it.
 */
async function readFixed(file: SourceFile, load: Load): Promise<void> {
  const found: Procedure[] = []
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
      const open = found.at(-1)
      if (kind === '3' || kind === '7') {
        const [short, changed, ended] = [text.slice(91, 119), text.slice(276, 284), text.slice(284, 292)]
        found.push({ code, long, short: short.trim(), changed: changed.trim(), ended: ended.trim(), line })
      } else if (open?.code === code) open.long += ` ${long}`
      else
        load.problems.add(baseName(file), line, `the description of ${shown(code)} goes on, but does not begin before`)
    },
    'windows-1252',
  )
  giveAll(found, file, load)
}

async function readColumns(file: SourceFile, load: Load): Promise<void> {
  const found: Procedure[] = []
  const table = {
    columns: ['HCPC', 'LONG DESCRIPTION'],
    separator: ',',
    quoted: true,
    encoding: 'windows-1252',
  } as const
  await readTable(file, load, table, (row, line) => {
    const [changed, ended] = [row('ACT EFF DT').trim(), row('TERM DT').trim()]
    const [long, short] = [row('LONG DESCRIPTION').trim(), row('SHORT DESCRIPTION').trim()]
    const [code, open] = [row('HCPC').trim(), found.at(-1)]
    // Older tables go on in rows of their own, as records do.
    if (/^[48]$/.test(row('RECID').trim()) && open?.code === code) open.long += ` ${long}`
    else found.push({ code, long, short, changed, ended, line })
  })
  giveAll(found, file, load)
}

/** A release tells of ends to come: what has ended by the day of its latest change is no longer in use. */
function giveAll(found: readonly Procedure[], file: SourceFile, load: Load): void {
  const rows = rowsInto(load.sink, baseName(file))
  const latest =
    found
      .map(({ changed }) => changed)
      .toSorted()
      .at(-1) || '99999999'
  for (const each of found) give(each, latest, rows)
  rows.flush()
}

function give({ code, long, short, ended, line }: Procedure, latest: string, rows: Rows): void {
  const inactive = ended !== '' && ended <= latest
  rows.concept({ code, display: long || short, line, ...(inactive ? { inactive } : {}) })
  if (short !== '' && short !== long) rows.designation({ code, language: 'en', value: short, line })
  rows.property({ code, property: 'kind', value: code.length === 2 ? 'modifier' : 'procedure', line })
  if (/^\d{8}$/.test(ended)) {
    rows.property({ code, property: 'terminated', value: ended.replace(/(....)(..)(..)/, '$1-$2-$3'), line })
  }
}
