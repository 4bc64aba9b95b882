import type { Test } from 'tap'
import type { Entries } from '../../../src/search/entry.ts'
import { all, and, type Node, none, not } from '../../../src/search/node.ts'
import { type Store, TooCostly } from '../../../src/store/port.ts'
import { openDesk, type Place, times } from '../place.ts'
import { below, budget, count, find, question, range, term, terms, walk } from './asking.ts'
import { contained } from './contained.ts'
import { patients } from './patients.ts'
import { randomSearches } from './random-search.ts'

export async function searches(t: Test, place: Place, other: Store): Promise<void> {
  await t.test('a search follows what is written', t => writes(t, place))
  await t.test('contained resources', t => contained(t, place, other))
  await t.test('patients and dates', t => patients(t, place))
  await t.test('pages and counts', t => pages(t, place, other))
  await t.test('guards', t => guards(t, place, other))
  await t.test('what a client may send', t => nasty(t, place))
  await t.test('costs', t => costs(t, place))
  await randomSearches(t, place, other)
}

async function writes(t: Test, place: Place): Promise<void> {
  await t.test('an update moves what a resource is found by', async t => {
    const desk = openDesk(place)
    await desk.done([desk.put('a', { entries: terms(['name', 'old'], ['name', 'kept'], ['code', 'x']) })])
    await desk.done([desk.put('a', { entries: terms(['name', 'new'], ['name', 'kept']) })])
    t.same(await find(desk, term('name', 'old')), [])
    t.same(await find(desk, term('code', 'x')), [])
    t.same(await find(desk, term('name', 'new')), ['a'])
    t.same(await find(desk, term('name', 'kept')), ['a'])
    t.same(await find(desk, { is: 'present', slots: ['code'] }), [])
    const [match] = (await desk.store.search(question(desk, all))).matches
    const first = await desk.store.vread(desk.key('a'), 1)
    t.same(match?.version, await desk.store.read(desk.key('a')), 'the current version is what is found')
    t.same(match?.place, [first?.seq], 'in the order of the first one')
  })

  await t.test('an update moves ranges', async t => {
    const desk = openDesk(place)
    const at = (value: number, unit = ''): Entries => ({
      terms: [],
      ranges: [range('date', value, value + 1, { unit })],
    })
    await desk.done([desk.put('a', { entries: at(5) })])
    await desk.done([desk.put('a', { entries: at(7) })])
    t.same(await find(desk, below('date', 6)), [])
    t.same(await find(desk, below('date', 8)), ['a'])
    await desk.done([desk.put('a', { entries: at(7, 'kg') })])
    t.same(await find(desk, { is: 'range', slot: 'date', unit: '', tests: [] }), [])
    t.same(await find(desk, { is: 'range', slot: 'date', unit: 'kg', tests: [] }), ['a'])
  })

  await t.test('a write without entries leaves a resource to be found by id, time and type', async t => {
    const desk = openDesk(place)
    await desk.done([desk.put('a', { entries: terms(['name', 'x']) })])
    await desk.done([desk.put('a')])
    t.same(await find(desk, term('name', 'x')), [])
    t.same(await find(desk, all), ['a'])
    t.same(await find(desk, { is: 'id', ids: ['a', 'b'] }), ['a'])
    t.same(await find(desk, { is: 'updated', low: place.now, high: place.now + 1 }), ['a'])
    t.same(await find(desk, { is: 'updated', low: place.now + 1, high: place.now + 2 }), [])
  })

  await t.test('what is deleted is not found, what is created again is', async t => {
    const desk = openDesk(place)
    const entries = { ...terms(['name', 'x']), ranges: [range('date', 1, 2)] }
    await desk.done([desk.put('a', { entries }), desk.put('b', { entries })])
    await desk.done([desk.remove('a')])
    const questions = [all, term('name', 'x'), below('date', 9), { is: 'present', slots: ['name'] }] as const
    for (const where of questions) t.same(await find(desk, where), ['b'], JSON.stringify(where))
    t.same(await find(desk, { is: 'id', ids: ['a'] }), [])
    t.same(await find(desk, not(term('name', 'y'))), ['b'], 'nor by what it has not')
    t.equal(await count(desk, all), 1)
    await desk.done([desk.put('a', { entries: terms(['name', 'z']) })])
    t.same(await find(desk, all), ['a', 'b'], 'in the place of its first version')
    t.same(await find(desk, term('name', 'x')), ['b'])
    t.same(await find(desk, term('name', 'z')), ['a'])
  })

  await t.test('tenants and types do not find each other', async t => {
    const [one, two] = [openDesk(place), openDesk(place)]
    const entries = terms(['name', 'x'], ['subject', 'Patient/a'])
    await one.done([one.put('a', { entries }), one.put('a', { type: 'Observation', entries })])
    await two.done([two.put('b', { entries })])
    t.same(await find(one, term('name', 'x')), ['a'])
    t.same(await find(two, term('name', 'x')), ['b'])
    t.same(await find(two, term('name', 'x'), 'Observation'), [])
    const chain = { is: 'refers', slot: 'subject', type: 'Patient', where: all } as const
    t.same(await find(one, chain, 'Observation'), ['a'])
    t.same(await find(two, chain), [], 'the target is of another tenant')
    t.same(await find(two, { is: 'referred', type: 'Observation', slot: 'subject', where: all }), [])
    t.same(await find(openDesk(place), all), [])
    t.same(await find(one, all, 'Unheard-of'), [])
  })

  await t.test('types of which there are, or were, resources', async t => {
    const [one, two] = [openDesk(place), openDesk(place)]
    t.same(await one.store.types(one.tenant), [])
    await one.done([one.put('a'), one.put('a', { type: 'Group' })])
    await one.done([one.remove('a', undefined, 'Group')])
    await two.done([two.put('a', { type: 'Device' })])
    t.same([...(await one.store.types(one.tenant))].sort(), ['Group', 'Patient'])
    t.same(await two.store.types(two.tenant), ['Device'])
  })

  await t.test('a refused commit leaves nothing to be found', async t => {
    const desk = openDesk(place)
    await desk.refused([desk.put('a', { entries: terms(['name', 'x']), when: 'present' })])
    t.same(await find(desk, term('name', 'x')), [])
    await desk.done([desk.put('a', { entries: terms(['name', 'x']) })])
    t.same(await find(desk, term('name', 'x')), ['a'])
  })
}

