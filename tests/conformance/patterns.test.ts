import t from 'tap'
import { loadDefinitions } from '../../src/conformance/definitions.ts'

const { shapes } = loadDefinitions()

/** https://hl7.org/fhir/R4/datatypes.html#primitive */
const cases: Readonly<Record<string, { good: readonly string[]; bad: readonly string[] }>> = {
  boolean: { good: ['true', 'false'], bad: ['TRUE', '1', '', ' true'] },
  integer: { good: ['0', '-1', '2147483647'], bad: ['01', '1.0', '+1', '1e3', ''] },
  unsignedInt: { good: ['0', '7'], bad: ['-1', '07', '1.5'] },
  positiveInt: { good: ['1', '10'], bad: ['0', '-1', '01'] },
  decimal: { good: ['0', '1.00', '-0.5', '1e400', '1.5E-7'], bad: ['.5', '1.', '01', 'NaN', '+1', '1e'] },
  date: {
    good: ['2024', '2024-02', '2024-02-29', '0001'],
    bad: ['0000', '24', '2024-2', '2024-13', '2024-00-01', '2024-01-32', '2024-01-01T00:00:00Z', ''],
  },
  dateTime: {
    good: ['2024', '2024-02', '2024-02-29', '2015-02-07T13:28:17.239+02:00', '2016-12-31T23:59:60Z'],
    bad: [
      '2024-01-01T10:00Z',
      '2024-01-01T10:00:00',
      '2024-01-01T24:00:00Z',
      '2024-01-01 10:00:00Z',
      '2024-01-01T10:00:00+15:00',
    ],
  },
  instant: {
    good: ['2015-02-07T13:28:17.239+02:00', '2017-01-01T00:00:00Z'],
    bad: ['2015', '2015-02-07', '2015-02-07T13:28:17.239', '2015-02-07T13:28Z'],
  },
  time: { good: ['12:00:00', '23:59:60.123'], bad: ['24:00:00', '12:00', '12:00:00Z'] },
  id: { good: ['a', 'A-1.b', 'x'.repeat(64)], bad: ['', 'x'.repeat(65), 'a_b', 'a/b', 'ä', 'a b'] },
  oid: {
    good: ['urn:oid:1.2.3.4.5', 'urn:oid:2.0'],
    bad: ['1.2.3', 'urn:oid:3.1', 'urn:oid:1.02', 'urn:oid:1', 'urn:oid:1.'],
  },
  uuid: {
    good: ['urn:uuid:c757873d-ec9a-4326-a141-556f43239520'],
    bad: ['c757873d-ec9a-4326-a141-556f43239520', 'urn:uuid:C757873D-EC9A-4326-A141-556F43239520', 'urn:uuid:c757873d'],
  },
  uri: { good: ['http://a/b', 'urn:x', 'relative/ü'], bad: ['', 'a b', 'a\n', ' a'] },
  url: { good: ['mailto:a@b'], bad: ['', 'http://a /b'] },
  canonical: { good: ['http://a/b|1.0#c'], bad: ['', 'http://a b'] },
  code: { good: ['a', 'a b c', '<=', '日本'], bad: ['', ' a', 'a ', 'a  b', 'a\tb', 'a\nb'] },
  string: {
    good: ['a', ' ', 'line\r\n\tnext', '\u00a0', '山田\u3000太郎', '😀', 'x'.repeat(1_000_000)],
    bad: ['', 'a\u0000', '\u0008', 'a\u000bb', '\u001f'],
  },
  markdown: { good: ['# a\n\n* b\u00a0c'], bad: ['', 'a\u000c'] },
  base64Binary: {
    good: ['QUJD', 'QUI=', 'QUJD\r\nQUJD\n', 'QUJD'.repeat(4_000_000)],
    bad: ['', '  ', 'QU-_', 'QUJD!', `${'AAAA '.repeat(10_000)}!`, `${'AAAA'}${' '.repeat(100_000)}!`],
  },
}

for (const [type, { good, bad }] of Object.entries(cases)) {
  t.test(`the pattern of ${type} tells good from bad`, async t => {
    const pattern = shapes.shape(type)?.pattern
    for (const flags of ['', 'u']) {
      const whole = new RegExp(`^(?:${pattern})$`, flags)
      for (const value of good) t.ok(whole.test(value), `${JSON.stringify(value.slice(0, 40))} is good`)
      for (const value of bad) t.notOk(whole.test(value), `${JSON.stringify(value.slice(0, 40))} is bad`)
    }
  })
}

t.test('every primitive but xhtml has a pattern', async t => {
  t.same(
    ['xhtml', ...Object.keys(cases)].filter(type => shapes.shape(type)?.pattern === undefined),
    ['xhtml'],
  )
  const extension = shapes.shape('Extension')?.elements.values() ?? []
  const primitives = [...extension].filter(({ choice, primitive }) => choice === 'value[x]' && primitive)
  t.same(
    primitives.map(({ type }) => type).filter(type => !(type in cases)),
    [],
  )
})
