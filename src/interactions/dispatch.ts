/** From a request to its interaction: the one door. HTTP, Bundle entries, jobs and the CLI all enter here. */
import { fail } from '../fhir/issue.ts'
import { nearest } from '../fhir/nearest.ts'
import type { Answer, Context, FhirRequest, Interaction, Surroundings } from './interaction.ts'
import { parseTarget, type Target } from './target.ts'

/** A request whose URL is still text: `path` as it came, below the base; `query` without the question mark. */
export type Incoming = Omit<FhirRequest, 'target' | 'query'> & { readonly path: string; readonly query: string }

const none = new URLSearchParams()

/** `found` is told what is going to answer, before it does. */
export async function dispatch(
  surroundings: Surroundings,
  incoming: Incoming,
  found?: (interaction: Interaction) => void,
): Promise<Answer> {
  const request = locate(surroundings, incoming)
  const interaction = find(surroundings, request)
  found?.(interaction)
  const { definitions } = surroundings
  const holding = definitions.of(request.tenant)
  const { search, index, validate } = holding instanceof Promise ? await holding : holding
  try {
    return await interaction.handle({ ...surroundings, search, index, validate }, request)
  } finally {
    if (mayDefine(request)) definitions.touched(request.tenant)
  }
}

/** Whether it may change what resources are searched by. */
function mayDefine({ method, target: { at, type, verb } }: FhirRequest): boolean {
  return method !== 'GET' && method !== 'HEAD' && verb === '' && (at === 'system' || type === 'SearchParameter')
}

/** The same request with its URL understood. */
export function locate(ctx: Pick<Context, 'shapes'>, incoming: Incoming): FhirRequest {
  const { path, query, ...rest } = incoming
  const target = parseTarget(path)
  mustBeKnown(ctx, target.type)
  if (target.of !== '*') mustBeKnown(ctx, target.of)
  return { ...rest, target, query: query === '' ? none : new URLSearchParams(query) }
}

/** Of several interactions that share a form (batch and transaction), the first answers for all. */
export function tabulate(interactions: readonly Interaction[]): ReadonlyMap<string, Interaction> {
  const table = new Map<string, Interaction>()
  for (const one of interactions) {
    const form = key(one.method, one)
    if (!table.has(form)) table.set(form, one)
  }
  return table
}

/** The interaction's code labels metrics and audit, and names what a token must permit. */
export function find(
  ctx: Pick<Context, 'interactions'>,
  { method, target }: Pick<FhirRequest, 'method' | 'target'>,
): Interaction {
  const found = ctx.interactions.get(key(method === 'HEAD' ? 'GET' : method, target))
  if (!found) throw notAllowed(ctx, method, target)
  return found
}

function key(method: string, { at, verb }: Pick<Target, 'at' | 'verb'>): string {
  return `${method} ${at} ${verb}`
}

function mustBeKnown({ shapes }: Pick<Context, 'shapes'>, type: string): void {
  if (type === '' || shapes.resourceTypes.includes(type)) return
  const hint = nearest(type, shapes.resourceTypes)
  throw fail('not-supported', `'${type}' is not a resource type of FHIR R4${hint ? `; did you mean '${hint}'?` : ''}`)
}

/** https://www.rfc-editor.org/rfc/rfc9110#status.405 asks for Allow; a form that knows no method at all is not found. */
function notAllowed(ctx: Pick<Context, 'interactions'>, method: string, target: Target): Error {
  const allowed = [...ctx.interactions.values()]
    .filter(one => one.at === target.at && one.verb === target.verb)
    .map(one => one.method)
  const what = target.verb.startsWith('$') ? `the operation ${target.verb}` : `${method} ${describe(target)}`
  if (allowed.length === 0) return fail('not-supported', `this server does not know ${what}`)
  const methods = [...new Set(allowed)].flatMap(one => (one === 'GET' ? ['GET', 'HEAD'] : [one])).join(', ')
  return fail('not-supported', `${method} is not possible on ${describe(target)}: expected ${methods}`, undefined, {
    status: 405,
    headers: { allow: methods },
  })
}

function describe({ at, type, id, vid, verb, of }: Target): string {
  const parts = {
    system: [verb],
    type: [type, verb],
    instance: [type, id, verb],
    version: [type, id, '_history', vid],
    compartment: [type, id, of],
  }
  return `/${parts[at].filter(part => part !== '').join('/')}`
}
