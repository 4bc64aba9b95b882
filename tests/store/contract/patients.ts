/** Who refers to a patient, and when: a store may keep both beside whatever a resource is found by. */
import type { Test } from 'tap'
import type { Entries } from '../../../src/search/entry.ts'
import { and, type Node } from '../../../src/search/node.ts'
import { type Desk, openDesk, type Place } from '../place.ts'
import { find, question, range, term, terms } from './asking.ts'

/** `dates`: where each begins; it lasts for one. */
export function seen(patients: readonly string[], dates: readonly number[], link = 'Patient/nobody'): Entries {
  const names = patients.map(id => ['patient', `Patient/${id}`] as const)
  const { terms: told } = terms(['code', 'x'], ['link', link], ...names)
  return { terms: told, ranges: dates.map(date => range('date', date, date + 1)) }
}

export function referred(slot: string, where: Node = term('code', 'x')): Node {
  return { is: 'referred', type: 'Observation', slot, where }
}

/** Those with the code, as their dates are. */
export async function sorted({ store, tenant }: Pick<Desk, 'store' | 'tenant'>, descending = true) {
  const sort = [{ by: 'range', slot: 'date', descending }] as const
  const query = question({ tenant } as Desk, term('code', 'x'), { type: 'Observation', sort })
  return (await store.search(query)).matches.map(({ version }) => version.id)
}

export async function patients(t: Test, place: Place): Promise<void> {
  const observed = (desk: Desk, id: string, entries: Entries) => desk.put(id, { type: 'Observation', entries })

  await t.test('a patient is found by who refers to him, whichever came first and whatever came between', async t => {
    const desk = openDesk(place)
    const { done, put, remove } = desk
    await done([put('a'), put('b'), observed(desk, '1', seen(['a'], [])), observed(desk, '2', seen(['later'], []))])
    t.same(await find(desk, referred('patient')), ['a'])
    await done([put('later')])
    t.same(await find(desk, referred('patient')), ['a', 'later'])
    await done([remove('a')])
    t.same(await find(desk, referred('patient')), ['later'])
    await done([put('a'), observed(desk, '2', seen(['b'], []))])
    t.same(await find(desk, referred('patient')), ['a', 'b'])
    await done([remove('1', undefined, 'Observation')])
    t.same(await find(desk, referred('patient')), ['b'])
  })

  await t.test('a resource may have several patients, or refer to others elsewhere', async t => {
    const desk = openDesk(place)
    await desk.done(['a', 'b', 'c'].map(id => desk.put(id)))
    await desk.done([observed(desk, '1', seen(['a', 'b'], [])), observed(desk, '2', seen(['a'], [], 'Patient/c'))])
    t.same(await find(desk, referred('patient')), ['a', 'b'])
    t.same(await find(desk, referred('link')), ['c'])
    const both = and([term('code', 'x'), term('link', 'Patient/c')])
    t.same(await find(desk, referred('patient', both)), ['a'])
    t.same(await find(desk, referred('patient'), 'Group'), [], 'of another type')
  })

  await t.test('of several dates the latest counts, or the earliest, as they are now', async t => {
    const desk = openDesk(place)
    const { done } = desk
    await done([observed(desk, '1', seen(['a'], [10, 40, 20])), observed(desk, '2', seen(['a'], [30]))])
    await done([observed(desk, '3', seen(['a'], [])), observed(desk, '4', seen([], [25, 15]))])
    t.same(await sorted(desk), ['1', '2', '4', '3'], 'what has none comes last')
    t.same(await sorted(desk, false), ['1', '4', '2', '3'])
    await done([observed(desk, '1', seen(['a'], [20])), observed(desk, '3', seen(['a'], [26]))])
    t.same(await sorted(desk), ['2', '3', '4', '1'])
    await done([observed(desk, '2', seen(['a'], []))])
    t.same(await sorted(desk), ['3', '4', '1', '2'])
  })

  await t.test('a code and a date are asked together, whichever of several dates it is', async t => {
    const desk = openDesk(place)
    const { done, remove } = desk
    const dates: Readonly<Record<string, readonly number[]>> = { 1: [10], 2: [10, 40], 3: [40], 4: [], 5: [20] }
    await done(Object.entries(dates).map(([id, starts]) => observed(desk, id, seen(['a'], starts))))
    const dated = (...tests: Extract<Node, { is: 'range' }>['tests']) =>
      find(desk, and([term('code', 'x'), { is: 'range', slot: 'date', tests }]), 'Observation')
    t.same(await dated({ end: 'high', op: '>', than: 20 }), ['2', '3', '5'])
    t.same(await dated({ end: 'low', op: '>=', than: 20 }, { end: 'high', op: '<=', than: 30 }), ['5'])
    t.same(await dated({ end: 'high', op: '<=', than: 20 }), ['1', '2'])
    await done([
      observed(desk, '1', seen(['a'], [50])),
      observed(desk, '2', seen(['a'], [])),
      remove('5', undefined, 'Observation'),
    ])
    t.same(await dated({ end: 'high', op: '>', than: 20 }), ['1', '3'])
  })
}
