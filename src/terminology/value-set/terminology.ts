/** Where code systems and value sets are found by their canonical. Of each there may be several versions. */
import type { JsonObject, Resource } from '../../fhir/resource.ts'
import type { CodeSystem } from '../code-system.ts'
import type { ConceptSet } from '../concept-set.ts'
import { textOf } from '../element.ts'
import { readCodeSystem } from '../resource/resource-code-system.ts'
import { laterVersion } from '../version-order.ts'

/** A state of what is known: it does not change while it is held. */
export interface Terminology {
  /** Of exactly this version; without one, of the version that is the default. */
  codeSystem(url: string, version?: string): CodeSystem | undefined
  /** The versions that `codeSystem` finds. */
  versions(url: string): readonly string[]
  /** URLs of the code systems that `codeSystem` finds; absent: they cannot be listed. */
  codeSystems?(): readonly string[]
  /** A ValueSet resource; as with code systems. */
  valueSet(url: string, version?: string): JsonObject | undefined
  /** A CodeSystem resource with `content: supplement`, by its own canonical. */
  supplement(url: string, version?: string): JsonObject | undefined
  /** The code system of which this is the value set of all codes. */
  systemOfAll(valueSet: string): string | undefined
  /** The concepts an Expression Constraint leads to; throws a FhirError that says what is wrong with it. */
  ecl?(system: CodeSystem, expression: string): ConceptSet
}

/** What a few resources define: those sent along with a request. */
export function terminologyOf(resources: readonly Resource[]): Terminology {
  const systems = resources.filter(resource => resource.resourceType === 'CodeSystem')
  const isSupplement = (resource: JsonObject): boolean => resource['content'] === 'supplement'
  const find = finder(systems.filter(resource => !isSupplement(resource)))
  const valueSets = finder(resources.filter(resource => resource.resourceType === 'ValueSet'))
  const supplements = finder(systems.filter(isSupplement))
  const read = new Map<JsonObject, CodeSystem>()
  return {
    codeSystem(url, version) {
      const resource = find.one(url, version)
      if (resource === undefined) return undefined
      const system = read.get(resource) ?? readCodeSystem(resource).system
      read.set(resource, system)
      return system
    },
    versions: find.versions,
    codeSystems: find.urls,
    valueSet: valueSets.one,
    supplement: supplements.one,
    systemOfAll: valueSet =>
      textOf(
        systems.find(system => system['valueSet'] === valueSet),
        'url',
      ),
  }
}

/** What `first` does not have is asked of `rest`. */
export function overlay(first: Terminology, rest: Terminology): Terminology {
  const { ecl } = rest
  return {
    codeSystem: (url, version) => first.codeSystem(url, version) ?? rest.codeSystem(url, version),
    versions: url => [...new Set([...first.versions(url), ...rest.versions(url)])],
    codeSystems: () => [...new Set([...(first.codeSystems?.() ?? []), ...(rest.codeSystems?.() ?? [])])],
    valueSet: (url, version) => first.valueSet(url, version) ?? rest.valueSet(url, version),
    supplement: (url, version) => first.supplement(url, version) ?? rest.supplement(url, version),
    systemOfAll: valueSet => first.systemOfAll(valueSet) ?? rest.systemOfAll(valueSet),
    ...(ecl === undefined ? {} : { ecl: (system, expression) => ecl.call(rest, system, expression) }),
  }
}

/** By canonical; the latest version is the default. */
function finder(resources: readonly JsonObject[]): {
  one(url: string, version?: string): JsonObject | undefined
  versions(url: string): readonly string[]
  urls(): readonly string[]
} {
  const byUrl = Map.groupBy(resources, resource => textOf(resource, 'url') ?? '')
  const versionOf = (resource: JsonObject): string => textOf(resource, 'version') ?? ''
  for (const list of byUrl.values()) list.sort((a, b) => laterVersion(versionOf(b), versionOf(a)))
  return {
    one(url, version) {
      const list = byUrl.get(url)
      return version === undefined ? list?.[0] : list?.find(resource => versionOf(resource) === version)
    },
    versions: url => (byUrl.get(url) ?? []).map(versionOf).filter(version => version !== ''),
    urls: () => [...byUrl.keys()].filter(url => url !== ''),
  }
}