async function pages(t: Test, place: Place, other: Store): Promise<void> {
  const desk = openDesk(place)
  const { store, tenant } = desk
  const parity = (index: number) => (index % 2 === 0 ? 'even' : 'odd')
  const dates = (index: number) => (index % 5 === 0 ? [] : [range('date', index % 7, (index % 7) + 1)])
  const entriesOf = (index: number): Entries => ({ ...terms(['parity', parity(index)]), ranges: dates(index) })
  for (const round of times(10, index => index)) {
    await desk.done(times(100, at => desk.put(`p${round * 100 + at}`, { entries: entriesOf(round * 100 + at) })))
  }
  const whole = times(1000, index => index)

  await t.test('every resource comes once, in order, whatever the size of the page', async t => {
    const even = whole.filter(index => index % 2 === 0).map(index => `p${index}`)
    t.same(await walk(desk, term('parity', 'even'), 7), even)
    t.same(await walk(desk, term('parity', 'even'), 500), even)
    t.same(
      await walk(desk, { is: 'term', slot: 'parity', texts: ['odd', 'even'] }, 333),
      whole.map(at => `p${at}`),
    )
    t.same(await walk(desk, not(term('parity', 'odd')), 70), even)
  })

  for (const descending of [false, true]) {
    await t.test(
      `sorted ${descending ? 'down' : 'up'}: what has no value comes last, ties keep their order`,
      async t => {
        const by = (a: number, b: number) => (descending ? (b % 7) - (a % 7) : (a % 7) - (b % 7)) || a - b
        const dated = whole.filter(index => index % 5 !== 0).sort(by)
        const expected = [...dated, ...whole.filter(index => index % 5 === 0)].map(at => `p${at}`)
        const sort = [{ by: 'range', slot: 'date', descending }] as const
        t.same(await walk(desk, all, 97, { sort }), expected)
        t.same((await store.search(question(desk, all, { sort, limit: 1000 }))).more, false)
      },
    )
  }

  await t.test('counts', async t => {
    t.equal(await count(desk, all), 1000)
    t.equal(await count(desk, none), 0)
    t.equal(await count(desk, term('parity', 'even')), 500)
    const early = whole.filter(at => at % 2 === 0 && at % 5 !== 0 && at % 7 < 3)
    t.equal(await count(desk, and([term('parity', 'even'), below('date', 3)])), early.length)
    t.equal(await other.count({ tenant, type: 'Patient', where: not(term('parity', 'even')), budget }), 500)
  })

  await t.test('what was changed after `until` is left out, and the walk goes on', async t => {
    const until = await desk.end()
    const first = await store.search(question(desk, all, { limit: 10, until }))
    await desk.done([desk.put('p12', { entries: entriesOf(12) }), desk.remove('p14'), desk.put('new')])
    const after = first.matches.at(-1)?.place
    const second = await store.search(question(desk, all, { limit: 5, until, ...(after && { after }) }))
    t.same(
      second.matches.map(({ version }) => version.id),
      ['p10', 'p11', 'p13', 'p15', 'p16'],
    )
    t.equal(await store.count({ tenant, type: 'Patient', where: all, until, budget }), 998)
    t.equal(await count(desk, all), 1000)
  })

  await t.test('a page that is asked for it tells the state it shows', async t => {
    const before = await desk.end()
    const { until = 0 } = await store.search(question(desk, all, { limit: 1, anchored: true }))
    t.ok(until >= before, 'all that was acknowledged was seen')
    await desk.done([desk.put('later')])
    t.ok((await desk.end()) > until, 'and nothing that came later')
    t.equal((await store.search(question(desk, all, { limit: 1 }))).until, undefined)
    await desk.done([desk.remove('later')])
  })

  await t.test('a resource that has a term in several of its elements comes once', async t => {
    const twice = [1, 2].map(element => ({ slot: 'code', text: 'x', element }))
    const dated = (low: number): Entries => ({ terms: twice, ranges: [range('date', low, low + 1)] })
    await desk.done([desk.put('d1', { entries: dated(5) }), desk.put('d2', { entries: dated(4) })])
    const sort = [{ by: 'range', slot: 'date', descending: false }] as const
    for (const limit of [1, 2, 50]) t.same(await walk(desk, term('code', 'x'), limit, { sort }), ['d2', 'd1'])
    t.same(await walk(desk, term('code', 'x'), 1), ['d1', 'd2'])
    await desk.done([desk.remove('d1'), desk.remove('d2')])
  })

  await t.test('an explanation tells how', async t => {
    const narrow = await store.explain(question(desk, and([{ is: 'id', ids: ['p7'] }, term('parity', 'odd')])))
    t.equal(narrow.scan, false)
    t.ok(narrow.compiled.length > 0)
    t.ok(narrow.indexes.length > 0)
    t.ok(narrow.examined < 50, `${narrow.examined} examined`)
    const wide = await store.explain(question(desk, not(term('parity', 'odd')), { limit: 2000 }))
    t.equal(wide.scan, true)
    t.ok(wide.examined >= 1000, `${wide.examined} examined`)
    t.equal((await store.explain(question(desk, all))).scan, false, 'no condition, no scan')
  })
}

