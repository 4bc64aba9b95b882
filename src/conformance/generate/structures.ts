/**
 * What types, R4's own profiles and extensions say beyond their bases. The whole of it would be 5 MB; `snapshot/` puts it
 * together again when a definition is first asked for. https://hl7.org/fhir/R4/structuredefinition.html
 */
import type { StructureDefinition } from '@medplum/fhirtypes'
import type { JsonObject } from '../../fhir/resource.ts'
import { condense } from '../condense.ts'
import type { ElementDefinition } from '../structure-definition.ts'
import { isR4, read, source } from './package.ts'
import { ownElementsOf, type Published, publishedElements } from './published.ts'

/** One definition to a paragraph, one element to a line, so that a change can be read in a diff and one can be read alone. */
export function printStructures(): string {
  const paragraphs = r4Structures().map(printStructure)
  return `{"generated":${JSON.stringify(source())},"structures":[\n\n${paragraphs.join(',\n\n')}\n\n]}\n`
}

/** Types first; their elements are the published ones, those of profiles and extensions were never touched. */
export function r4Structures(): JsonObject[] {
  const published = publishedElements(read('dataelements.json', 'StructureDefinition'))
  const types = ['profiles-types.json', 'profiles-resources.json']
    .flatMap(file => read(file, 'StructureDefinition'))
    .filter(isR4)
    .filter(({ kind }) => kind !== 'logical')
    .map(type => (type.derivation === 'constraint' ? type : ownOnly(type, published)))
  const profiles = ['profiles-others.json', 'extension-definitions.json'].flatMap(file =>
    read(file, 'StructureDefinition'),
  )
  return [...types, ...profiles].map(asJson)
}

function ownOnly(type: StructureDefinition, published: Published): StructureDefinition {
  const [root = [], ...differential] = type.differential?.element ?? []
  const own = ownElementsOf(type, published)
  // xhtml takes back the extensions that it would inherit.
  const takenBack = differential.filter(({ path, max }) => max === '0' && own.every(each => each.path !== path))
  return { ...type, differential: { element: [root, takenBack, own].flat() } }
}

function asJson(resource: StructureDefinition): JsonObject {
  return resource as object as JsonObject
}

function printStructure(resource: JsonObject): string {
  const { snapshot: _, differential, resourceType: _type, ...header } = condense(resource)
  const lines = differential?.element.map(element => JSON.stringify(withoutTheObvious(element))) ?? []
  return `${JSON.stringify(header).slice(0, -1)},"element":[\n${lines.join(',\n')}\n]}`
}

/** An id that is the path, and what the generator of snapshots knows of elements that are their own base. */
function withoutTheObvious({ base: _, id, ...element }: ElementDefinition): JsonObject {
  return { ...(id === element.path ? {} : { id }), ...element } as object as JsonObject
}
