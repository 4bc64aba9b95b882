/** Other entries for resources that stay as they are. */
import type { Test } from 'tap'
import type { Entries } from '../../../src/search/entry.ts'
import type { Node } from '../../../src/search/node.ts'
import type { Fence, Store } from '../../../src/store/port.ts'
import { collect, openDesk, type Place, times } from '../place.ts'

type Desk = ReturnType<typeof openDesk>

export async function reindexing(t: Test, place: Place, other: Store): Promise<void> {
  await t.test('entries are replaced, and nothing else changes', async t => {
    const desk = openDesk(place)
    const { tenant, store, put, done, end } = desk
    await done([
      put('a', { entries: old }),
      put('b', { entries: old }),
      put('o', { type: 'Observation', entries: old }),
    ])
    const before = { seq: await end(), a: await store.read(desk.key('a')), history: await historyOf(desk) }
    const fence = await held(desk)
    const items = [item('a', 1, fresh), item('o', 1, fresh, 'Observation')]
    t.equal(await store.reindex(tenant, items, fence), 2)
    for (const handle of [store, other]) {
      t.same(await find(desk, 'new', 'Patient', handle), ['a'])
      t.same(await find(desk, 'old', 'Patient', handle), ['b'])
      t.same(await find(desk, 'new', 'Observation', handle), ['o'])
    }
    t.same(await ranges(desk), ['a'], 'ranges too')
    t.equal(await end(), before.seq)
    t.same(await store.read(desk.key('a')), before.a)
    t.same(await historyOf(desk), before.history)
    await done([put('z')])
    const changes = await collect(store.changes(tenant, before.seq, AbortSignal.timeout(10_000)), 1)
    t.same(
      changes.map(({ after }) => after.id),
      ['z'],
      'no change is told',
    )
    t.equal(await store.reindex(tenant, [item('a', 1, old)], fence), 1)
    t.same(await find(desk, 'old', 'Patient'), ['a', 'b'], 'and back again')
    t.same(await ranges(desk), [])
  })

  await t.test('of what is contained, too, as long as its container is that version', async t => {
    const desk = openDesk(place)
    const { tenant, store, put, done } = desk
    const inner = { type: 'Medication', id: 'm', json: '{}', entries: old }
    await done([put('a', { contained: [inner] }), put('b', { contained: [inner] })])
    await done([put('b', { contained: [inner] })])
    const inside = (id: string, entries: Entries) => item(`Patient/${id}#m`, 1, entries, '#Medication')
    const items = [
      inside('a', fresh),
      inside('b', fresh),
      inside('c', fresh),
      item('Patient/a#n', 1, fresh, '#Medication'),
    ]
    t.equal(await store.reindex(tenant, items, await held(desk)), 1)
    for (const handle of [store, other]) {
      t.same(await find(desk, 'new', '#Medication', handle), ['Patient/a#m'])
      t.same(await find(desk, 'old', '#Medication', handle), ['Patient/b#m'])
    }
  })

  await t.test('what was written meanwhile, deleted or never there is left alone', async t => {
    const desk = openDesk(place)
    const { tenant, store, put, remove, done } = desk
    await done(['a', 'b', 'c', 'd'].map(id => put(id, { entries: old })))
    await done([put('a', { entries: own }), remove('b'), put('d')])
    const fence = await held(desk)
    const items = [
      ...['a', 'b', 'c', 'd', 'never'].map(id => item(id, 1, fresh)),
      item('b', 2, fresh),
      item('c', 7, old),
    ]
    t.equal(await store.reindex(tenant, items, fence), 1)
    t.same(await find(desk, 'new'), ['c'])
    t.same(await find(desk, 'own'), ['a'])
    t.same(await find(desk, 'old'), [])
  })

  await t.test('an update, a deletion and a new life come after it as if it had not been', async t => {
    const desk = openDesk(place)
    const { tenant, store, put, remove, done } = desk
    await done(['a', 'b', 'c'].map(id => put(id, { entries: old })))
    await store.reindex(
      tenant,
      ['a', 'b', 'c'].map(id => item(id, 1, fresh)),
      await held(desk),
    )
    await done([put('a', { entries: own, when: { version: 1 } }), remove('b'), remove('c')])
    await done([put('c', { entries: own })])
    t.same(await find(desk, 'new'), [])
    t.same(await find(desk, 'own'), ['a', 'c'])
  })

  await t.test('whoever does not hold the lease has done nothing', async t => {
    const desk = openDesk(place)
    const { tenant, store, put, done } = desk
    await done([put('a', { entries: old })])
    const fence = await held(desk)
    const stranger = openDesk(place)
    await held(stranger) // so that the next has another token
    const items = [item('a', 1, fresh)]
    t.equal(await store.reindex(tenant, items, { ...fence, token: fence.token + 1 }), undefined)
    t.equal(await store.reindex(tenant, items, { ...fence, name: 'another' }), undefined)
    t.equal(await store.reindex(tenant, items, await held(stranger)), undefined, 'held in another tenant')
    place.now += 1_000
    t.equal(await store.reindex(tenant, items, fence), undefined, 'it has expired')
    t.ok(await other.acquire(tenant, 'job', 'other', 1_000))
    t.equal(await store.reindex(tenant, items, fence), undefined, 'it is another’s')
    t.same(await find(desk, 'old'), ['a'])
  })

  await t.test('beside writers of the same resources the last version is found by what it brought', async t => {
    const desk = openDesk(place)
    const { tenant, store, put, done } = desk
    const ids = times(20, at => `r${at}`)
    await done(ids.map(id => put(id, { entries: old })))
    const fence = await held(desk)
    const writing = ids.map(id => other.commit({ tenant, writes: [put(id, { entries: own })] }))
    const indexing = times(4, () =>
      store.reindex(
        tenant,
        ids.map(id => item(id, 1, fresh)),
        fence,
      ),
    )
    for (const outcome of await Promise.all(writing)) t.ok(outcome.ok)
    for (const count of await Promise.all(indexing)) t.type(count, 'number')
    t.same((await find(desk, 'own')).length, 20)
    t.same(await find(desk, 'new'), [])
    t.same(await find(desk, 'old'), [])
  })
}

