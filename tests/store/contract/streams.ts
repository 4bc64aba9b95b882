import type { Test } from 'tap'
import type { Change, Store } from '../../../src/store/port.ts'
import { collect, committed, made, openDesk, type Place, times } from '../place.ts'

export async function streams(t: Test, place: Place, other: Store): Promise<void> {
  await sequences(t, place, other)
  await latestOnes(t, place, other)
  await changing(t, place, other)
  await scanning(t, place)
}

async function sequences(t: Test, place: Place, other: Store): Promise<void> {
  await t.test('the sequence ends at what this process has committed', async t => {
    const { tenant, one, put, end } = openDesk(place)
    t.equal(await end(), 0)
    for (const id of ['a', 'b', 'a']) {
      const { seq } = await one(put(id))
      t.equal(await end(), seq)
    }
    const last = committed(await other.commit({ tenant, writes: [put('c')] }))
    t.equal(await other.sequence(tenant), last.versions[0]?.seq)
  })

  await t.test('the ends of many tenants are those of each', async t => {
    const [a, b, silent] = [openDesk(place), openDesk(place), openDesk(place)]
    const tenants = [a, b, silent].map(({ tenant }) => tenant)
    const ends = async (store: Store) => [...(await store.ends(tenants))].sort(([one], [two]) => one.localeCompare(two))
    t.same(await ends(place.store), [])
    await a.one(a.put('a'))
    const { seq } = await b.one(b.put('b'))
    const told = [a, b].map(async ({ tenant, end }) => [tenant, await end()] as const)
    const expected = (await Promise.all(told)).sort(([one], [two]) => one.localeCompare(two))
    t.ok(expected.some(([, end]) => end === seq))
    for (const store of [place.store, other]) t.same(await ends(store), expected)
    const later = await a.one(a.put('a'))
    t.equal((await other.ends([a.tenant])).get(a.tenant), later.seq, 'only those that are asked for')
    t.equal((await other.ends([])).size, 0)
  })

  await t.test('nothing appears at or before the end of the sequence', async t => {
    const { tenant, put, store } = openDesk(place)
    const ends: { end: number; count: number }[] = []
    let busy = true
    const count = async (until: number) => store.countHistory({ tenant, until })
    const watch = (async () => {
      while (busy) {
        const end = await store.sequence(tenant)
        ends.push({ end, count: await count(end) })
        await new Promise(resolve => setImmediate(resolve))
      }
    })()
    await Promise.all(
      times(16, async writer => {
        const handle = writer % 2 === 0 ? store : other
        for (let at = 0; at < 10; at++) await handle.commit({ tenant, writes: [put(`w${writer}-${at}`)] })
      }),
    )
    busy = false
    await watch
    for (const { end, count: then } of ends) {
      if ((await count(end)) !== then) t.fail(`at ${end} there were ${then} versions, and more came later`)
    }
    t.ok(ends.length > 2, `${ends.length} looks`)
    t.equal(await count(Number.MAX_SAFE_INTEGER), 160)
  })
}

async function latestOnes(t: Test, place: Place, other: Store): Promise<void> {
  await t.test('a change of some types is told apart from all others, to every process', async t => {
    const { tenant, store, one, put, remove } = openDesk(place)
    const types = ['Patient', 'Group']
    const before = async () => [await store.sequence(tenant), await other.sequence(tenant)]
    t.equal(await store.latest(tenant, types), 0)
    for (const write of [put('a'), put('b', { type: 'Group' }), put('a'), remove('a')]) {
      const [mine = 0, theirs = 0] = await before()
      const { seq } = await one(write)
      for (const each of [store, other]) t.ok((await each.latest(tenant, types)) >= seq)
      await one(put('x', { type: 'Observation' }))
      const ends = await before()
      t.ok((await store.latest(tenant, types)) > mine && (await other.latest(tenant, types)) > theirs)
      for (const end of ends) t.ok((await other.latest(tenant, types)) <= end, 'what came after is of another type')
    }
    t.equal(await other.latest(`${tenant}-other`, types), 0)
    const rare = ['Linkage', 'Library']
    for (const type of rare) {
      t.equal(await other.latest(tenant, [type]), 0, 'nobody had one')
      const before = await other.latest(tenant, rare)
      const { seq } = await one(put('y', { type }))
      t.ok(before < seq && (await other.latest(tenant, rare)) >= seq && (await store.latest(tenant, [type])) >= seq)
    }
  })
}