async function guards(t: Test, place: Place, other: Store): Promise<void> {
  const named = (text: string) => ({ entries: terms(['name', text]) })

  await t.test('a guard holds while the same resources fit', async t => {
    const desk = openDesk(place)
    const guard = (ids: readonly string[], text = 'x') => ({ type: 'Patient', where: term('name', text), ids })
    await desk.done([desk.put('a', named('x'))], { guards: [guard([])] })
    t.same(await desk.refused([desk.put('b', named('x'))], { guards: [guard([])] }), { why: 'guard', at: 0 })
    await desk.done([desk.put('b', named('x'))], { guards: [guard([], 'y'), guard(['a'])] })
    await desk.done([desk.put('b', named('x'))], { guards: [guard(['b', 'a'])] })
    t.same(await desk.refused([desk.put('c')], { guards: [guard(['a', 'b']), guard(['a'])] }), { why: 'guard', at: 1 })
    t.same(await desk.refused([desk.put('c')], { guards: [guard(['a', 'b', 'c'])] }), { why: 'guard', at: 0 })
    t.same(await desk.refused([desk.put('c')], { guards: [guard(['a', 'c'])] }), { why: 'guard', at: 0 })
    await desk.done([desk.remove('a')], { guards: [guard(['a', 'b'])] })
    t.same(await desk.refused([desk.put('c')], { guards: [guard(['a', 'b'])] }), { why: 'guard', at: 0 })
    t.equal(await desk.store.read(desk.key('c')), undefined)
  })

  await t.test('a guard is judged after claims and before conditions', async t => {
    const desk = openDesk(place)
    const guards = [{ type: 'Patient', where: term('name', 'x'), ids: ['a'] }]
    const claims = [{ key: 'name=x', generation: 1 }]
    const write = desk.put('a', { when: 'present' })
    t.match(await desk.refused([write], { guards, claims }), { why: 'claim' })
    t.match(await desk.refused([write], { guards }), { why: 'guard' })
    t.match(await desk.refused([write]), { why: 'condition' })
  })

  await t.test('of 32 commits with the same guard, through two handles, exactly one happens', async t => {
    const desk = openDesk(place)
    const guard = { type: 'Patient', where: term('name', 'x'), ids: [] }
    const outcomes = await Promise.all(
      times(32, at => {
        const writes = [desk.put(`a${at}`, named('x'))]
        return (at % 2 === 0 ? place.store : other).commit({ tenant: desk.tenant, writes, guards: [guard] })
      }),
    )
    t.equal(outcomes.filter(({ ok }) => ok).length, 1)
    for (const outcome of outcomes) if (!outcome.ok) t.same(outcome.because, { why: 'guard', at: 0 })
    t.equal(await count(desk, all), 1)
  })

  await t.test('of 32 commits whose guards ask for different parts of what all of them write, one happens', async t => {
    const desk = openDesk(place)
    const slots = ['name', 'code', 'tag']
    for (const round of times(10, at => at)) {
      const before = times(round % 2, () => `r${round}`)
      const entries = terms(...slots.map(slot => [slot, `${round}`] as const))
      for (const id of before) await desk.done([desk.put(id, { entries })])
      const outcomes = await Promise.all(
        times(32, at => {
          const writes = [desk.put(`r${round}-${at}`, { entries })]
          const guards = [{ type: 'Patient', where: term(slots[at % 3] ?? '', `${round}`), ids: before }]
          return (at % 2 === 0 ? place.store : other).commit({ tenant: desk.tenant, writes, guards })
        }),
      )
      t.equal(outcomes.filter(({ ok }) => ok).length, 1)
      t.equal(await count(desk, term('name', `${round}`)), before.length + 1)
    }
  })
}

