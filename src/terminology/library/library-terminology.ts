/** The code systems of the library as one tenant sees them. */
import type { Terminology } from '../value-set/terminology.ts'
import type { Catalog } from './catalog.ts'
import type { LibraryFile } from './library-file.ts'

type Known = {
  readonly versions: Set<string>
  readonly editions: Set<string>
  /** By what was asked for: one of these, or nothing. */
  readonly found: Map<string | undefined, LibraryFile | undefined>
}

/** A file that was found once answers to the end, whatever becomes of it in the library. */
export function libraryTerminology(catalog: Pick<Catalog, 'find' | 'list'>, tenant: string): Terminology {
  const systems = new Map<string, Known>()
  for (const { system, version, edition } of catalog.list(tenant)) {
    const known = systems.get(system) ?? { versions: new Set(), editions: new Set(), found: new Map() }
    systems.set(system, known)
    known.versions.add(version)
    if (edition !== undefined) known.editions.add(edition)
  }
  return {
    codeSystem(url, version) {
      const known = systems.get(url)
      if (known === undefined) return undefined
      const { versions, editions, found } = known
      // Clients may make up versions without end.
      if (version !== undefined && !versions.has(version) && !editions.has(version)) return undefined
      if (!found.has(version)) found.set(version, catalog.find(tenant, url, version))
      return found.get(version)
    },
    versions: url => [...(systems.get(url)?.versions ?? [])].filter(version => version !== ''),
    codeSystems: () => [...systems.keys()],
    valueSet: () => undefined,
    supplement: () => undefined,
    systemOfAll: () => undefined,
  }
}