async function changing(t: Test, place: Place, other: Store): Promise<void> {
  await t.test('changes give each version with the one before it', async t => {
    const { tenant, store, one, put, remove } = openDesk(place)
    const signal = new AbortController().signal
    const a1 = await one(put('a'))
    const b1 = await one(put('b'))
    const a2 = await one(remove('a'))
    const a3 = await one(put('a'))
    const all: Change[] = [
      { after: a1, before: undefined },
      { after: b1, before: undefined },
      { after: a2, before: a1 },
      { after: a3, before: a2 },
    ]
    t.same(await collect(store.changes(tenant, 0, signal), 4), all)
    t.same(await collect(other.changes(tenant, b1.seq, signal), 2), all.slice(2), 'behind a place')
  })

  await t.test('whoever waits for changes gets them, from this process and from another', async t => {
    const { tenant, store, one, put } = openDesk(place)
    const signal = new AbortController().signal
    const first = collect(store.changes(tenant, 0, signal), 2)
    const second = collect(other.changes(tenant, 0, signal), 2)
    const own = await one(put('a'))
    const foreign = made(committed(await other.commit({ tenant, writes: [put('b')] })).versions[0])
    const both = [own, foreign].map(after => ({ after, before: undefined }))
    t.same(await first, both)
    t.same(await second, both)
  })

  await t.test('other tenants do not show in the changes', async t => {
    const [a, b] = [openDesk(place), openDesk(place)]
    const waiting = collect(a.store.changes(a.tenant, 0, new AbortController().signal), 1)
    await b.one(b.put('x'))
    const after = await a.one(a.put('x'))
    t.same(await waiting, [{ after, before: undefined }])
  })

  await t.test('an abort ends the waiting, the reading, and what has not begun', async t => {
    const { tenant, store, one, put } = openDesk(place)
    const waiting = new AbortController()
    const found = collect(store.changes(tenant, 0, waiting.signal))
    await one(put('a'))
    await new Promise(resolve => setTimeout(resolve, 20))
    waiting.abort()
    t.equal((await found).length, 1)
    t.same(await collect(store.changes(tenant, 0, AbortSignal.abort())), [])
    await one(put('b'))
    const reading = new AbortController()
    let seen = 0
    for await (const _ of store.changes(tenant, 0, reading.signal)) {
      seen++
      reading.abort()
    }
    t.equal(seen, 1)
  })

  await t.test('a reader that leaves early leaves nothing behind', async t => {
    const { tenant, store, one, put } = openDesk(place)
    await one(put('a'))
    for await (const change of store.changes(tenant, 0, new AbortController().signal)) {
      t.equal(change.after.id, 'a')
      break
    }
  })

  await t.test('while 16 writers on two handles write, every change comes once and in order', async t => {
    const { tenant, store, put, remove } = openDesk(place)
    const readers = [store, other].map(handle => collect(handle.changes(tenant, 0, new AbortController().signal), 320))
    const outcomes = await Promise.all(
      times(16, async writer => {
        const handle = writer % 2 === 0 ? store : other
        const made = []
        for (let at = 0; at < 10; at++) {
          const writes = [put(`own-${writer}-${at}`), at % 5 === 4 ? remove(`own-${writer}-${at - 1}`) : put('shared')]
          made.push(...committed(await handle.commit({ tenant, writes })).versions)
        }
        return made
      }),
    )
    const written = outcomes
      .flat()
      .map(made)
      .sort((a, b) => a.seq - b.seq)
    t.equal(new Set(written.map(({ seq }) => seq)).size, 320)
    for (const reader of readers) {
      const changes = await reader
      t.same(
        changes.map(({ after }) => after),
        written,
      )
      const last = new Map<string, number>()
      for (const { after, before } of changes) {
        t.equal(before?.version, last.get(after.id))
        last.set(after.id, after.version)
      }
    }
  })
}

async function scanning(t: Test, place: Place): Promise<void> {
  await t.test('a scan shows the present resources of a type, by id', async t => {
    const { tenant, store, done, put, remove, end } = openDesk(place)
    const stranger = openDesk(place)
    const ids = times(300, index => `s${String(index).padStart(3, '0')}`)
    await done([...ids].reverse().map(id => put(id)))
    await done([put('x', { type: 'Group' })])
    await stranger.done([stranger.put('s0')])
    await done(ids.filter((_, at) => at % 3 === 0).map(id => remove(id)))
    const expected = ids.filter((_, at) => at % 3 !== 0)
    const query = { tenant, type: 'Patient', at: await end() }
    t.same(
      (await collect(store.scan(query))).map(({ id }) => id),
      expected,
    )
    t.same(
      (await collect(store.scan({ ...query, after: 's150' }))).map(({ id }) => id),
      expected.filter(id => id > 's150'),
    )
    t.same(await collect(store.scan({ ...query, type: 'Observation' })), [])
    t.same(await collect(store.scan({ ...query, tenant: 'nobody' })), [])
    t.same(await collect(store.scan({ ...query, at: 0 })), [])
  })

  await t.test('a scan stays at its place in the sequence while all of it is written anew', async t => {
    const { tenant, store, done, put, remove, end } = openDesk(place)
    const ids = times(200, index => `s${String(index).padStart(3, '0')}`)
    await done(ids.map(id => put(id)))
    const { versions } = await done(ids.map(id => put(id, { body: { active: true } })))
    await done([remove('s100')])
    const at = await end()
    const expected = versions.filter(version => version?.id !== 's100')
    const found = []
    for await (const version of store.scan({ tenant, type: 'Patient', at })) {
      found.push(version)
      if (found.length === 10) await done([...ids.map(id => put(id)), put('s0001'), put('s200')])
      if (found.length === 90) await done(ids.map(id => remove(id)))
      if (found.length === 95) await done([put('s100')])
    }
    t.same(found, expected)
    t.same(await collect(store.scan({ tenant, type: 'Patient', at })), expected, 'and a later scan finds the same')
    t.same(
      (await collect(store.scan({ tenant, type: 'Patient', at: await end() }))).map(({ id }) => id),
      ['s0001', 's100', 's200'],
    )
  })

  await t.test('an empty tenant has nothing to scan', async t => {
    const { tenant, store } = openDesk(place)
    t.same(await collect(store.scan({ tenant, type: 'Patient', at: Number.MAX_SAFE_INTEGER })), [])
  })
}
