/** What $lookup tells of a concept. https://hl7.org/fhir/R4/codesystem-operation-lookup.html */
import { Decimal } from '../../fhir/decimal.ts'
import { fail } from '../../fhir/issue.ts'
import { stringOf, type Text } from '../../fhir/stretch.ts'
import type { Answer } from '../../interactions/interaction.ts'
import type { CodeSystem, Texts } from '../../terminology/code-system.ts'
import type { Concept } from '../../terminology/concept-set.ts'
import { isRelated } from '../../terminology/resource/supplemented.ts'
import { elementFor } from '../../terminology/value-set/expansion-item.ts'
import { displayIn, isAnyLanguage, type Languages } from '../../terminology/value-set/language.ts'
import { type DisplayOf, tellAttributes } from './attributes.ts'
import { detailsText } from './details-text.ts'
import type { Wanted } from './wanted.ts'

export function details(system: CodeSystem, concept: Concept, wanted: Wanted, languages: Languages): Answer {
  const texts = system.texts ?? system
  const isAny = isAnyLanguage(languages)
  const displayOf = (of: Concept): Text | undefined =>
    (isAny ? texts.display(of) : undefined) ?? displayIn(system, of, languages)
  const code = texts.code(concept)
  tellIdentity(system, code, displayOf(concept))
  const definition = wanted.has('definition') ? texts.definition(concept) : undefined
  if (definition !== undefined) detailsText.identity('definition', definition)
  detailsText.abstract(system.abstract(concept))
  tellDesignations(system, concept, wanted)
  tellProperties(system, concept, wanted, displayOf)
  if (isRelated(system)) tellAttributes(system, concept, wanted, displayOf)
  return detailsText.take()
}

/** Of a code that a grammar makes nothing else is known. */
export function detailsOfUnlisted(
  system: CodeSystem,
  code: string,
  { display, name }: { readonly display?: string; readonly name?: string },
  wanted: Wanted,
): Answer {
  tellIdentity(system, code, display)
  if (name !== undefined && wanted.speaks('en')) detailsText.designation({ language: 'en', value: name })
  return detailsText.take()
}

/** Name and display are mandatory: what has none is called by its URL, or its code. */
function tellIdentity({ facts }: CodeSystem, code: Text, display: Text | undefined): void {
  const { url, version, name, title } = facts
  detailsText.name(name ?? title ?? url)
  detailsText.identity('code', code)
  detailsText.identity('system', url)
  if (version !== undefined) detailsText.identity('version', version)
  detailsText.identity('display', display ?? code)
}

/** The display is one of them, in the language that displays are in; most code systems do not list it again. */
function tellDesignations(system: CodeSystem, concept: Concept, wanted: Wanted): void {
  const texts = system.texts ?? system
  const { language } = system.facts
  const own = language !== undefined && wanted.speaks(language) ? texts.display(concept) : undefined
  const listed = texts.designations(concept)
  const isListed = listed.some(each => each.language === language && own !== undefined && isSame(each.value, own))
  if (own !== undefined && language !== undefined && !isListed) detailsText.designation({ language, value: own })
  for (const designation of listed) if (wanted.speaks(designation.language)) detailsText.designation(designation)
}

function isSame(a: Text, b: Text): boolean {
  return stringOf(a) === stringOf(b)
}

const most = 10_000 // children in one answer: some 2 MB

function tellProperties(system: CodeSystem, concept: Concept, wanted: Wanted, displayOf: DisplayOf): void {
  const texts = system.texts ?? system
  const own = texts.properties(concept)
  if (wanted.has('inactive') && !own.some(({ code }) => code === 'inactive')) {
    detailsText.property('inactive', { as: 'valueBoolean', value: system.inactive(concept) }, undefined)
  }
  const link = (name: string, to: Concept): void =>
    detailsText.property(name, { as: 'valueCode', value: texts.code(to) }, displayOf(to))
  if (wanted.has('parent')) for (const each of system.parents(concept)) link('parent', each)
  if (wanted.has('child')) for (const each of childrenOf(system, concept)) link('child', each)
  for (const each of own) {
    const { code, value } = each
    if (code === 'parent' || code === 'child' || !wanted.has(code)) continue
    detailsText.property(code, { as: elementFor(system, code, value), value }, meaningOf(system, each, displayOf))
  }
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
  { code, value: given }: ReturnType<Texts['properties']>[number],
  displayOf: DisplayOf,
): Text | undefined {
  if (typeof given === 'boolean' || typeof given === 'number' || given instanceof Decimal) return undefined
  if (typeof given === 'object' && 'code' in given) return given.display
  const isCode = system.facts.properties.some(each => each.code === code && each.type === 'code')
  const concept = isCode ? system.find(stringOf(given)) : undefined
  return concept === undefined ? undefined : displayOf(concept)
}
