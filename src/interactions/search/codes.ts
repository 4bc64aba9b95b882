/**
 * Value sets, hierarchies and translations for `:in`, `:above`, `:below` and `:translated`, by what codes mean in the tenant.
 * https://hl7.org/fhir/R4/search.html#token
 */
import { FhirError } from '../../fhir/issue.ts'
import { parseReference } from '../../fhir/reference.ts'
import { and, type Node } from '../../search/node.ts'
import type { Codes } from '../../search/plan.ts'
import type { Store } from '../../store/port.ts'
import { parseCanonical } from '../../terminology/canonical.ts'
import { alike } from '../../terminology/concept-map/alike.ts'
import { isDefined } from '../../terminology/value-set/terminology.ts'
import { family } from '../vocabulary/listing.ts'
import type { DefiningType, Vocabulary } from '../vocabulary/vocabulary.ts'

export type CodesNeeds = {
  readonly vocabulary: () => Vocabulary | Promise<Vocabulary>
  readonly store: Pick<Store, 'count'>
  readonly tenant: string
  /** The URL of this server as the tenant's clients see it. */
  readonly base: string
  readonly restrict: (type: string) => Node
  /** ms */
  readonly budget: number
}

export function codesIn(needs: CodesNeeds): Codes {
  const { vocabulary, base } = needs
  return {
    async valueSet(url) {
      const known = await vocabulary()
      const literal = literalId(url, base)
      const byId = literal === undefined ? undefined : known.valueSetAt(literal)
      if (literal !== undefined && byId !== undefined) {
        return (await isVisible(needs, 'ValueSet', { is: 'id', ids: [literal] }))
          ? understood(() => known.list(byId))
          : undefined
      }
      const canonical = parseCanonical(url)
      const found = known.memberships.find(canonical)
      if (found === undefined || (await isHidden(needs, known, 'ValueSet', canonical.url))) return undefined
      return understood(() => known.list(found))
    },
    async hierarchy(is, { system, code }) {
      const known = await vocabulary()
      if (system === undefined || (await isHidden(needs, known, 'CodeSystem', system))) return undefined
      const found = known.memberships.terminology.codeSystem(system)
      return found === undefined || !isDefined(found) ? undefined : family(is, found, code)
    },
    async translations({ system = '', code }) {
      const known = await vocabulary()
      const found = understood(() => alike(known.maps, { system, code }))
      const visible = found.map(async ({ map: { url = '' } }) => !(await isHidden(needs, known, 'ConceptMap', url)))
      const isSeen = await Promise.all(visible)
      return found.filter((_, at) => isSeen[at])
    },
    async caseless(system) {
      const { terminology } = (await vocabulary()).memberships
      return terminology.codeSystem(system)?.facts.caseSensitive === false
    },
  }
}

/** "If the server can treat the reference as a literal URL, it does, else it tries to match known logical ValueSet.url values." */
function literalId(url: string, base: string): string | undefined {
  const parsed = parseReference(url, base)
  const isOurs = parsed.kind === 'local' && parsed.type === 'ValueSet' && parsed.version === undefined
  return isOurs ? parsed.id : undefined
}

/** A value set that has no meaning is a mistake in the search, and so is a map that leads nowhere. */
function understood<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof FhirError) || error.status === 403) throw error
    throw new FhirError(error.issues, { status: 400, cause: error })
  }
}

/** One that is stored here counts for nobody who may not see it; what it is made of is the tenant's, whoever asks. */
async function isHidden(needs: CodesNeeds, known: Vocabulary, type: DefiningType, url: string): Promise<boolean> {
  return known.hasStored(type, url) && !(await isVisible(needs, type, { is: 'term', slot: 'url', texts: [url] }))
}

async function isVisible(
  { store, tenant, restrict, budget }: CodesNeeds,
  type: DefiningType,
  named: Node,
): Promise<boolean> {
  const visible = restrict(type)
  if (visible.is === 'all' || visible.is === 'none') return visible.is === 'all'
  return (await store.count({ tenant, type, where: and([visible, named]), budget })) > 0
}
