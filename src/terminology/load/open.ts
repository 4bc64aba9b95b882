/** The files of a release on disk: a folder of them, a ZIP archive, or one file. */
import { createReadStream } from 'node:fs'
import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { basename, join, relative, resolve, sep } from 'node:path'
import type { SourceFile } from './source.ts'
import { BadArchive, readArchive } from './zip.ts'

export type Opened = { readonly files: readonly SourceFile[]; readonly close: () => Promise<void> }

/**
 * Links are not followed: a release has none. `name`: of a file, where it lies under another one. The name of a folder or archive
 * is part of the paths in it: often it alone tells the version.
 */
export async function openRelease(path: string, name: string = basename(resolve(path))): Promise<Opened> {
  const { files, close } = await opened(path, name)
  return { files: files.filter(isReleased).map(file => ({ ...file, from: { path, name } })), close }
}

/** What file managers leave beside the files, under names that look like theirs: `__MACOSX/._Loinc.csv`. */
function isReleased({ path }: SourceFile): boolean {
  return !/(?:^|\/)(?:\.[^/]*|__MACOSX\/.*)$/.test(path)
}

async function opened(path: string, name: string): Promise<Opened> {
  const found = await stat(path)
  if (found.isDirectory()) return { files: under(name, await inFolder(path)), close: async () => {} }
  const handle = await open(path)
  if (!(await isArchive(handle))) {
    await handle.close()
    return { files: [onDisk(path, name, found.size)], close: async () => {} }
  }
  try {
    const read = async (position: number, length: number): Promise<Buffer> => {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(length), 0, length, position)
      return buffer.subarray(0, bytesRead)
    }
    const files = await readArchive({ size: found.size, read })
    const told = files.map(file => ({ ...file, open: () => blaming(name, file.open()) }))
    return { files: under(name, told), close: () => handle.close() }
  } catch (error) {
    await handle.close()
    throw inArchive(name, error)
  }
}

/** Of several archives, whoever mends one wants to know which. */
async function* blaming(name: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks
  } catch (error) {
    throw inArchive(name, error)
  }
}

function inArchive(name: string, error: unknown): unknown {
  return error instanceof BadArchive ? new BadArchive(error.message, { cause: error, file: name }) : error
}

function under(name: string, files: readonly SourceFile[]): readonly SourceFile[] {
  return files.map(file => ({ ...file, path: `${name}/${file.path}` }))
}

async function isArchive(handle: FileHandle): Promise<boolean> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0)
  return bytesRead === 4 && (buffer.toString('latin1') === 'PK\x03\x04' || buffer.toString('latin1') === 'PK\x05\x06')
}

async function inFolder(root: string): Promise<readonly SourceFile[]> {
  const files: SourceFile[] = []
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    files.push(onDisk(path, relative(root, path).split(sep).join('/'), (await stat(path)).size))
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1))
}

function onDisk(path: string, name: string, bytes: number): SourceFile {
  return { path: name, bytes, open: () => createReadStream(path, { highWaterMark: 256 * 1024 }) }
}
