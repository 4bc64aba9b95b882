/** What R4 says of single elements, by path, and the codes that they may have: read for making values, not for judging them. */
import { readFileSync } from 'node:fs'
import type { ElementDefinition } from '../../../src/conformance/structure-definition.ts'
import { loadStructures } from '../../../src/conformance/structures.ts'
import type { ValueSetLine } from '../../../src/conformance/value-sets.ts'

export type Coded = { readonly system: string; readonly code: string }

const structures = loadStructures()
const artifact = new URL('../../../src/conformance/value-sets.generated.json', import.meta.url)

/** Of value sets whose codes nobody can list. */
const unlisted: Readonly<Record<string, Coded>> = {
  'http://hl7.org/fhir/ValueSet/mimetypes': { system: 'urn:ietf:bcp:13', code: 'text/plain' },
  'http://hl7.org/fhir/ValueSet/currencies': { system: 'urn:iso:std:iso:4217', code: 'EUR' },
  'http://hl7.org/fhir/ValueSet/ucum-units': { system: 'http://unitsofmeasure.org', code: 'mg' },
  'http://hl7.org/fhir/ValueSet/all-languages': { system: 'urn:ietf:bcp:47', code: 'de-CH' },
  'http://loinc.org/vs/LL379-9': { system: 'http://loinc.org', code: 'LA9658-1' },
}

const elements = new Map(
  structures
    .list()
    .filter(({ derivation }) => derivation !== 'constraint')
    .flatMap(({ url }) => structures.find(url)?.snapshot?.element ?? [])
    .map(element => [element.path, element]),
)

const codes = new Map(
  (JSON.parse(readFileSync(artifact, 'utf8')) as { readonly valueSets: readonly ValueSetLine[] }).valueSets.map(
    ({ url, systems }) => [
      url,
      Object.entries(systems).flatMap(([system, listed]) => listed.map((code): Coded => ({ system, code }))),
    ],
  ),
)

export function elementAt(path: string): ElementDefinition | undefined {
  return elements.get(path)
}

/** Nothing for a value set that may be left; of a looser binding, the one that even it may not leave. */
export function codesRequiredBy({ binding }: ElementDefinition): readonly Coded[] {
  const valueSet = binding?.strength === 'required' ? binding.valueSet : binding?.maxValueSet
  if (valueSet === undefined) return []
  const [url = ''] = valueSet.split('|')
  const one = unlisted[url]
  return one === undefined ? (codes.get(url) ?? []) : [one]
}

/** R4's extensions that hold one value, with what it may be. */
export type Simple = {
  readonly url: string
  readonly contexts: readonly string[]
  readonly isModifier: boolean
  readonly value: ElementDefinition
}

export function simpleExtensions(): readonly Simple[] {
  return structures.list('Extension').flatMap(({ url, context = [], contextInvariant, derivation }) => {
    const elements = structures.find(url)?.snapshot?.element ?? []
    const value = elements.find(({ path }) => path === 'Extension.value[x]')
    const isPlain = !elements.some(({ path, sliceName }) => sliceName !== undefined || path.split('.').length > 2)
    const isElsewhere = contextInvariant !== undefined || context.some(({ type }) => type !== 'element')
    if (derivation !== 'constraint' || value === undefined || value.max === '0' || !isPlain || isElsewhere) return []
    const isModifier = elements[0]?.isModifier === true
    return [{ url, contexts: context.map(({ expression }) => expression), isModifier, value }]
  })
}
