/** Systems whose codes are made by rules: what they accept, and what they say of the rest. */
import t from 'tap'
import type { CodeSystem } from '../../../src/terminology/code-system.ts'
import { currencies } from '../../../src/terminology/resource/grammar/currencies.ts'
import { languages } from '../../../src/terminology/resource/grammar/languages.ts'
import { mediaTypes } from '../../../src/terminology/resource/grammar/media-types.ts'
import { ucum } from '../../../src/terminology/resource/grammar/ucum.ts'

/** Of those that are good, the name, which is the display but for units. */
function check(system: CodeSystem, good: Readonly<Record<string, string | undefined>>, bad: readonly string[]): void {
  for (const [code, name] of Object.entries(good)) {
    t.test(`${system.facts.name} has ${code}`, async t => {
      const {
        name: called,
        display,
        ...answer
      } = { name: undefined, display: undefined, ...system.grammar?.check(code) }
      t.same(answer, { valid: true })
      t.equal(called ?? display, name)
      if (called !== undefined) t.equal(display, code)
      t.same(system.grammar?.check(code), system.grammar?.check(code), 'each time')
    })
  }
  for (const code of bad) {
    t.test(`${system.facts.name} does not have ${JSON.stringify(code.slice(0, 40))}`, async t => {
      t.match(system.grammar?.check(code), { valid: false, why: code.slice(0, 10) })
    })
  }
}

check(
  ucum(),
  {
    mg: 'milligram',
    '%': '%',
    '1': '1',
    '{score}': '{score}',
    'm[H2O]': 'meter of water column',
    '10*3/uL': 'thousand per microliter',
  },
  ['foo', 'mg/', '(', 'a b', 'mg\n', 'µg', 'm'.repeat(101), 'mg{'],
)
check(
  languages(),
  {
    en: 'English',
    'en-US': 'English (Region=United States)',
    'zh-Hant-TW': 'Chinese (Script=Traditional, Region=Taiwan)',
    'de-CH-1996': 'German (Region=Switzerland, Variant=1996)',
    qaa: undefined,
    'x-private': undefined,
  },
  ['xx', 'en_US', 'en-', '-en', 'en-XQ', 'en-Qqqq', 'e', 'english language', 'en-US-xx', '\u0435n'],
)
check(
  mediaTypes(),
  {
    'text/plain': 'text/plain',
    'application/fhir+json': 'application/fhir+json',
    'text/html; charset=utf-8': 'text/html; charset=utf-8',
  },
  ['text', 'foo/bar', 'image/*', 'text/', '/plain', 'text/plain;', 'text/plain; charset', 'text plain'],
)

t.test('a code in the case that nobody should use is told in the better one', async t => {
  const normal = (system: CodeSystem, code: string): unknown =>
    ({ normal: undefined, ...system.grammar?.check(code) }).normal
  const tags = {
    'EN-us': 'en-US',
    'zh-hANT-tw': 'zh-Hant-TW',
    'en-CA-X-CA': 'en-CA-x-ca',
    'sl-ROZAJ-1994': 'sl-rozaj-1994',
  }
  for (const [code, better] of Object.entries(tags)) t.equal(normal(languages(), code), better)
  t.equal(normal(mediaTypes(), 'Text/HTML; charset=UTF-8'), 'text/html; charset=UTF-8', 'values are as they came')
  for (const code of ['en', 'en-US', 'de-CH-1996']) t.equal(normal(languages(), code), undefined, code)
})

