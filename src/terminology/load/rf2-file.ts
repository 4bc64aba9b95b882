/** A file of SNOMED CT's Release Format 2, by its name and columns. https://docs.snomed.org/snomed-ct-specifications/snomed-ct-release-file-specification */
import type { Load } from './format.ts'
import { idTable } from './id-table.ts'
import { shown } from './problems.ts'
import { type Rows, rowsInto } from './sink.ts'
import { baseName, type SourceFile } from './source.ts'
import { readTabLines, type TabLine } from './tab-line.ts'
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
  /^x?(?:sct|der)2_(?:([A-Za-z]*Refset)_)?([A-Z][A-Za-z]*?)(?:_[A-Za-z0-9]*?)?(Snapshot|Full|Delta)(?:-[A-Za-z0-9-]+)?(?:_[A-Za-z0-9]+)?_(\d{8})[^_]*\.txt$/

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

type Rf2Row = (line: TabLine, names: readonly string[]) => void

/**
 * The rows of one kind, each component in its latest state. A snapshot has it so, and is read once; of full files, and of what
 * several snapshots have in common, the row with the latest `effectiveTime` counts, so they are read twice. Of several snapshots,
 * an edition and its extensions, the largest is read once, too: it is compared with what the others have.
 */
export async function eachLatest(
  files: readonly Rf2File[],
  load: Pick<Load, 'problems' | 'progress'>,
  readerOf: (file: string) => Rf2Row,
): Promise<void> {
  const [largest, others] = files.every(({ view }) => view === 'Snapshot') ? withoutLargest(files) : [undefined, files]
  const latest = idTable()
  const taken = 0 // no day
  for (const file of others) {
    await readRf2(file, { ...load, progress: () => {} }, line => {
      const time = Number(line.text(1))
      latest.set(line, 0, (before = 0) => Math.max(before, time))
    })
  }
  if (largest !== undefined) {
    const row = readerOf(baseName(largest.file))
    await readRf2(largest, load, (line, names) => {
      const other = others.length === 0 ? undefined : latest.get(line, 0)
      if (other !== undefined && other > Number(line.text(1))) return
      if (other !== undefined) latest.set(line, 0, () => taken)
      row(line, names)
    })
  }
  for (const file of others) {
    const row = readerOf(baseName(file.file))
    await readRf2(file, { ...load, problems: { list: [], add: () => {} } }, (line, names) => {
      if (Number(line.text(1)) !== latest.get(line, 0)) return
      latest.set(line, 0, () => taken) // of two that agree on the time, the first counts
      row(line, names)
    })
  }
  latest.close()
}

function withoutLargest(
  files: readonly Rf2File[],
): readonly [largest: Rf2File | undefined, others: readonly Rf2File[]] {
  const [largest, ...others] = files.toSorted((a, b) => b.file.bytes - a.file.bytes)
  return [largest, others]
}

/** The same, into rows of the library. */
export async function readLatest(files: readonly Rf2File[], load: Load, read: (rows: Rows) => Rf2Row): Promise<void> {
  const all: Rows[] = []
  await eachLatest(files, load, file => {
    const rows = rowsInto(load.sink, file)
    all.push(rows)
    return read(rows)
  })
  for (const rows of all) rows.flush()
}

export async function readRf2(
  { file, kind }: Rf2File,
  load: Pick<Load, 'problems' | 'progress'>,
  read: Rf2Row,
): Promise<void> {
  const name = baseName(file)
  const expected = headerOf(kind)
  let names: readonly string[] | undefined
  let unread = false
  const whole = await readTabLines(file, load, line => {
    if (unread) return
    if (names === undefined) {
      names = line.texts().map(field => field.replace(/^\u{FEFF}/u, ''))
      unread = !expected.every((column, at) => names?.[at]?.toLowerCase() === column.toLowerCase())
      if (unread)
        load.problems.add(name, 1, `expected the columns ${expected.join(', ')}; found ${shown(names.join(', '))}`)
      return
    }
    if (line.count === names.length) {
      if (isSound(line)) read(line, names)
      else load.problems.add(name, line.number, fault(line))
    } else if (line.count > 1 || line.from(0) < line.to(0)) {
      load.problems.add(name, line.number, expectedColumns(names.length, '\t', line.count))
    }
  })
  if (whole && names === undefined) load.problems.add(name, undefined, noHeader)
}

export function isActive(line: TabLine): boolean {
  return line.is(2, '1')
}

/** What every row begins with. */
function isSound(line: TabLine): boolean {
  return (line.is(2, '1') || line.is(2, '0')) && isDay(line) && isId(line)
}

function isDay(line: TabLine): boolean {
  return line.to(1) - line.from(1) === 8 && isDigits(line, 1)
}

/** Of 6 to 18 digits, or a UUID. */
function isId(line: TabLine): boolean {
  const length = line.to(0) - line.from(0)
  return length === 36 || (length > 5 && length < 19 && isDigits(line, 0))
}

function isDigits(line: TabLine, column: number): boolean {
  const { bytes } = line
  for (let at = line.from(column), to = line.to(column); at < to; at++) {
    const digit = (bytes[at] ?? 0) - 0x30
    if (digit < 0 || digit > 9) return false
  }
  return true
}

function fault(line: TabLine): string {
  const [id, time, active] = [line.text(0), line.text(1), line.text(2)]
  if (!(line.is(2, '1') || line.is(2, '0'))) return `active is ${shown(active)}; expected 1 or 0`
  if (!isDay(line)) return `effectiveTime is ${shown(time)}; expected a day such as 20260131`
  return `id is ${shown(id)}; expected 6 to 18 digits, or a UUID`
}

/** By the partition in its id: `00` and `10` are concepts, others descriptions and relationships. */
export function isConceptId(line: TabLine, column: number): boolean {
  const [from, to] = [line.from(column), line.to(column)]
  return to - from > 5 && line.bytes[to - 2] === 0x30 && isDigits(line, column)
}
