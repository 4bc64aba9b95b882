/** The value sets that R4 binds elements to, expanded. https://hl7.org/fhir/R4/terminologies.html#strength */
import type { CodeSystem, ValueSet } from '@medplum/fhirtypes'
import { condense } from '../condense.ts'
import type { Binding } from '../structure-definition.ts'
import { type Expansion, expand, type Terminology } from './expand.ts'
import { read, source } from './package.ts'
import { r4Structures } from './structures.ts'

const files = ['valuesets.json', 'v2-tables.json', 'v3-codesystems.json']

/** One value set to a line; those that the package does not hold (DICOM's, RadLex) are left out. */
export function printValueSets(): string {
  const terminology = r4Terminology()
  const lines = bound().flatMap(url => {
    const valueSet = terminology.valueSet(url)
    return valueSet ? printValueSet(valueSet, expand(valueSet, terminology)) : []
  })
  return `{"generated":${JSON.stringify(source())},"valueSets":[\n${lines.join(',\n')}\n]}\n`
}

function r4Terminology(): Terminology {
  const [valueSets, codeSystems] = [new Map<string, ValueSet>(), new Map<string, CodeSystem>()]
  for (const file of files) {
    for (const valueSet of read(file, 'ValueSet')) valueSets.set(valueSet.url ?? '', valueSet)
    for (const codeSystem of read(file, 'CodeSystem')) codeSystems.set(codeSystem.url ?? '', codeSystem)
  }
  return {
    valueSet: url => valueSets.get(withoutVersion(url)),
    codeSystem: url => codeSystems.get(withoutVersion(url)),
  }
}

/** Whatever a code must or should be of. */
function bound(): readonly string[] {
  const elements = r4Structures().flatMap(resource => condense(resource).differential?.element ?? [])
  const urls = elements.flatMap(({ binding }) => (binding ? named(binding) : []))
  return [...new Set(urls.map(withoutVersion))].sort()
}

function named({ strength, valueSet, maxValueSet }: Binding): readonly string[] {
  const isChecked = strength === 'required' || strength === 'extensible'
  return [isChecked ? valueSet : undefined, maxValueSet].filter(url => url !== undefined)
}

function withoutVersion(canonical: string): string {
  return canonical.split('|', 1)[0] ?? canonical
}

function printValueSet({ url, version }: ValueSet, { codes, open, missing }: Expansion): string {
  const systems = Object.fromEntries([...codes].map(([system, codes]) => [system, [...codes]]))
  return JSON.stringify({
    url,
    version,
    systems,
    ...(open.size > 0 ? { open: [...open] } : {}),
    ...(missing.size > 0 ? { missing: [...missing] } : {}),
  })
}
