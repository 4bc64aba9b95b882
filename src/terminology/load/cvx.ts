/** Vaccines administered, as the CDC lists them: code|short|full|notes|status|nonvaccine|updated. https://www2.cdc.gov/vaccines/iis/iisstandards/vaccines.asp?rpt=cvx */
import { type Format, factsOf, type Load } from './format.ts'
import { readLines } from './lines.ts'
import { shown } from './problems.ts'
import { rowsInto } from './sink.ts'
import { baseName, type SourceFile } from './source.ts'
import { expectedColumns } from './table.ts'

export const cvx: Format = async (files, wanted) => {
  const file = files.find(each => /^cvx.*\.txt$/i.test(baseName(each)))
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
    load: load => readCvx(file, load),
  }
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
      if (!/^\d{1,3}$/.test(code))
        return load.problems.add(baseName(file), line, `${shown(code)} is no CVX code; expected a number such as 08`)
      rows.concept({
        code,
        display: short,
        definition: full,
        line,
        ...(unused.has(status.toLowerCase()) ? { inactive: true } : {}),
      })
      if (full !== short) rows.designation({ code, language: 'en', value: full, line })
      rows.property({ code, property: 'status', value: status, line })
      rows.property({ code, property: 'nonvaccine', value: nonvaccine.toLowerCase() === 'true', line })
      if (notes !== '') rows.property({ code, property: 'notes', value: notes, line })
      if (updated !== '') rows.property({ code, property: 'updated', value: updated, line })
    },
    'windows-1252',
  )
  rows.flush()
}
