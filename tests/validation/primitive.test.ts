import t from 'tap'
import { Decimal } from '../../src/fhir/decimal.ts'
import type { Json } from '../../src/fhir/resource.ts'
import { elementId, primitives } from '../../src/validation/primitive.ts'

type Row = { readonly good: readonly Json[]; readonly bad: readonly Json[] }

const notStrings: readonly Json[] = [1, true, new Decimal('1.0'), {}, [], ['a'], null]
const notNumbers: readonly Json[] = ['1', true, {}, [], [1], null]
const uris: Row = {
  good: ['http://hl7.org/fhir', 'urn:oid:1.2.3', 'urn:uuid:1', '#a', 'a', 'http://exämple.org/ü', 'http://a/b|1.0'],
  bad: ['', ' ', 'http://a b', ' http://a', 'http://a\n', 'a\u00a0b', 'a\u2028b', 'a\u0000b'],
}
const texts: Row = {
  good: ['a', ' a ', 'a\tb\r\nc', 'ä', '漢字', '😀', '\u00a0', 'x'.repeat(1024 * 1024)],
  bad: ['', ' ', '\t\r\n ', 'a\u0000', 'a\u0007b', '\u001f', 'a\uffff', 'x'.repeat(1024 * 1024 + 1)],
}

const rows: Record<string, Row> = {
  boolean: { good: [true, false], bad: ['true', 'false', 0, 1, null, {}, []] },
  decimal: {
    good: [0, -1, 1.5, 1e21, new Decimal('1.00'), new Decimal('1e400'), new Decimal('12345678901234567890')],
    bad: [Number.NaN, Number.POSITIVE_INFINITY, ...notNumbers],
  },
  integer: {
    good: [0, 1, -1, 2147483647, -2147483648],
    bad: [
      2147483648,
      -2147483649,
      1.5,
      1e21,
      ...['1.0', '1e2', '-0', '12345678901234567890'].map(digits => new Decimal(digits)),
      ...notNumbers,
    ],
  },
  unsignedInt: { good: [0, 1, 2147483647], bad: [-1, 2147483648, 0.5, new Decimal('1.0'), ...notNumbers] },
  positiveInt: { good: [1, 2147483647], bad: [0, -1, 2147483648, 1.5, new Decimal('2e0'), ...notNumbers] },
  string: { good: texts.good, bad: [...texts.bad, ...notStrings] },
  markdown: { good: ['# a\n\n* b', ...texts.good], bad: [...texts.bad, ...notStrings] },
  code: {
    good: ['a', 'final', 'a b', 'a b c', 'ä', '8480-6', '<='],
    bad: ['', ' ', ' a', 'a ', 'a  b', 'a\tb', 'a\nb', 'a\u00a0b', 'ä  b', 'ä ', 'a\u0001', ...notStrings],
  },
  id: {
    good: ['a', '1', 'A-b.C', 'x'.repeat(64)],
    bad: ['', 'a b', 'a_b', 'ä', 'a/b', 'a\n', 'x'.repeat(65), ...notStrings],
  },
  uri: { good: uris.good, bad: [...uris.bad, ...notStrings] },
  url: { good: uris.good, bad: [...uris.bad, ...notStrings] },
  canonical: { good: uris.good, bad: [...uris.bad, ...notStrings] },
  oid: {
    good: ['urn:oid:1.2.3', 'urn:oid:2.16.840.1.113883', 'urn:oid:0.0'],
    bad: ['1.2.3', 'urn:oid:3.1', 'urn:oid:1', 'urn:oid:1.', 'urn:oid:1.02', 'urn:oid:1.2 ', ...notStrings],
  },
  uuid: {
    good: ['urn:uuid:c757873d-ec9a-4326-a141-556f43239520'],
    bad: [
      'c757873d-ec9a-4326-a141-556f43239520',
      'urn:uuid:C757873D-EC9A-4326-A141-556F43239520',
      'urn:uuid:c757873d-ec9a-4326-a141-556f4323952',
      'urn:uuid:c757873dec9a4326a141556f43239520',
      ...notStrings,
    ],
  },
  base64Binary: {
    good: [
      'AAAA',
      'YQ==',
      'YWI=',
      'YWJj',
      'YWJj\nYWJj',
      ' YWJj  YQ== ',
      '+/+/',
      'A'.repeat(8_000_000),
      'YWJj '.repeat(10_000),
    ],
    bad: [
      '',
      ' ',
      'A',
      'AA',
      'AAA',
      'A===',
      '====',
      'YQ==YQ==',
      'Y=Q=',
      'YQ=A',
      'YW Jj',
      'YWJ-',
      'YWJ_',
      'Ä===',
      'AAAA\u00a0',
      ...notStrings,
    ],
  },
  date: {
    good: ['2024', '2024-02', '2024-02-29', '2000-02-29', '0001-01-01', '9999-12-31', '1900-02-28', '0004-02-29'],
    bad: [
      '',
      '24',
      '02024',
      '0000',
      '2024-00',
      '2024-13',
      '2024-2',
      '2024-02-30',
      '2023-02-29',
      '1900-02-29',
      '2024-04-31',
      '2024-01-00',
      '2024-01-32',
      '2024-01-1',
      '20240101',
      '2024-01-01T00:00:00Z',
      ' 2024',
      '2024\n',
      '2024-01-01Z',
      '0100-02-29',
      ...notStrings,
    ],
  },
  dateTime: {
    good: [
      '2024',
      '2024-02',
      '2024-02-29',
      '2024-02-29T23:59:59Z',
      '2024-06-30T23:59:60Z',
      '2024-01-01T00:00:00.123456789+14:00',
      '2024-01-01T00:00:00-13:59',
    ],
    bad: [
      '2024-02-30',
      '2024-02-30T00:00:00Z',
      '2024-01-01T00:00:00',
      '2024-01-01T00:00Z',
      '2024-01-01T24:00:00Z',
      '2024-01-01T12:60:00Z',
      '2024-01-01T12:00:61Z',
      '2024-01-01T12:00:00.Z',
      '2024-01-01T12:00:00+14:01',
      '2024-01-01T12:00:00+15:00',
      '2024-01-01 12:00:00Z',
      '2024-01-01T12:00:00z',
      '2024-01T12:00:00Z',
      ...notStrings,
    ],
  },
  instant: {
    good: ['2024-02-29T23:59:59Z', '2024-02-29T23:59:59.999+01:00'],
    bad: ['2024', '2024-02-29', '2024-02-30T23:59:59Z', '2023-02-29T00:00:00Z', '2024-02-29T23:59:59', ...notStrings],
  },
  time: {
    good: ['00:00:00', '23:59:59', '23:59:60', '12:00:00.5'],
    bad: ['24:00:00', '12:00', '12:60:00', '12:00:61', '1:00:00', '12:00:00Z', '12:00:00.', ...notStrings],
  },
}

