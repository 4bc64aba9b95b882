import t from 'tap'
import {
  addTo,
  hasMember,
  listMembers,
  membersOf,
  none,
  packSet,
  packWords,
  unpackSet,
} from '../../../src/terminology/library/packed-set.ts'
import { fc } from '../../property.ts'

const sizes = [1, 31, 32, 33, 500, 70_000]

/** Sparse and dense, so that both ways of packing come up. */
const sets = fc.constantFrom(...sizes).chain(size =>
  fc.tuple(fc.uniqueArray(fc.nat(size - 1)), fc.boolean()).map(([members, isDense]) => {
    const chosen = new Set(members)
    const all = Array.from({ length: size }, (_, n) => n)
    return { size, members: Int32Array.from(all.filter(n => chosen.has(n) !== isDense)) }
  }),
)

t.test('what is packed is what comes out', async t => {
  fc.assert(
    fc.property(sets, ({ size, members }) => {
      const packed = packSet(members, size)
      const set = unpackSet(packed, size)
      t.same(Int32Array.from(set), members)
      t.same(Int32Array.from(listMembers(packed)), members)
      t.ok(packed.length <= 1 + Math.ceil(size / 32) * 4, 'never more than a bit for each')
      const words = new Uint32Array((size + 31) >>> 5)
      addTo(words, packed)
      t.same(packWords(words, size), packed)
      const wanted = new Set(members)
      for (const n of [0, 1, 31, 32, size >> 1, size - 1]) t.equal(hasMember(packed, n), wanted.has(n))
    }),
    { numRuns: 50 },
  )
})

t.test('going forward finds the next member from anywhere', async t => {
  fc.assert(
    fc.property(sets, fc.array(fc.nat(70_100)), ({ size, members }, places) => {
      const rising = membersOf(packSet(members, size))
      for (const place of places.sort((a, b) => a - b)) {
        t.equal(rising.from(place), members.find(member => member >= place) ?? none)
      }
    }),
    { numRuns: 50 },
  )
})
