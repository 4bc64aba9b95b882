/** A search request, understood and planned. https://hl7.org/fhir/R4/search.html */
import { fail, type Issue, parameterAt } from '../../fhir/issue.ts'
import type { Resource } from '../../fhir/resource.ts'
import { compartment } from '../../search/compartment.ts'
import type { Node } from '../../search/node.ts'
import type { Plan, PlanNeeds } from '../../search/plan.ts'
import { plan } from '../../search/planner.ts'
import type { Query } from '../../search/query.ts'
import { closed } from '../admit.ts'
import type { Context, FhirRequest } from '../interaction.ts'
import { parsePrefer } from '../prefer.ts'
import type { Target } from '../target.ts'
import { codesIn } from './codes.ts'
import type { SearchNeeds } from './needs.ts'
import { parseIndexed } from './own/behind.ts'
import { storedIn } from './stored.ts'

const page = 50 // resources; keeps the bundle of ordinary ones below 200 KB
const largest = 1000

export type Asked = {
  readonly query: Query
  readonly plan: Plan
  /** What was left out under lenient handling. */
  readonly issues: readonly Issue[]
}

/** Who asks, of what. */
export type Asker = Pick<FhirRequest, 'tenant' | 'base'>

/** Which resources of a type may be found by who asks: part of every question about that type. */
export function restriction({ access }: Pick<Context, 'access'>): (type: string) => Node {
  return type => access.may('s', type)
}

/** What planning needs to know of who asks; conditional interactions plan their criteria by it, too. */
export function planNeeds({ access, search, store, clock, vocabulary }: Context, asker: Asker): PlanNeeds {
  const { tenant, base } = asker
  const restrict = restriction({ access })
  const values = (resource: Resource) => search.values(resource, base)
  const looking = { store, tenant, base, restrict, budget: search.budget, clock }
  const terminology = codesIn({ ...looking, vocabulary })
  return { base, restrict, terminology, stored: storedIn({ ...looking, values }) }
}

/** Throws 400 for what cannot be understood. */
export async function understand(
  ctx: Context,
  request: FhirRequest,
  parameters: Iterable<readonly [string, string]>,
): Promise<Asked> {
  const { search, clock } = ctx
  const { within, ...scope } = scopeOf(search, request.target)
  const handling = parsePrefer(request.headers['prefer']).handling ?? search.handling
  const asked = { ...scope, parameters, handling, defaultCount: page, largestCount: largest }
  const parsing = parseIndexed(ctx, request.tenant, asked)
  const parsed = parsing instanceof Promise ? await parsing : parsing
  mustBeShown(parsed.query)
  if ([...parameters].some(([name]) => name === '_type')) mustBeOpenTo(ctx, parsed.query)
  const inside = parsed.query.contained.of === 'false' ? {} : { types: await ctx.store.types(request.tenant) }
  const needs = { ...planNeeds(ctx, request), ...inside, ...(within ? { within } : {}) }
  const { plan: planned, query, issues } = await plan(parsed.query, search.question, needs, clock())
  const { length } = planned.questions
  const questions = length < 2 ? planned.questions : await withResources(ctx, request, planned.questions)
  return { query, plan: { ...planned, questions }, issues: [...parsed.issues, ...issues] }
}

/** Types that were asked for by name are not left out in silence. */
function mustBeOpenTo({ access }: Context, { types }: Query): void {
  const shut = types.find(type => access.may('s', type).is === 'none')
  if (shut !== undefined) throw closed('s', shut)
}

/** Words are looked for in what is shown; a container has others, too. */
function mustBeShown({ contained, words: [word] }: Query): void {
  if (word === undefined || contained.of === 'false' || contained.type === 'contained') return
  const text = `${word.in} is not searched in contained resources for the sake of containers: expected _containedType=contained`
  throw fail('not-supported', text, parameterAt(word.in), { status: 400 })
}

type Scope = {
  /** `undefined`: several. */
  readonly type: string | undefined
  /** Of a search without type: those that it means; absent: all. */
  readonly among?: readonly string[]
  readonly within?: (type: string) => Node
}

function scopeOf({ compartments }: SearchNeeds, { at, type, id, of }: Target): Scope {
  if (at !== 'compartment') return { type: type || undefined }
  const { types, where } = compartment({ compartments }, type, id)
  return of === '*' ? { type: undefined, among: types, within: where } : { type: of, within: where }
}

/** Most types have no resources at all, and need not be asked. */
async function withResources(
  { store }: Context,
  { tenant }: Asker,
  questions: Plan['questions'],
): Promise<Plan['questions']> {
  const types = new Set(await store.types(tenant))
  return questions.filter(({ type }) => types.has(type))
}
