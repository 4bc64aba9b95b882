/**
 * What somebody may not see changes nothing that he is told: two servers, or two tenants of one, look the same to him, though the one
 * has more than the other, and every answer is the same in status, headers and bytes.
 */
import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import { withOperations } from '../operations/operating.ts'
import type { Over, Reply, World } from '../world.ts'
import { chance, types } from './criteria.ts'
import type { Somebody } from './principals.ts'
import { request } from './requests.ts'
import { type Asked, type Homes, type Ids, inOneServer, onTwoServers, openTwins, read, type Twins } from './twins.ts'

export type Difference = { readonly asked: Asked; readonly poor: string; readonly rich: string; readonly after: number }

export type Run = {
  readonly somebody: Somebody
  readonly seed: number
  readonly requests: number
  /** Requests after which the twins are made anew: what was written and deleted makes them poorer. */
  readonly fresh: number
}

/** What a world is opened with, so that twins name what they create alike. */
export function alike(ids: Ids): Over {
  return {
    ...withOperations(),
    newId: () => `new-${ids.from++}`,
    capability: ({ own, codeSystems }) =>
      ({ resourceType: 'CapabilityStatement', own: JSON.stringify([own, codeSystems]) }) as never,
  }
}

export type Found = { readonly difference: Difference | undefined; readonly statuses: ReadonlyMap<number, number> }

/** Goes on until the answers differ, if they ever do. */
export async function compare(homes: Homes, ids: Ids, { somebody, seed, requests, fresh }: Run): Promise<Found> {
  const random = chance(seed, openTo(somebody))
  const statuses = new Map<number, number>()
  let twins: Twins | undefined
  for (let after = 0; after < requests; after++) {
    if (twins === undefined || after % fresh === 0) twins = await openTwins(homes, ids, somebody, randomUUID())
    const asked = request(random, twins.links())
    const [poor, rich] = await both(twins, asked)
    statuses.set(poor.status, (statuses.get(poor.status) ?? 0) + 1)
    if (read(poor) !== read(rich)) return { difference: { asked, poor: read(poor), rich: read(rich), after }, statuses }
  }
  return { difference: undefined, statuses }
}

async function both({ kinds: [poor, rich] }: Twins, asked: Asked): Promise<readonly [Reply, Reply]> {
  if (!poor || !rich) throw new Error('twins are two')
  return [await poor.ask(asked), await rich.ask(asked)]
}

export type Open = (over?: Over) => Promise<World>

export async function tenants(open: Open, ids: Ids, over: Over = {}): Promise<Homes> {
  return inOneServer(await open({ ...alike(ids), ...over }))
}

export async function servers(open: Open, ids: Ids, over: Over = {}): Promise<Homes> {
  return onTwoServers(await open({ ...alike(ids), ...over }), await open({ ...alike(ids), ...over }))
}

export type Extent = Pick<Run, 'requests' | 'fresh' | 'seed'> & {
  readonly somebodies: readonly Somebody[]
  readonly house: typeof tenants
}

/** `requests` of each of them. */
export async function interferenceTests(
  t: Test,
  open: Open,
  { somebodies, house, requests, fresh, seed }: Extent,
): Promise<void> {
  const ids: Ids = { from: 0 }
  const homes = await house(open, ids)
  t.comment(`repeat these requests with SEED=${seed}`)
  for (const [at, somebody] of somebodies.entries()) {
    const who = somebody.id ?? somebody.scope
    await t.test(`what ${who} does not see makes no difference to ${house.name}`, async t => {
      const { difference, statuses } = await compare(homes, ids, { somebody, seed: seed + at, requests, fresh })
      t.comment(`${requests} requests: ${JSON.stringify(Object.fromEntries(statuses))}`)
      t.equal(difference, undefined)
      t.ok((statuses.get(200) ?? 0) >= requests / 100, 'not all is refused')
    })
  }
}

function openTo({ scope, types: open }: Somebody): readonly string[] {
  if (open) return open
  const named = scope.split(' ').flatMap(text => /\/(\w+)\./.exec(text)?.[1] ?? [])
  return named.filter(type => types.includes(type))
}
