import t from 'tap'
import type { Entries, Range, Term } from '../../src/search/entry.ts'
import { comparePlaces, compareTexts, type Found, fits, placeOf, searchAll, worldOf } from '../../src/search/match.ts'
import { all, type Node, none, type SortKey } from '../../src/search/node.ts'
import { fc } from '../property.ts'

function term(slot: string, text: string, element = 0): Term {
  return { slot, text, element }
}

function range(slot: string, low: number, high: number, more: Partial<Range> = {}): Range {
  return { slot, unit: '', low, high, from: low, to: high, element: 0, ...more }
}

function found(id: string, entries: Partial<Entries> = {}, more: Partial<Found> = {}): Found {
  return { type: 'T', id, updated: 100, born: 1, entries: { terms: [], ranges: [], ...entries }, ...more }
}

const empty = worldOf([])

function isFit(node: Node, entries: Partial<Entries>): boolean {
  return fits(node, found('x', entries), empty)
}

t.test('all, none, and, or, not', async t => {
  const has: Node = { is: 'term', slot: 's', texts: ['a'] }
  const it = { terms: [term('s', 'a')] }
  for (const [node, expected] of [
    [all, true],
    [none, false],
    [has, true],
    [{ is: 'not', of: has }, false],
    [{ is: 'and', of: [has, none] }, false],
    [{ is: 'and', of: [] }, true],
    [{ is: 'or', of: [none, has] }, true],
    [{ is: 'or', of: [] }, false],
  ] as const)
    t.equal(isFit(node, it), expected, JSON.stringify(node))
})

t.test('ids and times are of the version', async t => {
  const it = found('a')
  t.ok(fits({ is: 'id', ids: ['b', 'a'] }, it, empty))
  t.notOk(fits({ is: 'id', ids: [] }, it, empty))
  t.ok(fits({ is: 'updated', low: 100, high: 101 }, it, empty))
  t.notOk(fits({ is: 'updated', low: 99, high: 100 }, it, empty))
  t.notOk(fits({ is: 'updated', low: 101, high: 200 }, it, empty))
})

t.test('texts are equal, begin, or contain; slots are not mixed up', async t => {
  const it = { terms: [term('s', 'Abc'), term('s|', 'x')] }
  t.ok(isFit({ is: 'term', slot: 's', texts: ['q', 'Abc'] }, it))
  t.notOk(isFit({ is: 'term', slot: 's', texts: ['abc', 'Ab', 'x', ''] }, it))
  t.ok(isFit({ is: 'prefix', slot: 's', text: 'Ab' }, it))
  t.ok(isFit({ is: 'prefix', slot: 's', text: '' }, it))
  t.notOk(isFit({ is: 'prefix', slot: 't', text: '' }, it))
  t.notOk(isFit({ is: 'prefix', slot: 's', text: 'bc' }, it))
  t.ok(isFit({ is: 'contains', slot: 's', text: 'bc' }, it))
  t.notOk(isFit({ is: 'contains', slot: 's', text: 'x' }, it))
  t.ok(isFit({ is: 'present', slots: ['q', 's|'] }, it))
  t.notOk(isFit({ is: 'present', slots: ['q'] }, it))
  t.ok(isFit({ is: 'present', slots: ['r'] }, { ranges: [range('r', 0, 1)] }))
})

t.test('one range passes all tests, in its unit', async t => {
  const it = { ranges: [range('r', 0, 10, { unit: 'g', from: 4, to: 5 }), range('r', 20, 30, { unit: 'kg' })] }
  const asks = (unit: string | undefined, ...tests: Extract<Node, { is: 'range' }>['tests']) =>
    isFit({ is: 'range', slot: 'r', ...(unit !== undefined && { unit }), tests }, it)
  t.ok(asks(undefined, { end: 'low', op: '<=', than: 0 }, { end: 'high', op: '>=', than: 10 }))
  t.notOk(asks(undefined, { end: 'low', op: '<', than: 5 }, { end: 'high', op: '>', than: 10 }), 'not one each')
  t.ok(asks('kg', { end: 'low', op: '>', than: 19 }))
  t.notOk(asks('g', { end: 'low', op: '>', than: 0 }))
  t.notOk(asks('', { end: 'low', op: '>', than: 0 }))
  t.ok(asks('g', { end: 'from', op: '>=', than: 4 }, { end: 'to', op: '<=', than: 5 }))
  t.ok(asks('g'), 'no tests: there is one')
})

