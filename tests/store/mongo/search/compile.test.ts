import t from 'tap'
import type { Node, Test } from '../../../../src/search/node.ts'
import { compile, narrows } from '../../../../src/store/mongo/search/compile.ts'
import { behind, rangeKey } from '../../../../src/store/mongo/search/keys.ts'
import { TooCostly } from '../../../../src/store/port.ts'

const term = (text: string, ...more: string[]): Node => ({ is: 'term', slot: 'code', texts: [text, ...more] })
const nothing = { _id: { $in: [] } }

const golden: Readonly<Record<string, readonly [Node, unknown]>> = {
  all: [{ is: 'all' }, {}],
  none: [{ is: 'none' }, nothing],
  and: [
    { is: 'and', of: [term('a'), term('b')] },
    { $and: [{ 'index.terms': 'code\x1fa' }, { 'index.terms': 'code\x1fb' }] },
  ],
  'and of nothing': [{ is: 'and', of: [] }, {}],
  or: [{ is: 'or', of: [term('a'), { is: 'none' }] }, { $or: [{ 'index.terms': 'code\x1fa' }, nothing] }],
  'or of nothing': [{ is: 'or', of: [] }, nothing],
  not: [{ is: 'not', of: term('a') }, { $nor: [{ 'index.terms': 'code\x1fa' }] }],
  ids: [{ is: 'id', ids: ['1', '$2'] }, { _id: { $in: ['acme/1', 'acme/$2'] } }],
  updated: [{ is: 'updated', low: 5.2, high: 9 }, { updated: { $gte: new Date(6), $lt: new Date(9) } }],
  'any time': [
    { is: 'updated', low: -Number.MAX_VALUE, high: Number.POSITIVE_INFINITY },
    { updated: { $gte: new Date(-8.64e15), $lt: new Date(8.64e15) } },
  ],
  present: [
    { is: 'present', slots: ['a|'] },
    {
      $or: [
        { 'index.terms': { $regex: '^a\\|\x1f' } },
        { 'index.ranges': { $elemMatch: { low: { $gte: 'a|\x1f', $lt: 'a| ' } } } },
      ],
    },
  ],
  'present nowhere': [{ is: 'present', slots: [] }, nothing],
  'one text': [term('$where'), { 'index.terms': 'code\x1f$where' }],
  texts: [term('a', 'b'), { 'index.terms': { $in: ['code\x1fa', 'code\x1fb'] } }],
  'no text': [{ is: 'term', slot: 'code', texts: [] }, { 'index.terms': { $in: [] } }],
  prefix: [{ is: 'prefix', slot: 'n', text: 'a.*\0' }, { 'index.terms': { $regex: '^n\x1fa\\.\\*\\x00' } }],
  contains: [{ is: 'contains', slot: 'n', text: '(' }, { 'index.terms': { $regex: '^n\x1f[\\s\\S]*\\(' } }],
  element: [
    {
      is: 'element',
      of: [
        { is: 'or', of: [{ is: 'term', slot: 'c$0', texts: ['a'] }] },
        { is: 'prefix', slot: 'c$1', text: 'b' },
      ],
    },
    {
      $and: [
        { $or: [{ 'index.terms': 'c$0\x1fa' }] },
        { 'index.terms': { $regex: '^c\\$1\x1fb' } },
        {
          'index.elements': {
            $elemMatch: { $and: [{ $or: [{ terms: 'c$0\x1fa' }] }, { terms: { $regex: '^c\\$1\x1fb' } }] },
          },
        },
      ],
    },
  ],
  'any element': [{ is: 'element', of: [] }, { 'index.elements': { $exists: true } }],
}

for (const [name, [node, filter]] of Object.entries(golden)) {
  t.test(`${name} is printed as it always was`, async t => t.strictSame(compile(node, 'acme'), filter))
}

