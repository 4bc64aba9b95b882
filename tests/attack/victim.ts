/** A hospital to be attacked from within, over HTTP: by a patient's app, whose token is good for what is the patient's own. */
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import type { Test } from 'tap'
import type { Environment } from '../../src/config.ts'
import { type Kiln, openKiln } from '../http/kiln.ts'
import { type Happening, happenings } from '../security/hospital.ts'
import { onEachStore } from '../security/smart/app.ts'
import type { Asked } from '../security/twins.ts'
import type { Loose, Reply } from '../world.ts'

export type Somebody = {
  readonly scope: string
  /** Whose app it is. */
  readonly client?: string
  readonly patient?: string
  readonly user?: string
}

export type Attack = {
  readonly kiln: Kiln
  /** As the patient's app. */
  readonly ask: Ask
  /** As somebody else, with a token of this tenant. */
  readonly as: (somebody: Somebody, tenant?: string) => Ask
  /** As the operator, who may do all. */
  readonly own: Ask
  readonly ownAt: (tenant: string) => Ask
  readonly some: Portion
}

export type Ask = (asked: Asked) => Promise<Reply>

export const app: Somebody = { scope: 'patient/*.cruds', patient: 'mine', client: 'app' }

/** Beside `default`; in `strict` references must lead somewhere. */
const tenants: Environment = { KILN_TENANTS: 'strict,elsewhere', KILN_INTEGRITY: 'strict' }

/** Of a table of attacks, those that are tried on a store: all on the first; of those that end above the store, a third on the second. */
export type Portion = <T>(all: Readonly<Record<string, T>> | readonly T[]) => readonly (readonly [string, T])[]

export function portionOn(store: Environment): Portion {
  const step = store['KILN_STORE'] === undefined ? 1 : 3
  return all => Object.entries(all).filter((_, at) => at % step === 0)
}

/** On each store a server of its own. */
export function attacking(run: (t: Test, attack: Attack) => Promise<void>, settings: Environment = {}): Promise<void> {
  return onEachStore(async (t, store) => {
    const kiln = await openKiln(t, { ...store, ...tenants, ...settings })
    const attack = { ...attackOn(t, kiln), some: portionOn(store) }
    await happen(attack.own, happenings)
    await run(t, attack)
  })
}

function attackOn(t: Test, kiln: Kiln): Omit<Attack, 'some'> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  t.teardown(() => agent.destroy())
  const as: Attack['as'] = (somebody, tenant = 'default') => {
    const base = baseOf(kiln, tenant)
    const wish = { client: 'somebody', seconds: 300, ...somebody }
    const token = kiln.smart.token({ tenant, base }, wish)
    return async ({ headers, ...asked }) =>
      send(agent, base, { ...asked, headers: { authorization: `Bearer ${await token}`, ...headers } })
  }
  const ownAt: Attack['ownAt'] = tenant => as({ scope: 'system/*.cruds', client: 'operator' }, tenant)
  return { kiln, as, ask: as(app), own: ownAt('default'), ownAt }
}

export function baseOf({ base, origin }: Kiln, tenant: string): string {
  return tenant === 'default' ? base : `${origin}/t/${tenant}/fhir`
}

/** As it stands: a client that is a browser would tidy the path. */
export function send(agent: Agent, base: string, { method, path, body, headers = {} }: Asked): Promise<Reply> {
  const { hostname, port, pathname } = new URL(base)
  const target = path === '' || path.startsWith('?') ? `${pathname}${path}` : `${pathname}/${path}`
  const type = body === undefined ? {} : { 'content-type': 'application/fhir+json' }
  const content = body === undefined ? undefined : bytesOf(body)
  return new Promise((resolve, reject) => {
    const exchange = request({
      ...{ agent, hostname, port, method, path: target.replaceAll(unsendable, encodeURIComponent) },
      headers: { ...type, ...headers, ...(content ? { 'content-length': content.length } : {}) },
    })
    exchange.on('error', reject)
    exchange.on('response', response => {
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve(replyOf(response.statusCode ?? 0, response.headers, Buffer.concat(chunks))))
    })
    exchange.end(content)
  })
}

const unsendable = /[^\x21-\x7e]|["<>\\^`{|}]/g

function bytesOf(body: unknown): Buffer {
  if (body instanceof Uint8Array) return Buffer.from(body)
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

/** Of each request its own, or of the connection. */
const fleeting = new Set(['date', 'x-request-id', 'connection', 'keep-alive'])

function replyOf(status: number, all: IncomingHttpHeaders, bytes: Buffer): Reply {
  const headers = Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (fleeting.has(name) ? [] : [[name, String(value)]])),
  )
  const json = bytes.toString()
  const isJson = /json/.test(headers['content-type'] ?? '') && json !== ''
  return { status, headers, json, body: isJson ? JSON.parse(json) : undefined, bytes }
}

/** Stage by stage, each in one transaction. */
async function happen(own: Ask, all: readonly Happening[]): Promise<void> {
  for (const [, some] of Map.groupBy(all, ({ stage }) => stage)) {
    const entries = some.map(({ type, id, resource }) => entry(resource ? 'PUT' : 'DELETE', `${type}/${id}`, resource))
    const { status, json } = await own(post('', bundle('transaction', ...entries)))
    if (status !== 200) throw new Error(json)
  }
}

export const get = (path: string, headers: Record<string, string> = {}): Asked => ({ method: 'GET', path, headers })

export const post = (path: string, body: unknown, headers: Record<string, string> = {}): Asked => ({
  ...{ method: 'POST', path, body, headers },
})

export const put = (path: string, body: unknown, headers: Record<string, string> = {}): Asked => ({
  ...{ method: 'PUT', path, body, headers },
})

export const remove = (path: string, headers: Record<string, string> = {}): Asked => ({
  method: 'DELETE',
  path,
  headers,
})

export const patch = (path: string, body: unknown): Asked => ({
  ...{ method: 'PATCH', path, body, headers: { 'content-type': 'application/json-patch+json' } },
})

/** A search whose criteria are longer than a URL may be. */
export const byForm = (type: string, criteria: string): Asked =>
  post(`${type}/_search`, criteria, { 'content-type': 'application/x-www-form-urlencoded' })

export function bundle(type: 'batch' | 'transaction', ...entry: readonly Loose[]): Loose {
  return { resourceType: 'Bundle', type, entry }
}

export function entry(method: string, url: string, resource?: Loose, more: Loose = {}): Loose {
  return { request: { method, url, ...more }, ...(resource ? { resource } : {}) }
}

/** `Observation/lab` of each entry. */
export function names({ body }: Reply): readonly string[] {
  return (body?.entry ?? [])
    .filter(({ resource }: Loose) => resource && resource.resourceType !== 'OperationOutcome')
    .map(({ resource }: Loose) => `${resource.resourceType}/${resource.id}`)
    .sort()
}

/** A link of an answer, as it is asked for again. */
export function linkOf({ kiln }: Pick<Attack, 'kiln'>, { body }: Reply, relation: string): string {
  const url: string = body.link.find((link: Loose) => link.relation === relation)?.url ?? ''
  return url.replace(`${kiln.base}/`, '')
}

/** All that the store holds but the audit, so that it can be seen that nothing was changed. */
export async function everything({ own }: Attack): Promise<string> {
  const { status, body } = await own(get('_history?_count=1000'))
  if (status !== 200) throw new Error(`${status}`)
  return JSON.stringify(body.entry.filter(({ resource }: Loose) => resource?.resourceType !== 'AuditEvent'))
}
