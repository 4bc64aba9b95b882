/** Kiln's own package of profiles, as it lies in `profiles/`. https://hl7.org/fhir/R4/profiling.html */
import { isResource } from '../fhir/resource.ts'
import { condense } from './condense.ts'
import { BadDefinitions, jsonIn, type OwnFile } from './own.ts'
import type { StructureDefinition } from './structure-definition.ts'

const profiles = new URL('../../profiles/', import.meta.url)

/** Its resources as they are, in the order of their names; none where there is no such folder. Examples lie deeper. */
export function profileFiles(folder: URL = profiles): readonly OwnFile[] {
  return jsonIn(folder, 'profiles').filter(({ name }) => name !== 'package.json')
}

/** For `withOwn`: below what packages and tenants bring. Throws `BadDefinitions` for a file that is no StructureDefinition. */
export function ownProfiles(folder: URL = profiles): readonly StructureDefinition[] {
  return profileFiles(folder).map(({ name, content }) => {
    if (isResource(content) && content.resourceType === 'StructureDefinition') return condense(content)
    throw new BadDefinitions(`profiles/${name}: expected a StructureDefinition`)
  })
}
