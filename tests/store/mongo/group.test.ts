import t from 'tap'
import { mongoUrl } from '../../mongo-engine/engine.ts'
import { committed, made, openDesk, times } from '../place.ts'
import { openPlace } from './place.ts'
import { openProxy } from './proxy.ts'

const url = await mongoUrl()
if (!url) t.plan(0, 'no MongoDB here')
else {
  t.test('commits that wait together share transactions', async t => {
    const place = await openPlace(t, url)
    const { commit, put, store, key } = openDesk(place)
    const outcomes = await Promise.all(times(100, at => commit([put(`p${at}`)])))
    t.ok(outcomes.every(({ ok }) => ok))
    const groups = place.events.filter(({ event }) => event === 'store.commit')
    t.ok(groups.length < 20, `${groups.length} transactions`)
    const found = await store.readAll(times(100, at => key(`p${at}`)))
    t.equal(new Set(found.map(version => version?.seq)).size, 100)
  })

  t.test('a commit that is refused, or wrong about what it found absent, does not harm those beside it', async t => {
    const place = await openPlace(t, url)
    const { commit, put, one } = openDesk(place)
    const taken = await one(put('taken'))
    const fresh = (id: string) => commit([put(id, { method: 'POST', when: 'absent' })])
    const outcomes = await Promise.all([
      ...times(10, at => fresh(`a${at}`)),
      fresh('taken'),
      commit([put('missing', { when: 'present' })]),
      ...times(10, at => fresh(`b${at}`)),
    ])
    const refused = outcomes.filter(outcome => !outcome.ok).map(({ because }) => because)
    t.same(refused, [
      { why: 'condition', at: 0, current: taken },
      { why: 'condition', at: 0, current: undefined },
    ])
  })

  t.test('a step that fails for a group is tried for each alone', async t => {
    const place = await openPlace(t, url)
    let armed = false
    const failing = await place.again(step => {
      if (armed && step === 'commit.durable') {
        armed = false
        throw new Error('a test lets it fail')
      }
    })
    const { tenant, put } = openDesk(place)
    await failing.commit({ tenant, writes: [put('first')] })
    armed = true
    const outcomes = await Promise.all(times(10, at => failing.commit({ tenant, writes: [put(`p${at}`)] })))
    t.ok(outcomes.every(({ ok }) => ok))
    t.equal(armed, false)
  })

  t.test('when the answer to a commit is lost, the database tells what became of it', async t => {
    const place = await openPlace(t, url)
    const { tenant, put, store, one, key } = openDesk(place)
    await one(put('before'))
    const proxy = await openProxy(t, url)
    const cut = await place.again(undefined, proxy.url)
    for (const losing of ['request', 'answer'] as const) {
      proxy.lose(losing, 'commitTransaction', 6)
      const version = made(committed(await cut.commit({ tenant, writes: [put(losing)] })).versions[0])
      t.equal(proxy.lost, 6, `${losing}: all tries were lost`)
      t.same(await store.read(key(losing)), version)
      t.equal(version.version, 1, `${losing}: it happened once`)
      t.equal(await store.sequence(tenant), version.seq)
    }
  })
}
