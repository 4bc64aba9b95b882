/** What $lookup tells of a concept. https://hl7.org/fhir/R4/codesystem-operation-lookup.html */
import { fail } from '../../fhir/issue.ts'
import type { JsonObject, Resource } from '../../fhir/resource.ts'
import type { CodeSystem, Designation, PropertyValue } from '../../terminology/code-system.ts'
import type { Concept } from '../../terminology/concept-set.ts'
import { isRelated } from '../../terminology/resource/supplemented.ts'
import { typedValue } from '../../terminology/value-set/expansion-item.ts'
import { displayIn, type Languages } from '../../terminology/value-set/language.ts'
import { attributesOf } from './attributes.ts'
import { property, value } from './property.ts'
import type { Wanted } from './wanted.ts'

export function details(system: CodeSystem, concept: Concept, wanted: Wanted, languages: Languages): Resource {
  const code = system.code(concept)
  const displayOf = (of: Concept): string | undefined => displayIn(system, of, languages)
  const definition = wanted.has('definition') ? system.definition(concept) : undefined
  const designations = system.designations(concept).filter(({ language }) => wanted.speaks(language))
  return answer([
    ...identity(system, code, displayOf(concept)),
    ...(definition === undefined ? [] : [value('definition', 'valueString', definition)]),
    value('abstract', 'valueBoolean', system.abstract(concept)),
    ...designations.map(designation),
    ...ownProperties(system, concept, wanted, displayOf),
    ...(isRelated(system) ? attributesOf(system, concept, wanted, displayOf) : []),
  ])
}

/** Of a code that a grammar makes nothing else is known. */
export function detailsOfUnlisted(system: CodeSystem, code: string, display: string | undefined): Resource {
  return answer(identity(system, code, display))
}

function answer(parameter: readonly JsonObject[]): Resource {
  return { resourceType: 'Parameters', parameter }
}

/** Name and display are mandatory: what has none is called by its URL, or its code. */
function identity({ facts }: CodeSystem, code: string, display: string | undefined): readonly JsonObject[] {
  const { url, version, name, title } = facts
  return [
    value('name', 'valueString', name ?? title ?? url),
    value('code', 'valueCode', code),
    value('system', 'valueUri', url),
    ...(version === undefined ? [] : [value('version', 'valueString', version)]),
    value('display', 'valueString', display ?? code),
  ]
}

function designation({ language, use, value: text }: Designation): JsonObject {
  return {
    name: 'designation',
    part: [
      ...(language === undefined ? [] : [value('language', 'valueCode', language)]),
      ...(use === undefined ? [] : [value('use', 'valueCoding', use)]),
      value('value', 'valueString', text),
    ],
  }
}

type DisplayOf = (concept: Concept) => string | undefined

const most = 10_000 // children in one answer: some 2 MB

function ownProperties(
  system: CodeSystem,
  concept: Concept,
  wanted: Wanted,
  displayOf: DisplayOf,
): readonly JsonObject[] {
  const linked = (name: string, concepts: readonly Concept[]): readonly JsonObject[] =>
    concepts.map(each => property(name, { valueCode: system.code(each) }, displayOf(each)))
  const own = system.properties(concept).filter(({ code }) => code !== 'parent' && code !== 'child')
  const tellsInactive = own.some(({ code }) => code === 'inactive')
  return [
    ...(wanted.has('inactive') && !tellsInactive
      ? [property('inactive', { valueBoolean: system.inactive(concept) }, undefined)]
      : []),
    ...(wanted.has('parent') ? linked('parent', system.parents(concept)) : []),
    ...(wanted.has('child') ? linked('child', childrenOf(system, concept)) : []),
    ...own
      .filter(({ code }) => wanted.has(code))
      .map(given =>
        property(given.code, typedValue(system, given.code, given.value), meaningOf(system, given, displayOf)),
      ),
  ]
}

function childrenOf(system: CodeSystem, concept: Concept): readonly Concept[] {
  const children = system.children(concept)
  if (children.length <= most) return children
  const code = system.code(concept)
  const text = `'${code}' has ${children.length} children, more than the ${most} that are told at once: expand a value set with the filter 'concept child-of ${code}'`
  throw fail('too-costly', text, 'property')
}

function meaningOf(
  system: CodeSystem,
  { code, value: given }: PropertyValue,
  displayOf: DisplayOf,
): string | undefined {
  if (typeof given === 'object') return given.display
  const isCode = system.facts.properties.some(each => each.code === code && each.type === 'code')
  const concept = isCode && typeof given === 'string' ? system.find(given) : undefined
  return concept === undefined ? undefined : displayOf(concept)
}
