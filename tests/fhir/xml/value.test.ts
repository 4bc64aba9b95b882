import t from 'tap'
import { Decimal } from '../../../src/fhir/decimal.ts'
import { jsonValue, xmlText } from '../../../src/fhir/xml/value.ts'

t.test('the text of a value gives JSON of its type, or nothing', async t => {
  const cases: readonly (readonly [type: string, text: string, value: unknown])[] = [
    ['boolean', 'true', true],
    ['boolean', 'false', false],
    ['boolean', '1', undefined],
    ['boolean', 'TRUE', undefined],
    ['integer', '-5', -5],
    ['integer', '+5', 5],
    ['integer', '0', 0],
    ['integer', '-0', undefined],
    ['integer', '+-5', undefined],
    ['integer', '+0', undefined],
    ['integer', '1.0', undefined],
    ['integer', '1e3', undefined],
    ['integer', ' 1', undefined],
    ['positiveInt', '007', undefined],
    ['unsignedInt', '99999999999999999999', new Decimal('99999999999999999999')],
    ['decimal', '1.50', new Decimal('1.50')],
    ['decimal', '1.5', 1.5],
    ['decimal', '1.', undefined],
    ['decimal', '+1', undefined],
    ['decimal', 'NaN', undefined],
    ['decimal', '0x10', undefined],
    ['string', ' true ', ' true '],
    ['date', '1970-01', '1970-01'],
  ]
  for (const [type, text, value] of cases) t.same(jsonValue(text, type), value, `${type} '${text}'`)
})

t.test('what XML cannot say has no text', async t => {
  for (const value of ['', '\0', 'a\u000B', '\uD83D', '\uFFFE', null, [], {}, undefined])
    t.equal(xmlText(value), undefined)
  for (const value of ['\u007F', '\u0085', '\uFFFD', '😀']) t.equal(xmlText(value), value)
  t.equal(xmlText(new Decimal('1e400')), '1e400')
  t.equal(xmlText(false), 'false')
})
