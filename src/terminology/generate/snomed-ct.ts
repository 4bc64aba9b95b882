/**
 * The codes of SNOMED CT that R4 itself uses: those its value sets list or filter by, and those of its examples.
 * https://hl7.org/fhir/R4/snomedct.html
 */
import type { ValueSet } from '@medplum/fhirtypes'
import { read } from '../../conformance/generate/package.ts'
import type { JsonObject } from '../../fhir/resource.ts'
import { exampleCodes } from './example-codes.ts'

const system = 'http://snomed.info/sct'

/** 2,370 breeds of 2,740 codes: who has use for them has SNOMED CT. */
const leftOut = new Set(['animal-breeds'])

/** Value sets that list one kind of concept, by the most special of the listed concepts that all of them are a kind of. */
const kindOf: Readonly<Record<string, string>> = {
  'immunization-target-disease': '404684003',
  'modified-foodtype': '105590001',
  'procedure-category': '71388002',
  'procedure-followup': '71388002',
  'servicerequest-category': '71388002',
}

type Found = { readonly displays: Set<string>; parent: string | undefined }

export function snomedCodes(): JsonObject {
  const found = new Map<string, Found>()
  const add = (code: string, display: string | undefined, parent: string | undefined): void => {
    const known = found.get(code) ?? { displays: new Set<string>(), parent: undefined }
    if (display) known.displays.add(display)
    if (parent !== code) known.parent ??= parent
    found.set(code, known)
  }
  for (const set of read('valuesets.json', 'ValueSet')) {
    if (!leftOut.has(set.id ?? ''))
      for (const { code, display } of codesOf(set)) add(code, display, kindOf[set.id ?? ''])
  }
  for (const { code, display, parent } of exampleCodes) add(code, display, parent)
  const named = [...found].filter(([, { displays }]) => displays.size > 0).sort(([one], [other]) => order(one, other))
  return {
    resourceType: 'CodeSystem',
    id: 'snomed-ct',
    url: system,
    name: 'SNOMEDCT',
    title: 'SNOMED CT: what the FHIR specification uses',
    status: 'active',
    experimental: false,
    date: '2026-11-21',
    publisher: 'SNOMED International (IHTSDO)',
    description:
      'The codes that the value sets and examples of FHIR R4 use, with the displays given there; not the whole of SNOMED CT, and of its hierarchy only what R4’s value sets ask for. Load a release of SNOMED CT for that.',
    copyright:
      'This code system includes content from SNOMED CT, which is copyright © 2002+ International Health Terminology Standards Development Organisation (IHTSDO), and distributed by agreement between IHTSDO and HL7. Implementer use of SNOMED CT is not covered by this agreement. "SNOMED" and "SNOMED CT" are registered trademarks of the IHTSDO. Who uses SNOMED CT needs an Affiliate licence: http://www.snomed.org/snomed-ct/get-snomed-ct or info@snomed.org.',
    caseSensitive: false,
    valueSet: `${system}?fhir_vs`,
    hierarchyMeaning: 'is-a',
    compositional: true,
    versionNeeded: false,
    content: 'fragment',
    property: [{ code: 'parent', uri: 'http://hl7.org/fhir/concept-properties#parent', type: 'code' }],
    concept: named.map(([code, { displays, parent }]) => conceptOf(code, [...displays], parent)),
  }
}

function conceptOf(code: string, [display = '', ...others]: readonly string[], parent: string | undefined): JsonObject {
  return {
    code,
    display,
    ...(others.length === 0 ? {} : { designation: others.map(value => ({ language: 'en', value })) }),
    ...(parent === undefined ? {} : { property: [{ code: 'parent', valueCode: parent }] }),
  }
}

type Used = { readonly code: string; readonly display: string | undefined }

/** Many displays stand in the narrative alone. */
function codesOf({ compose, text }: ValueSet): readonly Used[] {
  const parts = [...(compose?.include ?? []), ...(compose?.exclude ?? [])].filter(part => part.system === system)
  const listed = parts.flatMap(({ concept = [] }) => concept)
  const roots = parts.flatMap(({ filter = [] }) =>
    filter.filter(({ op }) => op === 'is-a').map(({ value }) => ({ code: value })),
  )
  return [...listed, ...roots].map(({ code = '', display }: { code?: string; display?: string }) => ({
    code,
    display: display?.trim() ?? toldIn(text?.div ?? '', code),
  }))
}

/** As `…>24484000</a></td><td>Severe</td>`, `24484000: Severe</li>`, `is-a 404684003 (Clinical finding (finding))`, `284009009 &quot;…&quot;`. */
function toldIn(narrative: string, code: string): string | undefined {
  const forms = [
    `>${code}</a></td><td>([^<]+)<`,
    `${code}: ([^<]+)</li>`,
    `${code} \\(((?:[^()<]|\\([^()<]*\\))+)\\)`,
    `${code} &quot;([^<&]+)&quot;`,
    `${code} \\|([^|<]+)\\|`,
  ]
  return forms.map(form => new RegExp(form).exec(narrative)?.[1]?.trim()).find(display => display !== undefined)
}

function order(one: string, other: string): number {
  return one.length - other.length || (one < other ? -1 : 1)
}
