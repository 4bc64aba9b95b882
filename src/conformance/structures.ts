/** The StructureDefinitions that are in force: R4's own, and on top of them, layer by layer, those of packages and tenants. */
import { isError } from '../fhir/issue.ts'
import { coreShelf } from './core.ts'
import type { Filed, Header, Layer, Shelf } from './layer.ts'
import { snapshots } from './snapshot/snapshots.ts'
import type { StructureDefinition } from './structure-definition.ts'
import { compareVersions, splitCanonical } from './version.ts'

/** R4's. Nothing is read before the first is asked for. */
export function loadStructures(): Layer {
  const shelf = coreShelf()
  return layer(shelf, undefined, url => shelf.of(url).length > 0)
}

/**
 * On top of `base`, with all versions side by side; a version that both have is the upper one's. A url of R4's is passed over:
 * "core definitions may be stored, not overridden".
 */
export function withOwn(base: Layer, own: readonly StructureDefinition[]): Layer {
  let shelf: Shelf | undefined
  // What is R4's is known when R4's are read, for which a start need not wait.
  const open = (): Shelf => {
    shelf ??= shelfOf(own.filter(({ url }) => !base.isCore(url)))
    return shelf
  }
  return layer({ of: url => open().of(url), all: () => open().all() }, base, base.isCore)
}

function shelfOf(definitions: readonly StructureDefinition[]): Shelf {
  const filed = definitions.map(each => ({ header: headerOf(each), read: () => each }))
  const byUrl = Map.groupBy(filed, ({ header }) => header.url)
  return { of: url => byUrl.get(url) ?? [], all: () => filed }
}

function headerOf({ snapshot: _snapshot, differential: _differential, ...header }: StructureDefinition): Header {
  return header
}

function layer(shelf: Shelf, below: Layer | undefined, isCore: (url: string) => boolean): Layer {
  /** The one of this layer, unless the layer below has the one that is asked for. */
  const here = (canonical: string): Filed | undefined => {
    const { url, version } = splitCanonical(canonical)
    const found = newest(shelf.of(url), version)
    const other = found && below?.header(canonical)
    return other && compareVersions(other.version, found.header.version) > 0 ? undefined : found
  }
  const structures: Layer = {
    find: canonical => {
      const filed = here(canonical)
      if (!filed) return below?.find(canonical)
      const worked = work(filed)
      return worked?.issues.some(isError) ? undefined : worked?.structure
    },
    faults: canonical => {
      const filed = here(canonical)
      return filed ? (work(filed)?.issues ?? []) : (below?.faults(canonical) ?? [])
    },
    header: canonical => here(canonical)?.header ?? below?.header(canonical),
    list: type => {
      const own = shelf.all().map(({ header }) => header)
      return [...(below?.list(type) ?? []), ...own.filter(header => type === undefined || header.type === type)]
    },
    isCore,
  }
  const work = snapshots(structures)
  return structures
}

function newest(versions: readonly Filed[], version: string | undefined): Filed | undefined {
  if (version !== undefined) return versions.findLast(({ header }) => header.version === version)
  return versions.reduce<Filed | undefined>(
    (best, each) => (best && compareVersions(best.header.version, each.header.version) > 0 ? best : each),
    undefined,
  )
}
