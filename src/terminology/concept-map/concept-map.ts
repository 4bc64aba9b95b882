/** A ConceptMap resource as translation needs it. https://hl7.org/fhir/R4/conceptmap.html */
import type { JsonObject } from '../../fhir/resource.ts'
import { printCanonical } from '../canonical.ts'
import { objectOf, objectsOf, textOf } from '../element.ts'

/** https://hl7.org/fhir/R4/valueset-concept-map-equivalence.html */
export const equivalences = [
  'equal',
  'equivalent',
  'relatedto',
  'wider',
  'subsumes',
  'narrower',
  'specializes',
  'inexact',
  'unmatched',
  'disjoint',
] as const
export type Equivalence = (typeof equivalences)[number]

export type Dependency = { readonly property: string; readonly system?: string; readonly value: string }

export type Target = {
  readonly code?: string
  readonly display?: string
  readonly equivalence: Equivalence
  readonly dependsOn: readonly Dependency[]
  readonly products: readonly (Dependency & { readonly display?: string })[]
}

export type Unmapped =
  | { readonly mode: 'provided' }
  | { readonly mode: 'fixed'; readonly code: string; readonly display?: string }
  | { readonly mode: 'other-map'; readonly url: string }

export type Group = {
  readonly source?: string
  readonly sourceVersion?: string
  readonly target?: string
  readonly targetVersion?: string
  readonly elements: ReadonlyMap<string, { readonly display?: string; readonly targets: readonly Target[] }>
  /** By the code of a target, the codes that lead to it. */
  readonly sourcesOf: ReadonlyMap<string, readonly string[]>
  readonly unmapped?: Unmapped
}

export type ConceptMap = {
  readonly canonical: string
  readonly url?: string
  readonly sourceValueSet?: string
  readonly targetValueSet?: string
  readonly groups: readonly Group[]
}

export function conceptMapOf(resource: JsonObject): ConceptMap {
  const url = textOf(resource, 'url')
  const canonical =
    url === undefined ? `#${textOf(resource, 'id') ?? ''}` : printCanonical(url, textOf(resource, 'version'))
  return {
    canonical,
    ...named('url', url),
    ...named('sourceValueSet', textOf(resource, 'sourceCanonical') ?? textOf(resource, 'sourceUri')),
    ...named('targetValueSet', textOf(resource, 'targetCanonical') ?? textOf(resource, 'targetUri')),
    groups: objectsOf(resource, 'group').map(groupOf),
  }
}

function named<N extends string>(name: N, value: string | undefined): { readonly [K in N]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [K in N]: string })
}

function groupOf(group: JsonObject): Group {
  const elements = new Map<string, { display?: string; targets: readonly Target[] }>()
  for (const element of objectsOf(group, 'element')) {
    const code = textOf(element, 'code')
    if (code === undefined) continue
    const before = elements.get(code)?.targets ?? []
    const targets = [...before, ...objectsOf(element, 'target').map(targetOf)]
    elements.set(code, { ...named('display', textOf(element, 'display')), targets })
  }
  const unmapped = unmappedOf(objectOf(group, 'unmapped'))
  return {
    ...named('source', textOf(group, 'source')),
    ...named('sourceVersion', textOf(group, 'sourceVersion')),
    ...named('target', textOf(group, 'target')),
    ...named('targetVersion', textOf(group, 'targetVersion')),
    elements,
    sourcesOf: sourcesOf(elements),
    ...(unmapped === undefined ? {} : { unmapped }),
  }
}

function sourcesOf(elements: Group['elements']): Group['sourcesOf'] {
  const sources = new Map<string, Set<string>>()
  for (const [code, { targets }] of elements) {
    for (const target of targets) {
      if (target.code !== undefined) sources.set(target.code, (sources.get(target.code) ?? new Set()).add(code))
    }
  }
  return new Map([...sources].map(([target, codes]) => [target, [...codes]]))
}

function targetOf(target: JsonObject): Target {
  const said = textOf(target, 'equivalence')
  return {
    ...named('code', textOf(target, 'code')),
    ...named('display', textOf(target, 'display')),
    equivalence: equivalences.find(known => known === said) ?? 'relatedto',
    dependsOn: objectsOf(target, 'dependsOn').map(dependencyOf),
    products: objectsOf(target, 'product').map(product => ({
      ...dependencyOf(product),
      ...named('display', textOf(product, 'display')),
    })),
  }
}

function dependencyOf(dependency: JsonObject): Dependency {
  return {
    property: textOf(dependency, 'property') ?? '',
    ...named('system', textOf(dependency, 'system')),
    value: textOf(dependency, 'value') ?? '',
  }
}

function unmappedOf(unmapped: JsonObject | undefined): Unmapped | undefined {
  const code = textOf(unmapped, 'code')
  const url = textOf(unmapped, 'url')
  switch (textOf(unmapped, 'mode')) {
    case 'provided':
      return { mode: 'provided' }
    case 'fixed':
      return code === undefined ? undefined : { mode: 'fixed', code, ...named('display', textOf(unmapped, 'display')) }
    case 'other-map':
      return url === undefined ? undefined : { mode: 'other-map', url }
    default:
      return undefined
  }
}
