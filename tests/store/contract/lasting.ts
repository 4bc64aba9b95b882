import type { Test } from 'tap'
import { OutcomeUnknown, type Store, StoreUnavailable } from '../../../src/store/port.ts'
import { collect, made, type OpenPlace, openDesk, times } from '../place.ts'

export async function lasting(t: Test, open: OpenPlace): Promise<void> {
  await t.test('the same ids in two tenants are strangers everywhere', async t => {
    const place = await open(t)
    const [a, b] = [openDesk(place), openDesk(place)]
    const ofA = [await a.one(a.put('x')), await a.one(a.put('x')), await a.one(a.remove('x'))]
    const ofB = await b.one(b.put('x'))
    const { store } = place
    t.equal(ofB.version, 1)
    t.same(await store.read(b.key('x')), ofB)
    t.same(await store.read(a.key('x')), ofA[2])
    t.equal(await store.vread(b.key('x'), 2), undefined)
    for (const scope of [{}, { type: 'Patient' }, { type: 'Patient', id: 'x' }]) {
      const query = { tenant: b.tenant, ...scope, order: 'newest', until: 1e9, limit: 9 } as const
      t.same(await store.history(query), { versions: [ofB], more: false })
      t.equal(await store.countHistory({ tenant: a.tenant, ...scope, until: 1e9 }), 3)
    }
    t.same(await collect(store.scan({ tenant: b.tenant, type: 'Patient', at: 1e9 })), [ofB])
    t.same(await collect(store.scan({ tenant: a.tenant, type: 'Patient', at: 1e9 })), [])
  })

  await t.test('closing and opening again keeps everything', async t => {
    const place = await open(t)
    const { put, remove, done, one, key, tenant } = openDesk(place)
    const receipt = { key: 'r', fingerprint: 'f', note: 'n' }
    const claims = [{ key: 'k', generation: 0 }]
    const { versions } = await done([put('a'), put('b')], { receipt, claims })
    const gone = await one(remove('b'))
    const lease = await place.store.acquire(tenant, 'job', 'me', 60_000)
    const secret = await place.store.secret('s')
    const end = await place.store.sequence(tenant)
    await place.store.close()
    await place.store.close()
    const again = await place.again()
    await again.ready()
    t.same(await again.readAll([key('a'), key('b')]), [versions[0], gone])
    t.same(await again.vread(key('b'), 1), versions[1])
    t.same(await again.receipt(tenant, 'r'), { receipt, versions })
    t.equal(await again.generation(tenant, 'k'), 1)
    t.equal(await again.sequence(tenant), end)
    t.equal(await again.acquire(tenant, 'job', 'other', 1), undefined)
    t.ok(lease && (await again.renew(tenant, lease, 1)))
    t.same(Buffer.from(await again.secret('s')), Buffer.from(secret))
    const next = await again.commit({ tenant, writes: [put('a')] })
    t.ok(next.ok && made(next.versions[0]).seq > end)
  })

  await t.test('closing waits for what was asked, and refuses what comes after', async t => {
    const place = await open(t)
    const { put, commit, key, tenant } = openDesk(place)
    const pending = times(40, index => commit([put(`p${index}`)]))
    const waiting = collect(place.store.changes(tenant, 1e9, new AbortController().signal)).catch(error => error)
    const closing = place.store.close()
    t.ok((await Promise.all(pending)).every(({ ok }) => ok))
    await closing
    await t.rejects(commit([put('late')]), StoreUnavailable)
    await t.rejects(place.store.read(key('p0')), StoreUnavailable)
    await t.rejects(place.store.ready(), StoreUnavailable)
    t.match(await waiting, StoreUnavailable, 'whoever waited for changes is told')
    const again = await place.again()
    t.equal((await again.readAll(times(40, index => key(`p${index}`)))).filter(Boolean).length, 40)
    t.equal(await again.read(key('late')), undefined)
  })

  await faults(t, open)
}

