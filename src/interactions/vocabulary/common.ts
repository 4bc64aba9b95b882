/** What codes mean in every tenant: what is shipped, R4's own, and what grammars make. */
import { type FiledTerminology, loadTerminology } from '../../conformance/terminology.ts'
import { type ConceptMap, conceptMapOf } from '../../terminology/concept-map/concept-map.ts'
import { openConstraints } from '../../terminology/ecl/constraints.ts'
import { type Entry, entryOf } from '../../terminology/entry.ts'
import { grammars } from '../../terminology/resource/grammar/grammars.ts'
import { shippedTerminology } from '../../terminology/shipped.ts'
import { deferred, overlay, type Terminology, terminologyFrom } from '../../terminology/value-set/terminology.ts'

export type Common = { readonly terminology: Terminology; readonly maps: readonly ConceptMap[] }

/** Nothing is read before it is asked for. */
export function openCommon(): () => Common {
  let known: Common | undefined
  return () => {
    known ??= commonFrom(shippedTerminology(), loadTerminology)
    return known
  }
}

/** R4's own come last, and reading the list of them takes 10 ms: who asks for what others define shall not wait for it. */
function commonFrom(shipped: readonly FiledTerminology[], load: () => readonly FiledTerminology[]): Common {
  const ours = shipped.map(entryOf)
  let filed: readonly Entry[] | undefined
  const hl7 = (): readonly Entry[] => {
    filed ??= load().map(entryOf)
    return filed
  }
  const r4 = byR4Version(deferred(() => terminologyFrom(hl7())))
  const known = overlay(terminologyFrom(ours), overlay(r4, grammars()))
  let maps: readonly ConceptMap[] | undefined
  return {
    terminology: { ...known, ecl: openConstraints() },
    get maps() {
      maps ??= mapsIn([...ours, ...hl7()])
      return maps
    },
  }
}

function mapsIn(entries: readonly Entry[]): readonly ConceptMap[] {
  return entries
    .filter(({ header }) => header.resourceType === 'ConceptMap')
    .map(({ resource }) => conceptMapOf(resource()))
}

const R4 = '4.0.1'

/** R4 calls what it took over from HL7 v2 and v3 by its own version too, though they have versions of their own. */
function byR4Version(terminology: Terminology): Terminology {
  const { codeSystem, valueSet } = terminology
  return {
    ...terminology,
    codeSystem: (url, version) => codeSystem(url, version) ?? (version === R4 ? codeSystem(url) : undefined),
    valueSet: (url, version) => valueSet(url, version) ?? (version === R4 ? valueSet(url) : undefined),
  }
}
