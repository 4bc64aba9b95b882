/** Who decides in which language a value set is answered for. */
import t from 'tap'
import { languagesFor } from '../../../src/operations/valueset/languages.ts'
import type { Loose } from '../../world.ts'
import { type Given, operating, parameters } from '../operating.ts'

const words = { de: 'Apfel', fr: 'Pomme', nl: 'Appel' }
const fruit = {
  ...{ resourceType: 'CodeSystem', url: 'http://t/fruit', language: 'en', status: 'active', content: 'complete' },
  concept: [
    {
      code: 'apple',
      display: 'Apple',
      designation: Object.entries(words).map(([language, value]) => ({ language, value })),
    },
    { code: 'quince', display: 'Quince' },
  ],
}

const wish = (value: string, name = 'displayLanguage', core = '') => ({
  url: `http://hl7.org/fhir/${core}StructureDefinition/valueset-expansion-parameter`,
  extension: [
    { url: 'name', valueCode: name },
    { url: 'value', valueCode: value },
  ],
})

const valueSet = (own: Loose = {}, ...extension: Loose[]) => ({
  ...{ resourceType: 'ValueSet', url: 'http://t/vs/fruit', status: 'active', ...own },
  compose: { ...(extension.length === 0 ? {} : { extension }), include: [{ system: 'http://t/fruit' }] },
})

await operating(async (t, open) => {
  const world = await open()

  type Told = { readonly language?: string; readonly accept?: string }
  const asked = ({ language }: Told, of: Loose, ...more: Given) =>
    parameters(
      ...more,
      ['valueSet', 'resource', of],
      ['tx-resource', 'resource', fruit],
      ...(language === undefined ? [] : [['displayLanguage', 'Code', language] as const]),
    )
  const headers = ({ accept }: Told): Record<string, string> =>
    accept === undefined ? {} : { 'accept-language': accept }

  const expanded = async (told: Told, of: Loose) => {
    const { body } = await world.ask('POST', 'ValueSet/$expand', asked(told, of), headers(told))
    const parameter = body.expansion.parameter.find(({ name }: Loose) => name === 'displayLanguage')
    return [parameter?.valueCode, ...body.expansion.contains.map(({ display }: Loose) => display)]
  }

  await t.test('the parameter, else the value set for its expansion, else the header, else the value set', async t => {
    const all = valueSet({ language: 'nl' }, wish('fr'))
    t.strictSame(await expanded({ language: 'de', accept: 'en' }, all), ['de', 'Apfel', 'Quince'])
    t.strictSame(await expanded({ accept: 'de' }, all), ['fr', 'Pomme', 'Quince'])
    t.strictSame(await expanded({ accept: 'de' }, valueSet({ language: 'nl' })), ['de', 'Apfel', 'Quince'])
    t.strictSame(await expanded({ accept: '*' }, valueSet({ language: 'nl' })), ['nl', 'Appel', 'Quince'])
    t.strictSame(await expanded({}, valueSet({ language: 'nl' })), ['nl', 'Appel', 'Quince'])
    t.strictSame(await expanded({}, valueSet()), [undefined, 'Apple', 'Quince'])
  })

  await t.test('nothing else will do, if the value set says so', async t => {
    t.strictSame(await expanded({}, valueSet({}, wish('fr, *;q=0'))), ['fr,*;q=0', 'Pomme', undefined])
  })

  await t.test('displays are judged in the same language', async t => {
    const judged = async (told: Told, of: Loose, display: string) => {
      const coding = ['coding', 'Coding', { system: 'http://t/fruit', code: 'apple', display }] as const
      const reply = await world.ask('POST', 'ValueSet/$validate-code', asked(told, of, coding), headers(told))
      return reply.body.parameter.find(({ name }: Loose) => name === 'result').valueBoolean
    }
    t.equal(await judged({}, valueSet(), 'Pomme'), true)
    t.equal(await judged({}, valueSet({ language: 'nl' }), 'Pomme'), false)
    t.equal(await judged({}, valueSet({ language: 'nl' }, wish('fr')), 'Pomme'), true)
    t.equal(await judged({ language: 'de' }, valueSet({}, wish('fr')), 'Pomme'), false)
    t.equal(await judged({ accept: 'de' }, valueSet({}, wish('fr')), 'Pomme'), true)
  })
})

const none = { languages: [], namesLanguage: false }

t.test('the wish for a language is found where it may stand', async t => {
  t.strictSame(languagesFor(none, valueSet({ extension: [wish('fr')] })), ['fr'])
  t.strictSame(languagesFor(none, valueSet({}, wish('fr', 'displayLanguage', 'tools/'))), ['fr'])
  t.strictSame(languagesFor(none, valueSet({}, wish('7', 'count'), wish('fr'))), ['fr'])
})

t.test('what is no wish for a language is passed over', async t => {
  t.strictSame(languagesFor(none, valueSet({}, wish('7', 'count'))), [])
  t.strictSame(languagesFor(none, valueSet({}, wish('no language at all'))), [])
  t.strictSame(languagesFor(none, valueSet({}, { url: 'http://t/other', extension: wish('fr').extension })), [])
  t.strictSame(languagesFor(none, valueSet({}, { ...wish('fr'), extension: [{ url: 'name', valueCode: 'x' }] })), [])
  t.strictSame(languagesFor(none, valueSet({ language: '??' })), [])
  t.strictSame(languagesFor(none, undefined), [])
})
