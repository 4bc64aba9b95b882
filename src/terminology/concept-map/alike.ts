/** What else a code is called, by concept maps: for searches. https://hl7.org/fhir/R4/valueset-concept-map-equivalence.html */
import { parseCanonical, printCanonical } from '../canonical.ts'
import type { ConceptMap, Equivalence } from './concept-map.ts'
import { latest } from './latest.ts'
import { translate } from './translate.ts'

export type Alike = { readonly system: string | undefined; readonly code: string; readonly map: ConceptMap }

/** Whoever has one of these has what was looked for: the same, or a kind of it. */
const fits: ReadonlySet<Equivalence> = new Set(['equal', 'equivalent', 'narrower', 'specializes'])

/** In both directions, one step far: what a translation is translated to may mean something else. */
export function alike(maps: readonly ConceptMap[], coding: { system: string; code: string }): readonly Alike[] {
  const find = (canonical: string): ConceptMap | undefined => {
    const { url, version } = parseCanonical(canonical)
    if (version === undefined) return latest(maps.filter(map => map.url === url))[0]
    return maps.find(map => map.canonical === printCanonical(url, version))
  }
  return latest(maps).flatMap(map =>
    [false, true]
      .flatMap(reverse => translate([map], { codings: [coding], dependencies: [], reverse }, find).matches)
      .flatMap(({ equivalence, concept }) =>
        concept !== undefined && fits.has(equivalence) ? [{ system: concept.system, code: concept.code, map }] : [],
      ),
  )
}
