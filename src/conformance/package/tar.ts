/** Files out of a tar archive: ustar, pax, and the long names of GNU. https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13 */
import { fail } from '../../fhir/issue.ts'
import { type ArchiveLimits, type Entry, openGate } from './entry.ts'
import { openTaker, type Take } from './take.ts'

const block = 512
const extension = 64 * 1024 // bytes of a pax header or a long name; real ones have hundreds

/** Regular files only. What is anything else than a file or a folder is refused, not passed over: nobody packs it by accident. */
export async function* readTar(chunks: AsyncIterable<Uint8Array>, limits: ArchiveLimits): AsyncGenerator<Entry> {
  const taker = openTaker(chunks)
  const gate = openGate(limits)
  try {
    for (let told: Told = {}; ; ) {
      const header = await headerOf(taker.take)
      if (header === undefined) return
      if (extensions.includes(header.kind)) {
        told = { ...told, ...(await extended(header, taker.take)) }
        continue
      }
      const size = told.size ?? header.size
      const path = gate.admit(told.path ?? header.path, size)
      told = {}
      if (header.kind === 'folder') continue
      if (header.kind !== 'file')
        throw fail('structure', `the package holds ${header.kind} '${path}': expected plain files`)
      yield { path, bytes: await content(taker.take, size, path) }
    }
  } finally {
    await taker.close()
  }
}

type Header = { readonly path: string; readonly size: number; readonly kind: string }

/** What an extension tells about the entry behind it. */
type Told = { readonly path?: string; readonly size?: number }

/** https://www.gnu.org/software/tar/manual/html_node/Standard.html: `typeflag`, and in words what is refused. */
const kinds: Readonly<Record<string, string>> = {
  '\0': 'file',
  '0': 'file',
  '1': 'the hard link',
  '2': 'the symbolic link',
  '3': 'the device',
  '4': 'the device',
  '5': 'folder',
  '6': 'the pipe',
  '7': 'file',
  x: 'pax',
  g: 'pax-global',
  L: 'long-name',
}

const extensions: readonly string[] = ['pax', 'pax-global', 'long-name']

/** `undefined`: a block of zeros, which ends the archive. */
async function headerOf(take: Take): Promise<Header | undefined> {
  const bytes = await take(block)
  if (bytes === undefined) throw cut()
  if (bytes.every(byte => byte === 0)) return undefined
  if (octal(bytes, 148, 8) !== checksum(bytes)) throw broken('the checksum of a header is wrong')
  const posix = text(bytes, 257, 6) === 'ustar' && bytes[263] === 0x30
  const prefix = posix ? text(bytes, 345, 155) : ''
  const name = text(bytes, 0, 100)
  const flag = String.fromCharCode(bytes[156] ?? 0)
  return {
    path: prefix === '' ? name : `${prefix}/${name}`,
    size: octal(bytes, 124, 12),
    kind: kinds[flag] ?? 'an entry of unknown kind',
  }
}

/** Each byte of the header, its own field taken for spaces. */
function checksum(bytes: Uint8Array): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at++) sum += at >= 148 && at < 156 ? 0x20 : (bytes[at] ?? 0)
  return sum
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Up to the first NUL. */
function text(bytes: Uint8Array, at: number, length: number): string {
  const field = bytes.subarray(at, at + length)
  const end = field.indexOf(0)
  return decode(end < 0 ? field : field.subarray(0, end))
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw fail('structure', 'the package holds a file whose name is not UTF-8', undefined, { cause })
  }
}

/** Sizes beyond 8 GB are written in binary; none of these is taken. */
function octal(bytes: Uint8Array, at: number, length: number): number {
  if (((bytes[at] ?? 0) & 0x80) !== 0) throw broken('a size is larger than 8 GB')
  const [digits = ''] = String.fromCharCode(...bytes.subarray(at, at + length))
    .trim()
    .split('\0', 1)
  if (!/^[0-7]* *$/.test(digits)) throw broken('a number of a header is not octal')
  return digits.trim() === '' ? 0 : Number.parseInt(digits, 8)
}

async function content(take: Take, size: number, path: string): Promise<Uint8Array> {
  const bytes = await take(size)
  const filler = (block - (size % block)) % block
  if (bytes === undefined || (await take(filler)) === undefined) throw cut(path)
  return bytes
}

async function extended({ kind, size }: Header, take: Take): Promise<Told> {
  if (size > extension) throw broken(`a header extension has ${size} bytes`)
  const bytes = await content(take, size, 'a header extension')
  if (kind === 'long-name') return { path: text(bytes, 0, bytes.length) }
  const records = paxRecords(bytes)
  if (kind === 'pax-global') return {} // a commit's id, mostly; a path or size for all files makes no sense
  if ([...records.keys()].some(key => key.startsWith('GNU.sparse'))) throw broken('a file has holes')
  const path = records.get('path')
  const length = records.get('size')
  if (length !== undefined && !/^\d{1,15}$/.test(length)) throw broken(`a size is '${length}'`)
  return { ...(path === undefined ? {} : { path }), ...(length === undefined ? {} : { size: Number(length) }) }
}

/** `27 path=package/name.json\n`, the number being the length of all of it. */
function paxRecords(bytes: Uint8Array): ReadonlyMap<string, string> {
  const records = new Map<string, string>()
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at)
    const length = Number(decode(bytes.subarray(at, Math.max(at, space))))
    const record = decode(bytes.subarray(space + 1, at + length))
    const equals = record.indexOf('=')
    const sound = space > at && Number.isInteger(length) && length > space - at && equals > 0 && record.endsWith('\n')
    if (!sound) throw broken('a pax header is malformed')
    records.set(record.slice(0, equals), record.slice(equals + 1, -1))
    at += length
  }
  return records
}

function broken(why: string): Error {
  return fail('structure', `the package is not a tar archive that can be read: ${why}`)
}

function cut(path?: string): Error {
  return fail('structure', `the package ends in the middle${path === undefined ? '' : ` of '${path}'`}: it was cut off`)
}
