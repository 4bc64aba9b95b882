/**
 * What a file of the library is. The manifest beside it is what makes it part of the library, and is written last; neither it nor
 * its file ever changes.
 */
import { readFileSync, statSync } from 'node:fs'
import type { CodeSystemFacts } from '../code-system.ts'

export type Manifest = {
  readonly system: string
  /** '' where a system tells none. */
  readonly version: string
  readonly edition?: string
  readonly content: CodeSystemFacts['content']
  /** The SQLite file, in the same folder. */
  readonly file: string
  readonly bytes: number
  /** sha256, in hexadecimal. */
  readonly digest: string
  /** ISO 8601 */
  readonly created: string
  readonly source?: string
}

export const suffix = { manifest: '.manifest.json', data: '.sqlite' } as const

/** `undefined`: not yet, or no longer, all there, as while somebody copies files into the folder. */
export function readManifest(folder: string, name: string): Manifest | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(`${folder}/${name}`, 'utf8'))
    if (!isManifest(manifest)) return undefined
    return statSync(`${folder}/${manifest.file}`).size === manifest.bytes ? manifest : undefined
  } catch (error) {
    if (error instanceof SyntaxError || isMissing(error)) return undefined
    throw error
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

const texts = ['system', 'version', 'content', 'file', 'digest', 'created'] as const

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== 'object' || value === null) return false
  const fields = value as Readonly<Record<string, unknown>>
  if (typeof fields['bytes'] !== 'number' || texts.some(name => typeof fields[name] !== 'string')) return false
  return /^[\w.-]+$/.test(String(fields['file'])) // a name, never a way out of the folder
}