const term = (text: string) => ({ slot: 'name', text, element: 0 })
const old: Entries = { terms: [term('old'), term('kept')], ranges: [] }
const own: Entries = { terms: [term('own')], ranges: [] }
const range = { slot: 'date', unit: '', low: 1, high: 2, from: 1, to: 2, element: 0 }
const fresh: Entries = { terms: [term('new'), term('kept'), { slot: 'more', text: 'x', element: 1 }], ranges: [range] }

const item = (id: string, version: number, entries: Entries, type = 'Patient') => ({ type, id, version, entries })

async function held({ tenant, store }: Desk): Promise<Fence> {
  const lease = await store.acquire(tenant, 'job', 'me', 1_000)
  if (!lease) throw new Error('nobody else has it')
  return lease
}

function find({ tenant, store }: Desk, text: string, type = 'Patient', handle = store): Promise<string[]> {
  return ask(handle, tenant, type, { is: 'term', slot: 'name', texts: [text] })
}

function ranges({ tenant, store }: Desk): Promise<string[]> {
  return ask(store, tenant, 'Patient', {
    is: 'range',
    slot: 'date',
    unit: '',
    tests: [{ end: 'low', op: '<=', than: 1 }],
  })
}

async function ask(store: Store, tenant: string, type: string, where: Node): Promise<string[]> {
  const query = { tenant, type, where, sort: [], limit: 100, budget: 10_000 }
  const { matches } = await store.search(query)
  return matches.map(({ version }) => version.id)
}

async function historyOf({ tenant, store }: Desk) {
  return store.history({ tenant, order: 'oldest', until: Number.MAX_SAFE_INTEGER, limit: 100 })
}