async function nasty(t: Test, place: Place): Promise<void> {
  const texts = [
    "'",
    '"',
    '\0',
    'a\0b',
    '%',
    '_%',
    '.*',
    '$where',
    '$1',
    '?',
    ':x',
    '\\',
    '[1]',
    '{"a":1}',
    '\uffff',
    '😀',
    '',
  ]
  const desk = openDesk(place)
  await desk.done(texts.map((text, at) => desk.put(`n${at}`, { entries: terms(['name', text]) })))

  await t.test('every character means itself', async t => {
    for (const [at, text] of texts.entries()) {
      t.same(await find(desk, term('name', text)), [`n${at}`], JSON.stringify(text))
      const having = (test: (other: string) => boolean) =>
        texts.flatMap((other, index) => (test(other) ? [`n${index}`] : []))
      t.same(
        await find(desk, { is: 'prefix', slot: 'name', text }),
        having(other => other.startsWith(text)),
        `begins with ${JSON.stringify(text)}`,
      )
      t.same(
        await find(desk, { is: 'contains', slot: 'name', text }),
        having(other => other.includes(text)),
        `has ${JSON.stringify(text)}`,
      )
    }
  })

  await t.test('texts, slots and types of any form are only names', async t => {
    for (const text of texts) {
      t.same(await find(desk, { is: 'present', slots: [text] }), [])
      t.same(await find(desk, { is: 'refers', slot: 'name', type: text, where: all }), [])
      t.same(await find(desk, { is: 'id', ids: [text] }), [])
      t.same(await find(desk, all, text || 'x'), [])
    }
  })

  await t.test('10,000 texts in one term', async t => {
    const many = times(10_000, at => `no such name ${at}`)
    t.same(await find(desk, { is: 'term', slot: 'name', texts: [...many, '%', 'a\0b'] }), ['n3', 'n4'])
    t.equal(await count(desk, not({ is: 'term', slot: 'name', texts: [...many, '%'] })), texts.length - 1)
    t.same(await find(desk, { is: 'id', ids: [...many, 'n5'] }), ['n5'])
  })

  await t.test('a chain of depth 20 and a wide tree are answered', async t => {
    const deep = times(20, at => at).reduce<Node>(
      where => ({ is: 'refers', slot: 'name', type: 'Patient', where }),
      term('name', 'x'),
    )
    t.same(await find(desk, deep), [])
    const back = times(20, at => at).reduce<Node>(
      where => ({ is: 'referred', slot: 'name', type: 'Patient', where }),
      term('name', 'x'),
    )
    t.same(await find(desk, back), [])
    const wide: Node = { is: 'or', of: times(300, at => and([term('name', `${at}`), not(term('name', '%'))])) }
    t.same(await find(desk, wide), [])
    const nested = times(100, at => at).reduce<Node>(of => ({ is: 'not', of }), term('name', '%'))
    t.same(await find(desk, nested), ['n4'])
  })

  await t.test('a text of 1 MB', async t => {
    const long = 'x'.repeat(1_000_000)
    await desk.done([desk.put('long', { entries: terms(['name', `${long}!`]) })])
    t.same(await find(desk, { is: 'contains', slot: 'name', text: 'x!' }), ['long'])
    t.same(await find(desk, { is: 'prefix', slot: 'name', text: long }), ['long'])
    t.same(await find(desk, term('name', long)), [])
  })
}

