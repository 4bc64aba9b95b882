import t, { type Test } from 'tap'
import { Decimal } from '../../src/fhir/decimal.ts'
import { FhirError } from '../../src/fhir/issue.ts'
import { parseJson, printJson } from '../../src/fhir/json.ts'
import { faultOf } from '../../src/fhir/json-fault.ts'
import { jsonLimits } from '../../src/fhir/json-limits.ts'
import { fc } from '../property.ts'

const integer = fc.oneof(fc.nat().map(String), fc.bigInt({ min: 0n, max: 10n ** 30n }).map(String))
const digits = fc.stringMatching(/^[0-9]{1,25}$/)
const number = fc
  .tuple(
    fc.constantFrom('', '-'),
    integer,
    fc.option(digits, { nil: undefined }),
    fc.option(fc.stringMatching(/^[eE][+-]?[0-9]{1,3}$/), { nil: '' }),
  )
  .map(
    ([minus, whole, fraction, exponent]) =>
      `${minus}${whole}${fraction === undefined ? '' : `.${fraction}`}${exponent}`,
  )
const tricky = fc.string({ unit: fc.constantFrom(...'\\"/\n\u0000u{}[],:09.'), maxLength: 8 })
const string = fc.oneof(fc.string({ unit: 'binary' }), tricky)
/** Not an array index: JavaScript keeps those in another order. */
const key = string.filter(name => name !== '__proto__' && !/^\d+$|\\/.test(name))

/** JSON texts as `JSON.stringify` would space them, with numbers of every spelling. `gap` stands wherever white space may. */
function document(gap: string): fc.Arbitrary<string> {
  const { value } = fc.letrec<{ value: string }>(tie => ({
    value: fc.oneof(
      { maxDepth: 6 },
      number,
      fc.constantFrom('true', 'false', 'null'),
      string.map(text => JSON.stringify(text)),
      fc.array(tie('value'), { maxLength: 5 }).map(items => `[${gap}${items.join(`${gap},${gap}`)}${gap}]`),
      fc
        .uniqueArray(fc.tuple(key, tie('value')), { selector: ([name]) => name, maxLength: 5 })
        .map(all => all.map(([name, item]) => `${JSON.stringify(name)}${gap}:${gap}${item}`))
        .map(all => `{${gap}${all.join(`${gap},${gap}`)}${gap}}`),
    ),
  }))
  return value
}

function refuses(t: Test, text: string | Uint8Array, message: RegExp): void {
  t.throws(
    () => parseJson(text),
    { name: 'FhirError', status: 400, message, issues: [{ code: 'structure' }] },
    String(message),
  )
}

t.test('what was read is printed again, digit for digit', async () => {
  fc.assert(
    fc.property(document(''), text => printJson(parseJson(text)) === text),
    { numRuns: 1_000 },
  )
  fc.assert(fc.property(document(''), text => printJson(parseJson(Buffer.from(text))) === text))
})

t.test('white space changes nothing', async () => {
  const spaced = fc.constantFrom(' ', '\n', '\r\n\t').chain(gap => document(gap).map(text => `${gap}${text}${gap}`))
  fc.assert(
    fc.property(
      spaced,
      text => JSON.stringify(JSON.parse(printJson(parseJson(text)))) === JSON.stringify(JSON.parse(text)),
    ),
  )
})

t.test('numbers that JavaScript prints alike give the same tree as JSON.parse', async t => {
  fc.assert(
    fc.property(fc.json({ noUnicodeString: false }), text => {
      fc.pre(!text.includes('__proto__') && !text.includes('\\\\'))
      t.strictSame(parseJson(text), JSON.parse(text))
    }),
  )
})

t.test('numbers keep their digits wherever they stand', async t => {
  for (const text of [
    '1.00',
    '[1.0,2,3.10,-0,-0.0]',
    '{"a":1e400,"b":{"c":[[],{},{"d":12345678901234567890}],"e":0.10},"f":1E2}',
    '{"a\\"b":{"\\n":[1,2.0]},"c":"1.00"}',
    '{"1":0.50}',
  ]) {
    t.equal(printJson(parseJson(text)), text)
  }
  t.strictSame(parseJson('{"value":1.50,"low":1.5}'), { value: new Decimal('1.50'), low: 1.5 })
})

