import t from 'tap'
import { parseDate } from '../../../src/fhir/date.ts'
import type { Json, Resource } from '../../../src/fhir/resource.ts'
import { fits, worldOf } from '../../../src/search/match.ts'
import { fc } from '../../property.ts'
import { ask, finds, found, now, refusal, resource } from './asking.ts'

function at(moment: string): Resource {
  return { resourceType: 'Observation', effectiveDateTime: moment }
}

function during(period: Json): Resource {
  return { resourceType: 'Observation', effectivePeriod: period }
}

const cases: readonly (readonly [asked: string, fits: readonly string[], others: readonly string[]])[] = [
  [
    '2024-05',
    ['2024-05', '2024-05-01', '2024-05-31', '2024-05-31T23:59:59.999Z'],
    ['2024', '2024-04-30', '2024-06-01'],
  ],
  ['2024', ['2024', '2024-05', '2024-12-31'], ['2023-12-31', '2025']],
  [
    '2024-05-01T10:00:00Z',
    ['2024-05-01T10:00:00Z', '2024-05-01T12:00:00+02:00'],
    ['2024-05-01', '2024-05-01T10:00:01Z'],
  ],
  ['2024-05-01T10:00', ['2024-05-01T10:00:30Z'], ['2024-05-01T10:01:00Z']],
  ['2024-05-01T10:00:00.5Z', ['2024-05-01T10:00:00.500Z'], ['2024-05-01T10:00:00Z']],
  ['ne2024-05', ['2024', '2024-06', '2024-04-30'], ['2024-05', '2024-05-15']],
  ['gt2024-05', ['2024-06-01', '2024', '2025'], ['2024-05-31', '2024-05', '2023']],
  ['lt2024-05', ['2024-04-30', '2024', '2023'], ['2024-05-01', '2024-05', '2024-06']],
  ['ge2024-05', ['2024-05', '2024-05-01', '2024-06', '2024'], ['2024-04-30', '2023']],
  ['le2024-05', ['2024-05', '2024-05-31', '2024-04', '2024'], ['2024-06-01', '2025']],
  ['sa2024-05', ['2024-06', '2024-06-01T00:00:00Z'], ['2024-05-31', '2024', '2024-05']],
  ['eb2024-05', ['2024-04', '2024-04-30'], ['2024-05-01', '2024', '2024-05']],
  ['ap2024-01-01', ['2024-01-01', '2024', '2024-01'], ['2024-01-02', '2023-12-31', '2023']],
  // 100 days before now: 10 to both sides.
  ['ap2023-09-23', ['2023-09-23', '2023-09-15', '2023-10-01', '2023'], ['2023-09-12', '2023-10-05', '2022']],
]

t.test('a date against each prefix, at its borders', async t => {
  t.equal(now, Date.parse('2024-01-01T00:00:00Z'))
  for (const [asked, fits, others] of cases) {
    for (const value of fits) t.ok(await finds(at(value), 'date', asked), `${asked} finds ${value}`)
    for (const value of others) t.notOk(await finds(at(value), 'date', asked), `${asked} does not find ${value}`)
  }
})

const open = { start: '2024-05-10' }
const periods: readonly (readonly [asked: string, period: Json, fits: boolean])[] = [
  ['2024-05', { start: '2024-05-01', end: '2024-05-31' }, true],
  ['2024-05', { start: '2024-05-01', end: '2024-06-01' }, false],
  ['2024-05', open, false],
  ['gt2030', open, true],
  ['ge2024-05', open, true],
  ['lt2024-05-10', open, false],
  ['lt2024-05-11', open, true],
  ['sa2024-05-09', open, true],
  ['sa2024-05-10', open, false],
  ['eb2030', open, false],
  ['eb2024-06', { end: '2024-05-31' }, true],
  ['lt1900', { end: '2024-05-31' }, true],
  ['ge2024-05-20', { start: '2024-05-10', end: '2024-05-20' }, false],
  ['ge2024-05-19', { start: '2024-05-10', end: '2024-05-20' }, true],
  ['le2024-05-10', { start: '2024-05-10', end: '2024-05-20' }, false],
  ['le2024-05-11', { start: '2024-05-10', end: '2024-05-20' }, true],
]

t.test('a period against each prefix, open ends included', async t => {
  for (const [asked, period, expected] of periods) {
    t.equal(await finds(during(period), 'date', asked), expected, `${asked} and ${JSON.stringify(period)}`)
  }
})

