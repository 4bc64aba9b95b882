/**
 * The search criteria of a conditional interaction. Always strict: a criterion that is left out chooses other resources.
 * https://hl7.org/fhir/R4/http.html#cond-update
 */
import { fail } from '../../fhir/issue.ts'
import { all, type Node } from '../../search/node.ts'
import { plan } from '../../search/planner.ts'
import type { Query } from '../../search/query.ts'
import { closed } from '../admit.ts'
import type { Context } from '../interaction.ts'
import { type Asker, planNeeds, restriction } from '../search/asked.ts'
import { parseIndexed } from '../search/own/behind.ts'
import { claimOf } from './claim.ts'

export type Criteria = {
  readonly type: string
  /** As the client wrote them, for messages. */
  readonly text: string
  readonly where: Node
  /** The same for all who mean the same. */
  readonly claim: string
  /** ms that the search may take. */
  readonly budget: number
}

/** Resources that one conditional delete may delete, all in one commit: as many as a page may have. */
export const most = 1_000

const day = 86_400_000 // ms

/** Parameters that say how an answer looks may stand among them; they choose nothing. */
export async function criteriaOf(
  ctx: Context,
  asker: Asker,
  type: string,
  parameters: URLSearchParams,
): Promise<Criteria> {
  const text = [...parameters].map(([name, value]) => `${name}=${value}`).join('&')
  mustHaveValues(parameters)
  const { search } = ctx
  const asked = { type, parameters, handling: 'strict', defaultCount: 1, largestCount: most } as const
  const { query } = await parseIndexed(ctx, asker.tenant, asked)
  mustChoose(query)
  // What `ap` means depends on the time: all who ask on one day mean the same, and meet at one claim.
  const today = Math.floor(ctx.clock() / day) * day
  const { plan: planned } = await plan(query, search.question, planNeeds(ctx, asker), today)
  const where = planned.questions[0]?.where
  if (!where) throw new Error('a search of one type is one question')
  const open = restriction(ctx)(type)
  if (open.is === 'none') throw closed('s', type)
  // All meet at one claim, whatever each of them may see.
  const meant = open.is === 'all' ? where : await meaning(ctx, asker, query, today)
  return { type, text, where, claim: claimOf(type, meant), budget: search.budget }
}

async function meaning(ctx: Context, asker: Asker, query: Query, today: number): Promise<Node> {
  const needs = { ...planNeeds(ctx, asker), restrict: () => all }
  const { plan: planned } = await plan(query, ctx.search.question, needs, today)
  return planned.questions[0]?.where ?? all
}

/** Searches pass over a parameter without value; here that would choose more than was meant. */
function mustHaveValues(parameters: URLSearchParams): void {
  for (const [name, value] of parameters) {
    if (name === '_' || value.split(/(?<!\\),/).every(part => part.trim() !== '')) continue
    throw unfulfilled(
      `the criterion '${name}=${value}' has an empty value: expected a value, as in identifier=system|value`,
    )
  }
}

function mustChoose({ criteria, words, contained }: Query): void {
  const [word] = words
  if (word)
    throw fail('not-supported', `'${word.in}' cannot be a criterion: no index knows it`, undefined, { status: 400 })
  if (contained.of !== 'false') {
    throw fail('value', `'_contained=${contained.of}' cannot be a criterion: what is contained cannot be written alone`)
  }
  if (criteria.length > 0) return
  throw unfulfilled('there are no criteria: expected at least one search parameter, as in identifier=system|value')
}

/** "…a 412 Precondition Failed error indicating the client's criteria were not selective enough" */
function unfulfilled(what: string): Error {
  return fail('required', what, undefined, { status: 412 })
}
