/** A package's resource as this server stores it: an ordinary resource that says where it comes from. */
import { createHash } from 'node:crypto'
import type { JsonObject, Resource } from '../../fhir/resource.ts'
import { type Name, parseName, printName } from './version.ts'

/** `meta.source` of the definitions that a package brought. */
export function sourceOf(name: Name): string {
  return `package:${printName(name)}`
}

const ofExamples = '/example'

/** `meta.source` of its examples: another one, so that nothing is ever judged by what is there to be looked at. */
export function exampleSourceOf(name: Name): string {
  return sourceOf(name) + ofExamples
}

/** The package that a stored resource came with, be it a definition or an example. */
export function packageOf({ meta }: Pick<Resource, 'meta'>): Name | undefined {
  const source = meta?.['source']
  if (typeof source !== 'string' || !source.startsWith('package:')) return undefined
  const name = source.slice('package:'.length)
  return parseName(name.endsWith(ofExamples) ? name.slice(0, -ofExamples.length) : name)
}

/**
 * The same resource of the same package always gets the same id, so that loading may be done again; other versions and other
 * packages get others, so that all stand side by side. The digest keeps apart what the readable part cannot.
 */
export function packagedId(from: Name, id: string): string {
  const readable = `${from.name}-${from.version}-${id}`.replaceAll(/[^A-Za-z0-9.-]/g, '-')
  const digest = createHash('sha256')
    .update(JSON.stringify([from.name, from.version, id]))
    .digest('hex')
  return `${readable.slice(0, 64 - 1 - digestLength)}-${digest.slice(0, digestLength)}`
}

const digestLength = 12

/** Those that other systems know by canonical, and of which R4 has a version; NamingSystem has none. */
const versioned: ReadonlySet<string> = new Set(
  `ActivityDefinition CapabilityStatement ChargeItemDefinition CodeSystem CompartmentDefinition ConceptMap EffectEvidenceSynthesis
  EventDefinition Evidence EvidenceVariable ExampleScenario GraphDefinition ImplementationGuide Library Measure MessageDefinition
  OperationDefinition PlanDefinition Questionnaire ResearchDefinition ResearchElementDefinition RiskEvidenceSynthesis SearchParameter
  SpecimenDefinition StructureDefinition StructureMap TerminologyCapabilities TestScript ValueSet`.split(/\s+/),
)

/** What is taken out of a package; all else there are examples. https://hl7.org/fhir/R4/conformance-module.html */
export function isDefinition(type: string): boolean {
  return versioned.has(type) || type === 'NamingSystem'
}

/** A canonical resource without a version gets the package's, or two versions of the package could not be told apart. */
export function packaged(resource: Resource, from: Name): Resource {
  const { resourceType, id = '', meta = {}, ...body } = resource
  const source = { ...(meta as JsonObject), source: sourceOf(from) }
  const version = versioned.has(resourceType) && body['version'] === undefined ? { version: from.version } : {}
  return { resourceType, id: packagedId(from, id), meta: source, ...body, ...version }
}
