/**
 * Releases that wait to be loaded, in the folder of the library: for each a folder with what was asked and, once it is here, the
 * file. Whichever process sees it loads it. It appears whole, and goes when its Task tells the end.
 */
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export type Request = {
  readonly tenant: string
  /** As the distributor called the files: formats may be known by it. */
  readonly names: readonly string[]
  /** From where they are to be fetched, in the same order; else the one was sent along. */
  readonly urls?: readonly string[]
  readonly system?: string
  readonly version?: string
  readonly edition?: string
  readonly language?: string
  readonly choose?: boolean
  readonly lenient?: boolean
}

const requestFile = 'request.json'
const releaseFile = 'release'
const partial = '.partial'

function root(folder: string): string {
  return join(folder, 'imports')
}

/** Percent-encoding leaves dots alone, which mean other folders. */
function placeOf(folder: string, id: string): string {
  return join(root(folder), encodeURIComponent(id).replaceAll('.', '%2E'))
}

/** `at`: of its files, mostly the only one. */
export function releaseAt(folder: string, id: string, at = 0): string {
  return join(placeOf(folder, id), at === 0 ? releaseFile : `${releaseFile}-${at}`)
}

export async function spool(
  folder: string,
  id: string,
  request: Request,
  bytes: Uint8Array | undefined,
): Promise<void> {
  const place = placeOf(folder, id)
  await mkdir(place + partial, { recursive: true })
  await writeFile(join(place + partial, requestFile), JSON.stringify(request), { flush: true })
  if (bytes !== undefined) await writeFile(join(place + partial, releaseFile), bytes, { flush: true })
  await rename(place + partial, place)
}

/** `undefined`: there is none any more. */
export async function spooled(folder: string, id: string): Promise<Request | undefined> {
  try {
    return JSON.parse(await readFile(join(placeOf(folder, id), requestFile), 'utf8'))
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Ids; time-ordered ones are in the order in which they came. */
export async function allSpooled(folder: string): Promise<readonly string[]> {
  const names = await namesIn(folder)
  return names
    .filter(name => !name.endsWith(partial))
    .map(decodeURIComponent)
    .sort()
}

/** What requests left behind that were killed while they wrote it: no file of a request takes so long. */
export async function clearSpool(folder: string, now: number): Promise<void> {
  for (const name of await namesIn(folder)) {
    const place = join(root(folder), name)
    if (name.endsWith(partial) && now - (await stat(place)).ctimeMs > 600_000) await rm(place, { recursive: true })
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(root(folder))
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

/** What waits for a tenant. */
export async function unspoolAll(folder: string, tenant: string): Promise<void> {
  for (const id of await allSpooled(folder)) {
    if ((await spooled(folder, id))?.tenant === tenant) await unspool(folder, id)
  }
}

/** ms since it was put there. */
export async function ageOf(folder: string, id: string, now: number): Promise<number> {
  return now - (await stat(placeOf(folder, id))).ctimeMs
}

export async function unspool(folder: string, id: string): Promise<void> {
  await rm(placeOf(folder, id), { recursive: true, force: true })
}

/** What comes is not held in memory. It counts when all is there. */
export async function keepRelease(
  path: string,
  pull: (take: (chunk: Uint8Array) => Promise<void>) => Promise<boolean>,
): Promise<boolean> {
  const file = await open(path + partial, 'w')
  try {
    const found = await pull(async chunk => void (await file.write(chunk)))
    if (!found) return false
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(path + partial, path)
  return true
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