/** Every step that the adapter names fails once, in turn. */
async function faults(t: Test, open: OpenPlace): Promise<void> {
  await t.test(
    'whichever step of a commit fails, it has happened wholly or not at all, and the store lives on',
    async t => {
      const place = await open(t)
      const { put, remove, done, key, tenant, end } = openDesk(place)
      const steps = new Set<string>()
      const watching = await place.again(step => {
        steps.add(step)
      })
      steps.clear() // opening has steps of its own
      await watching.commit({ tenant, writes: [put('probe')] })
      t.ok(steps.size > 1, [...steps].join())
      let unknown = 0
      for (const step of steps) {
        const ids = times(5, index => `${step}-${index}`.replaceAll('.', '-'))
        await done([put('standing')])
        const before = await end()
        const failing = await place.again(onceAt(step))
        const writes = [...ids.map(id => put(id)), remove('standing')]
        const error = await failing.commit({ tenant, writes }).then(
          () => undefined,
          error => error,
        )
        t.ok(error instanceof StoreUnavailable || error instanceof OutcomeUnknown, `${step}: ${error}`)
        if (error instanceof OutcomeUnknown) unknown++
        const found = await place.store.readAll([...ids, 'standing'].map(id => key(id)))
        const states = new Set(
          found.map((version, at) => (at < 5 ? version !== undefined : version?.json === undefined)),
        )
        t.equal(states.size, 1, `${step}: all or nothing`)
        if (error instanceof StoreUnavailable) t.same([...states], [false], `${step}: nothing, as the error says`)
        // The end itself moves over the numbers of a commit that failed, as soon as it is known that nobody will use them.
        const since = { tenant, order: 'oldest', until: await end(), after: before, limit: 10 } as const
        const { versions } = await place.store.history(since)
        t.equal(versions.length, states.has(true) ? 6 : 0, `${step}: the sequence holds what happened`)
        t.ok((await failing.commit({ tenant, writes: [put('after')] })).ok, `${step}: the next commit works`)
        await failing.ready()
        await failing.close()
      }
      t.ok(unknown > 0, 'some step leaves the outcome unknown')
    },
  )

  await t.test('every other call that fails says that the store is unavailable, once', async t => {
    const place = await open(t)
    const { put, one, key, tenant } = openDesk(place)
    const { seq } = await one(put('a'))
    const signal = new AbortController().signal
    const calls: Record<string, (store: Store) => Promise<unknown>> = {
      read: store => store.read(key('a')),
      readAll: store => store.readAll([key('a')]),
      vread: store => store.vread(key('a'), 1),
      history: store => store.history({ tenant, order: 'newest', until: seq, limit: 1 }),
      countHistory: store => store.countHistory({ tenant, until: seq }),
      sequence: store => store.sequence(tenant),
      changes: store => collect(store.changes(tenant, 0, signal), 1),
      scan: store => collect(store.scan({ tenant, type: 'Patient', at: seq })),
      generation: store => store.generation(tenant, 'k'),
      receipt: store => store.receipt(tenant, 'r'),
      forget: store => store.forget(tenant, 0),
      acquire: store => store.acquire(tenant, 'job', 'me', 1000),
      renew: store => store.renew(tenant, { name: 'job', owner: 'me', token: 1, expires: 0 }, 1000),
      release: store => store.release(tenant, { name: 'job', owner: 'me', token: 1, expires: 0 }),
      secret: store => store.secret('s'),
      ready: store => store.ready(),
    }
    for (const [name, call] of Object.entries(calls)) {
      const store = await place.again(onceAt(name))
      await t.rejects(call(store), StoreUnavailable, name)
      await t.resolves(call(store), `${name}, again`)
      await store.close()
    }
  })
}

function onceAt(step: string): (name: string) => void {
  let armed = true
  return name => {
    if (!armed || name !== step) return
    armed = false
    throw new Error(`a test lets ${step} fail`)
  }
}
