import t from 'tap'
import type { Entries, Range, Term } from '../../../../src/search/entry.ts'
import { hasTooManyKeys, indexFields, indexSize } from '../../../../src/store/mongo/search/index-fields.ts'
import { rangeKey } from '../../../../src/store/mongo/search/keys.ts'
import { times } from '../../place.ts'

const term = (slot: string, text: string, element = 0): Term => ({ slot, text, element })
const range = (slot: string, low: number, high: number, element = 0): Range => ({
  slot,
  unit: 'kg',
  low,
  high,
  from: low,
  to: high,
  element,
})
const kept = (slot: string, low: number, high: number) => ({
  unit: 'kg',
  low: rangeKey(slot, low),
  high: rangeKey(slot, high),
  from: low,
  to: high,
})
const entries = (terms: readonly Term[], ranges: readonly Range[] = []): Entries => ({ terms, ranges })

t.test('terms are flat, and each is there once', async t => {
  const { terms } = indexFields(
    entries([term('code', 'a'), term('code', 'a', 1), term('code', 'a', 2), term('code|', 's|a')]),
  )
  t.same(terms, ['code\x1fa', 'code|\x1fs|a'])
})

t.test('what belongs to an element stands there once more', async t => {
  const of = entries(
    [term('c$0', 'a', 1), term('c$0', 'b', 2), term('x', 'y')],
    [range('c$1', 1, 2, 2), range('d', 5, 6)],
  )
  const { elements, ranges } = indexFields(of)
  t.same(elements, [
    { terms: ['c$0\x1fa'], ranges: [] },
    { terms: ['c$0\x1fb'], ranges: [kept('c$1', 1, 2)] },
  ])
  t.same(ranges, [kept('c$1', 1, 2), kept('d', 5, 6)])
  t.notOk('elements' in indexFields(entries([term('x', 'y')])))
})

t.test('what comes first and last of a slot is kept for sorting, the last only where it is another', async t => {
  const names = [
    term('name', 'b\x1fB'),
    term('name', 'a\x1fZ'),
    term('name', 'c'),
    term('one', 'x\x1fX'),
    term('one', 'x\x1fx'),
  ]
  const fields = indexFields(entries(names, [range('d', 3, 4), range('d', 1, 9), range('p', 7, 7)]))
  t.same(fields.least, { 't-name': 'a', 't-one': 'x', 'r-d': 1, 'r-p': 7 })
  t.same(fields.most, { 't-name': 'c', 'r-d': 9 })
  t.notOk('most' in indexFields(entries([term('one', 'x')])))
})

t.test('texts are in order of code points', async t => {
  const { least, most } = indexFields(entries([term('n', '\u{1f600}'), term('n', '\uff5e')]))
  t.same([least['t-n'], most?.['t-n']], ['\uff5e', '\u{1f600}'])
})

t.test('index fields count where they are large', async t => {
  const many = (count: number) => entries(times(count, at => term('code', `code ${at}`)))
  t.equal(indexSize(undefined), 0)
  t.equal(indexSize(many(1_000)), 0)
  t.ok(indexSize(many(80_000)) > 80_000 * 20)
  t.equal(hasTooManyKeys(many(80_000)), false)
  t.equal(hasTooManyKeys(many(100_000)), true, 'more than MongoDB indexes')
})

t.test('the date that a resource tells stands beside its terms', async t => {
  t.equal(indexFields(entries([term('x', 'y')], [range('date', 1, 4), range('date', 2, 3), range('d', 5, 6)])).date, 4)
  t.notOk('date' in indexFields(entries([term('x', 'y')], [range('d', 5, 6)])))
})