async function costs(t: Test, place: Place): Promise<void> {
  await t.test('a search that does not fit its budget is given up, and the store goes on', async t => {
    const desk = openDesk(place)
    const size = 20_000
    for (const start of times(size / 1000, index => index * 1000)) {
      const entries = (at: number) => terms(['name', `name ${at}`], ['link', `Patient/p${(at * 7) % size}`])
      await desk.done(times(1000, at => desk.put(`p${start + at}`, { entries: entries(start + at) })))
    }
    const costly: Node = {
      is: 'referred',
      type: 'Patient',
      slot: 'link',
      where: { is: 'contains', slot: 'name', text: 'z' },
    }
    const { store, tenant } = desk
    for (const small of [0, 1]) {
      const query = question(desk, not(not(costly)), { budget: small })
      await t.rejects(store.search(query), TooCostly, `${small} ms`)
      await t.rejects(store.search({ ...query, sort: [{ by: 'id', descending: true }] }), TooCostly)
      await t.rejects(store.count({ tenant, type: 'Patient', where: costly, budget: small }), TooCostly)
    }
    t.same(await find(desk, term('name', 'name 7')), ['p7'])
    t.same(await find(desk, costly), [], 'with time enough it is answered')
    t.equal(await count(desk, all), size)
  })
}
