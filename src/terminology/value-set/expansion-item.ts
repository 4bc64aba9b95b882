/** One code of an expansion. https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.expansion.contains */
import { Decimal } from '../../fhir/decimal.ts'
import type { JsonObject } from '../../fhir/resource.ts'
import { Stretch } from '../../fhir/stretch.ts'
import type { CodeSystem, Designation, PropertyValue } from '../code-system.ts'
import type { Concept } from '../concept-set.ts'
import { speaks } from '../speaks.ts'
import type { ConceptReference } from './definition.ts'
import type { ExpandRequest } from './expand-request.ts'
import { extensionsOfDesignation, extrasOf, type Told } from './expansion-extensions.ts'
import { displayFor, displayIn, type Languages, ownDisplay, wordsFor } from './language.ts'
import type { Member } from './member.ts'
import type { Members } from './membership.ts'

/** Elements of R5's expansions, as R4 carries them. https://hl7.org/fhir/R5/versions.html#extensions */
export const propertyExtension =
  'http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion.contains.property'

export function itemOf({ selection, code, concept }: Member, members: Members, request: ExpandRequest): JsonObject {
  const { url, system } = selection
  const mention = members.mentions.get(url)?.get(code)
  const display = displayOf(system, concept, mention, request.languages) ?? grammarDisplay(system, concept, code)
  const extras = extrasOf(system, concept, mention)
  const properties = system === undefined || concept === undefined ? [] : propertiesFor(system, concept, request)
  const extension = [...extras.extensions, ...printProperties(properties, extras.properties)]
  const designations = designationsFor(system, concept, mention, display, request)
  return {
    ...(extension.length === 0 ? {} : { extension }),
    system: url,
    ...(system !== undefined && concept !== undefined && system.abstract(concept) ? { abstract: true } : {}),
    ...(system !== undefined && concept !== undefined && system.inactive(concept) ? { inactive: true } : {}),
    ...(severalVersions(members, url) && selection.version !== undefined ? { version: selection.version } : {}),
    code,
    ...(display === undefined ? {} : { display }),
    ...(designations.length === 0 ? {} : { designation: designations.map(printDesignation) }),
  }
}

function displayOf(
  system: CodeSystem | undefined,
  concept: Concept | undefined,
  mention: ConceptReference | undefined,
  languages: Languages,
): string | undefined {
  if (system !== undefined && concept !== undefined) return displayIn(system, concept, languages, mention)
  return displayFor(wordsFor(undefined, undefined, mention), languages)
}

function grammarDisplay(
  system: CodeSystem | undefined,
  concept: Concept | undefined,
  code: string,
): string | undefined {
  if (concept !== undefined) return undefined
  const answer = system?.grammar?.check(code)
  return answer?.valid === true ? answer.display : undefined
}

/** The version is told where it tells codes apart. */
function severalVersions(members: Members, url: string): boolean {
  return (members.selections.get(url)?.length ?? 0) > 1
}

/**
 * `designation`: "a token that specifies a system+code that is either a use or a language", as in `urn:ietf:bcp:47|de`; without a
 * system it may be either. Without the parameter, all are given or none.
 */
function designationsFor(
  system: CodeSystem | undefined,
  concept: Concept | undefined,
  mention: ConceptReference | undefined,
  display: string | undefined,
  { includeDesignations, designations: wanted = [], languages }: ExpandRequest,
): readonly Designation[] {
  if (includeDesignations === false || (includeDesignations === undefined && wanted.length === 0)) return []
  const known = system === undefined || concept === undefined ? [] : system.designations(concept)
  const own = system === undefined || concept === undefined ? undefined : ownDisplay(system, concept)
  const isTold = own === undefined || own.value === display || known.some(each => isSame(each, own))
  const all = [...(mention?.designations ?? []), ...(isTold ? [] : [own]), ...known]
  const others =
    own?.value === display ? withoutDisplay(all, display, languages) : withoutSource(all, display, languages)
  return wanted.length === 0 ? others : others.filter(designation => wanted.some(one => isMeant(designation, one)))
}

