/**
 * https://hl7.org/fhir/R4/http.html#cond-update. What becomes of a body that brings an id is R5's wording of the same rules:
 * R4 leaves open what happens if nothing matches and the id is taken.
 */
import { fail } from '../../fhir/issue.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Version } from '../../store/port.ts'
import type { Interaction } from '../interaction.ts'
import { decodeFor } from '../payload.ts'
import { writeCondition } from '../preconditions.ts'
import { retried, succeed } from '../replace.ts'
import { checkAndTell } from '../write.ts'
import { type Criteria, criteriaOf } from './criteria.ts'
import { look, only, termsOf } from './look.ts'

export const conditionalUpdate: Interaction = {
  code: 'update',
  method: 'PUT',
  at: 'type',
  verb: '',
  scope: 'u',
  audit: 'U',
  cost: 2,
  async handle(ctx, request) {
    const { tenant, target, headers, query } = request
    const { type } = target
    const asked = writeCondition(headers['if-match'], headers['if-none-match'])
    const resource = await decodeFor(ctx, request)
    const next = { resource, issues: await checkAndTell(ctx, request, resource) }
    const criteria = await criteriaOf(ctx, request, type, query)
    const { id = ctx.newId() } = resource
    return retried(async () => {
      // Before the search: what others make under this id from now on, the search finds.
      const there = resource.id === undefined ? undefined : await ctx.store.read({ tenant, type, id })
      const found = await look(ctx, tenant, criteria)
      const match = only(found)
      if (match) mustBeSame(criteria, resource, match)
      else mustBeFree(criteria, there)
      const current = match ?? there
      const key = { tenant, type, id: match?.id ?? id }
      const terms = termsOf(found, match === undefined)
      return succeed(ctx, request, { method: 'PUT', key, current, asked, next: async () => next, terms })
    })
  },
}

/** "One Match, no resource id provided OR (resource id provided and it matches the found resource)". */
export function mustBeSame({ type, text }: Criteria, { id = '' }: Resource, match: Version): void {
  if (id === '' || id === match.id) return
  throw fail('invalid', `the body's id is '${id}', but '${type}?${text}' matches ${type}/${match.id}`, `${type}.id`)
}

/** "No matches, id provided and doesn't already exist". `there`: what stands under that id. */
export function mustBeFree({ type, text }: Criteria, there: Version | undefined): void {
  if (there?.json === undefined) return
  const what = `'${type}?${text}' matches nothing, but the body's id is that of ${type}/${there.id}, which exists`
  throw fail('conflict', what, `${type}.id`)
}
