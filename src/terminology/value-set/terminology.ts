/** Where code systems and value sets are found by their canonical. Of each there may be several versions. */
import type { JsonObject, Resource } from '../../fhir/resource.ts'
import type { CodeSystem } from '../code-system.ts'
import type { ConceptSet } from '../concept-set.ts'
import { type Entry, entryOf, headerOf } from '../entry.ts'
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
  ecl?(system: CodeSystem, expression: string): Constrained
}

export type Constrained = {
  readonly concepts: ConceptSet
  /** It is answered, but hardly as it was meant. */
  readonly warnings: readonly { readonly text: string }[]
}

/** What a few resources define: those sent along with a request. */
export function terminologyOf(resources: readonly Resource[]): Terminology {
  return terminologyFrom(
    resources.flatMap(resource => {
      const header = headerOf(resource)
      return header === undefined ? [] : [entryOf({ header, read: () => resource })]
    }),
  )
}

export function terminologyFrom(entries: readonly Entry[]): Terminology {
  const systems = entries.filter(({ header }) => header.resourceType === 'CodeSystem')
  const isSupplement = ({ header }: Entry): boolean => header.content === 'supplement'
  const find = finder(systems.filter(entry => !isSupplement(entry)))
  const valueSets = finder(entries.filter(({ header }) => header.resourceType === 'ValueSet'))
  const supplements = finder(systems.filter(isSupplement))
  const wholes = new Map(systems.map(({ header }) => [header.valueSet, header.url] as const).reverse()) // the first counts
  return {
    codeSystem: (url, version) => find.one(url, version)?.system(),
    versions: find.versions,
    codeSystems: find.urls,
    valueSet: (url, version) => valueSets.one(url, version)?.resource(),
    supplement: (url, version) => supplements.one(url, version)?.resource(),
    systemOfAll: valueSet => wholes.get(valueSet),
  }
}

/** What `first` does not have is asked of `rest`; so is a code system that `first` only names. */
export function overlay(first: Terminology, rest: Terminology): Terminology {
  const ecl = first.ecl === undefined ? rest.ecl?.bind(rest) : first.ecl.bind(first)
  return {
    codeSystem(url, version) {
      const found = first.codeSystem(url, version)
      return found === undefined || !isDefined(found) ? (rest.codeSystem(url, version) ?? found) : found
    },
    versions: url => [...new Set([...first.versions(url), ...rest.versions(url)])],
    codeSystems: () => [...new Set([...(first.codeSystems?.() ?? []), ...(rest.codeSystems?.() ?? [])])],
    valueSet: (url, version) => first.valueSet(url, version) ?? rest.valueSet(url, version),
    supplement: (url, version) => first.supplement(url, version) ?? rest.supplement(url, version),
    systemOfAll: valueSet => first.systemOfAll(valueSet) ?? rest.systemOfAll(valueSet),
    ...(ecl === undefined ? {} : { ecl }),
  }
}

/** What `open` gives, opened when something is first asked of it. */
export function deferred(open: () => Omit<Terminology, 'ecl'>): Terminology {
  let opened: Omit<Terminology, 'ecl'> | undefined
  const known = (): Omit<Terminology, 'ecl'> => {
    opened ??= open()
    return opened
  }
  return {
    codeSystem: (url, version) => known().codeSystem(url, version),
    versions: url => known().versions(url),
    codeSystems: () => known().codeSystems?.() ?? [],
    valueSet: (url, version) => known().valueSet(url, version),
    supplement: (url, version) => known().supplement(url, version),
    systemOfAll: valueSet => known().systemOfAll(valueSet),
  }
}

/** There is more to it than its name. */
export function isDefined(system: CodeSystem): boolean {
  return system.facts.content !== 'not-present' || system.grammar !== undefined
}

/** By canonical; the latest version is the default. */
function finder(entries: readonly Entry[]): {
  one(url: string, version?: string): Entry | undefined
  versions(url: string): readonly string[]
  urls(): readonly string[]
} {
  const byUrl = Map.groupBy(entries, ({ header }) => header.url)
  for (const list of byUrl.values()) {
    list.sort((a, b) => laterVersion(b.header.version ?? '', a.header.version ?? ''))
  }
  return {
    one(url, version) {
      const list = byUrl.get(url)
      return version === undefined ? list?.[0] : list?.find(({ header }) => (header.version ?? '') === version)
    },
    versions: url => (byUrl.get(url) ?? []).flatMap(({ header }) => header.version ?? []),
    urls: () => [...byUrl.keys()].filter(url => url !== ''),
  }
}
