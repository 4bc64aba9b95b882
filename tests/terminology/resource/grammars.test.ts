/** Systems whose codes are made by rules: what they accept, and what they say of the rest. */
import t from 'tap'
import type { CodeSystem } from '../../../src/terminology/code-system.ts'
import { currencies } from '../../../src/terminology/resource/grammar/currencies.ts'
import { languages } from '../../../src/terminology/resource/grammar/languages.ts'
import { mediaTypes } from '../../../src/terminology/resource/grammar/media-types.ts'
import { ucum } from '../../../src/terminology/resource/grammar/ucum.ts'

function check(system: CodeSystem, good: Readonly<Record<string, string | undefined>>, bad: readonly string[]): void {
  for (const [code, display] of Object.entries(good)) {
    t.test(`${system.facts.name} has ${code}`, async t => {
      t.same(system.grammar?.check(code), { valid: true, ...(display === undefined ? {} : { display }) })
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
    'EN-us': 'English (Region=United States)',
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

t.test('an empty code is none', async t => {
  for (const system of [ucum(), languages(), mediaTypes()]) t.match(system.grammar?.check(''), { valid: false })
})

t.test('currencies have three letters and their decimals', async t => {
  const system = currencies()
  const decimals = (code: string): unknown => system.properties(system.find(code) ?? -1)[0]?.value
  t.same([decimals('EUR'), decimals('JPY'), decimals('BHD')], [2, 0, 3])
  for (const code of ['EURO', 'eur', '€', 'XQX']) t.equal(system.find(code), undefined, code)
})
