/** What codes mean in a tenant: its code systems, value sets and maps. https://hl7.org/fhir/R4/terminology-service.html */
import type { Resource } from '../../fhir/resource.ts'
import type { Store } from '../../store/port.ts'
import { type ConceptMap, conceptMapOf } from '../../terminology/concept-map/concept-map.ts'
import { type Memberships, membershipsOf } from '../../terminology/value-set/membership.ts'
import { terminologyOf } from '../../terminology/value-set/terminology.ts'
import { type Lately, lately } from '../lately.ts'
import { openStored, type StoredNeeds } from '../stored.ts'

/** One state of it: it does not change while it is held. */
export type Vocabulary = {
  readonly memberships: Memberships
  readonly maps: readonly ConceptMap[]
}

export type VocabularyNeeds = StoredNeeds & { readonly store: Pick<Store, 'sequence' | 'history'> }

/** Types that make up a vocabulary. */
export const terminologyTypes: ReadonlySet<string> = new Set(['CodeSystem', 'ValueSet', 'ConceptMap'])

export function openVocabulary(needs: VocabularyNeeds): Lately<Vocabulary> {
  const { store, clock } = needs
  return lately(clock, tenant => {
    const stored = ['CodeSystem', 'ValueSet'].map(type => openStored(needs, tenant, type, itself))
    const maps = openStored(needs, tenant, 'ConceptMap', conceptMapOf)
    return async () => {
      const until = await store.sequence(tenant)
      const [resources, known] = await Promise.all([Promise.all(stored.map(one => one.read(until))), maps.read(until)])
      return { memberships: membershipsOf(terminologyOf(resources.flat())), maps: known }
    }
  })
}

function itself(resource: Resource): Resource {
  return resource
}
