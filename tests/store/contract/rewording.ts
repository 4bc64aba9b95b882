/** Other texts for versions that stay what they are. */
import type { Test } from 'tap'
import { all } from '../../../src/search/node.ts'
import type { Reworded, Store } from '../../../src/store/port.ts'
import { collect, openDesk, type Place } from '../place.ts'

export async function rewording(t: Test, place: Place, other: Store): Promise<void> {
  const item = (id: string, version: number, was = '', json = '', type = 'Patient'): Reworded => {
    return { type, id, version, was, json }
  }

  await t.test('texts are replaced, of former versions too, and nothing else changes', async t => {
    const { tenant, store, put, done, key, end } = openDesk(place)
    const entries = { terms: [{ slot: 'a', text: 'x', element: 0 }], ranges: [] }
    const inner = { type: 'Medication', id: 'm', json: '{"was":1}', entries }
    const first = (await done([put('a', { entries, contained: [inner] })])).versions[0]
    const second = (await done([put('a', { body: { active: true }, entries, contained: [inner] })])).versions[0]
    const before = await end()
    const fence = await store.acquire(tenant, 'reword', 'me', 60_000)
    if (!fence) throw new Error('the lease is free')
    const items = [
      item('a', 1, first?.json, '{"resourceType":"Patient","new":1}'),
      item('a', 2, second?.json, '{"resourceType":"Patient","new":2}'),
      item('Patient/a#m', 2, '{"was":1}', '{"new":3}', '#Medication'),
    ]
    t.equal(await store.reword(tenant, items, fence), 3)
    for (const handle of [store, other]) {
      t.same(await handle.vread(key('a'), 1), { ...first, json: items[0]?.json })
      t.same(await handle.vread(key('a'), 2), { ...second, json: items[1]?.json })
      t.same(await handle.read(key('a')), { ...second, json: items[1]?.json })
      const inside = await handle.search({ tenant, type: '#Medication', where: all, sort: [], limit: 9, budget: 9_999 })
      t.same(
        inside.matches.map(({ version }) => version.json),
        ['{"new":3}'],
      )
      const where = { is: 'term', slot: 'a', texts: ['x'] } as const
      const found = await handle.search({ tenant, type: 'Patient', where, sort: [], limit: 9, budget: 9_999 })
      t.same(
        found.matches.map(({ version }) => version.json),
        [items[1]?.json],
      )
    }
    t.equal(await end(), before)
    await done([put('z')])
    const changes = await collect(store.changes(tenant, before, AbortSignal.timeout(10_000)), 1)
    t.same(
      changes.map(({ after }) => after.id),
      ['z'],
      'no change is told',
    )
  })

  await t.test('what reads otherwise, was never there or is another tenant’s is left alone', async t => {
    const { tenant, store, put, remove, done, key } = openDesk(place)
    const stranger = openDesk(place)
    const { versions } = await done([put('a'), put('b')])
    await stranger.done([stranger.put('c')])
    await done([remove('b')])
    const fence = await store.acquire(tenant, 'reword', 'me', 60_000)
    if (!fence) throw new Error('the lease is free')
    const text = (await stranger.store.read(stranger.key('c')))?.json
    const items = [
      item('a', 1, 'another text', '{}'),
      item('a', 2, versions[0]?.json, '{}'),
      item('a', 1, versions[0]?.json, '{}', 'Observation'),
      item('b', 2, '', '{}'),
      item('c', 1, text, '{}'),
      item('Patient/a#m', 1, '', '{}', '#Medication'),
    ]
    t.equal(await store.reword(tenant, items, fence), 0)
    t.same(await store.read(key('a')), versions[0])
    t.equal((await stranger.store.read(stranger.key('c')))?.json, text)
    t.equal((await store.read(key('b')))?.json, undefined)
  })

  await t.test(
    'texts of entries that are no more are taken away, and all that is there is found as before',
    async t => {
      const { tenant, store, put, done, end } = openDesk(place)
      const stranger = openDesk(place)
      const entries = (...texts: string[]) => ({
        terms: texts.map(text => ({ slot: 'a', text, element: 0 })),
        ranges: [],
      })
      const ids = async (text: string, handle = store): Promise<readonly string[]> => {
        const where = { is: 'term', slot: 'a', texts: [text] } as const
        const found = await handle.search({ tenant, type: 'Patient', where, sort: [], limit: 9, budget: 9_999 })
        return found.matches.map(({ version }) => version.id)
      }
      await done([put('a', { entries: entries('x', 'old') }), put('b', { entries: entries('x') })])
      await other.commit({ tenant, writes: [put('c', { entries: entries('older') })] })
      await stranger.done([stranger.put('a', { entries: entries('x', 'old') })])
      await done([put('a', { entries: entries('x', 'new') }), put('c', { entries: entries('newer') })])
      await tidy(other, tenant)
      const before = await end()
      t.equal(await tidy(store, tenant), 0, 'a second time there is nothing to do')
      t.equal(await end(), before)
      t.same([await ids('x'), await ids('old'), await ids('new')], [['a', 'b'], [], ['a']])
      // Whoever remembers texts by number has to know that they are others now.
      await done([put('d', { entries: entries('old', 'fresh') })])
      await other.commit({ tenant, writes: [put('e', { entries: entries('older', 'x') })] })
      for (const handle of [store, other]) {
        t.same(
          [await ids('old', handle), await ids('older', handle), await ids('fresh', handle)],
          [['d'], ['e'], ['d']],
        )
        t.same([await ids('x', handle), await ids('newer', handle)], [['a', 'b', 'e'], ['c']])
      }
      const where = { is: 'term', slot: 'a', texts: ['old'] } as const
      t.equal(await store.count({ tenant: stranger.tenant, type: 'Patient', where, budget: 9_999 }), 1)
    },
  )

  await t.test('without the lease nothing is done', async t => {
    const { tenant, store, put, one, key } = openDesk(place)
    const version = await one(put('a'))
    const lease = await store.acquire(tenant, 'reword', 'me', 1_000)
    if (!lease) throw new Error('the lease is free')
    place.now += 2_000
    const items = [item('a', 1, version.json, '{}')]
    t.equal(await store.reword(tenant, items, lease), undefined)
    const next = await store.acquire(tenant, 'reword', 'other', 60_000)
    t.equal(await store.reword(tenant, items, lease), undefined)
    t.same(await store.read(key('a')), version)
    t.equal(next && (await other.reword(tenant, items, next)), 1)
  })
}

async function tidy(store: Store, tenant: string): Promise<number> {
  let all = 0
  for await (const rows of store.tidy(tenant)) all += rows
  return all
}
