/** A code system with what supplements add to it. https://hl7.org/fhir/R4/codesystem.html#supplements */
import type { JsonObject } from '../../fhir/resource.ts'
import { printCanonical } from '../canonical.ts'
import {
  type CodeSystem,
  codeKey,
  type Designation,
  keysOf,
  type PropertyValue,
  type Relations,
} from '../code-system.ts'
import { type Concept, ConceptSet } from '../concept-set.ts'
import { objectsOf, textOf } from '../element.ts'
import { propertiesOf } from './concept-list.ts'
import { factsOf } from './facts.ts'
import { designationsOf, languagesOf } from './resource-code-system.ts'
import { textIndexOf } from './text-index.ts'

type Addition = {
  readonly designations: readonly Designation[]
  readonly properties: readonly PropertyValue[]
  readonly extensions: readonly JsonObject[]
}

const nothing: Addition = { designations: [], properties: [], extensions: [] }

/** Codes that the base does not have are passed over: a supplement cannot define any. Displays of it are designations. */
export function supplemented(base: CodeSystem, supplements: readonly JsonObject[]): CodeSystem {
  const added = new Map<Concept, Addition>()
  for (const supplement of supplements) {
    const { language } = factsOf(supplement)
    for (const element of elementsOf(supplement)) {
      const concept = base.find(textOf(element, 'code') ?? '')
      if (concept === undefined) continue
      const before = added.get(concept) ?? nothing
      added.set(concept, {
        designations: [...before.designations, ...displayOf(element, language), ...designationsOf(element)],
        properties: [...before.properties, ...propertiesOf(element)],
        extensions: [...before.extensions, ...objectsOf(element, 'extension')],
      })
    }
  }
  const of = (concept: Concept): Addition => added.get(concept) ?? nothing
  const texts = textIndexOf(added.keys(), concept => of(concept).designations)
  const facts = supplements.map(factsOf)
  const properties = facts.flatMap(supplement => supplement.properties)
  const same = (one: string, other: string): boolean => codeKey(one, base.facts) === codeKey(other, base.facts)
  const canonicals = facts.map(({ url, version }) => printCanonical(url, version))
  return {
    ...unchanged(base),
    facts: { ...base.facts, properties: [...base.facts.properties, ...properties], supplements: canonicals },
    designations: concept => [...base.designations(concept), ...of(concept).designations],
    languages: () => {
      const more = [...added.values()].flatMap(({ designations }) => designations)
      return [...new Set([...base.languages(), ...languagesOf(undefined, more)])]
    },
    properties: concept => [...base.properties(concept), ...of(concept).properties],
    extensions: concept => [...(base.extensions?.(concept) ?? []), ...of(concept).extensions],
    having(property, value) {
      const has = (given: PropertyValue): boolean =>
        given.code === property && (value === undefined || keysOf(given.value).some(key => same(key, value)))
      const more = [...added].filter(([, addition]) => addition.properties.some(has)).map(([concept]) => concept)
      return base.having(property, value).or(ConceptSet.of(base.size, more))
    },
    search(text, limits) {
      const found = new Set([...base.search(text, limits), ...texts.search(text, limits)])
      return [...found].slice(0, limits.most)
    },
  }
}

/** Spelled out, because a code system may be an object of a class, whose methods a spread would lose. */
function unchanged(
  base: CodeSystem,
): Omit<CodeSystem, 'facts' | 'designations' | 'languages' | 'properties' | 'extensions' | 'having' | 'search'> {
  return {
    size: base.size,
    find: code => base.find(code),
    code: concept => base.code(concept),
    display: concept => base.display(concept),
    definition: concept => base.definition(concept),
    inactive: concept => base.inactive(concept),
    abstract: concept => base.abstract(concept),
    parents: concept => base.parents(concept),
    children: concept => base.children(concept),
    isA: (concept, ancestor) => base.isA(concept, ancestor),
    descendants: concept => base.descendants(concept),
    ancestors: concept => base.ancestors(concept),
    ...(base.grammar === undefined ? {} : { grammar: base.grammar }),
    ...(isRelated(base) ? relationsOf(base) : {}),
  }
}

function relationsOf(base: Relations): Relations {
  return {
    sources: (types, values) => base.sources(types, values),
    attributes: concept => base.attributes(concept),
    members: refset => base.members(refset),
    refsets: () => base.refsets(),
    ...(base.fields === undefined ? {} : { fields: (refset, member) => base.fields?.(refset, member) ?? [] }),
    origins: base.origins,
    lapsed: base.lapsed,
    descriptions: base.descriptions,
  }
}

/** Has attributes and reference sets, as SNOMED CT has. */
export function isRelated(system: CodeSystem): system is CodeSystem & Relations {
  return 'members' in system && 'refsets' in system
}

function* elementsOf(element: JsonObject): Generator<JsonObject> {
  for (const concept of objectsOf(element, 'concept')) {
    yield concept
    yield* elementsOf(concept)
  }
}

function displayOf(element: JsonObject, language: string | undefined): readonly Designation[] {
  const value = textOf(element, 'display')
  return value === undefined ? [] : [{ value, ...(language === undefined ? {} : { language }) }]
}
