/**
 * Files come into the library whole or not at all: made under a name that nobody reads, synced, renamed, and then the manifest
 * likewise. Who is killed in between leaves files that never count, which a later build clears away.
 */
import { createHash } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { CodeSystemFacts } from '../code-system.ts'
import { isMissing, type Manifest, readManifest, suffix } from './manifest.ts'

export type Needs = {
  readonly clock: () => number
  readonly random: (bytes: number) => Buffer
}

export type Release = {
  readonly facts: CodeSystemFacts
  /** What all versions of one edition share, such as `http://snomed.info/sct/900000000000207008`. */
  readonly edition?: string
  /** Where it came from, for people: names of files. */
  readonly source?: string
  /** Whose alone it is; else everybody's. */
  readonly tenant?: string
}

/** Where the files of everybody lie, or those of one tenant. */
export function shelfOf(folder: string, tenant?: string): string {
  if (tenant === undefined) return folder
  // Percent-encoding leaves dots alone, which mean other folders.
  return join(folder, 'tenants', encodeURIComponent(tenant).replaceAll('.', '%2E'))
}

/** Takes away what is one tenant's alone. */
export function clearShelf(folder: string, tenant: string): void {
  rmSync(shelfOf(folder, tenant), { recursive: true, force: true })
}

const partial = '.partial'

/** `write`: makes the file at a path. */
export function place(
  folder: string,
  { facts, edition, source, tenant }: Release,
  { clock, random }: Needs,
  write: (path: string) => void,
): Manifest {
  const shelf = shelfOf(folder, tenant)
  mkdirSync(shelf, { recursive: true })
  clear(shelf, clock())
  const name = `${nameOf(facts)}-${random(6).toString('hex')}`
  const path = join(shelf, name + suffix.data)
  const unfinished = path + partial
  try {
    write(unfinished)
    const { bytes, digest } = sealed(unfinished)
    renameSync(unfinished, path)
    const manifest: Manifest = {
      system: facts.url,
      version: facts.version ?? '',
      ...(edition !== undefined && { edition }),
      content: facts.content,
      file: name + suffix.data,
      bytes,
      digest,
      created: new Date(clock()).toISOString(),
      ...(source !== undefined && { source }),
    }
    replace(join(shelf, name + suffix.manifest), JSON.stringify(manifest, undefined, 2))
    supersede(shelf, manifest)
    return manifest
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  }
}

/** Readers see the old content or the new one, also after a power failure; of writers at the same time, that of one of them. */
export function replace(path: string, content: string): void {
  const own = mkdtempSync(`${path}${partial}-`)
  try {
    const unfinished = join(own, 'content')
    writeFileSync(unfinished, content)
    sync(unfinished)
    renameSync(unfinished, path)
    sync(join(path, '..'))
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}

/** The manifest first: without it the file is no longer looked at. Who has it open keeps on reading it. */
export function discard(shelf: string, { file }: Pick<Manifest, 'file'>): void {
  rmSync(join(shelf, file.slice(0, -suffix.data.length) + suffix.manifest), { force: true })
  rmSync(join(shelf, file), { force: true })
}

/** Earlier loads of the same version. */
function supersede(shelf: string, manifest: Manifest): void {
  for (const name of readdirSync(shelf).filter(name => name.endsWith(suffix.manifest))) {
    const other = readManifest(shelf, name)
    if (other?.system !== manifest.system || other.version !== manifest.version) continue
    if (isLater(manifest, other)) discard(shelf, other)
  }
}

/** Of two loads; of the same instant, one of them, and everywhere the same. */
export function isLater(one: Manifest, other: Manifest): boolean {
  return one.created === other.created ? one.file > other.file : one.created > other.created
}

const forgotten = 10 * 60_000 // ms without a write; a build writes its file within a minute

/** What builds left behind that were killed: parts, and files that have no manifest. */
function clear(shelf: string, now: number): void {
  const names = new Set(readdirSync(shelf))
  for (const name of names) {
    const manifest = name.slice(0, -suffix.data.length) + suffix.manifest
    const isLeft = /\.partial(-\w+)?$/.test(name) || (name.endsWith(suffix.data) && !names.has(manifest))
    if (isLeft && age(join(shelf, name), now) > forgotten) rmSync(join(shelf, name), { recursive: true, force: true })
  }
}

function age(path: string, now: number): number {
  try {
    return now - statSync(path).ctimeMs // copies may keep the mtime of what they were made from
  } catch (error) {
    if (isMissing(error)) return 0
    throw error
  }
}

/** For people who look into the folder; what counts is in the manifest. */
function nameOf({ url, version = '' }: CodeSystemFacts): string {
  const words = `${url.replace(/^[a-z]+:(\/\/)?/, '')} ${version.replace(/^.*\//, '')}`
  return words
    .replaceAll(/[^A-Za-z0-9.]+/g, '-')
    .replaceAll(/^[-.]+|-+$/g, '')
    .slice(0, 80)
}

/** On the disk, and what its bytes are. */
function sealed(path: string): { bytes: number; digest: string } {
  sync(path)
  const hash = createHash('sha256')
  const block = Buffer.allocUnsafe(2 ** 20)
  const bytes = reading(path, file => {
    let sum = 0
    for (let read = readSync(file, block); read > 0; read = readSync(file, block)) {
      hash.update(block.subarray(0, read))
      sum += read
    }
    return sum
  })
  return { bytes, digest: hash.digest('hex') }
}

function sync(path: string): void {
  reading(path, fsyncSync)
}

/** Closed whatever comes of it. */
function reading<T>(path: string, use: (file: number) => T): T {
  const file = openSync(path, 'r')
  try {
    return use(file)
  } finally {
    closeSync(file)
  }
}