t.test('a language includes what is spoken of it in a region or script', async t => {
  const relation = (a: string, b: string): unknown => languages().grammar?.relation?.(a, b)
  for (const [range, tag] of [
    ['en', 'en-US'],
    ['zh-TW', 'zh-Hant-TW'],
    ['de-CH', 'de-CH-1996'],
    ['EN', 'en-us'],
  ] as const) {
    t.equal(relation(range, tag), 'subsumes', `${range} ${tag}`)
    t.equal(relation(tag, range), 'subsumed-by', `${tag} ${range}`)
  }
  for (const [a, b] of [
    ['en-US', 'en-GB'],
    ['en', 'eng'],
    ['en-US', 'fr-US'],
    ['en-US', 'en-x-US'],
    ['zh-Hant', 'zh-TW'],
  ] as const) {
    t.equal(relation(a, b), 'not-subsumed', `${a} ${b}`)
  }
})

t.test('a unit is the same however it is written, and has no kinds', async t => {
  const relation = (a: string, b: string): unknown => ucum().grammar?.relation?.(a, b)
  for (const [a, b] of [
    ['mg/dL', 'mg.dL-1'],
    ['L', 'l'],
    ['cm3', 'mL'],
    ['J', 'N.m'],
    ['mg', 'mg{dry}'],
  ] as const) {
    t.equal(relation(a, b), 'equivalent', `${a} ${b}`)
  }
  for (const [a, b] of [
    ['mg', 'g'],
    ['mg', 'mL'],
    ['Cel', 'K'],
    ['[degF]', 'Cel'],
    ['mmol/L', 'mg/L'],
    ['mg', 'none'],
  ] as const) {
    t.equal(relation(a, b), 'not-subsumed', `${a} ${b}`)
  }
})

t.test('an empty code is none', async t => {
  for (const system of [ucum(), languages(), mediaTypes()]) t.match(system.grammar?.check(''), { valid: false })
})

t.test('currencies have three letters and their decimals', async t => {
  const system = currencies()
  const decimals = (code: string): unknown => system.properties(system.find(code) ?? -1)[0]?.value
  t.same([decimals('EUR'), decimals('JPY'), decimals('BHD')], [2, 0, 3])
  for (const code of ['EURO', 'eur', '€', 'XQX']) t.equal(system.find(code), undefined, code)
})

t.test('a media type includes itself with a parameter, where one knows what it means', async t => {
  const relation = (a: string, b: string): unknown => mediaTypes().grammar?.relation?.(a, b)
  const xml = 'application/xml'
  for (const [a, b, outcome] of [
    [xml, `${xml}; charset=utf-8`, 'subsumes'],
    [`${xml}; charset=utf-8`, xml, 'subsumed-by'],
    [`${xml}; charset=utf-8`, `${xml}; charset=utf-16`, 'not-subsumed'],
    [xml, 'application/fhir+xml', 'not-subsumed'],
    [xml, 'text/xml', 'not-subsumed'],
    ['text/plain', 'text/plain; charset=us-ascii', 'equivalent'],
    ['text/plain', 'text/plain; charset=utf-8', 'not-subsumed'],
    ['text/plain', 'text/plain; format=flowed', 'not-subsumed'],
    ['text/plain; charset=utf-8', 'text/plain; format=flowed', 'not-subsumed'],
    ['Text/Plain; CharSet=UTF-8', 'text/plain; charset="utf-8"', 'equivalent'],
    ['text/vcard; charset=utf-8', 'text/vcard; charset=utf-8; version=4.0', 'subsumes'],
    ['text/vcard; version=4.0', 'text/vcard; version=3.0', 'not-subsumed'],
    [`${xml}; foo=bar`, `${xml}; charset=utf-8; foo=bar`, 'subsumes'],
    [`${xml}; foo=bar; charset=a`, `${xml}; charset=b`, 'not-subsumed'],
  ] as const) {
    t.equal(relation(a, b), outcome, `${a} ${b}`)
  }
  for (const [a, b, name] of [
    ['text/plain', 'text/plain; foo=bar', 'foo'],
    ['text/plain; foo=a', 'text/plain; foo=b', 'foo'],
    ['text/csv', 'text/csv; charset=utf-8', 'charset'],
  ] as const) {
    t.match(relation(a, b), { unclear: name }, `${a} ${b}`)
  }
})
