/**
 * Which resources fit the criteria, and what must still hold when the commit relies on it.
 *
 * read the claim's generation → search → commit with claim and guard; refused: again from the start. The guard is the search
 * once more, inside the transaction. Where nothing was found, there is no resource whose version could be a condition, so those
 * who are about to make it meet at the claim; where something was found, claims would only make strangers wait for each other.
 */
import { fail } from '../../fhir/issue.ts'
import type { Commit, Version } from '../../store/port.ts'
import type { Context } from '../interaction.ts'
import type { Criteria } from './criteria.ts'

export type Look = {
  readonly criteria: Criteria
  readonly matches: readonly Version[]
  /** There are more than were looked for. */
  readonly more: boolean
  /** Of the criteria's claim, read before the search. */
  readonly generation: number
}

/** What a commit must find as it was. */
export type Terms = Pick<Commit, 'claims' | 'guards'>

/** `limit`: two tell that there are several. */
export async function look({ store }: Context, tenant: string, criteria: Criteria, limit = 2): Promise<Look> {
  const { type, where, claim, budget } = criteria
  const generation = await store.generation(tenant, claim)
  const { matches, more } = await store.search({ tenant, type, where, sort: [], limit, budget })
  return { criteria, matches: matches.map(({ version }) => version), more, generation }
}

/** `matches`: those of them that count. */
export function only({ criteria, matches: all }: Look, matches: readonly Version[] = all): Version | undefined {
  const [match, second] = matches
  if (second) throw several(criteria, 'expected at most one')
  return match
}

export function several({ type, text }: Criteria, expected: string): Error {
  return fail('multiple-matches', `several resources match '${type}?${text}': ${expected}`)
}

export function termsOf({ criteria: { type, where, claim }, matches, generation }: Look, isNew: boolean): Terms {
  const guards = [{ type, where, ids: matches.map(({ id }) => id) }]
  return isNew ? { claims: [{ key: claim, generation }], guards } : { guards }
}