t.test('every primitive type has rows, and every row a type', async t => {
  t.same(Object.keys(rows).sort(), [...primitives.keys()].sort())
})

for (const [type, { good, bad }] of Object.entries(rows)) {
  const primitive = primitives.get(type)!
  t.test(`${type} takes what the specification allows`, async t => {
    for (const value of good) t.equal(primitive(value), undefined, show(value))
  })
  t.test(`${type} refuses everything else, with 400 and what it expected`, async t => {
    for (const value of bad) {
      const fault = primitive(value)
      t.match(fault, { code: /^(structure|value)$/, text: /expected/ }, show(value))
      t.ok((fault?.text.length ?? 0) < 300, 'the sentence stays short')
    }
  })
}

t.test('a wrong JSON type is a fault of structure, a wrong form one of value', async t => {
  t.match(primitives.get('date')!(5), { code: 'structure', text: 'expected a string, found the number 5' })
  t.match(primitives.get('integer')!('5'), { code: 'structure', text: "expected an integer, found the string '5'" })
  t.match(primitives.get('integer')!(new Decimal('1.0')), {
    code: 'value',
    text: /^the number '1\.0' is not an integer/,
  })
  t.match(primitives.get('date')!('2024-02-30'), { code: 'value', text: /'2024-02-30' is a day that does not exist/ })
})

t.test('the id of an element is any text without white space', async t => {
  for (const value of ['a', 'a_b/c', 'ä', 'x'.repeat(100)]) t.equal(elementId(value), undefined, value)
  for (const value of ['', ' ', 'a b', 'a\u0000', 1, null])
    t.match(elementId(value), { code: /structure|value/ }, show(value))
})

t.test('no value makes a check take more than linear time', async t => {
  const size = 200_000
  const hostile = [
    'A'.repeat(size),
    'AAAA '.repeat(size / 5),
    ' '.repeat(size),
    'a '.repeat(size),
    'a\t'.repeat(size),
    '0'.repeat(size),
  ]
  hostile.push(
    `urn:oid:1${'.1'.repeat(size)}.`,
    `2024-01-01T00:00:00.${'1'.repeat(size)}`,
    `${'='.repeat(size)}`,
    '😀'.repeat(size),
  )
  for (const [type, primitive] of primitives) {
    for (const value of hostile) {
      // A quadratic check would need minutes here and run into the time limit of the test.
      for (const tail of ['', '!', ' ', '\u0000']) primitive(value + tail)
    }
    t.pass(type)
  }
})

function show(value: Json): string {
  return encodeURI(JSON.stringify(value)).slice(0, 60)
}
