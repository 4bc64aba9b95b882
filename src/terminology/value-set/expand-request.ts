/** What $expand is asked for, beside the value set. https://hl7.org/fhir/R4/valueset-operation-expand.html */
import type { JsonObject } from '../../fhir/resource.ts'
import { parseCanonical } from '../canonical.ts'
import type { Languages } from './language.ts'

export type ExpandRequest = {
  readonly filter?: string
  readonly offset?: number
  readonly count?: number
  readonly activeOnly?: boolean
  readonly excludeNested?: boolean
  readonly excludeNotForUI?: boolean
  readonly includeDesignations?: boolean
  /** `system|code` of uses, or languages as `urn:ietf:bcp:47|de`. */
  readonly designations?: readonly string[]
  readonly includeDefinition?: boolean
  readonly properties?: readonly string[]
  readonly excludeSystems?: readonly string[]
  readonly languages: Languages
  /** As they came, to be told in the answer. */
  readonly echo: readonly JsonObject[]
}

/** By `exclude-system`, in all versions or in one. */
export function isExcluded(
  url: string,
  version: string | undefined,
  excludeSystems: ExpandRequest['excludeSystems'] = [],
): boolean {
  return excludeSystems.some(canonical => {
    const excluded = parseCanonical(canonical)
    return excluded.url === url && (excluded.version === undefined || excluded.version === version)
  })
}