t.test('the tests of a range bound both of its ends', async t => {
  const bounds = (...tests: readonly (readonly [Test['end'], Test['op'], number])[]) => {
    const asked = tests.map(([end, op, than]) => ({ end, op, than }))
    const filter = compile({ is: 'range', slot: 'd', tests: asked }, 'acme')
    return filter['index.ranges'].$elemMatch
  }
  const [start, end] = ['d\x1f', 'd ']
  const at = (value: number) => rangeKey('d', value)
  t.strictSame(bounds(), { low: { $gte: start, $lt: end }, high: { $gte: start, $lt: end } })
  t.strictSame(
    bounds(['low', '>=', 1], ['high', '<=', 2]),
    { low: { $gte: at(1), $lt: behind(at(2)) }, high: { $gte: at(1), $lt: behind(at(2)) } },
    'what lies within has both ends there',
  )
  t.strictSame(
    bounds(['to', '>', 5]),
    { low: { $gte: start, $lt: end }, high: { $gte: behind(at(5)), $lt: end }, to: { $gt: 5 } },
    'nothing that reaches beyond ends before',
  )
  t.strictSame(
    bounds(['from', '<', 5], ['from', '<', 7], ['from', '<=', 6]),
    { low: { $gte: start, $lt: at(5) }, high: { $gte: start, $lt: end }, from: { $lt: 5, $lte: 6 } },
    'the tightest counts',
  )
})

t.test('who asks for a term and a date is led by both', async t => {
  const since = (than: number): Node => ({ is: 'range', slot: 'date', tests: [{ end: 'high', op: '>', than }] })
  const beside = (...of: readonly Node[]) =>
    compile({ is: 'and', of }, 'acme')['$and'].filter((part: object) => 'index.date' in part)
  const bound = (than: number) => [{ 'index.date': { $not: { $lt: than } } }]
  t.strictSame(beside(term('a'), since(5)), bound(5), 'also what was stored before dates were told')
  t.strictSame(beside(since(5), since(7), { is: 'prefix', slot: 'n', text: 'a' }), bound(7))
  t.strictSame(beside({ is: 'or', of: [term('a'), term('b')] }, { is: 'or', of: [since(5), since(7)] }), bound(5))
  t.strictSame(beside(since(5), { is: 'id', ids: ['a'] }), [], 'no term is asked for')
  t.strictSame(beside(term('a'), term('b')), [], 'no date is asked for')
  t.strictSame(beside(term('a'), { is: 'not', of: since(5) }), [])
})

t.test('a unit is part of the question only where it is asked', async t => {
  const asks = (more: { unit?: string }) =>
    compile({ is: 'range', slot: 'd', tests: [], ...more }, 'acme')['index.ranges'].$elemMatch
  t.notOk('unit' in asks({}))
  t.equal(asks({ unit: '' }).unit, '')
})

t.test('a text that no regular expression can hold is compared without one', async t => {
  const text = 'x'.repeat(40_000)
  for (const is of ['prefix', 'contains'] as const) {
    t.match(compile({ is, slot: 'n', text }, 'acme'), { $expr: { $anyElementTrue: Array } })
    t.throws(
      () => compile({ is: 'element', of: [{ is, slot: 'n', text }] }, 'acme'),
      TooCostly,
      'no fault of the server',
    )
  }
})

t.test('a chain must be resolved before', async t => {
  t.throws(() => compile({ is: 'refers', slot: 's', type: 'Patient', where: { is: 'all' } }, 'acme'), /Patient/)
})

t.test('what no index narrows is known', async t => {
  const no: Node = { is: 'not', of: term('a') }
  t.equal(narrows(term('a')), true)
  t.equal(narrows({ is: 'all' }), true, 'who asks nothing gets all')
  t.equal(narrows(no), false)
  t.equal(narrows({ is: 'and', of: [no, term('a')] }), true)
  t.equal(narrows({ is: 'or', of: [no, term('a')] }), false)
})
