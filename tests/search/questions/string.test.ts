import t from 'tap'
import { finds, refusal } from './asking.ts'

const patient = {
  resourceType: 'Patient',
  name: [{ family: 'Müller-Straße', given: ['Jörg', 'de la Cruz'] }, { text: 'a\u001fb' }],
  address: [{ line: ['50% (Off) $Road, 1|2'], city: "L'Haÿ-les-Roses" }],
}

const cases: readonly (readonly [name: string, asked: string, fits: boolean])[] = [
  ['family', 'mul', true],
  ['family', 'MÜLLER', true],
  ['family', 'Mu\u0308ller', true],
  ['family', 'muller-strasse', true],
  ['family', 'muller-strasse-x', false],
  ['family', 'straße', false],
  ['given', 'jorg', true],
  ['given', 'de', true],
  ['given', 'la', false],
  ['name', 'cruz', false],
  ['family:exact', 'Müller-Straße', true],
  ['family:exact', 'Müller-Straß', false],
  ['family:exact', 'müller-straße', false],
  ['family:exact', 'Muller-Strasse', false],
  ['given:exact', 'Jörg', true],
  ['family:contains', 'STRASSE', true],
  ['family:contains', 'ler-str', true],
  ['given:contains', 'la cr', true],
  ['given:contains', 'xyz', false],
  ['name:contains', 'gde', false],
  ['address', '50%', true],
  ['address', '6_%', false],
  ['address', '50_%', true],
  ['address', '5-0% OFF \\$road', true],
  ['address:contains', '(off) \\$road\\, 1\\|2', true],
  ['address:contains', '.*', false],
  ['address-city', 'lhay', true],
  ['family', 'mullerstrasse', true],
  ['family', 'muller strasse', false],
  ['given', ' DE \tla', true],
  ['address-city:contains', '-', true],
  ['given:contains', '-', false],
  ['family', '-', false],
  ['family', ' ', false],
  ['address-city', "l'hay", true],
  ['name', 'a\u001f', true],
  ['name:exact', 'a\u001fb', true],
  ['family:contains', '\u001f', false],
  ['family', '\u0000', false],
]

t.test('strings: from the start without case and accents, exactly, or anywhere', async t => {
  for (const [name, asked, expected] of cases) t.equal(await finds(patient, name, asked), expected, `${name}=${asked}`)
  t.ok(await finds(patient, 'given', 'x', 'jörg'))
  t.notOk(await finds({ resourceType: 'Patient' }, 'name', 'a'))
})

t.test('a word of a million letters is only not found', async t => {
  t.notOk(await finds(patient, 'name:contains', 'ab'.repeat(500_000)))
})

t.test('other modifiers are refused by those that fit', async t => {
  t.equal(
    await refusal('Patient', 'name:exat', 'x'),
    "name:exat: ':exat' is no modifier of name, a string parameter (did you mean ':exact'?): expected :missing, :exact, :contains",
  )
  for (const modifier of ['text', 'not', 'Patient', '', '__proto__', 'toString'])
    t.match(await refusal('Patient', `name:${modifier}`, 'x'), /^name:.*is no modifier/, modifier)
})
