/** What $validate and the CLI need of validation. */
import { error, type Issue } from '../../fhir/issue.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Context } from '../../interactions/interaction.ts'

export type Asked = {
  readonly tenant: string
  /** Canonicals (`url` or `url|version`) that it must conform to, beside its own definition and the profiles that it claims. */
  readonly profiles: readonly string[]
}

/**
 * All that is wrong with a resource and with those inside of it, entry by entry in a Bundle; nothing for a good one. A profile that is
 * asked for and not known is an error. `Patient.birthDate`: expressions begin at the resource itself.
 */
export type Validator = (
  ctx: Pick<Context, 'validate' | 'shapes'>,
  resource: Resource,
  asked: Asked,
) => Promise<readonly Issue[]>

/** By the definitions of R4's types, as every write is checked; of profiles, only these definitions are known. */
export const byStructure: Validator = async ({ validate, shapes }, resource, { profiles }) => {
  const wrong = profiles.flatMap(profile => {
    const type = /^http:\/\/hl7\.org\/fhir\/StructureDefinition\/([A-Za-z]+)(?:\|4\.0\.1)?$/.exec(profile)?.[1]
    if (type === undefined || shapes.shape(type)?.kind !== 'resource') {
      return [error('not-found', `the profile '${profile}' is unknown here, so the resource was not checked by it`)]
    }
    if (type === resource.resourceType) return []
    return [
      error('invalid', `the profile '${profile}' is about ${type}, but this is of the type ${resource.resourceType}`),
    ]
  })
  return [...validate(resource, resource.resourceType), ...wrong]
}
