import t from 'tap'
import { ByteCache } from '../../../src/terminology/library/byte-cache.ts'

t.test('what was used last is kept, as far as there is room', async t => {
  const cache = new ByteCache<string, number>(80)
  for (let n = 0; n < 8; n++) cache.add(`${n}`, n, 10)
  t.equal(cache.find('0'), 0, 'all fit')
  cache.add('8', 8, 10)
  t.same(
    Array.from({ length: 9 }, (_, n) => cache.find(`${n}`)),
    [0, undefined, undefined, 3, 4, 5, 6, 7, 8],
    'an eighth goes with the one that is too many, the oldest first',
  )
  cache.add('large', 100, 1_000)
  t.equal(cache.find('large'), undefined, 'what is larger than all the room')
})

t.test('a value is made once', async t => {
  const cache = new ByteCache<string, number | undefined>(100)
  let made = 0
  const get = () =>
    cache.get('none', () => {
      made++
      return { value: undefined, bytes: 10 }
    })
  t.same([get(), get(), made], [undefined, undefined, 1])
  cache.add('none', 1, 20)
  cache.add('none', 2, 100)
  t.equal(get(), 2, 'in the place of the one before')
})
