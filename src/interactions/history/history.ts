/** History of an instance, a type and the whole system. https://hl7.org/fhir/R4/http.html#history */
import { bundleText, type Link } from '../../fhir/bundle.ts'
import { fail } from '../../fhir/issue.ts'
import type { HistoryQuery, Version } from '../../store/port.ts'
import { seal, unseal } from '../cursor.ts'
import type { Answer, Context, FhirRequest, Interaction } from '../interaction.ts'
import { partial } from '../present.ts'
import { entry } from './entry.ts'
import { type HistoryParameters, parseHistory } from './parameters.ts'

const common = { method: 'GET', verb: '_history', scope: 'r', audit: 'R', cost: 50, handle: history } as const

export const historyInstance: Interaction = { ...common, code: 'history-instance', at: 'instance' }
// SMART counts the histories of many as searches: https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
export const historyType: Interaction = { ...common, scope: 's', code: 'history-type', at: 'type' }
export const historySystem: Interaction = { ...common, scope: 's', code: 'history-system', at: 'system' }

type Walk = Omit<HistoryQuery, 'limit' | 'after' | 'order'>

async function history(ctx: Context, request: FhirRequest): Promise<Answer> {
  const asked = parseHistory(request.query)
  const self = [request.target.type, request.target.id, '_history'].filter(part => part !== '').join('/')
  const secret = await ctx.store.secret('cursor')
  const name = `${request.tenant} ${request.principal?.id ?? ''} ${self}?${asked.canonical}`
  const [until = await ctx.store.sequence(request.tenant), after] =
    asked.page === undefined ? [] : unseal<readonly [number, number]>(secret, name, asked.page)
  const walk = walkOf(request, asked, until)
  if (asked.countOnly) {
    const total = await ctx.store.countHistory(walk)
    if (total === 0) await mustExist(ctx, request)
    return { status: 200, body: { is: 'json', json: bundleText({ type: 'history', total }, []) } }
  }

  const { versions, more } = await ctx.store.history({
    ...walk,
    order: asked.order,
    limit: asked.count,
    ...(after === undefined ? {} : { after }),
  })
  if (versions.length === 0 && after === undefined) await mustExist(ctx, request)
  const last = versions.at(-1)
  const next = more && last ? seal(secret, name, [until, last.seq]) : undefined
  const link = links(`${request.base}/${self}`, asked, next)
  const total = await totalOf(ctx, request, walk, after === undefined && !more ? versions : undefined)
  const entries = versions.map(version => entry(request.base, version, text(ctx, request, version)))
  return { status: 200, body: { is: 'json', json: bundleText({ type: 'history', total, link }, entries) } }
}

function walkOf({ tenant, target }: FhirRequest, { since, at }: HistoryParameters, until: number): Walk {
  return {
    tenant,
    until,
    ...(target.type === '' ? {} : { type: target.type }),
    ...(target.id === '' ? {} : { id: target.id }),
    ...(since === undefined ? {} : { since }),
    ...(at === undefined ? {} : { at }),
  }
}

/** A resource that never was has no history; one that was deleted has. */
async function mustExist({ store }: Context, { tenant, target: { type, id } }: FhirRequest): Promise<void> {
  if (id !== '' && !(await store.read({ tenant, type, id }))) throw fail('not-found', `${type}/${id} does not exist`)
}

/** Counting is cheap for one resource, and free where the first page holds everything. */
async function totalOf(
  { store }: Context,
  { target }: FhirRequest,
  walk: Walk,
  all: readonly Version[] | undefined,
): Promise<number | undefined> {
  if (all) return all.length
  return target.id === '' ? undefined : store.countHistory(walk)
}

function text(ctx: Context, { query }: FhirRequest, { json }: Version): string | undefined {
  return json === undefined ? undefined : partial(ctx, query, json)
}

function links(url: string, { canonical, page }: HistoryParameters, next: string | undefined): Link[] {
  const at = (cursor: string | undefined) => {
    const parts = [canonical, ...(cursor === undefined ? [] : [`_page=${cursor}`])].filter(part => part !== '')
    return parts.length === 0 ? url : `${url}?${parts.join('&')}`
  }
  return [
    { relation: 'self', url: at(page) },
    { relation: 'first', url: at(undefined) },
    ...(next === undefined ? [] : [{ relation: 'next', url: at(next) } as const]),
  ]
}
