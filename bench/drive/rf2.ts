/**
 * A release of SNOMED CT as its distributor packs it, made from numbers: https://docs.snomed.org/snomed-ct-specifications/snomed-ct-release-file-specification
 * Each kind of file in one archive, with two dialects in the language reference set, as in the international edition.
 */
import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { crc32, createDeflateRaw } from 'node:zlib'
import type { Synthetic } from '../../tests/terminology/library/synthetic.ts'

const core = '900000000000207008'
const day = '20260101'
const [fsn, synonym] = ['900000000000003001', '900000000000013009']
const [preferred, acceptable] = ['900000000000548007', '900000000000549004']
const dialects = ['900000000000509007', '900000000000508004'] // en-US, en-GB
const start = ['id', 'effectiveTime', 'active', 'moduleId']
const relationship = ['sourceId', 'destinationId', 'relationshipGroup', 'typeId', 'characteristicTypeId', 'modifierId']
const [inferred, modifier, isA] = ['900000000000011006', '900000000000451002', '116680003']

/** Resolves to the bytes that the files have, unpacked. */
export async function writeRf2(release: Synthetic, path: string): Promise<number> {
  const out = createWriteStream(path)
  const archive = { out, at: 0, directory: [] as Buffer[] }
  let bytes = 0
  for (const [name, columns, rows] of filesOf(release)) bytes += await pack(archive, name, columns, rows)
  const list = Buffer.concat(archive.directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(archive.directory.length / 2, 10)
  end.writeUInt32LE(list.length, 12)
  end.writeUInt32LE(archive.at, 16)
  out.end(Buffer.concat([list, end]))
  await once(out, 'close')
  return bytes
}

type Row = readonly (string | number)[]
type Table = readonly [name: string, columns: readonly string[], rows: Iterable<Row>]

function filesOf(release: Synthetic): readonly Table[] {
  const name = (kind: string): string => `SnomedCT/Snapshot/Terminology/sct2_${kind}_Snapshot_INT_${day}.txt`
  const refset = (kind: string): string => `SnomedCT/Snapshot/Refset/der2_${kind}Snapshot_INT_${day}.txt`
  const member = [...start, 'refsetId', 'referencedComponentId']
  const [{ code: root = '' } = {}] = release.concepts()
  const description = ['conceptId', 'languageCode', 'typeId', 'term', 'caseSignificanceId']
  return [
    [name('Concept'), [...start, 'definitionStatusId'], concepts(release)],
    [name('Description'), [...start, ...description], descriptions(release)],
    [name('Relationship'), [...start, ...relationship], relationships(release, false)],
    [
      name('RelationshipConcreteValues'),
      [...start, ...relationship.map(each => (each === 'destinationId' ? 'value' : each))],
      relationships(release, true),
    ],
    [refset('cRefset_Language'), [...member, 'acceptabilityId'], languages(release)],
    [refset('Refset_Simple'), member, members(release, false)],
    [refset('sRefset_ExtendedMap'), [...member, 'mapPriority', 'mapTarget'], members(release, true)],
    [
      refset('ssRefset_ModuleDependency'),
      [...member, 'sourceEffectiveTime', 'targetEffectiveTime'],
      [[uuid(0), day, 1, core, root, root, day, day]],
    ],
  ]
}

function* concepts(release: Synthetic): Generator<Row> {
  for (const { code, inactive } of release.concepts()) yield [code, day, inactive ? 0 : 1, core, '900000000000074008']
}

/** The display is a synonym, too. */
function* terms(release: Synthetic) {
  let n = 0
  for (const { code, display = '' } of release.concepts()) {
    yield { id: `${1_000_000 + n++}013`, code, language: 'en', type: synonym, term: display, first: true }
  }
  for (const { code, language = 'en', use, value } of release.designations()) {
    yield { id: `${1_000_000 + n++}013`, code, language, type: use?.code ?? fsn, term: value, first: use?.code === fsn }
  }
}

function* descriptions(release: Synthetic): Generator<Row> {
  for (const { id, code, language, type, term } of terms(release)) {
    yield [id, day, 1, core, code, language, type, term, '900000000000448009']
  }
}

function* languages(release: Synthetic): Generator<Row> {
  let n = 0
  for (const { id, first } of terms(release)) {
    for (const dialect of dialects) yield [uuid(n++), day, 1, core, dialect, id, first ? preferred : acceptable]
  }
}

function* relationships(release: Synthetic, concrete: boolean): Generator<Row> {
  let n = 0
  if (!concrete) {
    for (const { child, parent } of release.edges()) {
      yield [`${1_000_000 + n++}021`, day, 1, core, child, parent, 0, isA, inferred, modifier]
    }
  }
  for (const { source, group, type, value } of release.relations()) {
    if ((typeof value === 'string') !== concrete) continue
    const target = typeof value === 'string' ? value : value.code
    yield [`${1_000_000 + n++}021`, day, 1, core, source, target, group, type, inferred, modifier]
  }
}

function* members(release: Synthetic, mapped: boolean): Generator<Row> {
  let n = 0
  for (const { refset, member, fields } of release.members()) {
    if ((fields !== undefined) !== mapped) continue
    const more = fields === undefined ? [] : [fields['mapPriority'] ?? '', fields['mapTarget'] ?? '']
    yield [uuid(n++), day, 1, core, refset, member, ...more]
  }
}

function uuid(n: number): string {
  const hex = (Math.imul(n, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')
  return `${hex}-0000-5000-8000-${n.toString(16).padStart(12, '0')}`
}

type Archive = { readonly out: WriteStream; at: number; readonly directory: Buffer[] }

/** https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sizes and checksum behind the content. */
async function pack(archive: Archive, path: string, columns: readonly string[], rows: Iterable<Row>): Promise<number> {
  const { out, directory } = archive
  const name = Buffer.from(path)
  const local = Buffer.alloc(30)
  local.writeUInt32LE(0x04034b50, 0)
  local.writeUInt16LE(name.length, 26)
  const [before, deflate] = [archive.at, createDeflateRaw({ level: 6 })]
  out.write(Buffer.concat([local, name]))
  let [packed, bytes, crc] = [0, 0, 0]
  deflate.on('data', (chunk: Buffer) => {
    packed += chunk.length
    out.write(chunk)
  })
  const write = async (lines: readonly string[]): Promise<void> => {
    const text = Buffer.from(`${lines.join('\r\n')}\r\n`)
    bytes += text.length
    crc = crc32(text, crc)
    if (!deflate.write(text)) await once(deflate, 'drain')
  }
  let lines = [columns.join('\t')]
  for (const row of rows) {
    if (lines.push(row.join('\t')) < 10_000) continue
    await write(lines)
    lines = []
  }
  if (lines.length > 0) await write(lines)
  deflate.end()
  await once(deflate, 'end')
  const entry = Buffer.alloc(46)
  entry.writeUInt32LE(0x02014b50, 0)
  entry.writeUInt16LE(8, 10)
  entry.writeUInt32LE(crc, 16)
  entry.writeUInt32LE(packed, 20)
  entry.writeUInt32LE(bytes, 24)
  entry.writeUInt16LE(name.length, 28)
  entry.writeUInt32LE(before, 42)
  directory.push(entry, name)
  archive.at += local.length + name.length + packed
  return bytes
}
