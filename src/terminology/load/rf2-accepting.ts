/**
 * Language reference sets are half of all that is to be read of a release of SNOMED CT, and nothing but terms needs them. Where they
 * are large, a thread of its own reads them.
 */
import { extname } from 'node:path'
import { type MessagePort, Worker } from 'node:worker_threads'
import type { Load } from './format.ts'
import { lookupIn, type Slots } from './id-table.ts'
import { type Opened, openRelease } from './open.ts'
import { type Problem, problemList, TooManyProblems } from './problems.ts'
import { type Acceptance, readAcceptance } from './rf2-acceptance.ts'
import { type Rf2File, rf2File } from './rf2-file.ts'
import type { SourceFile } from './source.ts'
import { BadArchive } from './zip.ts'

export type Accepting = {
  /** To be called once. */
  readonly done: () => Promise<Acceptance>
  /** Whether or not it is done. */
  readonly stop: () => Promise<unknown>
}

type Reading = Pick<Load, 'problems' | 'progress'>

const large = 20_000_000 // bytes; fewer are read before a thread has started

/** Begins, and gives what waits for it. */
export function beginAcceptance(files: readonly Rf2File[], load: Reading): Accepting {
  const found = files.flatMap(({ file: { path, from } }) => (from === undefined ? [] : [{ path, from }]))
  const bytes = files.reduce((sum, { file }) => sum + file.bytes, 0)
  if (bytes < large || found.length < files.length) {
    return { done: () => readAcceptance(files, load), stop: async () => {} }
  }
  const entry = new URL(`./rf2-accepting-thread${extname(import.meta.url)}`, import.meta.url)
  const thread = new Worker(entry, { workerData: found, resourceLimits: { maxYoungGenerationSizeMb: 24 } })
  const { promise, resolve, reject } = Promise.withResolvers<Acceptance>()
  promise.catch(() => {}) // it is missed where it is waited for
  thread.on('message', (said: Said) => {
    try {
      if (said.is === 'progress') load.progress(said.bytes)
      else resolve(accepted(said, load))
    } catch (error) {
      reject(error)
    }
  })
  thread.on('error', reject)
  thread.on('exit', () => reject(new Error('the thread that reads language reference sets ended without a word')))
  return { done: () => promise, stop: () => thread.terminate() }
}

/** Where a file is found again. */
export type Found = Required<Pick<SourceFile, 'path' | 'from'>>

type Said =
  | { readonly is: 'progress'; readonly bytes: number }
  | {
      readonly is: 'read'
      readonly problems: readonly Problem[]
      readonly slots: Slots
      readonly sets: Acceptance['sets']
    }
  | { readonly is: 'refused'; readonly problems: readonly Problem[]; readonly why: string; readonly archive?: string }

type Ended = Exclude<Said, { readonly is: 'progress' }>

function accepted(ended: Ended, { problems }: Reading): Acceptance {
  for (const { file, line, text } of ended.problems) problems.add(file, line, text) // throws where there are too many
  if (ended.is === 'refused') throw new BadArchive(ended.why, { file: ended.archive })
  return { of: lookupIn(ended.slots), sets: ended.sets }
}

/** In its thread. */
export async function answerAcceptance(port: MessagePort, found: readonly Found[]): Promise<void> {
  const problems = problemList()
  const progress = (bytes: number): void => port.postMessage({ is: 'progress', bytes } satisfies Said)
  const releases = await openReleases(found)
  try {
    const files = found.map(file => rf2File(sought(releases, file))).filter(file => file !== undefined)
    const { of, sets } = await readAcceptance(files, { problems, progress })
    const slots = of.slots()
    port.postMessage({ is: 'read', problems: problems.list, slots, sets } satisfies Said, [slots.buffer])
  } catch (error) {
    if (!(error instanceof BadArchive || error instanceof TooManyProblems)) throw error
    const archive = error instanceof BadArchive ? { archive: error.file } : {}
    port.postMessage({ is: 'refused', problems: problems.list, why: error.message, ...archive } satisfies Said)
  } finally {
    for (const { close } of releases.values()) await close()
  }
}

/** Each once, by the path where it lies. */
async function openReleases(found: readonly Found[]): Promise<ReadonlyMap<string, Opened>> {
  const releases = new Map<string, Opened>()
  for (const { from } of found) {
    if (!releases.has(from.path)) releases.set(from.path, await openRelease(from.path, from.name))
  }
  return releases
}

function sought(releases: ReadonlyMap<string, Opened>, { path, from }: Found): SourceFile {
  const file = releases.get(from.path)?.files.find(each => each.path === path)
  if (file === undefined) throw new BadArchive(`'${path}' is no longer where it was`)
  return file
}