t.test('an element has all parts under one number', async t => {
  const code = (text: string): Node => ({ is: 'term', slot: 'c', texts: [text] }) as const
  const both: Node = {
    is: 'element',
    of: [
      { is: 'term', slot: 'c', texts: ['a'] },
      {
        is: 'or',
        of: [
          { is: 'range', slot: 'v', tests: [{ end: 'low', op: '>', than: 5 }] },
          { is: 'term', slot: 'w', texts: ['z'] },
        ],
      },
    ],
  }
  t.ok(isFit(both, { terms: [term('c', 'a', 1)], ranges: [range('v', 6, 6, { element: 1 })] }))
  t.ok(isFit(both, { terms: [term('c', 'a', 2), term('w', 'z', 2)] }))
  t.notOk(isFit(both, { terms: [term('c', 'a', 1)], ranges: [range('v', 6, 6, { element: 2 })] }))
  t.notOk(isFit(both, { terms: [term('c', 'a')], ranges: [range('v', 6, 6)] }), '0 belongs to nothing')
  t.ok(isFit(code('a'), { terms: [term('c', 'a', 1)] }), 'outside of an element, all entries count')
})

const world = worldOf([
  found('p1', { terms: [term('name', 'ann')] }, { type: 'Patient' }),
  found('p2', { terms: [term('name', 'bob')] }, { type: 'Patient' }),
  found('o1', { terms: [term('subject', 'Patient/p1'), term('code', 'x')] }, { type: 'Observation' }),
])

t.test('chains lead to present resources of the type', async t => {
  const it = found('q', { terms: [term('s', 'Patient/p1'), term('s', 'Group/p2'), term('s', 'Patient/gone')] })
  const refers = (name: string, type = 'Patient'): Node => ({
    is: 'refers',
    slot: 's',
    type,
    where: { is: 'term', slot: 'name', texts: [name] },
  })
  t.ok(fits(refers('ann'), it, world))
  t.notOk(fits(refers('bob'), it, world))
  t.notOk(fits(refers('ann', 'Group'), it, world))
  t.notOk(fits({ is: 'refers', slot: 'name', type: 'Patient', where: all }, it, world))
})

t.test('and back', async t => {
  const has = (code: string): Node => ({
    is: 'referred',
    type: 'Observation',
    slot: 'subject',
    where: { is: 'term', slot: 'code', texts: [code] },
  })
  t.ok(fits(has('x'), world.get('Patient', 'p1')!, world))
  t.notOk(fits(has('y'), world.get('Patient', 'p1')!, world))
  t.notOk(fits(has('x'), world.get('Patient', 'p2')!, world))
})

const byName: readonly SortKey[] = [{ by: 'term', slot: 's', descending: false }]
const byNameDown: readonly SortKey[] = [{ by: 'term', slot: 's', descending: true }]

function order(resources: readonly Found[], sort: readonly SortKey[]): string {
  const { matches } = searchAll(resources, { type: 'T', where: all, sort, limit: 100 })
  return matches.map(({ found }) => found.id).join('')
}

