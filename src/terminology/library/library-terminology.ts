/** The code systems of the library as one tenant sees them. */
import type { Terminology } from '../value-set/terminology.ts'
import type { Catalog } from './catalog.ts'
import type { LibraryFile } from './library-file.ts'

/** A file that was found once answers to the end, whatever becomes of it in the library. */
export function libraryTerminology(catalog: Pick<Catalog, 'find' | 'list'>, tenant: string): Terminology {
  const found = new Map<string, Map<string | undefined, LibraryFile | undefined>>()
  const versions = new Map<string, readonly string[]>()
  for (const { system, version } of catalog.list(tenant)) {
    versions.set(system, [...new Set([...(versions.get(system) ?? []), version])])
  }
  return {
    codeSystem(url, version) {
      if (!versions.has(url)) return undefined
      const ofUrl = found.get(url) ?? new Map<string | undefined, LibraryFile | undefined>()
      if (ofUrl.has(version)) return ofUrl.get(version)
      const file = catalog.find(tenant, url, version)
      found.set(url, ofUrl.set(version, file))
      return file
    },
    versions: url => (versions.get(url) ?? []).filter(version => version !== ''),
    codeSystems: () => [...versions.keys()],
    valueSet: () => undefined,
    supplement: () => undefined,
    systemOfAll: () => undefined,
  }
}