t.test('zones: without one it is UTC, and a + that came as a space is still one', async t => {
  t.ok(await finds(at('2024-05-01T10:00:00Z'), 'date', '2024-05-01T10:00:00'))
  t.ok(await finds(at('2024-05-01T10:00:00Z'), 'date', '2024-05-01T12:00:00 02:00'))
  t.ok(await finds(at('2024-05-01T10:00:00Z'), 'date', 'ge2024-05-01T12:00:00+02:00'))
  t.ok(await finds(at('2024-05-01T23:00:00-05:00'), 'date', '2024-05-02'), 'by then it is tomorrow in UTC')
})

t.test('what is no date, or no day that there is, is refused', async t => {
  const wrong = [
    '2024-02-30',
    '2023-02-29',
    '2024-13',
    '24-01-01',
    '2024-1-1',
    'today',
    'ge',
    '2024-05-01T25:00:00Z',
    '2024-05-01T10',
  ]
  for (const text of [
    ...wrong,
    '0000',
    '2024-05-01 10:00:00',
    'xx2024',
    '2024|x',
    '2024-05-01T10:00:00+15:00',
    '\u0000',
  ]) {
    t.match(await refusal('Observation', 'date', text), /^date '.*': expected a date or time.*2024-05/s, text)
  }
  t.match(await refusal('Observation', 'date:exact', '2024'), /^date:exact: .*expected :missing$/)
})

t.test('when a version was made, it knows itself', async t => {
  const it = found(resource('Patient', {}))
  const cases: readonly (readonly [string, boolean])[] = [
    ...(['2024-01-01', '2024', 'ge2024', 'le2024', 'ne2023', 'gt2023', 'lt2025', 'sa2023', 'eb2025'] as const).map(
      asked => [asked, true] as const,
    ),
    ...(['2023', 'ne2024', 'gt2024', 'lt2024', 'sa2024-01-01', 'eb2024', 'gt2024-01-01'] as const).map(
      asked => [asked, false] as const,
    ),
    ['2024-01-01T00:00:00.000Z', true],
    ['gt2023-12-31T23:59:59.999Z', true],
    ['2024-01-01T00:00:00.001Z', false],
    ['ap2024-01-01', true],
    ['ap2023', false],
    ['ap2022', false],
  ]
  for (const [asked, expected] of cases) {
    t.equal(fits(await ask('Patient', '_lastUpdated', [asked]), it, worldOf([])), expected, asked)
  }
  t.match(await refusal('Patient', '_lastUpdated', 'x'), /^_lastUpdated 'x': expected a date/)
  t.same(await ask('Patient', '_lastUpdated:missing', ['true']), { is: 'none' })
  t.same(await ask('Patient', '_lastUpdated:missing', ['false']), { is: 'all' })
})

/** What R4 says of each prefix, of a date that is asked and one that is there. */
function isSo(prefix: string, data: string, asked: string): boolean {
  const [it, that] = [parseDate(data), parseDate(asked)]
  if (it === undefined || that === undefined) throw new Error('no dates')
  const contained = that.low <= it.low && it.high <= that.high
  const [above, below] = [it.high > that.high, it.low < that.low]
  const answers: Readonly<Record<string, boolean>> = {
    ...{ '': contained, eq: contained, ne: !contained, gt: above, lt: below },
    ...{ ge: above || contained, le: below || contained, sa: it.low >= that.high, eb: it.high <= that.low },
  }
  return answers[prefix] === true
}

t.test('whatever the dates and the prefix, the answer is that of the definition', async t => {
  const two = (n: number): string => String(n).padStart(2, '0')
  const moment = fc
    .tuple(
      fc.constantFrom(2023, 2024),
      fc.constantFrom(1, 2, 12),
      fc.constantFrom(1, 28),
      fc.constantFrom(0, 23),
      fc.nat(4),
    )
    .map(([year, month, day, hour, digits]) => {
      const parts = [`${year}`, `-${two(month)}`, `-${two(day)}`, `T${two(hour)}:00:00Z`]
      return parts.slice(0, Math.max(1, digits)).join('')
    })
  let yes = 0
  await fc.assert(
    fc.asyncProperty(
      moment,
      fc.constantFrom('', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb'),
      moment,
      async (data, prefix, asked) => {
        const answer = await finds(at(data), 'date', prefix + asked)
        if (answer) yes++
        return answer === isSo(prefix, data, asked)
      },
    ),
    { numRuns: 3_000 },
  )
  t.ok(yes > 300, `${yes} found`)
})
