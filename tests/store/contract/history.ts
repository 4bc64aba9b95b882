import type { Test } from 'tap'
import type { HistoryQuery, Store, Version } from '../../../src/store/port.ts'
import { openOracle } from '../oracle.ts'
import { type Desk, openDesk, type Place } from '../place.ts'

type Walk = Omit<HistoryQuery, 'after' | 'limit'>

/** 40 versions of 6 resources of 2 types: several in one ms, several ms without any, deletions, a clock that falls back. */
async function lived(place: Place): Promise<{ desk: Desk; oracle: ReturnType<typeof openOracle>; start: number }> {
  const desk = openDesk(place)
  const oracle = openOracle()
  place.now += 10_000
  const start = place.now
  for (let step = 0; step < 20; step++) {
    const id = `h${(step * 7) % 3}`
    const gone = step % 6 === 5
    const writes = [
      gone ? desk.remove(id) : desk.put(id, { method: step < 3 ? 'POST' : 'PUT' }),
      desk.put(id, { type: 'Observation', body: { status: `s${step}` } }),
    ]
    place.now = start + [0, 0, 10, 20, 20, 5, 30, 40][step % 8]! + Math.floor(step / 8) * 50
    const commit = { tenant: desk.tenant, writes }
    oracle.commit(commit, place.now, await desk.store.commit(commit))
  }
  return { desk, oracle, start }
}

async function walked(store: Store, walk: Walk, limit: number): Promise<Version[]> {
  const found: Version[] = []
  for (let after: number | undefined; ; ) {
    const page = await store.history({ ...walk, limit, ...(after === undefined ? {} : { after }) })
    found.push(...page.versions)
    if (!page.more) return found
    after = page.versions.at(-1)!.seq
  }
}

export async function histories(t: Test, place: Place, other: Store): Promise<void> {
  await t.test('history of system, type and instance, in both orders and pages of any size', async t => {
    const { desk, oracle } = await lived(place)
    const { tenant } = desk
    const until = await desk.end()
    const scopes = [{}, { type: 'Patient' }, { type: 'Observation' }, { type: 'Patient', id: 'h1' }]
    const strange = [{ type: 'Group' }, { type: 'Patient', id: 'never' }, { type: 'Group', id: 'h1' }]
    for (const scope of [...scopes, ...strange]) {
      for (const order of ['newest', 'oldest'] as const) {
        const walk = { tenant, ...scope, order, until }
        const { versions } = oracle.page({ ...walk, limit: 1000 })
        t.equal(versions.length > 0, scopes.includes(scope))
        for (const limit of [1, 3, 7, 40, 1000]) t.same(await walked(desk.store, walk, limit), versions)
        t.same(await walked(other, walk, 5), versions)
      }
      const walk = { tenant, ...scope, until }
      t.equal(await desk.store.countHistory(walk), oracle.count(walk))
    }
  })

  await t.test('more is told exactly', async t => {
    const { desk } = await lived(place)
    const query = { tenant: desk.tenant, order: 'oldest', until: await desk.end() } as const
    const count = await desk.store.countHistory(query)
    t.equal((await desk.store.history({ ...query, limit: count })).more, false)
    t.equal((await desk.store.history({ ...query, limit: count - 1 })).more, true)
  })

  await t.test('since and at choose by time, to the millisecond', async t => {
    const { desk, oracle, start } = await lived(place)
    const { tenant, store } = desk
    const until = await desk.end()
    const moments = [-1, 0, 1, 10, 11, 20, 21, 35, 40, 49, 50, 51, 60, 90, 140, 141, 1000].map(ms => start + ms)
    const filters = moments.flatMap(low => [
      { since: low },
      { at: { low, high: low + 1 } },
      { at: { low, high: low + 1000 } },
      { since: low, at: { low: low + 5, high: low + 30 } },
    ])
    for (const scope of [{}, { type: 'Patient' }, { type: 'Patient', id: 'h2' }]) {
      for (const filter of filters) {
        for (const order of ['newest', 'oldest'] as const) {
          const walk = { tenant, ...scope, ...filter, order, until }
          const { versions } = oracle.page({ ...walk, limit: 1000 })
          const label = JSON.stringify({ ...scope, ...filter, order, start })
          t.same(await walked(store, walk, 4), versions, label)
          t.equal(await store.countHistory(walk), versions.length, label)
        }
      }
    }
  })

  await t.test('a walk sees one state, whatever is written meanwhile', async t => {
    const { desk, oracle, start } = await lived(place)
    const { tenant, store, done, put, remove } = desk
    const until = await desk.end()
    const at = { low: start + 200, high: start + 300 }
    place.now = start + 200
    await done([put('h0'), put('h1'), remove('h2', undefined, 'Observation'), put('new')])
    for (const filter of [{}, { at }, { since: start + 30 }]) {
      const walk = { tenant, ...filter, order: 'newest', until } as const
      t.same(await walked(store, walk, 6), oracle.page({ ...walk, limit: 1000 }).versions)
      t.equal(await store.countHistory(walk), oracle.count(walk))
    }
    const everything = { tenant, order: 'newest', until: Number.MAX_SAFE_INTEGER } as const
    t.equal((await walked(store, everything, 6)).length, 44)
  })

  await t.test('lastUpdated never falls, though the clock does', async t => {
    const { one, put, tenant, store } = openDesk(place)
    const stranger = openDesk(place)
    const high = place.now
    const first = await one(put('a'))
    place.now -= 60_000
    const second = await one(put('a'))
    const third = await one(put('b'))
    t.same(
      [first, second, third].map(({ updated }) => updated),
      [high, high, high],
    )
    t.match(second.json, new Date(high).toISOString())
    t.equal((await stranger.one(stranger.put('a'))).updated, place.now, 'each tenant has its own time')
    place.now = high + 1
    t.equal((await one(put('a'))).updated, high + 1)
    t.equal((await store.history({ tenant, order: 'oldest', since: high, until: 1e9, limit: 9 })).versions.length, 4)
  })
}
