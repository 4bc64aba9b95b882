import type { Test } from 'tap'
import type { Lease, Store } from '../../../src/store/port.ts'
import { made, openDesk, type Place, times } from '../place.ts'

export async function coordination(t: Test, place: Place, other: Store): Promise<void> {
  await claims(t, place)
  await receipts(t, place, other)
  await forgetting(t, place)
  await leases(t, place, other)
  await fences(t, place)
}

async function claims(t: Test, place: Place): Promise<void> {
  await t.test('a claim counts the commits that used it', async t => {
    const { tenant, store, put, done, refused, key } = openDesk(place)
    t.equal(await store.generation(tenant, 'k'), 0)
    await done([put('a')], { claims: [{ key: 'k', generation: 0 }] })
    t.equal(await store.generation(tenant, 'k'), 1)
    t.same(await refused([put('b')], { claims: [{ key: 'k', generation: 0 }] }), { why: 'claim', key: 'k' })
    t.equal(await store.read(key('b')), undefined)
    t.same(await refused([put('b')], { claims: [{ key: 'k', generation: 2 }] }), { why: 'claim', key: 'k' })
    await done([], { claims: [{ key: 'k', generation: 1 }] })
    t.equal(await store.generation(tenant, 'k'), 2, 'without writes too')
  })

  await t.test('of several claims one that is stale refuses all', async t => {
    const { tenant, store, put, done, refused } = openDesk(place)
    await done([put('a')], { claims: [{ key: 'k', generation: 0 }] })
    const claims = [
      { key: 'fresh', generation: 0 },
      { key: 'k', generation: 0 },
    ]
    t.same(await refused([put('b')], { claims }), { why: 'claim', key: 'k' })
    t.equal(await store.generation(tenant, 'fresh'), 0, 'a refused commit uses no claim')
    t.match(await refused([put('b', { when: 'present' })], { claims: [{ key: 'fresh', generation: 0 }] }), {
      why: 'condition',
    })
    t.equal(await store.generation(tenant, 'fresh'), 0)
  })

  await t.test('claims of two tenants are two', async t => {
    const [a, b] = [openDesk(place), openDesk(place)]
    await a.done([], { claims: [{ key: 'k', generation: 0 }] })
    t.equal(await a.store.generation(b.tenant, 'k'), 0)
  })
}

async function receipts(t: Test, place: Place, other: Store): Promise<void> {
  const receipt = { key: 'alice 17', fingerprint: 'POST Patient abc', note: '{"status":201,"text":"Zoë 👩‍⚕️"}' }

  await t.test('a receipt brings back what the commit did', async t => {
    const { tenant, store, put, remove, check, done, one, refused, key } = openDesk(place)
    t.equal(await store.receipt(tenant, receipt.key), undefined)
    await one(put('old'))
    await one(put('seen'))
    const writes = [put('a'), check('seen', 'present'), remove('old'), remove('never'), put('b')]
    const { versions } = await done(writes, { receipt })
    const made = versions.filter(version => version !== undefined)
    t.equal(made.length, 3)
    t.same(await store.receipt(tenant, receipt.key), { receipt, versions: made })
    t.same(await other.receipt(tenant, receipt.key), { receipt, versions: made })
    await one(put('a'))
    t.same(await refused(writes, { receipt }), { why: 'receipt', was: receipt, versions: made }, 'though a moved on')
    t.equal((await store.read(key('a')))?.version, 2, 'and nothing happens again')
  })

  await t.test('another request under the same key learns whose it is', async t => {
    const { put, done, refused } = openDesk(place)
    const { versions } = await done([put('a')], { receipt })
    const imposter = { ...receipt, fingerprint: 'other', note: '' }
    t.same(await refused([put('b')], { receipt: imposter }), { why: 'receipt', was: receipt, versions })
  })

  await t.test('a replay finds its receipt before its own effects refuse it', async t => {
    const { put, done, refused } = openDesk(place)
    const claims = [{ key: 'k', generation: 0 }]
    await done([put('a', { when: 'absent' })], { receipt, claims })
    t.match(await refused([put('a', { when: 'absent' })], { receipt, claims }), { why: 'receipt' })
  })

  await t.test('a refused commit leaves no receipt', async t => {
    const { tenant, store, put, refused, done } = openDesk(place)
    await refused([put('a', { when: 'present' })], { receipt })
    t.equal(await store.receipt(tenant, receipt.key), undefined)
    await done([put('a')], { receipt })
  })

  await t.test('a receipt of a commit that made no version has none', async t => {
    const { tenant, store, remove, done } = openDesk(place)
    await done([remove('never')], { receipt })
    t.same(await store.receipt(tenant, receipt.key), { receipt, versions: [] })
  })

  await t.test('receipts of two tenants are two', async t => {
    const [a, b] = [openDesk(place), openDesk(place)]
    await a.done([a.put('a')], { receipt })
    t.equal(await b.store.receipt(b.tenant, receipt.key), undefined)
    await b.done([b.put('a')], { receipt })
  })
}

