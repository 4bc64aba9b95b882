/**
 * Archives, read where they lie. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 *
 * An archive is somebody's: names that lead elsewhere, contents larger than they say, and what is encrypted are refused.
 */
import { isUtf8 } from 'node:buffer'
import { pipeline, Readable } from 'node:stream'
import { crc32, createInflateRaw } from 'node:zlib'
import type { SourceFile } from './source.ts'

/** Reading anywhere in a file. */
export type Bytes = { readonly size: number; readonly read: (position: number, length: number) => Promise<Buffer> }

export class BadArchive extends Error {
  override readonly name = 'BadArchive'
  /** What it is called, where that is known. */
  readonly file: string

  constructor(message: string, options?: ErrorOptions & { readonly file?: string | undefined }) {
    super(message, options)
    this.file = options?.file ?? 'archive'
  }
}

/** The largest release, SNOMED CT with all its views, has 400 files and 8 GB. Deflate does not pack beyond 1032 to 1. */
const limits = { entries: 20_000, bytes: 40e9, ratio: 1_040, directory: 50_000_000 }

type Entry = {
  readonly path: string
  readonly method: number
  readonly crc: number
  readonly packed: number
  readonly bytes: number
  readonly at: number
}

export async function readArchive(bytes: Bytes): Promise<readonly SourceFile[]> {
  const { at, length, count } = await findDirectory(bytes)
  if (count > limits.entries) throw new BadArchive(`the archive has ${count} files; expected at most ${limits.entries}`)
  if (length > limits.directory || at + length > bytes.size)
    throw new BadArchive('the archive is cut off, or its directory is damaged')
  const entries = entriesOf(await bytes.read(at, length), count)
  const total = entries.reduce((sum, entry) => sum + entry.bytes, 0)
  if (total > limits.bytes)
    throw new BadArchive(`the archive unpacks to ${total} bytes; expected at most ${limits.bytes}`)
  const files = entries.filter(({ path }) => !path.endsWith('/'))
  if (new Set(files.map(({ path }) => path)).size < files.length) throw new BadArchive('a name is twice in the archive')
  return files.map(entry => ({ path: entry.path, bytes: entry.bytes, open: () => unpacked(bytes, entry) }))
}

const signature = { end: 0x06054b50, end64: 0x06064b50, locator64: 0x07064b50, entry: 0x02014b50, local: 0x04034b50 }
const endSize = 22
const locatorSize = 20
const unknown32 = 0xffffffff

/** At the end of the file, before a comment of up to 64 KB. */
async function findDirectory(bytes: Bytes): Promise<{ at: number; length: number; count: number }> {
  const size = Math.min(bytes.size, endSize + 0xffff + locatorSize)
  const tail = await bytes.read(bytes.size - size, size)
  let end = tail.length - endSize
  while (end >= 0 && tail.readUInt32LE(end) !== signature.end) end--
  if (end < 0) throw new BadArchive('this is no ZIP archive, or its end is missing')
  const found = {
    count: tail.readUInt16LE(end + 10),
    length: tail.readUInt32LE(end + 12),
    at: tail.readUInt32LE(end + 16),
  }
  const locator = end - locatorSize
  if (locator < 0 || tail.readUInt32LE(locator) !== signature.locator64) return found
  const at64 = Number(tail.readBigUInt64LE(locator + 8))
  const end64 = at64 < bytes.size ? await bytes.read(at64, 56) : tail.subarray(0, 0)
  if (end64.length < 56 || end64.readUInt32LE(0) !== signature.end64)
    throw new BadArchive('the directory of the archive is damaged')
  return {
    count: Number(end64.readBigUInt64LE(32)),
    length: Number(end64.readBigUInt64LE(40)),
    at: Number(end64.readBigUInt64LE(48)),
  }
}

function entriesOf(directory: Buffer, count: number): readonly Entry[] {
  const entries: Entry[] = []
  let at = 0
  while (entries.length < count) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== signature.entry) {
      throw new BadArchive('the directory of the archive is damaged')
    }
    const nameLength = directory.readUInt16LE(at + 28)
    const extraLength = directory.readUInt16LE(at + 30)
    const next = at + 46 + nameLength + extraLength + directory.readUInt16LE(at + 32)
    if (next > directory.length) throw new BadArchive('the directory of the archive is damaged')
    const path = nameIn(directory.subarray(at + 46, at + 46 + nameLength))
    entries.push(sound(entryOf(directory, at, path, extraLength), directory.readUInt16LE(at + 8)))
    at = next
  }
  return entries
}

