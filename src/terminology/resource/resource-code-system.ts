/** A CodeSystem resource, held in memory, as a code system. https://hl7.org/fhir/R4/codesystem.html */
import { Decimal } from '../../fhir/decimal.ts'
import { error, type Issue } from '../../fhir/issue.ts'
import type { JsonObject } from '../../fhir/resource.ts'
import {
  type CodeSystem,
  type CodeSystemFacts,
  codeKey,
  type Designation,
  keysOf,
  type PropertyValue,
} from '../code-system.ts'
import { type Concept, ConceptSet } from '../concept-set.ts'
import { objectOf, objectsOf, textOf } from '../element.ts'
import { type ConceptList, conceptListOf, namesOf, propertiesOf } from './concept-list.ts'
import { factsOf } from './facts.ts'
import { hierarchyOf } from './hierarchy.ts'
import { type TextIndex, textIndexOf } from './text-index.ts'

export type Read = { readonly system: CodeSystem; readonly issues: readonly Issue[] }

/** What is wrong with the resource is told and left out; the rest answers. */
export function readCodeSystem(resource: JsonObject): Read {
  const issues: Issue[] = []
  const report = (issue: Issue): void => void issues.push(issue)
  const facts = factsOf(resource)
  const list = conceptListOf(resource, facts, report)
  const { elements, codes } = list
  const size = elements.length
  const hierarchy = hierarchyOf(list.parents, cycle => {
    const names = cycle.map(concept => `'${codes[concept]}'`).join(' → ')
    report(error('invalid', `the hierarchy has a cycle: ${names}; its last link does not count`, 'CodeSystem.concept'))
  })
  const element = (concept: Concept): JsonObject => elements[concept] ?? {}
  const designations = (concept: Concept): readonly Designation[] => designationsOf(element(concept))
  let texts: TextIndex | undefined
  let marks: Marks | undefined
  const marked = (): Marks => {
    marks ??= marksOf(list, facts)
    return marks
  }
  const values = new Map<string, ReadonlyMap<string, readonly Concept[]>>()
  const system: CodeSystem = {
    facts,
    size,
    find: list.find,
    code: concept => codes[concept] ?? '',
    display: concept => textOf(element(concept), 'display'),
    definition: concept => textOf(element(concept), 'definition'),
    designations,
    languages: () => languagesOf(facts.language, elements.flatMap(designationsOf)),
    properties: concept => propertiesOf(element(concept)),
    extensions: concept => objectsOf(element(concept), 'extension'),
    inactive: concept => marked().inactive.has(concept),
    abstract: concept => marked().abstract.has(concept),
    ...hierarchy,
    having(property, value) {
      const known = values.get(property) ?? byValue(list, property, facts)
      values.set(property, known)
      return ConceptSet.of(
        size,
        value === undefined ? [...known.values()].flat() : (known.get(codeKey(value, facts)) ?? []),
      )
    },
    search(text, limits) {
      texts ??= textIndexOf(elements.keys(), concept => [
        { value: system.display(concept) ?? '', ...(facts.language === undefined ? {} : { language: facts.language }) },
        { value: system.code(concept) },
        ...designations(concept),
      ])
      return texts.search(text, limits)
    },
  }
  return { system, issues }
}

export function languagesOf(own: string | undefined, designations: readonly Designation[]): readonly string[] {
  return [...new Set([own, ...designations.map(({ language }) => language)])].filter(tag => tag !== undefined)
}

export function designationsOf(element: JsonObject): readonly Designation[] {
  return objectsOf(element, 'designation').flatMap(designation => {
    const value = textOf(designation, 'value')
    if (value === undefined) return []
    const language = textOf(designation, 'language')
    const use = objectOf(designation, 'use')
    const code = textOf(use, 'code')
    const [system, display] = [textOf(use, 'system'), textOf(use, 'display')]
    const named = code !== undefined && {
      use: { code, ...(system === undefined ? {} : { system }), ...(display === undefined ? {} : { display }) },
    }
    const extensions = objectsOf(designation, 'extension')
    return [
      {
        value,
        ...(language === undefined ? {} : { language }),
        ...(named || {}),
        ...(extensions.length === 0 ? {} : { extensions }),
      },
    ]
  })
}

type Marks = { readonly inactive: ReadonlySet<Concept>; readonly abstract: ReadonlySet<Concept> }

const ended: ReadonlySet<PropertyValue['value']> = new Set(['retired', 'inactive', 'withdrawn'])

/** Deprecated concepts may still be used; retired ones not. https://hl7.org/fhir/R4/codesystem-concept-properties.html */
function marksOf({ elements }: ConceptList, facts: CodeSystem['facts']): Marks {
  const inactive = new Set<Concept>()
  const abstract = new Set<Concept>()
  const marksOfOne = markReader(facts)
  for (const [concept, element] of elements.entries()) {
    const marks = marksOfOne(propertiesOf(element))
    if (marks.inactive) inactive.add(concept)
    if (marks.abstract) abstract.add(concept)
  }
  return { inactive, abstract }
}

/** What the properties of a concept say of its use. */
export function markReader(
  facts: CodeSystem['facts'],
): (properties: readonly PropertyValue[]) => { readonly inactive: boolean; readonly abstract: boolean } {
  const [inactiveNames, statusNames] = [namesOf(facts, 'inactive'), namesOf(facts, 'status')]
  const abstractNames = namesOf(facts, 'notSelectable', 'abstract')
  const says = (value: PropertyValue['value']): boolean => value === true || value === 'true'
  return properties => ({
    inactive: properties.some(
      ({ code, value }) => (says(value) && inactiveNames.has(code)) || (statusNames.has(code) && ended.has(value)),
    ),
    abstract: properties.some(({ code, value }) => says(value) && abstractNames.has(code)),
  })
}

export function printValue(value: PropertyValue['value']): string {
  return typeof value !== 'object' || value instanceof Decimal ? String(value) : value.code
}

function byValue(
  { elements }: ConceptList,
  property: string,
  facts: CodeSystemFacts,
): ReadonlyMap<string, readonly Concept[]> {
  const lists = new Map<string, Concept[]>()
  for (const [concept, element] of elements.entries()) {
    if (element['property'] === undefined) continue
    const values = propertiesOf(element).filter(({ code }) => code === property)
    for (const key of values.flatMap(({ value }) => keysOf(value)).map(each => codeKey(each, facts))) {
      const list = lists.get(key)
      if (list === undefined) lists.set(key, [concept])
      else list.push(concept)
    }
  }
  return lists
}
