import { setTimeout as sleep } from 'node:timers/promises'
import { UUID } from 'mongodb'
import t from 'tap'
import { changeId } from '../../../src/store/mongo/key.ts'
import { type ChangeDoc, openCollections } from '../../../src/store/mongo/schema.ts'
import { mongoUrl } from '../../mongo-engine/engine.ts'
import { collect, committed, made, openDesk } from '../place.ts'
import { type MongoPlace, openPlace } from './place.ts'

const url = await mongoUrl()
if (!url) t.plan(0, 'no MongoDB here')
else {
  const collectionsOf = ({ client, database }: MongoPlace) => openCollections(client.db(database))
  const aborted = (tenant: string, seq: number): ChangeDoc => ({
    _id: changeId(tenant, seq),
    tenant,
    seq,
    aborted: true,
  })

  t.test('a block whose process died is resolved, and the sequence goes on behind it', async t => {
    const place = await openPlace(t, url)
    const { tenant, store, one, put, end } = openDesk(place)
    const { sequences, changes } = collectionsOf(place)
    const first = await one(put('a'))
    t.equal(await end(), first.seq)
    const session = { id: new UUID().toBinary() }
    const dead = { from: first.seq + 1, count: 3, since: place.now, session }
    await sequences.updateOne({ _id: tenant }, { $inc: { next: 3 }, $push: { open: dead } })
    const second = await one(put('b'))
    t.equal(second.seq, first.seq + 4)

    const reading = collect(store.changes(tenant, 0, new AbortController().signal), 2)
    place.now += 3_001
    t.equal(await end(), second.seq)
    t.same(
      (await reading).map(({ after }) => after),
      [first, second],
    )
    t.match(await changes.findOne({ _id: changeId(tenant, dead.from) }), { aborted: true })
    t.equal(await store.countHistory({ tenant, until: second.seq }), 2, 'the taken place is no version')
  })

  t.test('a block whose process died is resolved also by who watches many tenants', async t => {
    const place = await openPlace(t, url)
    const { tenant, store, one, put } = openDesk(place)
    const { sequences } = collectionsOf(place)
    const first = await one(put('a'))
    const dead = { from: first.seq + 1, count: 3, since: place.now, session: { id: new UUID().toBinary() } }
    await sequences.updateOne({ _id: tenant }, { $inc: { next: 3 }, $push: { open: dead } })
    const second = await one(put('b'))
    const end = async () => (await store.ends([tenant])).get(tenant)
    t.equal(await end(), first.seq, 'it may still be under way')
    place.now += 3_001
    while ((await end()) !== second.seq) await sleep(20)
  })

  t.test('readers stop before a transaction that is under way, and do not kill it', async t => {
    const place = await openPlace(t, url)
    const { tenant, one, put, store } = openDesk(place)
    const first = await one(put('a'))
    const paused = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    const slow = await place.again(async step => {
      if (step !== 'commit.durable') return
      reached.resolve()
      await paused.promise
    })
    const writing = slow.commit({ tenant, writes: [put('slow')] })
    await reached.promise
    const later = await one(put('later'))
    place.now += 2_000
    const found = collect(store.changes(tenant, 0, new AbortController().signal), 3)
    const sequence = store.sequence(tenant)
    paused.resolve()
    const { seq } = made(committed(await writing).versions[0])
    t.ok(first.seq < seq && seq < later.seq)
    t.equal(await sequence, later.seq)
    t.same(
      (await found).map(({ after }) => after.id),
      ['a', 'slow', 'later'],
    )
  })

  t.test('a transaction whose process shows no life is killed', async t => {
    const place = await openPlace(t, url)
    const { tenant, one, put, end, store } = openDesk(place)
    const { sequences, changes } = collectionsOf(place)
    const first = await one(put('a'))
    const session = place.client.startSession()
    session.startTransaction()
    await changes.insertOne(aborted(tenant, first.seq + 1), { session })
    const block = { from: first.seq + 1, count: 1, since: place.now, session: session.id! }
    await sequences.updateOne({ _id: tenant }, { $inc: { next: 1 }, $push: { open: block } })
    const second = await one(put('b'))
    place.now += 3_001
    t.equal(await end(), second.seq)
    await t.rejects(session.commitTransaction())
    await session.endSession()
    t.equal(await store.countHistory({ tenant, until: second.seq }), 2)
  })

  t.test('a long transaction shows life', async t => {
    const place = await openPlace(t, url)
    const { tenant, put } = openDesk(place)
    const { sequences } = collectionsOf(place)
    const slow = await place.again(async step => {
      if (step !== 'commit.durable') return
      place.now += 60_000
      while ((await sequences.findOne({ _id: tenant }))?.open[0]?.since !== place.now) await sleep(50)
    })
    t.match(await slow.commit({ tenant, writes: [put('a')] }), { ok: true })
  })

  t.test('a transaction whose place was taken cannot commit, and happens under other numbers', async t => {
    const place = await openPlace(t, url)
    const { tenant, put, store } = openDesk(place)
    const { changes } = collectionsOf(place)
    let takes = 2
    const robbed = await place.again(async step => {
      if (step === 'commit.begin' && takes-- > 0) await changes.insertOne(aborted(tenant, 2 - takes))
    })
    const version = made(committed(await robbed.commit({ tenant, writes: [put('a')] })).versions[0])
    t.match(version, { version: 1, seq: 3 })
    t.equal(await store.sequence(tenant), 3)
    t.equal(await store.countHistory({ tenant, until: 3 }), 1)
    t.equal(place.events.filter(({ event }) => event === 'store.retry').length, 2)
  })
}
