/** SearchParameters of a tenant's own, and what indexes by them, as tests use them. */

import type { Surroundings } from '../../src/interactions/interaction.ts'
import type { Holding } from '../../src/interactions/search/own/definitions.ts'
import { indexAll, type Working } from '../../src/interactions/search/own/reindex.ts'
import type { Store } from '../../src/store/port.ts'
import { base, type World } from '../world.ts'

export function definition(id: string, code: string, more: object = {}): object {
  return {
    resourceType: 'SearchParameter',
    id,
    url: `http://kiln.test/SearchParameter/${id}`,
    name: `Own_${id.replaceAll('-', '_')}`,
    status: 'active',
    description: id,
    code,
    base: ['Patient'],
    type: 'token',
    expression: "Patient.extension('http://kiln.test/eye-colour').value.ofType(code)",
    ...more,
  }
}

export const eyes = definition('eyes', 'eye-colour')

export function coloured(colour: string): object {
  return { extension: [{ url: 'http://kiln.test/eye-colour', valueCode: colour }] }
}

/** What a process does beside requests, as often as it finds something to do. `store`: as this process sees it. */
export async function indexed(
  world: Pick<World, 'ctx'>,
  store: Store = world.ctx.store,
  tenant = 'default',
  owner = 'tests',
): Promise<void> {
  for (let done = false; !done; ) done = await indexOnce(world.ctx, store, tenant, owner)
}

export async function indexOnce(ctx: Surroundings, store: Store, tenant: string, owner: string): Promise<boolean> {
  const { definitions, clock } = ctx
  const holding: Holding = await definitions.of(tenant)
  const needs: Working = {
    ...{ store, clock, owner, definitions },
    tenants: async () => [tenant],
    base: () => base,
    observe: () => {},
    signal: new AbortController().signal,
    elapsed: () => performance.now(),
    sleep: async () => {},
    load: () => 0,
    pace: turn => turn(),
  }
  return indexAll(needs, tenant, holding)
}
