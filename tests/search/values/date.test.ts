import t from 'tap'
import type { Json } from '../../../src/fhir/resource.ts'
import { earliest, latest } from '../../../src/search/values/date.ts'
import { extracted } from './extracted.ts'

function at(text: string): number {
  return new Date(text).getTime()
}
function between(low: number, high: number) {
  return [{ type: 'date', low, high }]
}
const may = between(at('2024-05-01T00:00Z'), at('2024-06-01T00:00Z'))

const cases: readonly (readonly [string, Json, readonly unknown[]])[] = [
  ['date', '2024', between(at('2024-01-01T00:00Z'), at('2025-01-01T00:00Z'))],
  ['date', '2024-05', may],
  ['date', '2024-02-29', between(at('2024-02-29T00:00Z'), at('2024-03-01T00:00Z'))],
  ['dateTime', '2024-05', may],
  ['dateTime', '2024-05-01T10:00:00+02:00', between(at('2024-05-01T08:00:00Z'), at('2024-05-01T08:00:01Z'))],
  ['instant', '2024-05-01T10:00:00.5Z', between(at('2024-05-01T10:00:00.500Z'), at('2024-05-01T10:00:00.600Z'))],
  ['instant', '2024-05-01T10:00:00.1234567Z', between(at('2024-05-01T10:00:00.123Z'), at('2024-05-01T10:00:00.124Z'))],
  ['date', '2024-02-30', []],
  ['date', 'soon', []],
  ['date', 2024, []],
  ['dateTime', null, []],
  ['Period', { start: '2024-05', end: '2024-05' }, may],
  ['Period', { start: '2024-05' }, between(at('2024-05-01T00:00Z'), latest)],
  ['Period', { end: '2024-05' }, between(earliest, at('2024-06-01T00:00Z'))],
  ['Period', {}, []],
  ['Period', { start: 'soon' }, []],
  ['Period', 'always', []],
  [
    'Timing',
    { event: ['2024-05-30', '2024-05-01', null], repeat: { count: 3 } },
    between(at('2024-05-01T00:00Z'), at('2024-05-31T00:00Z')),
  ],
  ['Timing', { repeat: { boundsPeriod: { start: '2024-05', end: '2024-05' } } }, may],
  [
    'Timing',
    { repeat: { boundsPeriod: { start: '2024-05-10' } }, event: ['2024-05-01'] },
    between(at('2024-05-01T00:00Z'), latest),
  ],
  ['Timing', { repeat: { boundsDuration: { value: 3, unit: 'd' } }, code: { text: 'daily' } }, []],
  ['Timing', {}, []],
]

t.test('a date is the time that it may mean', async t => {
  for (const [type, element, expected] of cases) {
    t.strictSame(extracted('date', type, element), expected, `${type} ${JSON.stringify(element)}`)
  }
})

t.test('open ends are beyond every date of FHIR, and whole numbers', async t => {
  t.ok(Number.isSafeInteger(earliest) && Number.isSafeInteger(latest))
  const [first] = extracted('date', 'dateTime', '0001-01-01T00:00:00+14:00')
  const [last] = extracted('date', 'dateTime', '9999-12-31T23:59:59-14:00')
  t.match(first, { low: Number })
  t.ok(first?.type === 'date' && last?.type === 'date' && earliest < first.low && last.high < latest)
})
