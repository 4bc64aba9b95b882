/** Prints the `*.generated.json` from the definitions that HL7 published; with `--check` only says whether they are up to date. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { StructureDefinition } from '@medplum/fhirtypes'
import { compartment, operation, searchParameter } from './facts.ts'
import { isR4, read, source } from './package.ts'
import { publishedElements } from './published.ts'
import { shapesOf, unsettledOf } from './shapes.ts'
import { printStructures } from './structures.ts'
import { printTerminology } from './terminology.ts'
import { printValueSets } from './value-sets.ts'

/** One shape, parameter, compartment or operation per line, so that a change can be read in a diff. */
function printArtifact(): string {
  const published = publishedElements(read('dataelements.json', 'StructureDefinition'))
  const structures = ['profiles-types.json', 'profiles-resources.json']
    .flatMap(file => read(file, 'StructureDefinition'))
    .filter(isConcrete)
    .filter(isR4)
  const sections = {
    shapes: structures.flatMap(structure => shapesOf(structure, published)),
    searchParameters: read('search-parameters.json', 'SearchParameter').filter(isR4).map(searchParameter),
    unsettled: structures.flatMap(unsettledOf),
    compartments: read('profiles-resources.json', 'CompartmentDefinition').map(compartment),
    operations: read('profiles-resources.json', 'OperationDefinition').filter(isR4).map(operation),
  }
  const body = Object.entries(sections).map(([name, lines]) => `"${name}":[\n${lines.map(printLine).join(',\n')}\n]`)
  return `{"generated":${JSON.stringify(source())},\n${body.join(',\n')}}\n`
}

function printLine(value: unknown): string {
  return JSON.stringify(value)
}

/** Profiles (SimpleQuantity) and patterns of types (MetadataResource) are no types; abstract types have no instances. */
function isConcrete({ kind, abstract, derivation }: StructureDefinition): boolean {
  return kind !== 'logical' && !abstract && derivation === 'specialization'
}

/** By file, how it is printed. */
export const artifacts: Readonly<Record<string, () => string>> = {
  'r4.generated.json': printArtifact,
  'structures.generated.json': printStructures,
  'terminology.generated.json': printTerminology,
  'value-sets.generated.json': printValueSets,
}

function renew(name: string, printed: string): void {
  const path = fileURLToPath(new URL(`../${name}`, import.meta.url))
  if (!process.argv.includes('--check')) {
    writeFileSync(path, printed)
    console.log(`${path}: ${Math.round(printed.length / 1024)} KiB`)
  } else if (readFileSync(path, 'utf8') !== printed) {
    console.error(`${path} is not what the definitions give; run: npm run gen`)
    process.exitCode = 1
  }
}

if (import.meta.main) {
  for (const [name, print] of Object.entries(artifacts)) renew(name, print())
}