/** Some write the separators of Windows, and letters of whatever code page: what is no UTF-8 is at least told apart. */
function nameIn(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1').replaceAll('\\', '/')
}

function entryOf(directory: Buffer, at: number, path: string, extraLength: number): Entry {
  const start = at + 46 + directory.readUInt16LE(at + 28)
  const wide = wideNumbers(directory.subarray(start, start + extraLength))
  // In this order, those that do not fit are in the extra field.
  const [bytes = 0, packed = 0, offset = 0] = [24, 20, 42].map(place => {
    const number = directory.readUInt32LE(at + place)
    return number === unknown32 ? (wide.shift() ?? number) : number
  })
  return {
    path,
    method: directory.readUInt16LE(at + 10),
    crc: directory.readUInt32LE(at + 16),
    packed,
    bytes,
    at: offset,
  }
}

function wideNumbers(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue
    const end = Math.min(at + 4 + extra.readUInt16LE(at + 2), extra.length)
    const numbers: number[] = []
    for (let place = at + 4; place + 8 <= end; place += 8) numbers.push(Number(extra.readBigUInt64LE(place)))
    return numbers
  }
  return []
}

const encrypted = 1

function sound(entry: Entry, flags: number): Entry {
  const { path, method, bytes, packed } = entry
  const refuse = (why: string): BadArchive => new BadArchive(`the archive's file '${path.slice(0, 100)}' ${why}`)
  if (isTrick(path)) throw refuse('has a name that leads out of the archive')
  if ((flags & encrypted) !== 0) throw refuse('is encrypted')
  if (method !== 0 && method !== 8) {
    throw refuse(`is packed by method ${method}; expected 0 (stored) or 8 (deflated): unpack it, and load the folder`)
  }
  if (bytes > packed * limits.ratio + 1_000) throw refuse(`claims to unpack to ${bytes} bytes from ${packed}`)
  return entry
}

function isTrick(path: string): boolean {
  if (path === '' || path.startsWith('/') || /^[A-Za-z]:|\0/.test(path)) return true
  return path.split('/').some(part => part === '..' || part === '.')
}

/** At most as many bytes as the directory says, and with its checksum. */
async function* unpacked(bytes: Bytes, entry: Entry): AsyncGenerator<Uint8Array> {
  const damaged = (): BadArchive => new BadArchive(`the archive's file '${entry.path}' is damaged`)
  let count = 0
  let crc = 0
  const content = entry.method === 0 ? stored(bytes, entry) : inflated(bytes, entry)
  try {
    for await (const chunk of content) {
      count += chunk.length
      if (count > entry.bytes) throw damaged()
      crc = crc32(chunk, crc)
      yield chunk
    }
  } catch (error) {
    throw error instanceof BadArchive ? error : new BadArchive(damaged().message, { cause: error })
  }
  if (count !== entry.bytes || crc !== entry.crc) throw damaged()
}

async function* inflated(bytes: Bytes, entry: Entry): AsyncGenerator<Buffer> {
  const inflate = createInflateRaw({ chunkSize: 256 * 1024 })
  // What fails is told to whoever reads.
  pipeline(Readable.from(stored(bytes, entry)), inflate, () => {})
  for await (const chunk of inflate) yield chunk
}

async function* stored(bytes: Bytes, { at, packed, path }: Entry): AsyncGenerator<Buffer> {
  const header = await bytes.read(at, 30)
  if (header.length < 30 || header.readUInt32LE(0) !== signature.local) {
    throw new BadArchive(`the archive's file '${path}' is not where its directory says`)
  }
  const start = at + 30 + header.readUInt16LE(26) + header.readUInt16LE(28)
  for (let read = 0; read < packed; ) {
    const chunk = await bytes.read(start + read, Math.min(256 * 1024, packed - read))
    if (chunk.length === 0) throw new BadArchive(`the archive ends within '${path}'`)
    read += chunk.length
    yield chunk
  }
}
