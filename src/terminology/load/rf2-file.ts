/** A file of SNOMED CT's Release Format 2, by its name and columns. https://docs.snomed.org/snomed-ct-specifications/snomed-ct-release-file-specification */
import type { Load } from './format.ts'
import { idTable } from './id-table.ts'
import { readLines } from './lines.ts'
import { shown } from './problems.ts'
import { type Rows, rowsInto } from './sink.ts'
import { baseName, type SourceFile } from './source.ts'
import { expectedColumns, noHeader } from './table.ts'

export type Rf2File = {
  readonly file: SourceFile
  readonly kind: Rf2Kind
  readonly view: 'Snapshot' | 'Full' | 'Delta'
  readonly date: string
}

export type Rf2Kind = keyof typeof columns | 'Identifier' | 'Refset' | 'LanguageRefset' | 'ModuleDependency' | 'unread'

const start = ['id', 'effectiveTime', 'active', 'moduleId']
const relationship = ['sourceId', 'destinationId', 'relationshipGroup', 'typeId', 'characteristicTypeId', 'modifierId']
const description = ['conceptId', 'languageCode', 'typeId', 'term', 'caseSignificanceId']

export const columns = {
  Concept: [...start, 'definitionStatusId'],
  Description: [...start, ...description],
  TextDefinition: [...start, ...description],
  Relationship: [...start, ...relationship],
  RelationshipConcreteValues: [...start, ...relationship.map(name => (name === 'destinationId' ? 'value' : name))],
} as const

const refsetColumns = [...start, 'refsetId', 'referencedComponentId']

/** `sct2_Concept_Snapshot_INT_20260101.txt`, `der2_cRefset_LanguageUKEDSnapshot-en_GB_20260101.txt` */
const fileName =
  /^x?(?:sct|der)2_(?:([A-Za-z]*Refset)_)?([A-Z][A-Za-z]*?)(?:_[A-Za-z0-9]*?)?(Snapshot|Full|Delta)(?:-[A-Za-z-]+)?(?:_[A-Za-z0-9]+)?_(\d{8})[^_]*\.txt$/

export function rf2File(file: SourceFile): Rf2File | undefined {
  const found = fileName.exec(baseName(file))
  if (!found) return undefined
  const [, refset, content = '', view, date = ''] = found
  return { file, kind: kindOf(refset !== undefined, content), view: view as Rf2File['view'], date }
}

/** An edition may put its own name behind what the content is. */
function kindOf(isRefset: boolean, content: string): Rf2Kind {
  if (!isRefset && content === 'Identifier') return content
  if (!isRefset) return Object.hasOwn(columns, content) ? (content as Rf2Kind) : 'unread'
  if (content.startsWith('OWLExpression')) return 'unread'
  if (content.startsWith('Language')) return 'LanguageRefset'
  return content.startsWith('ModuleDependency') ? 'ModuleDependency' : 'Refset'
}

/** Of the first line: all names that must be there, in order; those of reference sets go on as they like. */
function headerOf(kind: Rf2Kind): readonly string[] {
  return Object.hasOwn(columns, kind) ? columns[kind as keyof typeof columns] : refsetColumns
}

type Rf2Row = (fields: readonly string[], line: number, names: readonly string[]) => void

/**
 * The rows of one kind, each component in its latest state. A snapshot has it so; of full files, and of several editions in one
 * load, the row with the latest `effectiveTime` counts, so they are read twice.
 */
export async function readLatest(files: readonly Rf2File[], load: Load, read: (rows: Rows) => Rf2Row): Promise<void> {
  const single = files.length === 1 && files[0]?.view === 'Snapshot'
  const latest = idTable()
  if (!single) {
    for (const file of files) {
      await readRf2(file, { ...load, progress: () => {} }, ([id = '', time = '']) => {
        if (Number(time) > (latest.get(id) ?? -1)) latest.set(id, Number(time))
      })
    }
  }
  // Where two files agree on the time, the first of them counts.
  const taken = idTable()
  for (const file of files) {
    const rows = rowsInto(load.sink, baseName(file.file))
    const row = read(rows)
    await readRf2(file, single ? load : { ...load, problems: { list: [], add: () => {} } }, (fields, line, names) => {
      const [id = '', time = ''] = fields
      if (!single) {
        if (Number(time) !== latest.get(id) || taken.get(id) !== undefined) return
        taken.set(id, 1)
      }
      row(fields, line, names)
    })
    rows.flush()
  }
  latest.close()
  taken.close()
}

const yes = 0x31

export async function readRf2(
  { file, kind }: Rf2File,
  load: Pick<Load, 'problems' | 'progress'>,
  read: Rf2Row,
): Promise<void> {
  const name = baseName(file)
  const expected = headerOf(kind)
  let names: readonly string[] | undefined
  let unread = false
  const whole = await readLines(file, load, (text, line) => {
    if (unread) return
    const fields = text.split('\t')
    if (names === undefined) {
      names = fields.map(field => field.replace(/^\u{FEFF}/u, ''))
      unread = !expected.every((column, at) => names?.[at] === column)
      if (unread)
        load.problems.add(name, 1, `expected the columns ${expected.join(', ')}; found ${shown(names.join(', '))}`)
      return
    }
    if (fields.length !== names.length)
      load.problems.add(name, line, expectedColumns(names.length, '\t', fields.length))
    else if (isSound(fields)) read(fields, line, names)
    else load.problems.add(name, line, fault(fields))
  })
  if (whole && names === undefined) load.problems.add(name, undefined, noHeader)
}

export function isActive(fields: readonly string[]): boolean {
  return fields[2]?.charCodeAt(0) === yes
}

/** What every row begins with. */
function isSound(fields: readonly string[]): boolean {
  const [id = '', time = '', active] = fields
  return (
    (active === '1' || active === '0') &&
    time.length === 8 &&
    isDigits(time) &&
    (id.length === 36 || (id.length > 5 && id.length < 19 && isDigits(id)))
  )
}

function isDigits(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (digit < 0 || digit > 9) return false
  }
  return true
}

function fault([id = '', time = '', active = '']: readonly string[]): string {
  if (active !== '1' && active !== '0') return `active is ${shown(active)}; expected 1 or 0`
  if (!/^\d{8}$/.test(time)) return `effectiveTime is ${shown(time)}; expected a day such as 20260131`
  return `id is ${shown(id)}; expected 6 to 18 digits, or a UUID`
}

/** By the partition in its id: `00` and `10` are concepts, others descriptions and relationships. */
export function isConceptId(id: string): boolean {
  return id.length > 5 && id.charCodeAt(id.length - 2) === 0x30 && isDigits(id)
}
