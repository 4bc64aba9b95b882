/** What codes mean in a tenant: its code systems, value sets and maps. https://hl7.org/fhir/R4/terminology-service.html */
import { parseJson } from '../../fhir/json.ts'
import { ownLimits } from '../../fhir/json-limits.ts'
import { isObject, type JsonObject, type Resource } from '../../fhir/resource.ts'
import type { Code } from '../../search/plan.ts'
import type { Store } from '../../store/port.ts'
import { type ConceptMap, conceptMapOf } from '../../terminology/concept-map/concept-map.ts'
import { type Entry, entryOf, headerOf } from '../../terminology/entry.ts'
import type { Catalog } from '../../terminology/library/catalog.ts'
import { libraryTerminology } from '../../terminology/library/library-terminology.ts'
import { type Kept, type Memberships, membershipsOf, nothingKept } from '../../terminology/value-set/membership.ts'
import { overlay, type Terminology, terminologyFrom } from '../../terminology/value-set/terminology.ts'
import { type Current, current } from '../current.ts'
import { openInForce } from '../in-force.ts'
import type { StoredNeeds } from '../stored.ts'
import { type Bindings, bindings } from './bindings.ts'
import { type Common, openCommon } from './common.ts'
import { concepts, type FindFault } from './concepts.ts'
import { type List, openListing } from './listing.ts'

/** One state of it: it does not change while it is held, and is the same object until something does. */
export type Vocabulary = {
  readonly memberships: Memberships
  readonly maps: readonly ConceptMap[]
  /** For validation: whether a value set has a code. */
  readonly bindings: Bindings
  /** For validation: what is wrong with a code or its display, whatever value set it is in. */
  readonly findFault: FindFault
  /** All codes of a value set; throws where they cannot be told, or are too many. */
  readonly list: (valueSet: JsonObject) => readonly Code[]
  /** The ValueSet that is stored under this id. */
  readonly valueSetAt: (id: string) => JsonObject | undefined
  /** Whether the tenant has stored one of this URL; of a map without one: ''. */
  readonly hasStored: (type: DefiningType, url: string) => boolean
}

export type DefiningType = 'CodeSystem' | 'ValueSet' | 'ConceptMap'

export type VocabularyNeeds = StoredNeeds & {
  readonly store: Pick<Store, 'sequence' | 'latest' | 'history'>
  /** Absent: there are no large code systems. */
  readonly library?: Pick<Catalog, 'find' | 'list' | 'state'> | undefined
}

/** That make up a vocabulary; a guide says whether its package is installed. */
const types = ['CodeSystem', 'ValueSet', 'ConceptMap', 'ImplementationGuide']

export function openVocabulary({ library, ...needs }: VocabularyNeeds): Current<Vocabulary> {
  const { store } = needs
  const common = openCommon()
  const list = openListing()
  return current({ store, types, beside: tenant => library?.state(tenant) }, tenant => {
    const inForce = openInForce(needs, tenant)
    const systems = inForce('CodeSystem', filed)
    const valueSets = inForce('ValueSet', filed)
    const conceptMaps = inForce('ConceptMap', conceptMapOf)
    const kept = nothingKept()
    let last: { readonly from: readonly unknown[]; readonly vocabulary: Vocabulary } | undefined
    return async until => {
      const reads = [systems.read(until), valueSets.read(until), conceptMaps.read(until)] as const
      const [ownSystems, ownSets, ownMaps] = await Promise.all(reads)
      const from = [ownSystems, ownSets, ownMaps, library?.state(tenant)]
      if (last?.from.every((part, at) => part === from[at])) return last.vocabulary
      const stored = [...ownSystems, ...ownSets]
      const files = library && libraryTerminology(library, tenant)
      const vocabulary = vocabularyOf({ stored, maps: ownMaps, files, common: common(), kept, list })
      last = { from, vocabulary }
      return vocabulary
    }
  })
}

type Filed = Entry & { readonly id: string }

/** The text is kept until it is asked for: it takes a fraction of what is made of it. */
function filed(resource: Resource, id: string, json: string): Filed | undefined {
  const header = headerOf(resource)
  return header && { ...entryOf({ header, read: () => readAgain(json) }), id }
}

function readAgain(json: string): JsonObject {
  const resource = parseJson(json, ownLimits)
  return isObject(resource) ? resource : {}
}

type Parts = {
  readonly stored: readonly Filed[]
  readonly maps: readonly ConceptMap[]
  readonly files: Terminology | undefined
  readonly common: Common
  readonly kept: Kept
  readonly list: List
}

/** What a tenant has stored comes first, then the library, then what everybody has. */
function vocabularyOf({ stored, maps, files, common, kept, list }: Parts): Vocabulary {
  const below = files === undefined ? common.terminology : overlay(files, common.terminology)
  const memberships = membershipsOf(overlay(terminologyFrom(stored), below), kept)
  const sets = new Map(stored.filter(({ header }) => header.resourceType === 'ValueSet').map(each => [each.id, each]))
  const urls = new Set([
    ...stored.map(({ header }) => `${header.resourceType} ${header.url}`),
    ...maps.map(({ url = '' }) => `ConceptMap ${url}`),
  ])
  let allMaps: readonly ConceptMap[] | undefined
  return {
    memberships,
    get maps() {
      allMaps ??= withOwn(maps, common.maps)
      return allMaps
    },
    bindings: bindings(memberships),
    findFault: concepts(memberships.terminology),
    list: valueSet => list(memberships, valueSet),
    valueSetAt: id => sets.get(id)?.resource(),
    hasStored: (type, url) => urls.has(`${type} ${url}`),
  }
}

function withOwn(own: readonly ConceptMap[], common: readonly ConceptMap[]): readonly ConceptMap[] {
  const canonicals = new Set(own.map(({ canonical }) => canonical))
  return [...own, ...common.filter(({ canonical }) => !canonicals.has(canonical))]
}
