/** Profiles as tests write them, only what they change, on top of R4's own definitions. */
import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import type { Layer } from '../../../src/conformance/layer.ts'
import type { ElementDefinition, StructureDefinition } from '../../../src/conformance/structure-definition.ts'
import { loadStructures, withOwn } from '../../../src/conformance/structures.ts'
import { openInvariants } from '../../../src/validation/invariants.ts'

export type Written = {
  readonly url: string
  readonly version?: string
  readonly type: string
  readonly baseDefinition?: string
  readonly context?: NonNullable<StructureDefinition['context']>
  readonly contextInvariant?: readonly string[]
  readonly elements: readonly ElementDefinition[]
  /** Its elements are all that it has, as in a snapshot that somebody else has made. */
  readonly isSnapshot?: boolean
}

export const published = loadStructures()

export const compileInvariant = openInvariants(loadDefinitions().shapes)

/** Those that are published, and these. */
export function structuresOf(written: readonly Written[]): Layer {
  return withOwn(published, written.map(definitionOf))
}

function definitionOf({ elements, isSnapshot = false, ...profile }: Written): StructureDefinition {
  const root = elements[0]?.path.includes('.') === false ? [] : [{ path: profile.type }]
  const element = [...root, ...elements]
  return {
    resourceType: 'StructureDefinition',
    name: profile.url,
    kind: 'resource',
    abstract: false,
    derivation: 'constraint',
    baseDefinition: `http://hl7.org/fhir/StructureDefinition/${profile.type}`,
    ...profile,
    ...(isSnapshot ? { snapshot: { element } } : { differential: { element } }),
  }
}
