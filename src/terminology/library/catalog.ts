/**
 * What is in the library, and which version answers: folders that any number of processes read, and that each looks at again at
 * most once a second. Whoever asks keeps what was found for as long as one answer needs it; the next question may find a newer
 * one. A tenant sees what is everybody's, and its own before that.
 */

import { laterVersion } from '../version-order.ts'
import type { LibraryFile } from './library-file.ts'
import type { Manifest } from './manifest.ts'
import { shelfOf } from './placing.ts'
import { Shelf } from './shelf.ts'

export interface Catalog {
  /** Without a version: the one chosen, or the latest. An edition in its place finds the latest of the edition. */
  find(tenant: string, system: string, version?: string): LibraryFile | undefined
  /** What a tenant sees: its own, then everybody's, the latest versions of each first. */
  list(tenant: string): readonly Entry[]
  /** Another text as soon as `find` and `list` may have another answer. */
  state(tenant: string): string
  /** Which version answers who names none; `undefined`: the latest. For everybody, or for one tenant. */
  choose(system: string, version: string | undefined, tenant?: string): void
  /** Who has it open keeps on reading it. */
  remove(entry: Entry): void
  close(): void
}

/** `tenant`: whose alone it is. */
export type Entry = Manifest & { readonly tenant?: string }

/** A manifest whose file is not there, or not whole: as if neither were there, until both are. */
export type LibraryEvent = { readonly event: 'library.lacking'; readonly manifest: string; readonly tenant?: string }

type Needs = { readonly clock: () => number; readonly observe?: (event: LibraryEvent) => void }

/** `folder` need not be there yet. */
export function openCatalog(folder: string, { clock, observe = () => {} }: Needs): Catalog {
  const shelves = new Map<string | undefined, Shelf>()
  /** Asked for with every request: the same text is quickly compared with itself. */
  const states = new Map<string, { readonly own: string; readonly all: string; readonly both: string }>()
  const shelf = (tenant?: string): Shelf => {
    const lacks = (manifest: string): void =>
      observe({ event: 'library.lacking', manifest, ...(tenant !== undefined && { tenant }) })
    const known = shelves.get(tenant) ?? new Shelf(shelfOf(folder, tenant), clock, lacks)
    shelves.set(tenant, known)
    return known
  }
  const find: Catalog['find'] = (tenant, system, version) => {
    const both = [shelf(tenant), shelf()]
    const chosen = version ?? both[0]?.chosen(system) ?? both[1]?.chosen(system)
    const fits = (wanted: string | undefined) => (manifest: Manifest) =>
      manifest.system === system && is(manifest, wanted)
    const found = latest(both, fits(chosen)) ?? (version === undefined ? latest(both, fits(undefined)) : undefined)
    // What has gone in this moment is no longer listed: another answers in its place.
    return found && (found.shelf.open(found.manifest) ?? find(tenant, system, version))
  }
  return {
    find,
    list: tenant => [
      ...shelf(tenant)
        .manifests()
        .map(manifest => ({ ...manifest, tenant })),
      ...shelf().manifests(),
    ],
    state(tenant) {
      const [own, all] = [shelf(tenant).state(), shelf().state()]
      const before = states.get(tenant)
      if (before?.own === own && before.all === all) return before.both
      const both = `${own}\n${all}`
      states.set(tenant, { own, all, both })
      return both
    },
    choose: (system, version, tenant) => shelf(tenant).choose(system, version),
    remove: ({ file, tenant }) => shelf(tenant).remove({ file }),
    close() {
      for (const each of shelves.values()) each.close()
    },
  }
}

/** `wanted`: a version, an edition, or any. */
function is({ version, edition }: Manifest, wanted: string | undefined): boolean {
  return wanted === undefined || version === wanted || edition === wanted
}

type Found = { readonly shelf: Shelf; readonly manifest: Manifest }

/** Of the same version, that of the shelf before. */
function latest(shelves: readonly Shelf[], fits: (manifest: Manifest) => boolean): Found | undefined {
  let best: Found | undefined
  for (const shelf of shelves) {
    const manifest = shelf.manifests().find(fits)
    if (!manifest) continue
    if (!best || laterVersion(manifest.version, best.manifest.version) > 0) best = { shelf, manifest }
  }
  return best
}
