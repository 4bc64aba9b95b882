/** The StructureDefinitions that hold in each tenant: R4's, and those that it has stored. https://hl7.org/fhir/R4/profiling.html */
import { createHash } from 'node:crypto'
import { condense } from '../../conformance/condense.ts'
import type { Layer } from '../../conformance/layer.ts'
import type { StructureDefinition } from '../../conformance/structure-definition.ts'
import { withOwn } from '../../conformance/structures.ts'
import type { Resource } from '../../fhir/resource.ts'
import { openValidator, type Validator, type ValidatorNeeds } from '../../validation/validator.ts'

export type OwnProfile = { readonly definition: StructureDefinition; readonly digest: string }

/** Made once for all tenants that have the same. */
export type Profiles = { readonly layer: Layer; readonly validate: Validator }

const remembered = 32 // sets of definitions; the one that was not asked for longest goes first

/** A snapshot that it brings is all that counts. Whatever its status: who claims a profile means it. */
export function ownProfile(resource: Resource): OwnProfile {
  const { differential, ...definition } = condense(resource)
  const own =
    definition.snapshot === undefined && differential !== undefined ? { ...definition, differential } : definition
  return { definition: own, digest: createHash('sha256').update(JSON.stringify(own)).digest('base64') }
}

export function openProfiles(base: Layer, needs: Omit<ValidatorNeeds, 'structures'>) {
  const sets = new Map<string, Profiles>()

  function compile(definitions: readonly StructureDefinition[]): Profiles {
    const layer = definitions.length === 0 ? base : withOwn(base, definitions)
    return { layer, validate: openValidator({ ...needs, structures: layer }) }
  }

  return (stored: readonly OwnProfile[]): Profiles => {
    const own = stored.filter(({ definition }) => !base.isCore(definition.url))
    const key = own.map(({ digest }) => digest).join(' ')
    const set = sets.get(key) ?? compile(own.map(({ definition }) => definition))
    sets.delete(key)
    sets.set(key, set)
    if (sets.size > remembered) for (const oldest of sets.keys().take(1)) sets.delete(oldest)
    return set
  }
}
