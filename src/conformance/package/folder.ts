/** A package that lies unpacked in a folder, under the rules of an archive. */
import { constants } from 'node:fs'
import { lstat, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fail } from '../../fhir/issue.ts'
import { type ArchiveLimits, archiveLimits, type Entry, openGate } from './entry.ts'

/** `folder/package/…` as in an archive, or else the files as they lie in `folder`. */
export async function* readFolder(folder: string, limits: ArchiveLimits = archiveLimits): AsyncGenerator<Entry> {
  const inside = join(folder, 'package')
  const packed = await lstat(inside).catch(() => undefined) // a link is met below, and refused
  const hasManifest = packed?.isDirectory() && (await lstat(join(inside, 'package.json')).catch(() => undefined))
  const gate = openGate(limits)
  for await (const { name, path } of walk(hasManifest ? inside : folder, 'package')) {
    const bytes = await read(path, size => gate.admit(name, size))
    yield { path: name, bytes }
  }
}

type Found = { readonly name: string; readonly path: string }

/** Beside packages lie version control, editors' files and node_modules. */
const strangers = /^(\..*|node_modules)$/

async function* walk(folder: string, name: string): AsyncGenerator<Found> {
  const entries = await readdir(folder, { withFileTypes: true })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (strangers.test(entry.name)) continue
    const found = { name: `${name}/${entry.name}`, path: join(folder, entry.name) }
    if (entry.isDirectory()) yield* walk(found.path, found.name)
    else if (entry.isFile()) yield found
    else throw notPlain(found.name)
  }
}

function notPlain(name: string, cause?: unknown): Error {
  return fail('structure', `'${name}' is a link or a device: expected plain files`, undefined, { cause })
}

/** What was a file a moment ago may be a link now: it is not followed. */
async function read(path: string, admit: (size: number) => string): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(cause => {
    throw cause.code === 'ELOOP' ? notPlain(path, cause) : cause
  })
  try {
    const { size } = await file.stat()
    admit(size)
    const bytes = await file.readFile()
    return bytes.subarray(0, size) // somebody may be writing to it
  } finally {
    await file.close()
  }
}
