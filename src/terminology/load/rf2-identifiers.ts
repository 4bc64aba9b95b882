/**
 * What other schemes call a concept: each component in its latest state, as everywhere in RF2, but without an id of its own.
 * https://docs.snomed.org/snomed-ct-specifications/snomed-ct-release-file-specification
 */
import { alternateIdentifier, schemes } from '../ecl/schemes.ts'
import type { Load } from './format.ts'
import { shown } from './problems.ts'
import type { Rf2File } from './rf2-file.ts'
import { rowsInto } from './sink.ts'
import { baseName } from './source.ts'
import { type Row, readTable } from './table.ts'

/** Releases differ in the order of these. */
const columns = [
  'alternateIdentifier',
  'effectiveTime',
  'active',
  'moduleId',
  'identifierSchemeId',
  'referencedComponentId',
]

/** The digit before the last tells what an id is of. */
const conceptId = /^[0-9]{4,}0[0-9]$/

const aliases = new Map(Object.entries(schemes).map(([alias, scheme]) => [scheme, alias]))

type Identifier = { readonly time: string; readonly code: string; readonly active: boolean; readonly line: number }

export async function readIdentifiers(files: readonly Rf2File[], load: Load): Promise<void> {
  const latest = new Map<string, Identifier & { readonly file: string }>()
  for (const { file } of files) {
    const name = baseName(file)
    await readTable(file, load, { columns, separator: '\t', quoted: false }, (row, line) => {
      const fault = faultOf(row)
      if (fault !== undefined) return load.problems.add(name, line, fault)
      const scheme = row('identifierSchemeId')
      const value = `${aliases.get(scheme) ?? scheme}#${row('alternateIdentifier')}`
      const [time, code, active] = [row('effectiveTime'), row('referencedComponentId'), row('active') === '1']
      if (time > (latest.get(value)?.time ?? '')) latest.set(value, { time, code, active, line, file: name })
    })
  }
  for (const [file, found] of Map.groupBy(latest, ([, { file }]) => file)) {
    const rows = rowsInto(load.sink, file)
    for (const [value, { code, active, line }] of found) {
      if (active && conceptId.test(code)) rows.property({ code, property: alternateIdentifier, value, line })
    }
    rows.flush()
  }
}

function faultOf(row: Row): string | undefined {
  const [active, time] = [row('active'), row('effectiveTime')]
  if (active !== '1' && active !== '0') return `active is ${shown(active)}; expected 1 or 0`
  if (!/^\d{8}$/.test(time)) return `effectiveTime is ${shown(time)}; expected a day such as 20260131`
  if (row('alternateIdentifier') === '') return 'alternateIdentifier is empty'
  const scheme = row('identifierSchemeId')
  return conceptId.test(scheme) ? undefined : `identifierSchemeId is ${shown(scheme)}; expected the id of a concept`
}
