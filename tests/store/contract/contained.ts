/** What resources contain is found by itself. https://hl7.org/fhir/R4/search.html#contained */
import type { Test } from 'tap'
import type { Contained } from '../../../src/search/contained.ts'
import { all } from '../../../src/search/node.ts'
import type { Store } from '../../../src/store/port.ts'
import { openDesk, type Place, times } from '../place.ts'
import { budget, find, question, term, terms, walk } from './asking.ts'

export async function contained(t: Test, place: Place, other: Store): Promise<void> {
  const inner = (id: string, name: string, type = 'Group'): Contained => ({
    type,
    id,
    json: `{"resourceType":"${type}","id":"${id}","name":"${name}"}`,
    entries: terms(['name', name]),
  })

  await t.test('contained resources are versions of their own, found by their own type alone', async t => {
    const desk = openDesk(place)
    const first = await desk.one(desk.put('a', { contained: [inner('x', 'one'), inner('y', 'two')] }))
    const { matches } = await desk.store.search(question(desk, all, { type: '#Group' }))
    t.same(
      matches.map(({ version }) => version),
      [inner('x', 'one'), inner('y', 'two')].map(({ id, json }) => {
        return { ...first, type: '#Group', id: `Patient/a#${id}`, json }
      }),
    )
    t.same(
      matches.map(({ place }) => place),
      [[first.seq - 1 + 1 / 65_536], [first.seq - 1 + 2 / 65_536]],
    )
    t.same(await find(desk, { is: 'id', ids: ['Patient/a#y', 'a', 'y'] }, '#Group'), ['Patient/a#y'])
    t.same(await find(desk, term('name', 'one'), '#Group'), ['Patient/a#x'])
    for (const type of ['Patient', 'Group']) t.same(await find(desk, term('name', 'one'), type), [], type)
    t.same(await find(desk, all, 'Group'), [])
    t.same([...(await desk.store.types(desk.tenant))].sort(), ['#Group', 'Patient'])
    t.equal((await desk.store.history({ ...desk, order: 'oldest', until: 1e9, limit: 9 })).versions.length, 1)
    t.same(await find(openDesk(place), all, '#Group'), [], 'nor by another tenant')
  })

  await t.test('they come and go with each version of their container', async t => {
    const desk = openDesk(place)
    const names = () => find(desk, all, '#Group')
    await desk.done([
      desk.put('a', { contained: [inner('x', 'one'), inner('y', 'two')] }),
      desk.put('b', { contained: [inner('x', 'three')] }),
    ])
    t.same(await names(), ['Patient/a#x', 'Patient/a#y', 'Patient/b#x'], 'within their container, in its order')
    await desk.done([
      desk.put('a', { contained: [inner('y', 'two'), inner('x', 'one', 'Device'), inner('z', 'four')] }),
    ])
    t.same(await names(), ['Patient/a#y', 'Patient/a#z', 'Patient/b#x'], 'in another order, of another type')
    t.same(await find(desk, all, '#Device'), ['Patient/a#x'])
    t.same(await find(desk, term('name', 'one'), '#Group'), [])
    t.same(await find(desk, term('name', 'one'), '#Device'), ['Patient/a#x'])
    await desk.refused([desk.put('a', { when: 'absent', contained: [inner('no', 'no')] })])
    t.same(await names(), ['Patient/a#y', 'Patient/a#z', 'Patient/b#x'])
    await desk.done([desk.put('a')])
    t.same(await names(), ['Patient/b#x'])
    await desk.done([desk.remove('b')])
    t.same(await names(), [])
    t.same(await desk.store.types(desk.tenant), ['Patient'])
    await desk.done([desk.put('b', { contained: [inner('x', 'again')] })])
    t.same(await names(), ['Patient/b#x'])
    const [match] = (await other.search(question(desk, term('name', 'again'), { type: '#Group' }))).matches
    t.equal(match?.version.version, 3, 'of the version of their container')
  })

  await t.test('pages, orders and times', async t => {
    const desk = openDesk(place)
    for (const id of ['c', 'a', 'b']) {
      place.now += 1000
      await desk.done([desk.put(id, { contained: times(3, at => inner(`${at}`, `${id}${at}`)) })])
    }
    const born = ['c', 'a', 'b'].flatMap(id => times(3, at => `Patient/${id}#${at}`))
    const type = '#Group'
    t.same(await walk(desk, all, 2, { type }), born)
    t.same(await walk(desk, all, 2, { type, sort: [{ by: 'id', descending: false }] }), born.toSorted())
    t.same(await walk(desk, all, 4, { type, sort: [{ by: 'term', slot: 'name', descending: true }] }), [
      ...born.toSorted().reverse(),
    ])
    t.same(await walk(desk, all, 1, { type, sort: [{ by: 'updated', descending: true }] }), [
      ...['b', 'a', 'c'].flatMap(id => times(3, at => `Patient/${id}#${at}`)),
    ])
    t.same(await find(desk, { is: 'updated', low: place.now, high: place.now + 1 }, type), born.slice(6))
    const until = (await desk.end()) - 1
    t.same(await walk(desk, all, 2, { type, until }), born.slice(0, 6))
    t.equal(await desk.store.count({ tenant: desk.tenant, type, where: all, budget, until }), 6)
    const explained = await desk.store.explain(question(desk, term('name', 'a1'), { type }))
    t.notOk(explained.scan)
  })

  await t.test('chains lead into them and out of them', async t => {
    const desk = openDesk(place)
    const led = { ...inner('x', 'led'), entries: terms(['name', 'led'], ['in', 'Patient/a'], ['to', 'Patient/b']) }
    await desk.done([
      desk.put('a', { entries: terms(['link', '#Group/Patient/a#x']), contained: [led] }),
      desk.put('b', { entries: terms(['name', 'there']) }),
    ])
    const into = { is: 'refers', slot: 'link', type: '#Group', where: term('name', 'led') } as const
    t.same(await find(desk, into), ['a'])
    t.same(await find(desk, { ...into, where: term('name', 'other') }), [])
    const out = { is: 'refers', slot: 'to', type: 'Patient', where: term('name', 'there') } as const
    t.same(await find(desk, out, '#Group'), ['Patient/a#x'])
    t.same(await find(desk, { ...into, where: out }), ['a'])
    t.same(await find(desk, { is: 'referred', type: '#Group', slot: 'in', where: out }), ['a'])
    t.same(await find(desk, { is: 'referred', type: 'Patient', slot: 'link', where: all }, '#Group'), ['Patient/a#x'])
    await desk.done([desk.put('a', { entries: terms(['link', '#Group/Patient/a#x']) })])
    t.same(await find(desk, into), [], 'what is not contained any more is not led to')
  })

  await t.test('a guard notices what is contained', async t => {
    const desk = openDesk(place)
    const entries = terms(['link', '#Group/Patient/a#x'])
    const guard = {
      type: 'Patient',
      where: { is: 'refers', slot: 'link', type: '#Group', where: term('name', 'led') },
    } as const
    await desk.done([desk.put('a', { entries, contained: [inner('x', 'led')] })])
    const because = await desk.refused([desk.put('b')], { guards: [{ ...guard, ids: [] }] })
    t.equal(because.why, 'guard')
    await desk.done([desk.put('b')], { guards: [{ ...guard, ids: ['a'] }] })
  })

  await t.test('a thousand in one resource', async t => {
    const desk = openDesk(place)
    const many = times(1_000, at => inner(`c${at}`, `name ${at}`))
    await desk.done([desk.put('a', { contained: many })])
    await desk.done([desk.put('a', { contained: many.toReversed() })])
    t.equal(await desk.store.count({ tenant: desk.tenant, type: '#Group', where: all, budget }), 1_000)
    t.same(await find(desk, term('name', 'name 7'), '#Group'), ['Patient/a#c7'])
  })
}
