/** Good and bad values of the primitive types. https://hl7.org/fhir/R4/datatypes.html#primitive */
import { Decimal } from '../../../src/fhir/decimal.ts'
import type { Json } from '../../../src/fhir/resource.ts'

/** In order of time, so that an earlier one starts what a later one ends. */
export const moments = ['2001-05-06T07:08:09Z', '2012-02-29T23:59:59.123+05:30', '2020-12-31T00:00:00-11:00']

const huge = (text: string): Json => new Decimal(text)

export const good: Readonly<Record<string, readonly Json[]>> = {
  boolean: [true, false],
  integer: [0, 1, -1, 42, 2147483647, -2147483648],
  unsignedInt: [0, 1, 7, 2147483647],
  positiveInt: [1, 2, 31, 2147483647],
  decimal: [0, 1, -1.5, 107.25, huge('1.00'), huge('12345678901234567890.10'), huge('1E-7')],
  string: ['x', 'two words', ' space around ', 'é😀', 'tab\tline\nend', 'a'.repeat(300), "it's <b>not</b> & markup"],
  markdown: ['*bold*', '# Title\n\nText', 'x'],
  code: ['x', 'two words', 'a-b_c.d'],
  id: ['a', 'A-1.b', '7'.repeat(64)],
  uri: ['http://example.org/a', 'urn:oid:1.2.3', 'relative/path', 'http://example.org/ümlaut'],
  url: ['http://example.org/a', 'mailto:a@example.org', 'ftp://example.org'],
  canonical: ['http://example.org/q', 'http://example.org/q|1.0', 'http://example.org/q|1.0#part'],
  oid: ['urn:oid:1.2.3', 'urn:oid:2.16.840.1.113883', 'urn:oid:0.0'],
  uuid: ['urn:uuid:c757873d-ec9a-4326-a141-556f43239520'],
  base64Binary: ['YQ==', 'YWJj', ' YWJj\nYWJj ', 'AAAA'],
  date: ['2001', '2001-05', '2001-05-06', '2024-02-29', '1066-10-14'],
  dateTime: ['2001', '2001-05', '2024-02-29', ...moments],
  instant: moments,
  time: ['00:00:00', '12:34:56', '23:59:59.999'],
}

/** Of the right JSON type, but not of the type's form. */
export const bad: Readonly<Record<string, readonly Json[]>> = {
  integer: [1.5, 2147483648, -2147483649, huge('1.0'), huge('1e2')],
  unsignedInt: [-1, 0.5, 2147483648],
  positiveInt: [0, -1, 1.5, 2147483648],
  string: ['', '\u0000', 'a\u0008b'],
  markdown: ['', '\u0001'],
  code: ['', ' a', 'a ', 'a  b', 'a\tb', '\n'],
  id: ['', 'a b', 'ä', 'a/b', 'x'.repeat(65), '#a'],
  uri: ['', 'a b', 'http://example.org/ a', '\t'],
  url: ['', 'a b', 'http://example.org/\n'],
  canonical: ['', 'a b', 'http://example.org/q |1'],
  oid: ['', '1.2.3', 'urn:oid:3.1', 'urn:oid:1', 'urn:oid:1.02', 'urn:oid:1.2.'],
  uuid: ['', 'c757873d-ec9a-4326-a141-556f43239520', 'urn:uuid:C757873D-EC9A-4326-A141-556F43239520', 'urn:uuid:1'],
  base64Binary: ['', 'YQ=', 'Y', 'Y*==', 'YQ==YQ==a'],
  date: ['', '2024-02-30', '2023-02-29', '2024-13', '2024-1-1', '24', '2024-01-01T00:00:00Z', '01/02/2024', '2024-00'],
  dateTime: [
    '',
    '2024-02-30',
    '2024-02-29T12:00',
    '2024-02-29T12:00:00',
    '2024-02-29T25:00:00Z',
    '2024-02-29 12:00:00Z',
  ],
  instant: ['', '2024', '2024-02-29', '2024-02-29T12:00:00', '2024-02-29T12:61:00Z', '2024-02-29T12:00:00+15:00'],
  time: ['', '24:00:00', '12:00', '12:60:00', '12:00:00Z', '1:00:00'],
}

/** Of another JSON type. */
export function mistyped(type: string): readonly Json[] {
  switch (type) {
    case 'boolean':
      return ['true', 'false', 0, 1, { value: true }]
    case 'integer':
    case 'unsignedInt':
    case 'positiveInt':
    case 'decimal':
      return ['1', true, { value: 1 }]
    default:
      return [1, true, { value: 'x' }]
  }
}

export const divs = [
  '<div xmlns="http://www.w3.org/1999/xhtml">x</div>',
  '<div xmlns="http://www.w3.org/1999/xhtml"><p class="a">Ann &amp; Bob</p><br/><img src="#x" alt="x"/></div>',
  '<div xmlns="http://www.w3.org/1999/xhtml" lang="de"><table><tr><td style="color: red">é</td></tr></table></div>',
  '<div xmlns="http://www.w3.org/1999/xhtml"><ul><li><a href="http://example.org">y</a></li></ul></div>',
]

export const badDivs = [
  '',
  'x',
  '<p>x</p>',
  '<div>x</div>',
  '<div xmlns="http://www.w3.org/1999/xhtml"></div>',
  '<div xmlns="http://www.w3.org/1999/xhtml"><p>x</div>',
  '<div xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></div>',
  '<div xmlns="http://www.w3.org/1999/xhtml"><p onclick="x()">x</p></div>',
  '<div xmlns="http://www.w3.org/1999/xhtml"><a href="javascript:x()">x</a></div>',
  '<div xmlns="http://www.w3.org/1999/xhtml"><iframe src="x">x</iframe></div>',
  '<div xmlns="http://www.w3.org/1999/xhtml">a &nbsp; b</div>',
  '<div xmlns="http://www.w3.org/1999/xhtml"><input value="x"/>x</div>',
  '<div xmlns="http://www.w3.org/1999/xhtml">x</div><div xmlns="http://www.w3.org/1999/xhtml">y</div>',
]