t.test('escapes are read, however a key is spelled', async t => {
  t.equal(printJson(parseJson('{"\\u0061":1.0,"b":"\\u00e9\\/\\ud83d\\ude00"}')), '{"a":1.0,"b":"é/😀"}')
  t.equal(printJson(parseJson('"\\\\ud800"')), '"\\\\ud800"', 'an escaped backslash begins no surrogate')
})

t.test('a byte order mark is ignored', async t => {
  t.strictSame(parseJson('\uFEFF{}'), {})
  t.strictSame(parseJson(Buffer.from('\uFEFF{}')), {})
})

t.test('constructor and prototype are keys like others', async t => {
  const tree = parseJson('{"constructor":{"prototype":{"polluted":true}},"toString":1}')
  t.ok(Object.hasOwn(tree as object, 'constructor'))
  t.equal(Object.getPrototypeOf(tree), Object.prototype)
  t.notOk('polluted' in {})
})

t.test('malformed JSON is refused with line and column', async t => {
  const cases: [string, RegExp][] = [
    ['', /line 1, column 1: expected a JSON value, but the text ends/],
    [' \n ', /line 2, column 2: expected a JSON value, but the text ends/],
    ['{', /line 1, column 2: expected a property name in double quotes, but the text ends/],
    ['{\n  "a": 1,\n  "b" 2\n}', /line 3, column 7: expected ':', but received "2"/],
    ['{"a":1,}', /column 8: expected a property name in double quotes, but received "}"/],
    ['{"a":1 "b":2}', /column 8: expected ',' or '}', but received "\\""/],
    ['{a:1}', /column 2: expected a property name/],
    ['[1,]', /column 4: expected a JSON value, but received "]"/],
    ['[1 2]', /column 4: expected ',' or ']', but received "2"/],
    ['[1}', /column 3: expected ',' or ']', but received "}"/],
    ['{"a":tru', /column 6: "tru" is not a JSON value/],
    ['{"a":"b', /column 6: the string that starts here is never closed/],
    ['["a\nb"]', /column 4: the control character "\\n" must be escaped/],
    ['["\u007f\u0001"]', /column 4: the control character "\\u0001" must be escaped/],
    ['["\\x"]', /column 3: "\\\\x" is not a JSON escape/],
    ['["\\u12g4"]', /column 3: "\\\\u" is not a JSON escape/],
    ['{} {}', /column 4: expected the end of the document, but received "{"/],
    ['// no', /column 1: expected a JSON value, but received "\/"/],
    ["{'a':1}", /column 2: expected a property name in double quotes/],
    ['\u00a0{}', /column 1: expected a JSON value/],
    [`[${'x'.repeat(1_000)}]`, /column 2: "x{40}…" is not a JSON value/],
  ]
  for (const [text, message] of cases) refuses(t, text, message)
  for (const number of [
    '01',
    '-',
    '+1',
    '.5',
    '1.',
    '1e',
    '1.e1',
    '0x1',
    '1_0',
    'NaN',
    'Infinity',
    '-Infinity',
    '--1',
  ]) {
    refuses(t, `[${number}]`, /column 2: ".+" is not a JSON value/)
  }
})

t.test('a key that stands twice in an object is refused, however it is spelled', async t => {
  refuses(t, '{"a":1,\n"a":1}', /line 2, column 1: the property "a" stands twice in one object/)
  refuses(t, '[{"x":{"id":"1","n":[{}],"\\u0069d":"1"}}]', /column 26: the property "id" stands twice/)
  t.strictSame(parseJson('[{"a":{"a":1}},{"a":2}]'), [{ a: { a: 1 } }, { a: 2 }], 'in different objects it may')
  fc.assert(
    fc.property(document(''), key, document(''), (value, name, other) => {
      const twice = `{"outer":[{${JSON.stringify(name)}:${value},${JSON.stringify(name)}:${other}}]}`
      t.throws(() => parseJson(twice), { message: /stands twice/ })
    }),
    { numRuns: 50 },
  )
})

t.test('__proto__ is refused as a key in every spelling, and harmless as a value', async t => {
  for (const name of ['__proto__', '\\u005f_proto__', '__pr\\u006Fto__']) {
    refuses(t, `{"a":[{"${name}":{"polluted":true}}]}`, /column 8: the property name '__proto__' is not allowed/)
  }
  t.equal(parseJson('"__proto__"'), '__proto__')
})

t.test('half of a surrogate pair is refused, raw or escaped', async t => {
  for (const text of ['["\\ud800"]', '["\\uDC00\\uD800"]', '{"\\ud800":1}', '["\ud800"]', '["\\ud83d😀"]']) {
    refuses(t, text, /column 2: the string holds half of a surrogate pair/)
  }
})

t.test('bytes that are not UTF-8 are refused', async t => {
  for (const bytes of [
    [0x22, 0xff, 0x22],
    [0x22, 0xc3, 0x22],
    [0x22, 0xed, 0xa0, 0x80, 0x22],
    [0xff, 0xfe, 0x7b, 0],
    [0x22, 0xc0, 0xaf, 0x22],
  ]) {
    refuses(t, Uint8Array.from(bytes), /not valid UTF-8/)
  }
})

t.test('nesting is allowed 64 deep and refused beyond, also when it is 100,000', async t => {
  const nested = (depth: number) => `${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`
  t.equal(printJson(parseJson(nested(64))), nested(64))
  for (const text of [nested(66), nested(100_000), '['.repeat(100_000), '{"a":'.repeat(100_000)]) {
    refuses(t, text, /line 1, column \d+: objects and arrays stand more than 64 deep/)
  }
})

t.test('an object with too many keys and a document with too many values are refused', async t => {
  const keys = (count: number) => `[{${Array.from({ length: count }, (_, n) => `"k${n}":${n}`).join(',')}}]`
  t.equal(printJson(parseJson(keys(1_000))), keys(1_000))
  refuses(t, keys(1_001), /one object has more than 1000 properties/)
  const few = { values: 5 }
  t.strictSame(parseJson('[1,[],3]', few), [1, [], 3])
  t.throws(() => parseJson('[1,[],3,4]', few), {
    status: 400,
    message: /column 9: the document has more than 5 values/,
  })
  t.throws(() => parseJson('{"a":{"b":{"c":{"d":{}}}}}', few), { message: /more than 5 values/ })
})

t.test('the strict reader refuses exactly what parseJson refuses, and never less than JSON.parse', async t => {
  const edit = fc.tuple(fc.nat(), fc.nat({ max: 2 }), fc.constantFrom(...'{}[]",:\\0-.eE1 u\ud800'))
  const damaged = fc.tuple(document(''), fc.array(edit, { minLength: 1, maxLength: 3 })).map(([text, edits]) =>
    edits.reduce((now, [where, drop, add]) => {
      const at = where % (now.length + 1)
      return now.slice(0, at) + add + now.slice(at + drop)
    }, text),
  )
  let refused = 0
  fc.assert(
    fc.property(damaged, text => {
      const error = thrownBy(() => parseJson(text))
      if (error === undefined)
        return faultOf(text, jsonLimits) === undefined && thrownBy(() => JSON.parse(text)) === undefined
      refused++
      return error instanceof FhirError && faultOf(text, jsonLimits) !== undefined
    }),
    { numRuns: 3_000 },
  )
  t.ok(refused > 500 && refused < 3_000, 'both outcomes were seen')
})

function thrownBy(work: () => unknown): unknown {
  try {
    work()
    return undefined
  } catch (error) {
    return error
  }
}

// Last, because from here on the native parser of this process is spoilt.
t.test('a backslash in a name is refused, and never taken for another name', async t => {
  refuses(t, '{"h":[],"\\\\":0}', /column 9: the property name .* holds a backslash/)
  JSON.parse('{"h":[],"\\\\":0}') // whatever else in the process has read such a name
  refuses(t, '{"h":1,"\\"":2}', /a property name is written with a backslash/)
  t.same(parseJson('{"\\u0068":1}'), { h: 1 })
})
