import { MongoServerError } from 'mongodb'
import t from 'tap'
import { and, type Node } from '../../../src/search/node.ts'
import { openCollections } from '../../../src/store/mongo/schema.ts'
import { mongoUrl } from '../../mongo-engine/engine.ts'
import { find, term } from '../contract/asking.ts'
import { seen } from '../contract/patients.ts'
import { openDesk, times } from '../place.ts'
import { openPlace } from './place.ts'

const url = await mongoUrl()
if (!url) t.plan(0, 'no MongoDB here')
else {
  t.test('a store from before searches is brought to them', async t => {
    const place = await openPlace(t, url)
    const { tenant, put, remove, done } = openDesk(place)
    await done(times(1_100, at => put(`p${at}`)))
    await done([put('p3'), remove('p4')])
    await done([put('g', { type: 'Group' })])
    const db = place.client.db(place.database)
    const { pointers, types } = openCollections(db)
    const before = await pointers('Patient')
      .find({}, { projection: { born: 1 } })
      .toArray()
    for (const type of ['Patient', 'Group']) {
      await pointers(type).dropIndexes()
      await pointers(type).updateMany({}, { $unset: { born: 1 } })
    }
    await types.drop()
    await db.collection<{ _id: string }>('migrations').updateOne({ _id: 'schema' }, { $set: { version: 1 } })

    const store = await place.again()
    t.same(
      await pointers('Patient')
        .find({}, { projection: { born: 1 } })
        .toArray(),
      before,
      'born with the first version',
    )
    t.same(await store.types(tenant), ['Group', 'Patient'])
    const all: Node = { is: 'all' }
    const { matches } = await store.search({ tenant, type: 'Patient', where: all, sort: [], limit: 5, budget: 10_000 })
    t.same(
      matches.map(({ version }) => version.id),
      ['p0', 'p1', 'p2', 'p3', 'p5'],
    )
    for (const type of ['Patient', 'Group']) {
      const indexes = await pointers(type).listIndexes().toArray()
      t.equal(indexes.length, 7, `${type} has the indexes of new types`)
    }
  })

  t.test('a store from before dates stand beside terms finds all it has', async t => {
    const place = await openPlace(t, url)
    const desk = openDesk(place)
    const before = { type: 'Observation', entries: seen(['a'], [10, 40]) }
    const inner = { type: 'Medication', id: 'm', json: '{}', entries: seen(['a'], [40]) }
    await desk.done([desk.put('1', { ...before, contained: [inner] }), desk.put('2', before)])
    const db = place.client.db(place.database)
    const { pointers } = openCollections(db)
    const old = { tenant: 1, 'index.terms': 1 } as const
    for (const type of ['Observation', '#Medication']) {
      await pointers(type).dropIndex('tenant_1_index.terms_1_index.date_1')
      await pointers(type).createIndex(old)
      await pointers(type).updateMany({}, { $unset: { 'index.date': 1 } })
    }
    await db.collection<{ _id: string }>('migrations').updateOne({ _id: 'schema' }, { $set: { version: 4 } })

    const store = await place.again()
    const since: Node = { is: 'range', slot: 'date', tests: [{ end: 'high', op: '>', than: 20 }] }
    const asked = { ...desk, store }
    t.same(await find(asked, and([term('code', 'x'), since]), 'Observation'), ['1', '2'])
    for (const type of ['Observation', '#Medication']) {
      const keys = (await pointers(type).listIndexes().toArray()).map(({ key }) => key)
      t.equal(keys.length, 7, `${type} has the indexes of new types`)
      t.notOk(keys.some(key => Object.keys(key).join() === Object.keys(old).join()))
    }
  })

  t.test('a type counts as complete only when all of its indexes are there', async t => {
    const place = await openPlace(t, url)
    const { put, done } = openDesk(place)
    const db = place.client.db(place.database)
    const { pointers, types } = openCollections(db)
    await db.createCollection('Device') // by a process that came no further
    await done([put('d', { type: 'Device' })])
    t.equal((await pointers('Device').listIndexes().toArray()).length, 7)
    t.same(await types.find().toArray(), [{ _id: 'Device' }])
    await t.rejects(types.insertOne({ _id: 'Device' }), MongoServerError)
  })
}
