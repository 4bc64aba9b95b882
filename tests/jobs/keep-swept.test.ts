import { keepSwept } from '../../src/jobs/keep-swept.ts'
import { openHolder } from '../../src/jobs/lease.ts'
import { onBothStores, type World } from '../world.ts'

const day = 24 * 3_600_000

/** One round, and the next one never comes. */
async function round(world: World, tenants: readonly string[], over: Partial<World['store']> = {}): Promise<unknown[]> {
  const closing = new AbortController()
  const events: unknown[] = []
  await keepSwept({
    store: { ...world.store, ...over },
    ...{ tenants: async () => tenants, owner: 'a', clock: () => world.clock, signal: closing.signal },
    sleep: async () => closing.abort(),
    observe: event => void events.push(event),
  })
  return events
}

await onBothStores(async (t, open) => {
  await t.test('what is over since a day is dropped, in every tenant, and nothing else', async t => {
    const world = await open()
    const { store } = world
    const start = world.clock
    const key = (tenant: string, id: string) => ({ tenant, kind: 'code', id })
    const keep = (tenant: string, id: string, expires?: number) =>
      store.keepNote({ ...key(tenant, id), text: id, tags: ['x'], revision: 0, ...(expires ? { expires } : {}) })
    for (const tenant of ['default', 'north']) {
      await keep(tenant, 'over', start + 10)
      await keep(tenant, 'later', start + 2 * day)
      await keep(tenant, 'lasting')
    }
    await keep('stranger', 'over', start + 10)
    for (let at = 0; at < 1_200; at++) await keep('default', `many-${at}`, start + 10)
    const receipt = { key: 'k', fingerprint: 'f', note: '' }
    await store.commit({ tenant: 'default', writes: [], receipt })
    world.clock = start + day
    t.strictSame(await round(world, ['default', 'north']), [])
    world.clock = start + 5 // as if it had not been over yet
    t.ok(await store.note(key('default', 'over')), 'it was over for less than a day')
    world.clock = start + day + 100
    t.strictSame(await round(world, ['default', 'north']), [])
    world.clock = start + 5
    t.equal((await store.note(key('stranger', 'over'))) !== undefined, true, 'a tenant that is not ours')
    for (const tenant of ['default', 'north']) {
      t.equal(await store.note(key(tenant, 'over')), undefined)
      t.ok(await store.note(key(tenant, 'later')))
      t.ok(await store.note(key(tenant, 'lasting')))
    }
    t.strictSame(await store.notes({ tenant: 'default', kind: 'code', after: 'many', limit: 10 }), [])
    t.equal(await store.receipt('default', 'k'), undefined)
  })

  await t.test('one process does it, and a failure is told and is not the end', async t => {
    const world = await open()
    const asked: string[] = []
    const forget = async (tenant: string): Promise<void> => {
      asked.push(tenant)
      if (tenant === 'default') throw new Error('the store is gone')
    }
    t.match(await round(world, ['default', 'north'], { forget }), [{ event: 'sweep.failed', error: Error }])
    t.strictSame(asked, ['default', 'north'])
    const other = openHolder({ store: world.store, clock: () => world.clock, owner: 'b' }, 'default', 'sweep')
    t.ok(await other.fence(), 'it was given back')
    asked.length = 0
    t.strictSame(await round(world, ['default', 'north'], { forget }), [])
    t.strictSame(asked, ['north'], 'somebody else is at the other')
  })
})
