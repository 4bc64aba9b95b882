/** $translate: what a code is in another code system. https://hl7.org/fhir/R4/conceptmap-operation-translate.html */
import { type FhirError, fail } from '../../fhir/issue.ts'
import type { JsonObject, Resource } from '../../fhir/resource.ts'
import { parseCanonical } from '../canonical.ts'
import type { ConceptMap, Dependency, Equivalence, Group, Target } from './concept-map.ts'

export type Coding = {
  readonly system?: string
  readonly version?: string
  readonly code: string
  readonly display?: string
}

export type TranslateRequest = {
  /** More than one for a CodeableConcept: each is translated. */
  readonly codings: readonly Coding[]
  readonly targetSystem?: string
  readonly dependencies: readonly Dependency[]
  /** From what is mapped to, back to what it was mapped from. */
  readonly reverse: boolean
}

export type Match = {
  readonly equivalence: Equivalence
  readonly concept?: Coding
  readonly products: Target['products']
  /** Canonical of the map it comes from. */
  readonly source: string
}

export type Translation = { readonly result: boolean; readonly message?: string; readonly matches: readonly Match[] }

/**
 * `find`: maps that others name for what they do not map themselves; `covers`: whether the code is one that the map is about;
 * `lost`: hears of a map that leads to none, or back to itself. Who asked for the map must know, so by default that is thrown.
 */
export function translate(
  maps: readonly ConceptMap[],
  request: TranslateRequest,
  find: (canonical: string) => ConceptMap | undefined,
  covers: (map: ConceptMap, coding: Coding) => boolean = () => true,
  lost: (why: FhirError) => void = refuse,
): Translation {
  const matches = distinct(
    request.codings.flatMap(coding => {
      const search: Search = { request, find, lost, path: [], known: new Map() }
      return maps.filter(map => covers(map, coding)).flatMap(map => matchesIn(map, coding, search))
    }),
  )
  const result = matches.some(({ equivalence }) => equivalence !== 'unmatched' && equivalence !== 'disjoint')
  return result ? { result, matches } : { result, message: messageFor(maps, request, matches), matches }
}

function refuse(why: FhirError): never {
  throw why
}

const mostNamed = 3 // maps: where none was asked for, all that are known were looked into

function messageFor(maps: readonly ConceptMap[], { codings }: TranslateRequest, matches: readonly Match[]): string {
  const codes = codings.map(({ system = '', code }) => `'${system}#${code}'`).join(', ')
  if (maps.length === 0) return `No ConceptMap is known that translates ${codes}`
  const named = maps.slice(0, mostNamed).map(({ canonical }) => `'${canonical}'`)
  const names = `${named.join(', ')}${maps.length > mostNamed ? ` and ${maps.length - mostNamed} more` : ''}`
  const found = matches.length === 0 ? 'has no translation' : 'is known to have no equivalent'
  return `The code ${codes} ${found} in the ConceptMap ${names}`
}

/** Of one coding. */
type Search = {
  readonly request: TranslateRequest
  readonly find: (canonical: string) => ConceptMap | undefined
  readonly lost: (why: FhirError) => void
  /** The maps that led here. */
  readonly path: readonly ConceptMap[]
  /** What maps say that others refer to: several groups may refer to the same. */
  readonly known: Map<ConceptMap, readonly Match[]>
}

const deepest = 50 // maps that lead to each other; three are in use

function matchesIn(map: ConceptMap, coding: Coding, search: Search): readonly Match[] {
  const { request } = search
  if (request.reverse) return map.groups.flatMap(group => reversed(map, group, coding, request))
  const groups = map.groups.filter(group => isFor(group, coding) && isWanted(group.target, request))
  return groups.flatMap(group => {
    const targets = group.elements.get(coding.code)?.targets
    if (targets !== undefined) {
      return targets.filter(target => isMet(target, request.dependencies)).map(target => matchOf(map, group, target))
    }
    return unmappedIn(map, group, coding, search)
  })
}

function isFor({ source, sourceVersion }: Group, { system, version }: Coding): boolean {
  if (system !== undefined && source !== undefined && source !== system) return false
  return version === undefined || sourceVersion === undefined || version === sourceVersion
}

function isWanted(system: string | undefined, { targetSystem }: TranslateRequest): boolean {
  return targetSystem === undefined || system === undefined || system === targetSystem
}

/** "This mapping applies if the specified element can be resolved, and it has the specified value." */
function isMet({ dependsOn }: Target, given: readonly Dependency[]): boolean {
  return dependsOn.every(({ property, system, value }) =>
    given.some(
      each =>
        each.property === property &&
        each.value === value &&
        (system === undefined || each.system === undefined || each.system === system),
    ),
  )
}

function matchOf(map: ConceptMap, group: Group, { code, display, equivalence, products }: Target): Match {
  const concept = code === undefined ? undefined : codingOf(group.target, group.targetVersion, code, display)
  return {
    equivalence,
    ...(concept === undefined ? {} : { concept }),
    products,
    source: map.canonical,
  }
}

function codingOf(
  system: string | undefined,
  version: string | undefined,
  code: string,
  display: string | undefined,
): Coding {
  return {
    ...(system === undefined ? {} : { system }),
    ...(version === undefined ? {} : { version }),
    code,
    ...(display === undefined ? {} : { display }),
  }
}

