import type { Test } from 'tap'
import { openDesk, type Place } from '../place.ts'

const integrity = true

export async function integrityKept(t: Test, place: Place): Promise<void> {
  await t.test('a link must lead to something present', async t => {
    const { put, remove, done, refused, store, key } = openDesk(place)
    const child = put('child', { links: ['Patient/mother'] })
    t.same(await refused([child], { integrity }), { why: 'dangling', at: 0, link: 'Patient/mother' })
    await done([put('mother')], { integrity })
    await done([child], { integrity })
    await done([remove('child')], { integrity })
    await done([remove('mother')], { integrity })
    t.same(await refused([child], { integrity }), { why: 'dangling', at: 0, link: 'Patient/mother' }, 'deleted')
    t.equal((await store.read(key('child')))?.json, undefined)
  })

  await t.test('writes of one commit may link to each other, whatever their order, and to themselves', async t => {
    const { put, done } = openDesk(place)
    const writes = [put('a', { links: ['Patient/b', 'Patient/a'] }), put('b', { links: ['Patient/a'] })]
    t.match((await done(writes, { integrity })).versions, [{ created: true }, { created: true }])
  })

  await t.test('what is linked to is not deleted', async t => {
    const { put, remove, done, refused, store, key } = openDesk(place)
    await done([put('a'), put('b', { type: 'Observation', links: ['Patient/a'] })], { integrity })
    t.same(await refused([put('c'), remove('a')], { integrity }), { why: 'linked', at: 1, by: 'Observation/b' })
    t.equal(await store.read(key('c')), undefined)
    await done([remove('a'), remove('b', undefined, 'Observation')], { integrity })
    t.equal((await store.read(key('a')))?.json, undefined, 'together with what links to it')
  })

  await t.test('a newer version without the link sets the target free', async t => {
    const { put, remove, done, refused } = openDesk(place)
    await done([put('a'), put('b', { links: ['Patient/a'] })], { integrity })
    await done([put('b', { links: ['Patient/a'] })], { integrity })
    t.match(await refused([remove('a')], { integrity }), { why: 'linked', by: 'Patient/b' })
    await done([put('b'), remove('a')], { integrity })
  })

  await t.test('a link to what the same commit deletes dangles', async t => {
    const { put, remove, done, refused } = openDesk(place)
    await done([put('a')], { integrity })
    const writes = [remove('a'), put('b', { links: ['Patient/a'] })]
    t.same(await refused(writes, { integrity }), { why: 'dangling', at: 1, link: 'Patient/a' })
  })

  await t.test('a resource that links to itself can be deleted', async t => {
    const { put, remove, done } = openDesk(place)
    await done([put('a', { links: ['Patient/a'] })], { integrity })
    t.match((await done([remove('a')], { integrity })).versions, [{ method: 'DELETE' }])
  })

  await t.test('links of another tenant or type count for nothing', async t => {
    const [one, two] = [openDesk(place), openDesk(place)]
    await one.done([one.put('a'), one.put('a', { type: 'Group' }), one.put('b', { links: ['Patient/a'] })], {
      integrity,
    })
    await two.done([two.put('a')], { integrity })
    await two.done([two.remove('a')], { integrity })
    await one.done([one.remove('a', undefined, 'Group')], { integrity })
    t.match(await one.refused([one.remove('a')], { integrity }), { why: 'linked' })
  })

  await t.test('without integrity links may dangle and targets may go', async t => {
    const { put, remove, done } = openDesk(place)
    await done([put('b', { links: ['Patient/a'] })])
    await done([put('a')])
    const { versions } = await done([remove('a')])
    t.match(versions, [{ version: 2, method: 'DELETE' }])
  })

  await t.test('a deletion that changes nothing is not refused', async t => {
    const { put, remove, done } = openDesk(place)
    await done([put('b', { links: ['Patient/a'] })])
    t.same((await done([remove('a')], { integrity })).versions, [undefined])
  })
}