t.test('results are in order: several values, none, and ties', async t => {
  const few = [
    found('a', { terms: [term('s', 'm'), term('s', 'b')] }, { born: 5 }),
    found('b', {}, { born: 1 }),
    found('c', { terms: [term('s', 'c')] }, { born: 4 }),
    found('d', { terms: [term('s', 'b')] }, { born: 3 }),
    found('e', { terms: [term('t', 'a')] }, { born: 2 }),
  ]
  t.equal(order(few, byName), 'dacbe', 'those without come last')
  t.equal(order(few, byNameDown), 'acdbe', 'here too')
  t.equal(order(few, []), 'bedca')
  t.equal(order(few, [{ by: 'id', descending: true }]), 'edcba')
  t.equal(order(few, [{ by: 'updated', descending: true }]), 'bedca', 'ties by birth, always ascending')
})

t.test('ranges sort by where they begin, descending by where they end', async t => {
  const few = [
    found('a', { ranges: [range('s', 1, 9)] }, { born: 1 }),
    found('b', { ranges: [range('s', 2, 3)] }, { born: 2 }),
    found('c', { ranges: [range('s', 5, 6), range('s', 0, 1)] }, { born: 3 }),
  ]
  t.equal(order(few, [{ by: 'range', slot: 's', descending: false }]), 'cab')
  t.equal(order(few, [{ by: 'range', slot: 's', descending: true }]), 'acb')
})

t.test('texts compare by code points, up to the unit separator', async t => {
  t.ok(compareTexts('\uFFFD', '\u{1F600}') < 0, 'not by UTF-16 units')
  t.ok('\uFFFD' > '\u{1F600}')
  t.ok(compareTexts('a', 'ab') < 0 && compareTexts('b', 'ab') > 0 && compareTexts('a', 'a') === 0)
  const few = [
    found('a', { terms: [term('s', 'x\u001fZ')] }, { born: 1 }),
    found('b', { terms: [term('s', 'x\u001fA')] }, { born: 2 }),
  ]
  t.equal(order(few, byName), 'ab', 'what is behind it does not count')
  t.same(placeOf(few[0]!, byName), ['x', 1])
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b))
      return Math.sign(compareTexts(a, b)) === bytes
    }),
  )
})

t.test('pages continue behind the last place, and end', async t => {
  const letters = fc.constantFrom('a', 'b', '\u{1F600}', '\uFFFD')
  const one = fc.tuple(fc.array(letters, { maxLength: 2 }), fc.option(fc.nat(3)))
  const key = fc.record({ by: fc.constantFrom('term', 'range'), slot: fc.constant('s'), descending: fc.boolean() })
  const sorts = fc.array(fc.oneof(key, fc.record({ by: fc.constantFrom('id', 'updated'), descending: fc.boolean() })), {
    maxLength: 3,
  })
  fc.assert(
    fc.property(fc.array(one, { maxLength: 12 }), sorts, fc.integer({ min: 1, max: 4 }), (data, sort, limit) => {
      const resources = data.map(([texts, low], n) =>
        found(
          `r${n % 4}`,
          { terms: texts.map(text => term('s', text)), ranges: low === null ? [] : [range('s', low, 3)] },
          { born: 100 - n, updated: n % 3 },
        ),
      )
      const whole = searchAll(resources, { type: 'T', where: all, sort, limit: 100 }).matches
      const walked: (typeof whole)[number][] = []
      for (let more = true; more; ) {
        const after = walked.at(-1)?.place
        const page = searchAll(resources, { type: 'T', where: all, sort, limit, ...(after && { after }) })
        walked.push(...page.matches)
        more = page.more
      }
      t.strictSame(
        walked.map(({ found }) => found.born),
        whole.map(({ found }) => found.born),
      )
      return whole.every(({ place }, n) => n === 0 || comparePlaces(sort, whole[n - 1]!.place, place) < 0)
    }),
    { numRuns: 300 },
  )
})

t.test('only the type asked, only what fits', async t => {
  const few = [found('a'), found('b', {}, { type: 'U' }), found('c')]
  const { matches, more } = searchAll(few, { type: 'T', where: { is: 'id', ids: ['b', 'c'] }, sort: [], limit: 1 })
  t.same(
    matches.map(({ found }) => found.id),
    ['c'],
  )
  t.equal(more, false)
})
