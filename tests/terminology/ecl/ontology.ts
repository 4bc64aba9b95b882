/** A small code system in memory, made of what a test says of its concepts. */
import type { CodeSystem, Designation, PropertyValue, Relations } from '../../../src/terminology/code-system.ts'
import { type Concept, ConceptSet } from '../../../src/terminology/concept-set.ts'
import type { Substrate } from '../../../src/terminology/ecl/substrate.ts'

export type Entry = {
  readonly display?: string
  readonly parents?: readonly string[]
  /** A value is a code, or a literal: `#5`, `"text"`, `true`. */
  readonly attributes?: readonly (readonly [group: number, type: string, value: string])[]
  readonly inactive?: boolean
  readonly designations?: readonly Designation[]
  readonly properties?: readonly PropertyValue[]
}

export type Refsets = Readonly<Record<string, Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>>>

export function ontology(entries: Readonly<Record<string, Entry>>, refsets: Refsets = {}): Substrate {
  const codes = Object.keys(entries)
  const places = new Map(codes.map((code, place) => [code, place]))
  const place = (code: string): Concept => {
    const found = places.get(code)
    if (found === undefined) throw new Error(`${code} is not in the ontology of this test`)
    return found
  }
  const set = (concepts: Iterable<Concept>): ConceptSet => ConceptSet.of(codes.length, concepts)
  const entry = (concept: Concept): Entry => entries[codes[concept]!]!
  const parents = codes.map(code => (entries[code]?.parents ?? []).map(place))
  const children = codes.map((_, concept) =>
    codes
      .keys()
      .filter(other => parents[other]!.includes(concept))
      .toArray(),
  )
  const closure = (next: readonly (readonly Concept[])[], concept: Concept): ConceptSet => {
    const found = new Set<Concept>()
    const open = [...next[concept]!]
    for (let each = open.pop(); each !== undefined; each = open.pop()) {
      if (!found.has(each)) open.push(...next[each]!)
      found.add(each)
    }
    return set(found)
  }
  const attributes = codes.map(code =>
    (entries[code]?.attributes ?? []).map(([group, type, value]) => ({
      group,
      type: place(type),
      value: /^\d+$/.test(value) ? place(value) : value,
    })),
  )
  const system: CodeSystem & Relations = {
    facts: {
      url: 'http://snomed.info/sct',
      version: 'http://snomed.info/sct/900000000000207008/version/20260101',
      status: 'active',
      experimental: true,
      content: 'complete',
      caseSensitive: true,
      compositional: true,
      versionNeeded: false,
      language: 'en',
      properties: ['sufficientlyDefined', 'moduleId', 'effectiveTime'].map(code => ({ code, type: 'string' })),
      filters: [],
    },
    size: codes.length,
    find: code => places.get(code),
    code: concept => codes[concept]!,
    display: concept => entry(concept).display,
    definition: () => undefined,
    designations: concept => entry(concept).designations ?? [],
    languages: () => ['en'],
    properties: concept => entry(concept).properties ?? [],
    inactive: concept => entry(concept).inactive ?? false,
    abstract: () => false,
    parents: concept => parents[concept]!,
    children: concept => children[concept]!,
    isA: (concept, ancestor) => concept === ancestor || closure(parents, concept).has(ancestor),
    descendants: concept => closure(children, concept),
    ancestors: concept => closure(parents, concept),
    having: (property, value) =>
      set(
        codes
          .keys()
          .filter(concept =>
            entry(concept).properties?.some(
              each => each.code === property && (value === undefined || String(each.value) === value),
            ),
          ),
      ),
    search: (text, { within, most }) => {
      const words = text.toLowerCase().split(' ')
      const leads = (concept: Concept): boolean => {
        const { display = '', designations = [] } = entry(concept)
        const all = [display, ...designations.map(({ value }) => value)].map(each => each.toLowerCase().split(/[ ()]/))
        return all.some(own => words.every(word => own.some(each => each.startsWith(word))))
      }
      return codes
        .keys()
        .filter(each => (within?.has(each) ?? true) && leads(each))
        .take(most)
        .toArray()
    },
    sources: (types, values) =>
      set(
        codes
          .keys()
          .filter(concept =>
            attributes[concept]!.some(
              ({ type, value }) =>
                (types?.has(type) ?? true) &&
                (values === undefined || (typeof value === 'number' && values.has(value))),
            ),
          ),
      ),
    attributes: concept => attributes[concept]!,
    members: refset => set(Object.keys(refsets[codes[refset]!] ?? {}).map(place)),
    refsets: () => set(Object.keys(refsets).map(place)),
  }
  return { ...system, fields: (refset, member) => refsets[codes[refset]!]?.[codes[member]!] ?? [] }
}
