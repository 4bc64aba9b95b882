import { BSON, MaxKey } from 'mongodb'
import t from 'tap'
import { orderOf } from '../../../../src/store/mongo/search/order.ts'

t.test('without a wish the order is that of birth', async t => {
  const order = orderOf('acme', [], undefined)
  t.strictSame(order.bound, { born: { $gte: 0 } })
  t.strictSame(order.stages, [{ $sort: { tenant: 1, born: 1 } }])
  t.strictSame(order.place({ born: 7 }), [7])
})

t.test('a place is what lies behind by one column and is equal in those before', async t => {
  const order = orderOf('acme', [{ by: 'updated', descending: true }], [5, 3])
  t.strictSame(order.bound, { updated: { $lte: new Date(5) } })
  const equal = { $eq: ['$updated', { $literal: new Date(5) }] }
  const behind = [
    { $and: [{ $lt: ['$updated', { $literal: new Date(5) }] }] },
    { $and: [equal, { $gt: ['$born', { $literal: 3 }] }] },
  ]
  t.strictSame(order.stages, [{ $match: { $expr: { $or: behind } } }, { $sort: { tenant: 1, updated: -1, born: 1 } }])
  t.strictSame(order.place({ updated: new Date(5), born: 3 }), [5, 3])
})

t.test('what has no value comes last in both orders', async t => {
  const up = orderOf('acme', [{ by: 'term', slot: 'name', descending: false }], [null, 3])
  t.strictSame(up.stages[0], { $set: { sort0: { $ifNull: ['$index.least.t-name', new MaxKey()] } } })
  t.match(BSON.EJSON.stringify(up.stages[1]), /sort0",\{"\$literal":\{"\$maxKey/)
  t.strictSame(up.place({ sort0: new MaxKey(), born: 3 }), [null, 3])
  const down = orderOf('acme', [{ by: 'range', slot: 'd', descending: true }], undefined)
  t.strictSame(down.stages[0], { $set: { sort0: { $ifNull: ['$index.most.r-d', '$index.least.r-d', null] } } })
  t.strictSame(down.place({ sort0: null, born: 3 }), [null, 3])
  t.equal(down.bound, undefined, 'no index has this order')
})

t.test('of two wishes for the same the first counts', async t => {
  const order = orderOf(
    'acme',
    [
      { by: 'id', descending: true },
      { by: 'id', descending: false },
    ],
    undefined,
  )
  t.strictSame(order.stages, [{ $sort: { _id: -1, born: 1 } }])
  t.strictSame(order.place({ id: 'a', born: 1 }), ['a', 'a', 1])
})