/** https://hl7.org/fhir/R4/valueset-conceptmap-unmapped-mode.html. The mode tells no equivalence: the same code is taken as equal,
 * one that is given for all as inexact. */
function unmappedIn(map: ConceptMap, group: Group, coding: Coding, search: Search): readonly Match[] {
  const { unmapped, target, targetVersion } = group
  const given = { products: [], source: map.canonical }
  switch (unmapped?.mode) {
    case 'provided': {
      const concept = codingOf(target ?? coding.system, targetVersion, coding.code, coding.display)
      return [{ equivalence: 'equal', concept, ...given }]
    }
    case 'fixed': {
      const concept = codingOf(target, targetVersion, unmapped.code, unmapped.display)
      return [{ equivalence: 'inexact', concept, ...given }]
    }
    case 'other-map': {
      const path = [...search.path, map]
      const other = otherMap(unmapped.url, path, search)
      if (other === undefined) return []
      const matches = search.known.get(other) ?? [...new Set(matchesIn(other, coding, { ...search, path }))]
      search.known.set(other, matches)
      return matches
    }
    case undefined:
      return []
  }
}

function otherMap(url: string, path: readonly ConceptMap[], { find, lost }: Search): ConceptMap | undefined {
  const at = 'ConceptMap.group.unmapped.url'
  const other = find(url)
  if (other === undefined) {
    const text = `ConceptMap '${path.at(-1)?.canonical}' refers to '${url}' for what it does not map, which is not known`
    lost(fail('not-found', text, at))
    return undefined
  }
  if (path.some(each => each.canonical === other.canonical)) {
    const names = [...path, other].map(each => each.canonical).join(' → ')
    lost(fail('processing', `concept maps refer to each other in a circle: ${names}`, at))
    return undefined
  }
  if (path.length > deepest) {
    const text = `ConceptMap '${path.at(-1)?.canonical}' is the end of ${path.length} maps that each refer to the next for what they do not map: expected at most ${deepest}`
    throw fail('too-costly', text, at, { status: 422 })
  }
  return other
}

function reversed(map: ConceptMap, group: Group, coding: Coding, request: TranslateRequest): readonly Match[] {
  const { source, sourceVersion, target, targetVersion } = group
  const turned: Group = {
    ...group,
    ...(target === undefined ? {} : { source: target }),
    ...(targetVersion === undefined ? {} : { sourceVersion: targetVersion }),
  }
  if (!isFor(turned, coding) || !isWanted(source, request)) return []
  const elements = group.sourcesOf.get(coding.code) ?? []
  return elements.flatMap(code => {
    const { display, targets = [] } = group.elements.get(code) ?? {}
    return targets
      .filter(each => each.code === coding.code && isMet(each, request.dependencies))
      .map(each => ({
        equivalence: turnedEquivalence[each.equivalence],
        concept: codingOf(source, sourceVersion, code, display),
        products: [],
        source: map.canonical,
      }))
  })
}

/** What is wider seen from one side is narrower from the other. */
const turnedEquivalence: Readonly<Record<Equivalence, Equivalence>> = {
  equal: 'equal',
  equivalent: 'equivalent',
  relatedto: 'relatedto',
  wider: 'narrower',
  narrower: 'wider',
  subsumes: 'specializes',
  specializes: 'subsumes',
  inexact: 'inexact',
  unmatched: 'unmatched',
  disjoint: 'disjoint',
}

function distinct(matches: readonly Match[]): readonly Match[] {
  return [...new Map(matches.map(match => [JSON.stringify(match), match])).values()]
}

/** The maps that may answer: by canonical, or from one value set to another. */
export function fitting(
  maps: Iterable<ConceptMap>,
  by: { readonly url?: string; readonly source?: string; readonly target?: string },
  reverse: boolean,
): readonly ConceptMap[] {
  const [from, to] = reverse ? [by.target, by.source] : [by.source, by.target]
  const same = (wanted: string | undefined, has: string | undefined): boolean =>
    wanted === undefined || (has !== undefined && (has === wanted || parseCanonical(has).url === wanted))
  return [...maps].filter(map => {
    const isNamed = by.url === undefined || map.canonical === by.url || map.url === by.url
    return isNamed && same(from, map.sourceValueSet) && same(to, map.targetValueSet)
  })
}

export function translationParameters({ result, message, matches }: Translation): Resource {
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'result', valueBoolean: result },
      ...(message === undefined ? [] : [{ name: 'message', valueString: message }]),
      ...matches.map(match => ({ name: 'match', part: partsOf(match) })),
    ],
  }
}

function partsOf({ equivalence, concept, products, source }: Match): readonly JsonObject[] {
  return [
    { name: 'equivalence', valueCode: equivalence },
    ...(concept === undefined ? [] : [{ name: 'concept', valueCoding: concept }]),
    ...products.map(({ property, system, value, display }) => ({
      name: 'product',
      part: [
        { name: 'element', valueUri: property },
        { name: 'concept', valueCoding: codingOf(system, undefined, value, display) },
      ],
    })),
    { name: 'source', valueUri: source },
  ]
}
