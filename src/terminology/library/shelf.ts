/** The files of everybody, or of one tenant: one folder, seen as it was at most a second ago. */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { laterVersion } from '../version-order.ts'
import { LibraryFile } from './library-file.ts'
import { isMissing, type Manifest, readManifest, suffix } from './manifest.ts'
import { discard, isLater, replace } from './placing.ts'

const fresh = 1_000 // ms
/** One file for each system: processes that choose at the same time do not take each other's choice back. */
const chosen = '.chosen.json'
/** Once it was one for all. */
const chosenOnce = 'chosen.json'

type Chosen = { readonly system: string; readonly version?: string }

export class Shelf {
  readonly #folder: string
  readonly #clock: () => number
  readonly #lacks: (manifest: string) => void
  readonly #open = new Map<string, LibraryFile>()
  #manifests = new Map<string, Manifest>()
  /** Names of manifests that do not count. */
  #lacking: ReadonlySet<string> = new Set()
  #latestFirst: readonly Manifest[] = []
  #chosen: ReadonlyMap<string, unknown> = new Map()
  #state = ''
  #looked = Number.NEGATIVE_INFINITY

  /** `folder` need not be there yet. `lacks` hears once of each manifest whose file is not there, or not whole. */
  constructor(folder: string, clock: () => number, lacks: (manifest: string) => void) {
    this.#folder = folder
    this.#clock = clock
    this.#lacks = lacks
  }

  /** The latest first; of what was loaded twice, what was loaded last. */
  manifests(): readonly Manifest[] {
    const since = this.#clock() - this.#looked
    if (since >= fresh || since < 0) this.#look()
    return this.#latestFirst
  }

  chosen(system: string): string | undefined {
    this.manifests()
    const version = this.#chosen.get(system)
    return typeof version === 'string' ? version : undefined
  }

  /** Another text as soon as anything has changed here. */
  state(): string {
    this.manifests()
    return this.#state
  }

  /** `undefined`: it has gone since it was listed. */
  open(manifest: Manifest): LibraryFile | undefined {
    const known = this.#open.get(manifest.file)
    if (known) return known
    try {
      const file = new LibraryFile(join(this.#folder, manifest.file))
      this.#open.set(manifest.file, file)
      return file
    } catch (error) {
      this.#look()
      if (this.#latestFirst.includes(manifest)) throw error
      return undefined
    }
  }

  choose(system: string, version: string | undefined): void {
    mkdirSync(this.#folder, { recursive: true })
    const name = createHash('sha256').update(system).digest('hex') + chosen
    const choice: Chosen = { system, ...(version !== undefined && { version }) }
    replace(join(this.#folder, name), JSON.stringify(choice, undefined, 2))
    this.#look()
  }

  remove(manifest: Pick<Manifest, 'file'>): void {
    discard(this.#folder, manifest)
    this.#look()
  }

  close(): void {
    for (const file of this.#open.values()) file.close()
    this.#open.clear()
  }

  #look(): void {
    this.#looked = this.#clock()
    const before = this.#manifests
    const names = this.#names()
    const lacking = new Set<string>()
    this.#manifests = new Map()
    for (const name of names) {
      if (!name.endsWith(suffix.manifest)) continue
      const known = before.get(name)
      const manifest = known && names.has(known.file) ? known : readManifest(this.#folder, name)
      if (manifest) this.#manifests.set(name, manifest)
      else lacking.add(name)
    }
    for (const name of lacking.difference(this.#lacking)) this.#lacks(name)
    this.#lacking = lacking
    this.#chosen = this.#readChosen(names)
    this.#latestFirst = [...this.#manifests.values()].sort(
      (a, b) => laterVersion(b.version, a.version) || (isLater(b, a) ? 1 : -1),
    )
    this.#state = JSON.stringify([this.#latestFirst.map(({ file }) => file), [...this.#chosen]])
    // Not closed: an answer under way may still ask it. When nobody does any more, it goes with the object.
    const there = new Set(this.#latestFirst.map(({ file }) => file))
    for (const file of this.#open.keys()) if (!there.has(file)) this.#open.delete(file)
  }

  #names(): ReadonlySet<string> {
    try {
      return new Set(readdirSync(this.#folder))
    } catch (error) {
      if (isMissing(error)) return new Set()
      throw error
    }
  }

  #readChosen(names: ReadonlySet<string>): ReadonlyMap<string, unknown> {
    const read = (name: string) => JSON.parse(readFileSync(join(this.#folder, name), 'utf8'))
    const once: Readonly<Record<string, unknown>> = names.has(chosenOnce) ? read(chosenOnce) : {}
    const own = [...names].filter(name => name.endsWith(chosen)).toSorted()
    const choices: readonly Chosen[] = own.map(read)
    return new Map([...Object.entries(once), ...choices.map(({ system, version }) => [system, version] as const)])
  }
}