async function forgetting(t: Test, place: Place): Promise<void> {
  await t.test('forget drops receipts and claims that are older, and only those', async t => {
    const [{ tenant, store, done, put }, stranger] = [openDesk(place), openDesk(place)]
    const receipt = (key: string) => ({ key, fingerprint: 'f', note: '' })
    place.now += 1000
    const { now } = place
    await done([put('a')], { receipt: receipt('old'), claims: [{ key: 'old', generation: 0 }] })
    await done([], { claims: [{ key: 'used again', generation: 0 }] })
    await stranger.done([stranger.put('a')], { receipt: receipt('old'), claims: [{ key: 'old', generation: 0 }] })
    place.now = now + 10
    await done([put('b')], { receipt: receipt('new'), claims: [{ key: 'new', generation: 0 }] })
    await done([], { claims: [{ key: 'used again', generation: 1 }] })
    await store.forget(tenant, now + 10)
    t.equal(await store.receipt(tenant, 'old'), undefined)
    t.equal(await store.generation(tenant, 'old'), 0)
    t.match(await store.receipt(tenant, 'new'), { receipt: { key: 'new' } })
    t.equal(await store.generation(tenant, 'new'), 1)
    t.equal(await store.generation(tenant, 'used again'), 2)
    t.match(await store.receipt(stranger.tenant, 'old'), { receipt: { key: 'old' } })
    t.equal(await store.generation(stranger.tenant, 'old'), 1)
    await store.forget('nobody', now)
  })

  await t.test('forget comes to the end of a long list', async t => {
    const { tenant, store, done } = openDesk(place)
    const claims = times(1300, index => ({ key: `k${index}`, generation: 0 }))
    await done([], { claims })
    await store.forget(tenant, place.now + 1)
    const left = await Promise.all(claims.map(({ key }) => store.generation(tenant, key)))
    t.ok(left.every(generation => generation === 0))
  })
}

async function leases(t: Test, place: Place, other: Store): Promise<void> {
  const held = (lease: Lease | undefined): Lease => {
    if (!lease) throw new Error('the lease was not to be had')
    return lease
  }

  await t.test('a lease is held by one until it ends, and its tokens always rise', async t => {
    const { tenant, store } = openDesk(place)
    const first = held(await store.acquire(tenant, 'job', 'a', 1000))
    t.match(first, { name: 'job', owner: 'a', expires: place.now + 1000 })
    t.equal(await other.acquire(tenant, 'job', 'b', 1000), undefined)
    place.now += 999
    t.equal(await other.acquire(tenant, 'job', 'b', 1000), undefined, '1 ms before the end')
    place.now += 1
    const second = held(await other.acquire(tenant, 'job', 'b', 1000))
    t.ok(second.token > first.token, 'after it expired')
    t.equal(await store.renew(tenant, first, 1000), undefined, 'lost')
    await store.release(tenant, first)
    t.equal(await store.acquire(tenant, 'job', 'a', 1000), undefined, 'the loser cannot release it')
    await other.release(tenant, second)
    const third = held(await store.acquire(tenant, 'job', 'a', 1000))
    t.ok(third.token > second.token, 'after it was released')
  })

  await t.test('renewing keeps the token and moves the end', async t => {
    const { tenant, store } = openDesk(place)
    const lease = held(await store.acquire(tenant, 'job', 'a', 1000))
    place.now += 900
    const renewed = held(await store.renew(tenant, lease, 1000))
    t.same(renewed, { ...lease, expires: place.now + 1000 })
    place.now += 900
    t.equal(await other.acquire(tenant, 'job', 'b', 1000), undefined)
    place.now += 100
    t.equal(await store.renew(tenant, renewed, 1000), undefined, 'what has expired is lost')
  })

  await t.test('the owner himself gets it anew, under a higher token', async t => {
    const { tenant, store } = openDesk(place)
    const first = held(await store.acquire(tenant, 'job', 'a', 1000))
    const second = held(await store.acquire(tenant, 'job', 'a', 1000))
    t.ok(second.token > first.token)
    t.equal(await store.renew(tenant, first, 1000), undefined)
    await store.release(tenant, first)
    t.equal(await other.acquire(tenant, 'job', 'b', 1000), undefined, 'the earlier one releases nothing')
  })

  await t.test('names and tenants have leases of their own', async t => {
    const [a, b] = [openDesk(place), openDesk(place)]
    t.ok(await a.store.acquire(a.tenant, 'job', 'a', 1000))
    t.ok(await a.store.acquire(a.tenant, 'another', 'b', 1000))
    t.ok(await a.store.acquire(b.tenant, 'job', 'b', 1000))
  })
}

async function fences(t: Test, place: Place): Promise<void> {
  await t.test('a fenced commit happens only while its lease is held', async t => {
    const { tenant, store, put, done, refused, key } = openDesk(place)
    t.same(await refused([put('a')], { fence: { name: 'job', token: 1 } }), { why: 'fence' }, 'there is no lease')
    const lease = await store.acquire(tenant, 'job', 'a', 1000)
    const fence = { name: 'job', token: lease?.token ?? 0 }
    await done([put('a')], { fence })
    t.same(await refused([put('b')], { fence: { ...fence, token: fence.token + 1 } }), { why: 'fence' })
    t.same(await refused([put('b')], { fence: { ...fence, name: 'another' } }), { why: 'fence' })
    place.now += 1000
    t.same(await refused([put('b')], { fence }), { why: 'fence' }, 'it has expired')
    const next = await store.acquire(tenant, 'job', 'b', 1000)
    t.same(await refused([put('b')], { fence }), { why: 'fence' }, 'somebody else holds it')
    await done([put('c')], { fence: { name: 'job', token: next?.token ?? 0 } })
    t.equal(await store.read(key('b')), undefined)
    t.equal(made(await store.read(key('c'))).version, 1)
  })

  await t.test('a released lease fences nothing in', async t => {
    const { tenant, store, put, refused } = openDesk(place)
    const lease = await store.acquire(tenant, 'job', 'a', 1000)
    if (lease) await store.release(tenant, lease)
    t.same(await refused([put('a')], { fence: { name: 'job', token: lease?.token ?? 0 } }), { why: 'fence' })
  })
}
