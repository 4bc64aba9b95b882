import t from 'tap'
import {
  behind,
  numberKey,
  rangeKey,
  slotEnd,
  slotStart,
  sortField,
  termKey,
} from '../../../../src/store/mongo/search/keys.ts'
import { fc } from '../../../property.ts'

const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

t.test('numbers are in the same order as text', async t => {
  const number = fc.oneof(fc.double({ noNaN: true }), fc.integer(), fc.constantFrom(0, -0, 5e-324, -5e-324))
  fc.assert(
    fc.property(
      number,
      number,
      (a, b) => Math.sign(compare(numberKey(a), numberKey(b))) === Math.sign(a - b) || a === b,
    ),
    { numRuns: 2_000 },
  )
  t.equal(numberKey(-0), numberKey(0))
  t.equal(numberKey(0), '8000000000000000')
  t.equal(numberKey(-Number.MAX_VALUE), '0010000000000000')
  t.equal(numberKey(Number.MAX_VALUE), 'ffefffffffffffff')
})

t.test('all keys of a slot lie between its start and its end, those of no other do', async t => {
  const inside = (key: string) => compare(slotStart('code'), key) <= 0 && compare(key, slotEnd('code')) < 0
  for (const text of ['', 'a', '\uffff', '\u{10ffff}']) t.ok(inside(termKey('code', text)), JSON.stringify(text))
  for (const value of [-Number.MAX_VALUE, 0, Number.MAX_VALUE]) t.ok(inside(behind(rangeKey('code', value))))
  for (const other of ['code|', 'code:text', 'code~', 'code$0', 'cod', 'codes']) {
    t.notOk(inside(termKey(other, '')), other)
    t.notOk(inside(termKey(other, '\u{10ffff}')), other)
  }
})

t.test('a slot of any form is the name of one field', async t => {
  t.equal(sortField('term', 'composite-code$0|'), 't-composite-code$0|')
  t.equal(sortField('range', 'a.b\0%2e'), 'r-a%2eb%00%252e')
  t.not(sortField('term', 'date'), sortField('range', 'date'))
})
