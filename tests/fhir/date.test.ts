import t from 'tap'
import { type Precision, parseDate, parseTime, printInstant } from '../../src/fhir/date.ts'
import { fc } from '../property.ts'

t.test('a date stands for a span as long as its precision', async t => {
  const cases: [string, string, string, Precision][] = [
    ['2024', '2024-01-01T00:00:00.000Z', '2025-01-01T00:00:00.000Z', 'year'],
    ['2024-02', '2024-02-01T00:00:00.000Z', '2024-03-01T00:00:00.000Z', 'month'],
    ['2023-12', '2023-12-01T00:00:00.000Z', '2024-01-01T00:00:00.000Z', 'month'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z', '2024-03-01T00:00:00.000Z', 'day'],
    ['2024-05-06T07:08Z', '2024-05-06T07:08:00.000Z', '2024-05-06T07:09:00.000Z', 'minute'],
    ['2024-05-06T07:08:09Z', '2024-05-06T07:08:09.000Z', '2024-05-06T07:08:10.000Z', 'second'],
    ['2024-05-06T07:08:09.5Z', '2024-05-06T07:08:09.500Z', '2024-05-06T07:08:09.600Z', 'fraction'],
    ['2024-05-06T07:08:09.05Z', '2024-05-06T07:08:09.050Z', '2024-05-06T07:08:09.060Z', 'fraction'],
    ['2024-05-06T07:08:09.123Z', '2024-05-06T07:08:09.123Z', '2024-05-06T07:08:09.124Z', 'fraction'],
    ['2024-05-06T07:08:09.9999999Z', '2024-05-06T07:08:09.999Z', '2024-05-06T07:08:10.000Z', 'fraction'],
  ]
  for (const [text, low, high, precision] of cases) {
    t.strictSame(parseDate(text), { low: Date.parse(low), high: Date.parse(high), precision }, text)
  }
})

t.test('a zone moves the span, and without one it is UTC', async t => {
  const low = (text: string) => printInstant(parseDate(text)?.low ?? Number.NaN)
  t.equal(low('2024-01-01T00:30:00+02:00'), '2023-12-31T22:30:00.000Z')
  t.equal(low('2023-12-31T23:00:00-05:30'), '2024-01-01T04:30:00.000Z')
  t.equal(low('2024-01-01T00:00:00-00:00'), '2024-01-01T00:00:00.000Z')
  t.equal(low('2024-01-01T14:00:00+14:00'), '2024-01-01T00:00:00.000Z')
  t.equal(low('2024-01-01T10:00'), '2024-01-01T10:00:00.000Z')
})

t.test('a leap second coincides with the first second of the next minute', async t => {
  t.strictSame(parseDate('2016-12-31T23:59:60Z'), { ...parseDate('2017-01-01T00:00:00Z') })
  t.strictSame(parseDate('2016-12-31T23:59:60.5Z'), { ...parseDate('2017-01-01T00:00:00.5Z') })
  t.equal(parseDate('2016-12-31T23:59:61Z'), undefined)
})

t.test('the years 0001 to 9999 are known', async t => {
  t.equal(parseDate('0001')?.low, Date.parse('0001-01-01T00:00:00Z'))
  t.equal(parseDate('0050-06-01')?.low, Date.parse('0050-06-01T00:00:00Z'))
  t.equal(parseDate('9999')?.high, Date.parse('+010000-01-01T00:00:00Z'))
  for (const text of ['0000', '0000-01-01', '10000', '-2024', '+2024', '202', ''])
    t.equal(parseDate(text), undefined, text)
})

t.test('a day that no calendar has is refused', async t => {
  for (const text of [
    '2024-02-30',
    '2023-02-29',
    '1900-02-29',
    '2024-04-31',
    '2024-00-01',
    '2024-13',
    '2024-01-00',
    '2024-01-32',
  ]) {
    t.equal(parseDate(text), undefined, text)
  }
  for (const text of ['2000-02-29', '2024-04-30', '2024-12-31']) t.ok(parseDate(text), text)
})

t.test('what is no date, time or zone is refused', async t => {
  for (const text of [
    '2024-1-1',
    '20240101',
    '2024-01-01T',
    '2024-01-01T10Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T10:60:00Z',
    '2024-01-01T10:00:00.Z',
    '2024-01-01T10:00:00+14:01',
    '2024-01-01T10:00:00+13:60',
    '2024-01-01T10:00:00+0200',
    '2024-01-01T10:00:00z',
    '2024-01-01 10:00:00Z',
    '2024-01-01Z',
    ' 2024',
    '2024\n',
    '２０２４',
    'today',
  ]) {
    t.equal(parseDate(text), undefined, JSON.stringify(text))
  }
})

t.test('every instant is read back as it was printed', async t => {
  const instant = fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  })
  fc.assert(
    fc.property(instant, date => {
      const low = date.getTime()
      t.strictSame(parseDate(printInstant(low)), { low, high: low + 1, precision: 'fraction' })
    }),
  )
})

t.test('a day exists exactly if JavaScript does not move it', async () => {
  const part = (max: number) => fc.nat({ max }).map(n => String(n).padStart(2, '0'))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9999 }), part(14), part(33), (year, month, date) => {
      const text = `${String(year).padStart(4, '0')}-${month}-${date}`
      const native = new Date(`${text}T00:00:00Z`)
      const exists = !Number.isNaN(native.getTime()) && native.toISOString().startsWith(text)
      return exists ? parseDate(text)?.low === native.getTime() : parseDate(text) === undefined
    }),
    { numRuns: 2_000 },
  )
})

t.test('an instant outside of the years that FHIR can write is not printed', async t => {
  t.throws(() => printInstant(Date.parse('+010000-01-01T00:00:00Z')), { name: 'RangeError' })
  t.throws(() => printInstant(Date.parse('0000-12-31T23:59:59Z')), { name: 'RangeError' })
  t.throws(() => printInstant(Number.NaN), { name: 'RangeError' })
})

t.test('a time is a span of the day', async t => {
  t.strictSame(parseTime('00:00:00'), { low: 0, high: 1_000, precision: 'second' })
  t.strictSame(parseTime('13:14:15.25'), { low: 47_655_250, high: 47_655_260, precision: 'fraction' })
  t.strictSame(parseTime('23:59:60'), { low: 86_400_000, high: 86_401_000, precision: 'second' })
  for (const text of ['24:00:00', '12:60:00', '12:00:61', '1:00:00', '12', '12:00:00Z', ''])
    t.equal(parseTime(text), undefined, text)
})
