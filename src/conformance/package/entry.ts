/** A file of a package, and which ones are taken: nothing of an archive is believed before it was looked at. */
import { fail } from '../../fhir/issue.ts'

export type Entry = {
  /** `package/StructureDefinition-vital.json`: no way out of the package, each one once. */
  readonly path: string
  readonly bytes: Uint8Array
}

/** The files of one package from the first to the last; may be asked for again. */
export type Archive = () => AsyncIterable<Entry>

export type ArchiveLimits = {
  /** Bytes unpacked, all files together and what is around them. */
  readonly total: number
  /** Bytes of one file. */
  readonly file: number
  readonly files: number
  /** Unpacked bytes per packed one, judged beyond `free` bytes. JSON rarely packs beyond 50; zeros reach 1,000. */
  readonly ratio: number
  readonly free: number
}

const megabyte = 1024 * 1024

/** The largest packages that are published (terminology) have 100 MB in 10,000 files. */
export const archiveLimits: ArchiveLimits = {
  total: 256 * megabyte,
  file: 32 * megabyte,
  files: 50_000,
  ratio: 200,
  free: 16 * megabyte,
}

/** Judges the names and sizes of a package's files one after the other. */
export function openGate(limits: ArchiveLimits): {
  /** The path as it will be known. Throws. */
  admit(name: string, size: number): string
} {
  const seen = new Set<string>()
  let total = 0
  return {
    admit(name, size) {
      const path = safePath(name)
      if (seen.has(path)) throw fail('structure', `the package holds '${path}' twice`)
      seen.add(path)
      if (seen.size > limits.files) throw tooLarge(`more than ${limits.files} files`)
      if (size > limits.file) throw tooLarge(`'${path}' with ${size} bytes: expected at most ${limits.file}`)
      total += size
      if (total > limits.total) throw tooLarge(`more than ${limits.total} bytes`)
      return path
    },
  }
}

export function tooLarge(what: string): Error {
  return fail('too-long', `the package is too large: it holds ${what}`)
}

/** Refused are ways out (`..`, absolute), and whatever two systems might read differently. */
function safePath(name: string): string {
  const path = name.replace(/^\.\//, '').replace(/\/$/, '')
  const strange = fault(path)
  if (strange !== undefined)
    throw fail('structure', `the package holds a file named ${JSON.stringify(name)}, ${strange}`)
  return path
}

function fault(path: string): string | undefined {
  if (path === '') return 'which is empty'
  if (path.length > 1_000) return 'which is longer than 1000 characters'
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'which is an absolute path'
  if (path.includes('\\')) return 'which has a backslash'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'which has control characters'
  const segments = path.split('/')
  if (segments.includes('..')) return "which leads out of the package by '..'"
  if (segments.some(segment => segment === '' || segment === '.')) return 'which has empty segments'
  return undefined
}
