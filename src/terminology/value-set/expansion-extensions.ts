/**
 * What extensions say of a code of an expansion: some are copied, others are properties since R5.
 * https://hl7.org/fhir/R5/valueset-definitions.html#ValueSet.expansion.contains.property
 */
import { isObject, type Json, type JsonObject } from '../../fhir/resource.ts'
import type { CodeSystem, Designation } from '../code-system.ts'
import type { Concept } from '../concept-set.ts'
import { anyValueOf, objectsOf, textOf } from '../element.ts'
import { standardsStatus } from '../resource/facts.ts'
import { statusOf } from './check-status.ts'
import type { ConceptReference } from './definition.ts'

/** A property with its value in the type that it has in every code system. */
export type Told = { readonly code: string; readonly value: JsonObject }

const structure = (name: string): string => `http://hl7.org/fhir/StructureDefinition/${name}`

type As = { readonly code: string; readonly type: 'valueString' | 'valueDecimal' | 'valueCode' }

const [label, order, weight]: readonly As[] = [
  { code: 'label', type: 'valueString' },
  { code: 'order', type: 'valueDecimal' },
  { code: 'weight', type: 'valueDecimal' },
]

const asProperties: ReadonlyMap<string, As | undefined> = new Map([
  [structure('codesystem-label'), label],
  [structure('valueset-label'), label],
  [structure('codesystem-conceptOrder'), order],
  [structure('valueset-conceptOrder'), order],
  [structure('itemWeight'), weight],
])

/** https://hl7.org/fhir/R4/codesystem-concept-properties.html */
const concepts = 'http://hl7.org/fhir/concept-properties'
export const standardUris: Readonly<Record<string, string>> = {
  definition: `${concepts}#definition`,
  status: `${concepts}#status`,
  label: `${concepts}#label`,
  order: `${concepts}#order`,
  weight: `${concepts}#itemWeight`,
}

const [rendered, alternate] = [['rendering-style', 'rendering-xhtml', 'coding-sctdescid'], ['codesystem-alternate']]
const copiedFromSystem = new Set([...rendered, ...alternate].map(structure))
const copiedFromValueSet = new Set([
  ...[...rendered, 'valueset-deprecated', 'valueset-concept-definition'].map(structure),
  standardsStatus,
])
const copiedOfDesignations = new Set([structure('coding-sctdescid'), standardsStatus])

export type Extras = { readonly properties: readonly Told[]; readonly extensions: readonly JsonObject[] }

/** The value set has the last word on where a code stands, and what it is called and weighs there. */
export function extrasOf(
  system: CodeSystem | undefined,
  concept: Concept | undefined,
  mention: ConceptReference | undefined,
): Extras {
  const own = system === undefined || concept === undefined ? [] : (system.extensions?.(concept) ?? [])
  const ofSet = mention?.extensions ?? []
  const status = system === undefined || concept === undefined ? undefined : standingOf(system, concept)
  const told = new Map<string, JsonObject>()
  if (status !== undefined && status !== 'active') told.set('status', { valueCode: status })
  for (const extension of [...own, ...ofSet]) {
    const as = asProperties.get(textOf(extension, 'url') ?? '')
    const value = anyValueOf(extension)
    if (as !== undefined && value !== undefined) told.set(as.code, { [as.type]: value })
  }
  return {
    properties: [...told].map(([code, value]) => ({ code, value })),
    extensions: [...own.filter(isAmong(copiedFromSystem)), ...ofSet.filter(isAmong(copiedFromValueSet))],
  }
}

export function extensionsOfDesignation({ extensions = [] }: Designation): readonly JsonObject[] {
  return extensions.filter(isAmong(copiedOfDesignations))
}

function isAmong(urls: ReadonlySet<string>): (extension: JsonObject) => boolean {
  return extension => urls.has(textOf(extension, 'url') ?? '')
}

/** Whoever is told that a code is inactive is told why, if only by that word. */
function standingOf(system: CodeSystem, concept: Concept): string | undefined {
  return statusOf(system, concept) ?? (system.inactive(concept) ? 'inactive' : undefined)
}

/** The codes of the properties that items of an expansion carry. */
export function carried(url: string, items: readonly JsonObject[]): ReadonlySet<string> {
  return new Set(
    items.flatMap(item => {
      const own = objectsOf(item, 'extension').filter(extension => extension['url'] === url)
      const names: readonly (Json | undefined)[] = own.map(each => objectsOf(each, 'extension')[0]?.['valueCode'])
      const below = isObject(item) ? [...carried(url, objectsOf(item, 'contains'))] : []
      return [...names.filter(name => typeof name === 'string'), ...below]
    }),
  )
}
