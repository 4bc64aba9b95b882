import t from 'tap'
import { findCode, packCodes } from '../../../src/terminology/library/code-index.ts'
import { Names } from '../../../src/terminology/library/stage.ts'
import { fc } from '../../property.ts'

const codes = fc.uniqueArray(fc.oneof(fc.string({ maxLength: 3 }), fc.nat(5_000).map(String)), {
  maxLength: 3_000,
  size: 'max',
})

t.test('each code leads to its concept, any other to none', async t => {
  fc.assert(
    fc.property(codes, fc.array(fc.string({ maxLength: 3 })), (all, others) => {
      const slots = new Uint32Array(packCodes(all).buffer)
      const find = (code: string) => findCode(code, slots, (concept, key) => all[concept] === key)
      for (const [n, code] of all.entries()) t.equal(find(code), n)
      const known = new Set(all)
      for (const code of others) t.equal(find(code) === undefined, !known.has(code))
    }),
    { numRuns: 20 },
  )
})

t.test('an empty table is asked in vain', async t => {
  t.equal(
    findCode('a', new Uint32Array(), () => true),
    undefined,
  )
  t.equal(
    findCode('a', new Uint32Array(packCodes([]).buffer), () => true),
    undefined,
  )
})

t.test('names are numbered as they come, however many', async t => {
  fc.assert(
    fc.property(codes, fc.infiniteStream(fc.nat()), (all, draws) => {
      const names = new Names()
      const told = [...all, ...all.map(() => all[(draws.next().value ?? 0) % all.length] ?? '')]
      for (const text of told) t.equal(names.add(text), all.indexOf(text))
      t.same(names.list, all)
      t.equal(names.add(undefined), -1)
    }),
    { numRuns: 10 },
  )
})
