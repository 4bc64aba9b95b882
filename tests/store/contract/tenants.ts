import type { Test } from 'tap'
import { noEntries } from '../../../src/search/entry.ts'
import type { Growth, Store } from '../../../src/store/port.ts'
import { type Desk, openDesk, type Place, times } from '../place.ts'

export async function tenantsKept(t: Test, place: Place, other: Store): Promise<void> {
  const contained = { type: 'Medication', id: 'm', json: '{"resourceType":"Medication"}', entries: noEntries }

  /** By what the history tells. */
  async function counted({ store, tenant, end }: Desk, after = 0): Promise<Partial<Growth>> {
    const until = await end()
    const { versions } = await store.history({ tenant, order: 'oldest', until, limit: 1_000 })
    const behind = versions.filter(({ seq }) => seq > after)
    return {
      resources:
        behind.filter(({ created }) => created).length - behind.filter(({ json }) => json === undefined).length,
      ...(place.isSealed ? {} : { bytes: behind.reduce((sum, { json = '' }) => sum + Buffer.byteLength(json), 0) }),
    }
  }

  await t.test('a tenant has grown by what its versions say', async t => {
    const desk = openDesk(place)
    const { store, tenant, put, remove, done, end } = desk
    t.same(await store.measure(tenant, 0, 0), { resources: 0, bytes: 0 })
    t.same(await store.measure(tenant, 0, 9), { resources: 0, bytes: 0 })
    await done(times(3, at => put(`p${at}`, { body: { name: [{ family: 'Zoë' }] } })))
    await done([put('o', { type: 'Observation', contained: [contained] })])
    const middle = await end()
    t.match(await store.measure(tenant, 0, middle), await counted(desk))
    t.match(await store.measure(tenant, 0, middle), { resources: 4 })
    await done([put('p0', { body: { active: true } }), remove('p1'), remove('p2')])
    await done([put('p1'), remove('p2')])
    t.match(await other.measure(tenant, middle, await end()), await counted(desk, middle))
    t.match(await store.measure(tenant, middle, await end()), { resources: -1 })
    t.match(await store.measure(tenant, 0, await end(), 'Observation'), { resources: 2 })
    t.match(await store.measure(tenant, 0, await end(), 'Flag'), { resources: 3 })
    t.match(await store.measure(tenant, 0, await end()), await counted(desk))
    t.same(await store.measure(`${tenant}x`, 0, await end()), { resources: 0, bytes: 0 })
  })

  await t.test('what is erased is gone, everywhere, and nothing of others is', async t => {
    const [desk, neighbour] = [openDesk(place), openDesk(place)]
    const ids = times(450, at => `p${at}`)
    for (const { tenant, store, put, done, remove } of [desk, neighbour]) {
      await done(
        ids.map(id => put(id, { entries: { ...noEntries, terms: [{ slot: 'family', text: 'wong', element: 0 }] } })),
      )
      await done([put('o', { type: 'Observation', contained: [contained], links: ['Patient/p0'] }), remove('p1')])
      await done([put('r')], {
        receipt: { key: 'k', fingerprint: 'f', note: 'n' },
        claims: [{ key: 'c', generation: 0 }],
      })
      await store.acquire(tenant, 'job', 'me', 10_000)
      await store.keepNote({ tenant, kind: 'session', id: 'a', text: '{}', tags: ['u'], revision: 0 })
    }
    const before = await neighbour.end()
    const rows = await erased(place.store, desk.tenant)
    t.ok(rows > 450, `${rows} rows`)
    t.equal(await erased(other, desk.tenant), 0, 'nothing is left')
    t.equal(await erased(other, 'never-was'), 0)
    t.same(await everything(place.store, desk), nothing)
    t.same(await everything(other, desk), { ...nothing, token: 2 })
    t.match(await everything(place.store, neighbour), { read: true, history: 453, types: 3, found: 450, receipt: true })
    t.equal(await neighbour.end(), before)
    const { seq } = await neighbour.one(neighbour.put('later'))
    t.ok(seq > before, 'no place of the sequence comes twice')
  })

  await t.test('whoever is stopped while he erases goes on by asking again', async t => {
    const desk = openDesk(place)
    await desk.done(times(450, at => desk.put(`p${at}`)))
    for await (const rows of place.store.erase(desk.tenant)) {
      t.ok(rows > 0)
      break
    }
    t.ok((await erased(other, desk.tenant)) > 0)
    t.same(await everything(place.store, desk), nothing)
  })
}

const nothing = {
  ...{ read: false, vread: false, history: 0, found: 0, types: 0, inner: 0 },
  ...{ receipt: false, generation: 0, note: false, tagged: 0, linked: true, token: 1 },
}

/** What questions about a tenant are answered by; asking for a lease makes one. */
async function everything(store: Store, { tenant, key, remove }: Desk): Promise<typeof nothing> {
  const until = Number.MAX_SAFE_INTEGER - 1
  const where = { is: 'all' } as const
  const query = { tenant, where, until, budget: 10_000 }
  const linked = await store.commit({ tenant, integrity: true, writes: [remove('p0')] })
  const types = await store.types(tenant)
  const lease = await store.acquire(tenant, 'job', 'me', 10_000)
  return {
    read: (await store.read(key('p0')))?.json !== undefined,
    vread: (await store.vread(key('p0'), 1)) !== undefined,
    history: (await store.history({ tenant, order: 'newest', until, limit: 1_000 })).versions.length,
    found: await store.count({ ...query, type: 'Patient' }),
    inner: types.includes('#Medication') ? await store.count({ ...query, type: '#Medication' }) : 0,
    types: types.length,
    receipt: (await store.receipt(tenant, 'k')) !== undefined,
    generation: await store.generation(tenant, 'c'),
    note: (await store.note({ tenant, kind: 'session', id: 'a' })) !== undefined,
    tagged: (await store.notes({ tenant, kind: 'session', tag: 'u', limit: 10 })).length,
    linked: linked.ok,
    token: lease?.token ?? 0,
  }
}

async function erased(store: Store, tenant: string): Promise<number> {
  let all = 0
  for await (const rows of store.erase(tenant)) all += rows
  return all
}
