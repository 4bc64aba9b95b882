import t, { type Test } from 'tap'
import type { Entries } from '../../../../src/search/entry.ts'
import { all, and, type Node, not } from '../../../../src/search/node.ts'
import { openCollections } from '../../../../src/store/mongo/schema.ts'
import { openSearch } from '../../../../src/store/mongo/search/search.ts'
import { type Outcome, TooCostly } from '../../../../src/store/port.ts'
import { mongoUrl } from '../../../mongo-engine/engine.ts'
import { randomSearches } from '../../contract/random-search.ts'
import { because, openDesk, times } from '../../place.ts'
import { openPlace } from '../place.ts'

const url = await mongoUrl()
if (!url) t.plan(0, 'no MongoDB here')
else {
  for (const [name, reach] of Object.entries({
    'resources are walked through where chains lead through too many': { few: 0, many: 0, patience: 1, stride: 3 },
    'a walk that does not end is given up for the chains': { few: 0, many: 1_000, patience: 2, stride: 2 },
  })) {
    t.test(name, async t => {
      const place = await openPlace(t, url)
      const walking = openSearch(openCollections(place.client.db(place.database)), place.store.sequence, reach)
      await randomSearches(t, Object.assign(place, { store: { ...place.store, ...walking } }), await place.again())
    })
  }
  t.test('a search tells what it sent, and which indexes served', t => explained(t, url))
  t.test('the time of a search is that of all its commands together', t => costly(t, url))
  t.test('commits with guards share a transaction unless one might miss what another writes', t => guarded(t, url))
  t.test('what is searched must not fill the document', t => large(t, url))
}

const budget = 10_000
const term = (slot: string, text: string): Node => ({ is: 'term', slot, texts: [text] })
const terms = (...of: readonly (readonly [string, string])[]): Entries => ({
  terms: of.map(([slot, text]) => ({ slot, text, element: 0 })),
  ranges: [],
})

async function explained(t: Test, url: string): Promise<void> {
  const { tenant, store, put, done } = openDesk(await openPlace(t, url))
  await done([put('p', { entries: terms(['name', 'x']) })])
  await done(times(30, at => put(`o${at}`, { type: 'Observation', entries: terms(['subject', 'Patient/p']) })))
  const where: Node = { is: 'refers', slot: 'subject', type: 'Patient', where: term('name', 'x') }
  const question = { tenant, type: 'Observation', where, sort: [], limit: 10, budget }
  const { compiled, indexes, examined, scan } = await store.explain(question)
  const [chain, page, ...more] = compiled.split('\n')
  t.match(chain, /^db\.Patient\.aggregate\(.*name\\u001fx/)
  t.match(page, /^db\.Observation\.aggregate\(.*subject\\u001fPatient\/p/)
  t.same(more, [])
  t.ok(indexes.includes('tenant_1_index.terms_1_index.date_1'), indexes.join(' '))
  t.ok(examined >= 10)
  t.equal(scan, false)
  t.equal((await store.explain({ ...question, where: not(where) })).scan, true)
  const foreign = await store.explain({ ...question, type: '$cmd', where: all })
  t.same([foreign.compiled, foreign.indexes, foreign.examined], ['', [], 0], 'no type, no command')
}

async function costly(t: Test, url: string): Promise<void> {
  const place = await openPlace(t, url)
  const { tenant, store, put, done } = openDesk(place)
  await done([put('p', { entries: terms(['name', 'x'], ['link', 'Patient/p']) })])
  const deep = times(200, at => at).reduce<Node>(
    where => ({ is: 'refers', slot: 'link', type: 'Patient', where }),
    term('name', 'x'),
  )
  const question = { tenant, type: 'Patient', where: deep, sort: [], limit: 10 }
  await t.rejects(store.search({ ...question, budget: 20 }), TooCostly)
  await t.rejects(store.count({ ...question, budget: 20 }), TooCostly)
  await t.rejects(store.explain({ ...question, budget: 20 }), TooCostly)
  t.equal((await store.search({ ...question, budget: 60_000 })).matches.length, 1)
}

async function guarded(t: Test, url: string): Promise<void> {
  const place = await openPlace(t, url)
  const { commit, put, remove, done } = openDesk(place)
  await done([put('p', { entries: terms(['name', 'p']) }), put('o', { type: 'Observation' })])
  const known = { type: 'Patient', where: term('name', 'p'), ids: ['p'] }
  const absent = (name: string) => ({ type: 'Patient', where: term('name', name), ids: [] })
  const named = (name: string) => put(name, { entries: terms(['name', name]) })
  const transactions = async (...commits: readonly (() => Promise<Outcome>)[]) => {
    place.events.length = 0
    const outcomes = await Promise.all(commits.map(it => it()))
    return [place.events.filter(({ event }) => event === 'store.commit').length, ...outcomes.map(({ ok }) => ok)]
  }

  const observing = times(20, at => () => commit([put(`o${at}`, { type: 'Observation' })], { guards: [known] }))
  t.same(await transactions(...observing), [1, ...times(20, () => true)], 'what they write none of them asks about')
  const creating = times(20, at => () => commit([named(`n${at}`)], { guards: [absent(`n${at}`)] }))
  t.same(await transactions(...creating), [1, ...times(20, () => true)], 'each asks for something else')

  const chain: Node = { is: 'refers', slot: 'subject', type: 'Patient', where: term('name', 'x') }
  for (const [guard, writes, holds] of [
    [absent('a'), [named('a')], false],
    [{ ...absent('b'), where: and([term('name', 'b'), not({ is: 'updated', low: 0, high: 1 })]) }, [named('b')], false],
    [known, [put('p')], false],
    [{ type: 'Patient', where: term('name', 'n1'), ids: ['n1'] }, [remove('n1')], false],
    [{ type: 'Observation', where: chain, ids: [] }, [named('c')], true],
  ] as const) {
    const before = () => commit(writes)
    const after = () => commit([put('later')], { guards: [guard] })
    t.same(await transactions(before, after), [2, true, holds], 'who is behind a write sees it')
    await done([named('p'), named('n1')])
  }
  const meanwhile = [() => commit([put('p2')], { guards: [absent('q')] }), () => commit([named('q')])]
  t.same(await transactions(...meanwhile), [1, true, true], 'who is before a write does not')
}

async function large(t: Test, url: string): Promise<void> {
  const { commit, put, tenant, store, done } = openDesk(await openPlace(t, url))
  const many = (count: number, length = 0) =>
    terms(...times(count, at => ['code', `${at} ${'x'.repeat(length)}`] as const))
  t.match(because(await commit([put('a'), put('b', { entries: many(100_000) })])), { why: 'too-large', at: 1 })
  t.match(because(await commit([put('b', { entries: many(20_000, 1_000) })])), { why: 'too-large', at: 0 })
  await done([put('c', { entries: many(50_000) })])
  const where = and([term('code', '49999 '), term('code', '0 ')])
  t.equal(await store.count({ tenant, type: 'Patient', where, budget }), 1)
}
