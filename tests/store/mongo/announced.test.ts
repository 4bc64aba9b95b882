import t, { type Test } from 'tap'
import type { Entries } from '../../../src/search/entry.ts'
import { openCollections } from '../../../src/store/mongo/schema.ts'
import type { Guard } from '../../../src/store/port.ts'
import { mongoUrl } from '../../mongo-engine/engine.ts'
import { openDesk, times } from '../place.ts'
import { openPlace } from './place.ts'

const named: Entries = {
  terms: ['name', 'code'].map(slot => ({ slot, text: 'x', element: 0 })),
  ranges: [],
}
const absent = (slot: string): Guard => ({ type: 'Patient', where: { is: 'term', slot, texts: ['x'] }, ids: [] })

const url = await mongoUrl()
if (!url) t.plan(0, 'no MongoDB here')
else {
  t.test('who writes what a guard under way would find makes it look again', async t => {
    const { first, second, left } = await overtaken(t, url, async () => {})
    t.equal(second.ok, true)
    t.match(first, { ok: false, because: { why: 'guard', at: 0 } })
    t.equal(left, 0, 'no announcement is left')
  })

  t.test('without its announcement nobody would notice', async t => {
    const { first, second } = await overtaken(t, url, async announcements => {
      await announcements.updateMany({}, { $set: { tenant: 'somewhere else' } })
    })
    t.same([first.ok, second.ok], [true, true], 'two resources, though each was to be the only one')
  })

  t.test('a commit whose announcement was taken away announces anew', async t => {
    const { first, second, left } = await overtaken(t, url, async announcements => {
      await announcements.deleteMany({})
    })
    t.equal(second.ok, true)
    t.match(first, { ok: false, because: { why: 'guard' } })
    t.equal(left, 0)
  })

  t.test("what a dead process announced stands in nobody's way, and is cleared up in time", async t => {
    const place = await openPlace(t, url)
    const { announcements } = openCollections(place.client.db(place.database))
    const { tenant, put, done } = openDesk(place)
    const guards = JSON.stringify([absent('code')])
    await announcements.insertOne({ _id: `${tenant}/dead`, tenant, guards, since: new Date(place.now) })
    await announcements.insertOne({ _id: 'tenant/alive', tenant: 'tenant', guards, since: new Date(0) })
    await done([put('a', { entries: named })], { guards: [absent('name')] })
    t.match(await announcements.find({ tenant }).toArray(), [{ _id: `${tenant}/dead`, moved: 1 }])
    place.now += 61_000
    await done([put('b')], { guards: [{ ...absent('name'), ids: ['a'] }] })
    t.same(await announcements.distinct('tenant'), ['tenant'], 'but for those of other tenants')
  })

  t.test('commits that come to nothing take their announcements away', async t => {
    const place = await openPlace(t, url)
    const { announcements } = openCollections(place.client.db(place.database))
    const { tenant, put, remove, done, refused } = openDesk(place)
    await done([put('a', { entries: named })])
    await refused([put('b')], { guards: [absent('name')] })
    await done([remove('never')], { guards: [{ ...absent('name'), ids: ['a'] }] })
    const broken = await place.again(step => {
      if (step === 'commit.reserve') throw new Error('a fault')
    })
    await t.rejects(broken.commit({ tenant, writes: [put('c')], guards: [absent('tag')] }))
    await Promise.all(times(20, at => done([put(`p${at}`)], { guards: [absent(`slot-${at}`)] })))
    t.equal(await announcements.countDocuments({}), 0)
  })
}

/** The first is about to write when the second, of another process, comes and goes: each fits what the other's guard asks. */
async function overtaken(t: Test, url: string, meanwhile: (announcements: Announcements) => Promise<void>) {
  const place = await openPlace(t, url)
  const { announcements } = openCollections(place.client.db(place.database))
  const desk = openDesk(place)
  await desk.done([desk.put('somebody')])
  const reached = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const held = await place.again(async step => {
    if (step !== 'commit.begin') return
    reached.resolve()
    await gate.promise
  })
  const write = (id: string) => [desk.put(id, { entries: named })]
  const racing = held.commit({ tenant: desk.tenant, writes: write('a'), guards: [absent('name')] })
  await reached.promise
  await meanwhile(announcements)
  const second = await desk.commit(write('b'), { guards: [absent('code')] })
  gate.resolve()
  const first = await racing
  return { first, second, left: await announcements.countDocuments({}) }
}

type Announcements = ReturnType<typeof openCollections>['announcements']