/** Words in another language, if only of another region, are others, though they be spelled alike. */
function isSame({ language, value }: Designation, own: Designation): boolean {
  return value === own.value && (own.language === undefined || language === own.language)
}

/** Without what is told as the display already, since it is in the language that was asked for. */
function withoutDisplay(
  all: readonly Designation[],
  display: string | undefined,
  languages: Languages,
): readonly Designation[] {
  const asked = new Set(languages.map(language => language.toLowerCase()))
  return all.filter(
    ({ language, use, value }) => value !== display || use !== undefined || !asked.has(language?.toLowerCase() ?? ''),
  )
}

/** A designation lent the display its value: one in the very language, else one of a region where it is spoken. */
function withoutSource(
  all: readonly Designation[],
  display: string | undefined,
  languages: Languages,
): readonly Designation[] {
  const others = withoutDisplay(all, display, languages)
  if (others.length < all.length) return others
  const source = all.find(
    ({ language = '', use, value }) =>
      value === display && use === undefined && languages.some(asked => speaks(language, asked)),
  )
  return all.filter(designation => designation !== source)
}

function isMeant({ language, use }: Designation, wanted: string): boolean {
  const bar = wanted.indexOf('|')
  const [system, code] = bar < 0 ? [undefined, wanted] : [wanted.slice(0, bar), wanted.slice(bar + 1)]
  const isLanguage = language !== undefined && language.toLowerCase() === code.toLowerCase()
  if (system === 'urn:ietf:bcp:47') return isLanguage
  if (system === undefined) return isLanguage || use?.code === code
  return use?.code === code && (use.system ?? '') === system
}

function printDesignation(designation: Designation): JsonObject {
  const { language, use, value } = designation
  const extension = extensionsOfDesignation(designation)
  return {
    ...(extension.length === 0 ? {} : { extension }),
    ...(language === undefined ? {} : { language }),
    ...(use === undefined ? {} : { use }),
    value,
  }
}

function propertiesFor(system: CodeSystem, concept: Concept, { properties = [] }: ExpandRequest): readonly Told[] {
  if (properties.length === 0) return []
  const all = properties.includes('*')
  const given = system.properties(concept).filter(({ code }) => all || properties.includes(code))
  const definition = system.definition(concept)
  const own =
    definition !== undefined && properties.includes('definition') ? [{ code: 'definition', value: definition }] : []
  return [...own, ...given].map(({ code, value }) => ({ code, value: typedValue(system, code, value) }))
}

/** What was asked for, and what is told in any case. */
function printProperties(asked: readonly Told[], always: readonly Told[]): readonly JsonObject[] {
  const others = always.filter(({ code }) => !asked.some(each => each.code === code))
  return [...asked, ...others].map(({ code, value }) => ({
    url: propertyExtension,
    extension: [
      { url: 'code', valueCode: code },
      { url: 'value', ...value },
    ],
  }))
}

export function typedValue(system: CodeSystem, code: string, value: PropertyValue['value']): JsonObject {
  return { [elementFor(system, code, value)]: value }
}

/** By the type of the property, and what its value is: a text where it is no string. */
export function elementFor(
  system: CodeSystem,
  code: string,
  value: PropertyValue['value'] | Stretch,
): `value${'Boolean' | 'Decimal' | 'Integer' | 'Coding' | 'Code' | 'DateTime' | 'String'}` {
  if (typeof value === 'boolean') return 'valueBoolean'
  const type = system.facts.properties.find(property => property.code === code)?.type
  if (value instanceof Decimal) return 'valueDecimal'
  if (typeof value === 'number') return type === 'decimal' || !Number.isInteger(value) ? 'valueDecimal' : 'valueInteger'
  if (typeof value === 'object' && !(value instanceof Stretch)) return 'valueCoding'
  if (type === 'code') return 'valueCode'
  return type === 'dateTime' ? 'valueDateTime' : 'valueString'
}
