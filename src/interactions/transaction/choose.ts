/** Which resources the conditional entries of a transaction are about. https://hl7.org/fhir/R4/http.html#trules */
import type { Version } from '../../store/port.ts'
import { createCriteria } from '../conditional/create.ts'
import { type Criteria, criteriaOf } from '../conditional/criteria.ts'
import { lookToDelete } from '../conditional/delete.ts'
import { type Look, look, only } from '../conditional/look.ts'
import { mustBeFree, mustBeSame } from '../conditional/update.ts'
import type { Context } from '../interaction.ts'
import { misplaced, placed, type Step } from './step.ts'

/** By entry index. Understood once; what they choose is looked up anew in each attempt. */
export type Conditions = ReadonlyMap<number, Criteria>

export type Choice = {
  readonly look: Look
  /** What a delete takes, and what the other entries find once the deletes are done. */
  readonly matches: readonly Version[]
}

export type Choices = ReadonlyMap<number, Choice>

export async function conditionsOf(ctx: Context, steps: readonly Step[]): Promise<Conditions> {
  const conditions = new Map<number, Criteria>()
  for (const step of steps) {
    await ctx.turn()
    const criteria = await conditionOf(ctx, step)?.catch(misplaced(placeOf(step)))
    if (criteria) conditions.set(step.index, criteria)
  }
  return conditions
}

function conditionOf(ctx: Context, { interaction, request }: Step): Promise<Criteria | undefined> | undefined {
  const { code, at } = interaction
  if (code === 'create')
    return request.headers['if-none-exist'] === undefined ? undefined : createCriteria(ctx, request)
  const isConditional = at === 'type' && (code === 'update' || code === 'patch' || code === 'delete')
  return isConditional ? criteriaOf(ctx, request, request.target.type, request.query) : undefined
}

function placeOf({ at, request: { method } }: Step): string {
  return `${at}.request.${method === 'POST' ? 'ifNoneExist' : 'url'}`
}

/** Deletes come first, so what they take is no match for the others. */
export async function choose(
  ctx: Context,
  tenant: string,
  steps: readonly Step[],
  conditions: Conditions,
): Promise<Choices> {
  const choices = new Map<number, Choice>()
  if (conditions.size === 0) return choices
  const gone = new Set<string>()
  for (const step of steps) {
    const { index, interaction, request } = step
    if (interaction.code !== 'delete') continue
    const criteria = conditions.get(index)
    if (!criteria) {
      gone.add(`${request.target.type}/${request.target.id}`)
      continue
    }
    const found = await lookToDelete(ctx, tenant, criteria, request.query).catch(misplaced(placeOf(step)))
    choices.set(index, { look: found, matches: found.matches })
    for (const { type, id } of found.matches) gone.add(`${type}/${id}`)
  }
  await chooseOthers(ctx, tenant, steps, conditions, { choices, gone })
  return choices
}

type Chosen = { readonly choices: Map<number, Choice>; readonly gone: ReadonlySet<string> }

async function chooseOthers(
  ctx: Context,
  tenant: string,
  steps: readonly Step[],
  conditions: Conditions,
  { choices, gone }: Chosen,
): Promise<void> {
  const looks = new Map<string, Promise<Look>>()
  const lookOnce = (criteria: Criteria): Promise<Look> => {
    const looking = looks.get(criteria.claim) ?? look(ctx, tenant, criteria, 2 + gone.size)
    looks.set(criteria.claim, looking)
    return looking
  }
  const others = steps.filter(({ index }) => !choices.has(index))
  await Promise.all(
    others.map(async step => {
      const criteria = conditions.get(step.index)
      if (!criteria) return
      const { interaction, resource } = step
      const given = interaction.code === 'update' ? resource : undefined
      const key = given?.id === undefined ? undefined : { tenant, type: criteria.type, id: given.id }
      const there = key && (await ctx.store.read(key)) // before the search, as conditionalUpdate does
      const found = await lookOnce(criteria).catch(misplaced(placeOf(step)))
      const matches = found.matches.filter(({ type, id }) => !gone.has(`${type}/${id}`))
      placed(placeOf(step), () => {
        const match = only(found, matches)
        if (match && given) mustBeSame(criteria, given, match)
        else if (!match) mustBeFree(criteria, there)
      })
      choices.set(step.index, { look: found, matches })
    }),
  )
}
