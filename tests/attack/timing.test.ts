/** What is hidden costs the store as many calls as what there is not: less than that nobody can measure from without. */
import { dispatch } from '../../src/interactions/dispatch.ts'
import type { Method, Payload } from '../../src/interactions/interaction.ts'
import { foreseen } from '../../src/interactions/refusal.ts'
import type { Store } from '../../src/store/port.ts'
import { withOperations } from '../operations/operating.ts'
import { happenings, observation } from '../security/hospital.ts'
import { happen } from '../security/twins.ts'
import { base, onBothStores } from '../world.ts'
import { app } from './victim.ts'

const asked: Readonly<Record<string, readonly [Method, (id: string) => string]>> = {
  'a read': ['GET', id => `Observation/${id}`],
  'a vread': ['GET', id => `Observation/${id}/_history/1`],
  'a history': ['GET', id => `Observation/${id}/_history`],
  'a search by id': ['GET', id => `Observation?_id=${id}`],
  'a search by identifier': ['GET', id => `Observation?identifier=urn:obs|o-${id}`],
  'a search by a chain': ['GET', id => `Observation?has-member.identifier=urn:obs|o-${id}`],
  'an update': ['PUT', id => `Observation/${id}`],
  'a delete': ['DELETE', id => `Observation/${id}`],
  'a conditional delete': ['DELETE', id => `Observation?identifier=urn:obs|o-${id}`],
}

await onBothStores(async (t, open) => {
  const world = await open(withOperations())
  await happen(world, 'default', happenings)
  const calls: string[] = []
  const store = counted(world.store, name => calls.push(name))
  const ctx = { ...world.ctx, store }
  const principal = { id: 'app', tenant: 'default', client: 'app', purposes: [], ...app }

  async function callsOf(method: Method, target: string, id: string): Promise<readonly string[]> {
    const [path = '', query = ''] = target.split('?')
    const bytes = Buffer.from(JSON.stringify(observation(id, 'mine')))
    const body: { body?: Payload } =
      method === 'PUT' ? { body: { is: 'bytes', bytes, type: 'application/fhir+json' } } : {}
    calls.length = 0
    await dispatch(ctx, { tenant: 'default', principal, base, method, path, query, headers: {}, ...body }).catch(
      error => {
        if (!foreseen(error)) throw error
      },
    )
    return [...calls]
  }

  await callsOf('GET', 'Observation', '') // definitions and rights are looked up, once for all
  for (const [what, [method, target]] of Object.entries(asked)) {
    const [hidden, absent] = [
      await callsOf(method, target('lab-other'), 'lab-other'),
      await callsOf(method, target('absent'), 'absent'),
    ]
    t.ok(hidden.length > 0, what)
    t.same(hidden, absent, what)
  }
})

function counted(store: Store, called: (name: string) => void): Store {
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...given: unknown[]) => {
        called(String(name))
        return value.apply(target, given)
      }
    },
    ownKeys: target => Reflect.ownKeys(target),
  })
}
