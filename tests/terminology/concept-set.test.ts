import t from 'tap'
import { ConceptSet } from '../../src/terminology/concept-set.ts'
import { fc } from '../property.ts'

const members = fc.uniqueArray(fc.nat(99))

t.test('it answers as a Set does', async t => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 131 }), members, members, (size, a, b) => {
      const [left, right] = [ConceptSet.of(size, a), ConceptSet.of(size, b)]
      const [one, other] = [new Set(a), new Set(b)]
      const rising = (set: Iterable<number>) => [...set].sort((x, y) => x - y)
      t.same([...left], rising(one))
      t.same([...left.and(right)], rising(one.intersection(other)))
      t.same([...left.or(right)], rising(one.union(other)))
      t.same([...left.minus(right)], rising(one.difference(other)))
      t.same([...left.not()], rising(new Set(Array.from({ length: size }, (_, n) => n)).difference(one)))
      t.equal(left.count, one.size)
      t.equal(left.isEmpty, one.size === 0)
      t.equal(left.has(50), one.has(50))
    }),
  )
  t.equal(ConceptSet.all(64).count, 64)
  t.equal(ConceptSet.all(0).count, 0)
})
