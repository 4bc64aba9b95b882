/** Two servers, or tenants of one, that look the same to somebody: the one has only what he sees, the other all that there is. */
import type { Method } from '../../src/interactions/interaction.ts'
import type { Loose, Reply, World } from '../world.ts'
import { type Kind, type Somebody, type Told, toldTo } from './principals.ts'

export type Asked = {
  readonly method: Method
  /** Where a request goes on behind an earlier answer, only that is said: `next`, the number of the link. */
  readonly path: string
  readonly next?: number
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

export type Twins = {
  readonly kinds: readonly Twin[]
  /** The same number for both. */
  readonly links: () => number
}

export type Twin = {
  readonly kind: Kind
  ask(asked: Asked): Promise<Reply>
  /** Links to further pages that were told. */
  readonly links: string[]
  readonly tenant: string
}

const begin = Date.UTC(2026, 0, 1)
const minute = 60_000 // ms

/** `ids`: what the server names new resources, so that twins name them alike. */
export type Ids = { from: number }

/** Where each of them lives; `name`: a new one for each pair. */
export type Homes = (name: string) => Readonly<Record<Kind, Home>>

type Home = { readonly world: World; readonly tenant: string }

export function inOneServer(world: World): Homes {
  return name => ({ poor: { world, tenant: `${name}-poor` }, rich: { world, tenant: `${name}-rich` } })
}

/** Each on a store of its own. */
export function onTwoServers(poor: World, rich: World): Homes {
  return tenant => ({ poor: { world: poor, tenant }, rich: { world: rich, tenant } })
}

export async function openTwins(homes: Homes, ids: Ids, somebody: Somebody, name: string): Promise<Twins> {
  const kinds: Twin[] = []
  const at = homes(name)
  for (const kind of ['poor', 'rich'] as const) {
    const { world, tenant } = at[kind]
    await happen(world, tenant, toldTo(somebody, kind))
    const one = twin(world, ids, somebody, kind, tenant)
    if (somebody.glass !== undefined) await breakGlass(one, somebody.glass)
    kinds.push(one)
  }
  return { kinds, links: () => Math.min(...kinds.map(({ links }) => links.length)) }
}

/** `all` of them, in a tenant of their own. */
export async function happen(world: World, tenant: string, all: readonly Told[]): Promise<void> {
  for (const [stage, some] of Map.groupBy(all, each => each.stage)) {
    world.clock = begin + stage * minute
    const entry = some.map(({ type, id, resource }) => {
      const url = `${type}/${id}`
      return resource ? { resource, request: { method: 'PUT', url } } : { request: { method: 'DELETE', url } }
    })
    const bundle = { resourceType: 'Bundle', type: 'transaction', entry }
    const { status, json } = await world.ask('POST', '', bundle, { 'x-tenant': tenant })
    if (status !== 200) throw new Error(json)
  }
}

function twin(
  world: World,
  ids: Ids,
  { sees: _, part: __, types: ___, glass: ____, ...principal }: Somebody,
  kind: Kind,
  tenant: string,
): Twin {
  const ask = world.as({ ...principal, tenant })
  const links: string[] = []
  let clock = begin + 60 * minute
  return {
    kind,
    links,
    tenant,
    async ask({ method, path, next, body, headers = {} }) {
      clock += 1_000
      world.clock = clock
      ids.from = clock
      const target = next === undefined ? path : `${links[next] ?? ''}${path}`
      const reply = await ask(method, target, body, { ...headers, 'x-tenant': tenant })
      links.push(...pagesIn(reply))
      return reply
    },
  }
}

async function breakGlass(one: Twin, patient: string): Promise<void> {
  const parameter = [
    { name: 'patient', valueString: patient },
    { name: 'reason', valueString: 'unconscious' },
  ]
  const body = { resourceType: 'Parameters', parameter }
  const { status, json } = await one.ask({ method: 'POST', path: '$break-glass', body })
  if (status !== 200) throw new Error(json)
}

function pagesIn({ body }: Reply): readonly string[] {
  const links: readonly Loose[] = body?.resourceType === 'Bundle' ? (body.link ?? []) : []
  return links.filter(({ url }) => url.includes('_page=')).map(({ url }) => url.replace('http://kiln.test/fhir/', ''))
}

/** All of an answer that somebody reads; a cursor is a sealed letter to the server itself. */
export function read({ status, headers, json, bytes }: Reply): string {
  const content = bytes === undefined ? json : `bytes ${Buffer.from(bytes).toString('base64')}`
  return `${status} ${JSON.stringify(headers)} ${content}`.replaceAll(/_page=[^"&]*/g, '_page=~')
}
