/** Which code systems a tenant knows. https://hl7.org/fhir/R4/terminologycapabilities.html */
import type { CodeSystemClaim } from '../../conformance/claims.ts'
import type { CodeSystem } from '../../terminology/code-system.ts'
import { isTaxonomy } from '../../terminology/taxonomy.ts'
import type { Terminology } from '../../terminology/value-set/terminology.ts'
import { isPattern } from '../../terminology/value-set/version-pattern.ts'
import { laterVersion } from '../../terminology/version-order.ts'
import type { Vocabulary } from './vocabulary.ts'

/** So that the statement stays readable, and some MB at most, whatever tenants store. */
const most = { systems: 5_000, versions: 20, items: 100 }
const portion = 20 // code systems that are read in one go

const known = new WeakMap<Vocabulary['memberships'], readonly CodeSystemClaim[]>()

/** A code system may have to be read for it, so others get their turn meanwhile. */
export async function codeSystemClaims(
  { memberships }: Pick<Vocabulary, 'memberships'>,
  turn: () => Promise<unknown>,
): Promise<readonly CodeSystemClaim[]> {
  const before = known.get(memberships)
  if (before !== undefined) return before
  const { terminology } = memberships
  const urls = (terminology.codeSystems?.() ?? []).toSorted().slice(0, most.systems)
  const claims: CodeSystemClaim[] = []
  for (const [at, url] of urls.entries()) {
    if (at % portion === portion - 1) await turn()
    claims.push(...claim(terminology, url))
  }
  known.set(memberships, claims)
  return claims
}

function claim(terminology: Terminology, url: string): readonly CodeSystemClaim[] {
  const chosen = terminology.codeSystem(url)
  if (chosen === undefined || isOnlyNamed(chosen)) return []
  const others = terminology
    .versions(url)
    .filter(version => version !== chosen.facts.version && !isPattern(version))
    .toSorted((a, b) => laterVersion(b, a))
    .flatMap(version => terminology.codeSystem(url, version) ?? [])
  const versions = [chosen, ...others].slice(0, most.versions)
  return [
    {
      uri: url,
      versions: versions.filter(isTold(versions.length)).map(system => ofVersion(system, system === chosen)),
      subsumption: isTaxonomy(chosen.facts),
    },
  ]
}

function isOnlyNamed({ facts, grammar }: CodeSystem): boolean {
  return facts.content === 'not-present' && grammar === undefined
}

/** tcp-1: "If there is more than one version, a version code must be defined". */
function isTold(count: number): (system: CodeSystem) => boolean {
  return ({ facts }) => count === 1 || facts.version !== undefined
}

function ofVersion(system: CodeSystem, isDefault: boolean): CodeSystemClaim['versions'][number] {
  const { version, compositional, filters, properties } = system.facts
  return {
    ...(version === undefined ? {} : { code: version }),
    isDefault,
    compositional,
    languages: system.languages().slice(0, most.items),
    filters: filters
      .filter(({ operators }) => operators.length > 0)
      .slice(0, most.items)
      .map(({ code, operators }) => ({ code, operators })),
    properties: properties.slice(0, most.items).map(({ code }) => code),
  }
}
