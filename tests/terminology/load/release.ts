/** Files that a test writes, and what is read from them. */
import { crc32, deflateRawSync } from 'node:zlib'
import type { Sink } from '../../../src/terminology/library/row.ts'
import type { Release, Wanted } from '../../../src/terminology/load/format.ts'
import { load, recognize } from '../../../src/terminology/load/load.ts'
import { printed } from '../../../src/terminology/load/problems.ts'
import type { SourceFile } from '../../../src/terminology/load/source.ts'

/** In chunks as small as wanted, so that every boundary is met. */
export function fileOf(path: string, content: string | Uint8Array, chunk = 7): SourceFile {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  return {
    path,
    bytes: bytes.length,
    open: async function* () {
      for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk)
    },
  }
}

export function filesOf(texts: Readonly<Record<string, string>>): readonly SourceFile[] {
  return Object.entries(texts).map(([path, text]) => fileOf(path, text))
}

type Recorded = Record<keyof Sink, unknown[]>

/** Rows without their lines, unless `lines`. */
export function recorder(lines = false): { readonly sink: Sink; readonly rows: Recorded } {
  const rows: Recorded = { concepts: [], designations: [], properties: [], edges: [], relations: [], members: [] }
  const take = (kind: keyof Sink) => (given: Iterable<{ readonly line?: number }>, file?: string) => {
    for (const { line, ...row } of given) rows[kind].push(lines ? { ...row, at: `${file}:${line}` } : row)
  }
  return {
    rows,
    sink: {
      concepts: take('concepts'),
      designations: take('designations'),
      properties: take('properties'),
      edges: take('edges'),
      relations: take('relations'),
      members: take('members'),
    },
  }
}

export type Loaded = {
  readonly release: Release
  readonly rows: Recorded
  readonly problems: readonly string[]
  readonly progress: number
}

export async function loaded(files: readonly SourceFile[], wanted: Wanted = {}, lines = false): Promise<Loaded> {
  const release = await recognize(files, wanted)
  if (release === undefined) throw new Error('not recognized')
  const { sink, rows } = recorder(lines)
  let progress = 0
  const problems = await load(release, sink, bytes => {
    progress += bytes
  })
  return { release, rows, problems: problems.map(printed), progress }
}

export type Packed = {
  readonly path: string
  readonly content: string
  readonly stored?: boolean
  /** What the archive says in place of the truth. */
  readonly lie?: Partial<{ flags: number; method: number; crc: number; bytes: number; at: number }>
}

/** A ZIP archive. */
export function zipOf(entries: readonly Packed[], comment = ''): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const { path, content, stored = false, lie = {} } of entries) {
    const raw = Buffer.from(content)
    const packed = stored ? raw : deflateRawSync(raw)
    const name = Buffer.from(path)
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt16LE(name.length, 26)
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50, 0)
    entry.writeUInt16LE(lie.flags ?? 0, 8)
    entry.writeUInt16LE(lie.method ?? (stored ? 0 : 8), 10)
    entry.writeUInt32LE(lie.crc ?? crc32(raw), 16)
    entry.writeUInt32LE(packed.length, 20)
    entry.writeUInt32LE(lie.bytes ?? raw.length, 24)
    entry.writeUInt16LE(name.length, 28)
    entry.writeUInt32LE(lie.at ?? at, 42)
    directory.push(entry, name)
    parts.push(local, name, packed)
    at += local.length + name.length + packed.length
  }
  const list = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(list.length, 12)
  end.writeUInt32LE(at, 16)
  end.writeUInt16LE(comment.length, 20)
  return Buffer.concat([...parts, list, end, Buffer.from(comment)])
}
