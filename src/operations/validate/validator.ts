/** What $validate and the CLI need of validation. */
import type { Issue } from '../../fhir/issue.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Context } from '../../interactions/interaction.ts'
import type { Telling } from './wish.ts'

export type Asked = {
  readonly tenant: string
  /** Canonicals (`url` or `url|version`) that it must conform to, beside its own definition and the profiles that it claims. */
  readonly profiles: readonly string[]
  readonly telling: Telling
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

/** As every write is checked, and by what is asked for beside the claimed profiles; what codes mean is looked up, which refuses nothing. */
export const byRules: Validator = async ({ validate }, resource, { profiles, telling }) =>
  validate(resource, resource.resourceType, { also: profiles, lookUp: true, ...telling })
