/** Versions of concept maps: of one map, the latest counts. https://hl7.org/fhir/R4/resource.html#versions */
import { parseCanonical } from '../canonical.ts'
import { laterVersion } from '../version-order.ts'
import type { ConceptMap } from './concept-map.ts'

/** One without a version counts only where it comes first, as those of a request do. */
export function latest(maps: readonly ConceptMap[]): readonly ConceptMap[] {
  const chosen = new Map<unknown, ConceptMap>()
  for (const map of maps) {
    const key = map.url ?? map
    const best = chosen.get(key)
    if (best === undefined || isLater(versionOf(map), versionOf(best))) chosen.set(key, map)
  }
  return [...chosen.values()]
}

function isLater(version: string, than: string): boolean {
  return than !== '' && laterVersion(version, than) > 0
}

function versionOf({ canonical }: ConceptMap): string {
  return parseCanonical(canonical).version ?? ''
}
