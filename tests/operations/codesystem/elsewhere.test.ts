/** Code systems that are no resources: grammars, and those that have attributes in groups, as SNOMED CT has. */

import type { Current } from '../../../src/interactions/current.ts'
import { bindings } from '../../../src/interactions/vocabulary/bindings.ts'
import { concepts } from '../../../src/interactions/vocabulary/concepts.ts'
import type { Vocabulary } from '../../../src/interactions/vocabulary/vocabulary.ts'
import { membershipsOf } from '../../../src/terminology/value-set/membership.ts'
import { overlay, type Terminology } from '../../../src/terminology/value-set/terminology.ts'
import { builtIn } from '../../terminology/cases.ts'
import { fragment, ids } from '../../terminology/ecl/fragment.ts'
import { operating } from '../operating.ts'
import { body, check, told } from './asking.ts'

const snomed: Terminology = {
  codeSystem: url => (url === 'http://snomed.info/sct' ? fragment : undefined),
  versions: () => [],
  valueSet: () => undefined,
  supplement: () => undefined,
  systemOfAll: () => undefined,
}
const memberships = membershipsOf(overlay(snomed, builtIn))
const vocabulary: Vocabulary = {
  ...{ memberships, maps: [], bindings: bindings(memberships), findFault: concepts(memberships.terminology) },
  ...{ list: () => [], valueSetAt: () => undefined, hasStored: () => false },
}
const vocabularies: Current<Vocabulary> = { of: () => vocabulary }

const ucum = 'http://unitsofmeasure.org'
const bcp47 = 'urn:ietf:bcp:47'
const sct = 'http://snomed.info/sct'
const sub = (code: string, value: string) => ({
  name: 'subproperty',
  part: [
    { name: 'code', valueCode: code },
    { name: 'value', valueCode: value },
  ],
})
const group = (...parts: object[]) => ({ part: [{ name: 'code', valueCode: '609096000' }, ...parts] })
const attribute = (code: string, value: string) => ({
  part: [
    { name: 'code', valueCode: code },
    { name: 'value', valueCode: value },
  ],
})
const valued = (code: string, type: string, value: unknown) => ({
  part: [
    { name: 'code', valueCode: code },
    { name: 'value', [`value${type}`]: value },
  ],
})
const literals = (strength: number, name: string) =>
  group(
    { name: 'subproperty', ...valued(ids.strength, 'Decimal', strength) },
    { name: 'subproperty', ...valued(ids.name, 'String', name) },
  )

const cases = [
  [
    '$lookup',
    'a unit',
    { system: ucum, code: 'mg/dL' },
    { name: 'UCUM', display: 'mg/dL', code: 'mg/dL', designation: ['en milligram per deciliter'], property: null },
  ],
  [
    '$lookup',
    'a unit that is none',
    { system: ucum, code: 'mgdL/' },
    {
      status: 404,
      error: [
        "error not-found code: Unknown code 'mgdL/' in the CodeSystem 'http://unitsofmeasure.org': 'mgdL/' is not a unit in the grammar of UCUM",
      ],
    },
  ],
  ['$lookup', 'a language', { system: bcp47, code: 'de-CH' }, { display: 'German (Region=Switzerland)' }],
  ['$lookup', 'a media type', { coding: { system: 'urn:ietf:bcp:13', code: 'text/plain' } }, { display: 'text/plain' }],
  [
    '$lookup',
    'a currency',
    { system: 'urn:iso:std:iso:4217', code: 'EUR' },
    { display: 'Euro', property: ['Boolean inactive=false', 'Integer decimals=2'] },
  ],
  ['$validate-code', 'a unit', { url: ucum, code: 'kg' }, { result: true, display: 'kg' }],
  ['$validate-code', 'a unit that is none', { url: ucum, code: 'kgg' }, { result: false }],
  ['$subsumes', 'the same unit', { system: ucum, codeA: 'kg', codeB: 'kg' }, { outcome: 'equivalent' }],
  ['$subsumes', 'two units', { system: ucum, codeA: 'kg', codeB: 'mg' }, { outcome: 'not-subsumed' }],
  ['$subsumes', 'one unit written two ways', { system: ucum, codeA: 'mL', codeB: 'cm3' }, { outcome: 'equivalent' }],
  [
    '$subsumes',
    'a language and where it is spoken',
    { system: bcp47, codeA: 'de', codeB: 'de-CH' },
    { outcome: 'subsumes' },
  ],
  [
    '$subsumes',
    'the same language in another case',
    { system: bcp47, codeA: 'de-ch', codeB: 'de-CH' },
    { outcome: 'equivalent' },
  ],
  [
    '$subsumes',
    'a unit that is none',
    { system: ucum, codeA: 'kg', codeB: 'kgg' },
    {
      status: 422,
      error: [
        "error code-invalid codeB: Unknown code 'kgg' in the CodeSystem 'http://unitsofmeasure.org': 'kgg' is not a unit in the grammar of UCUM",
      ],
    },
  ],
  [
    '$subsumes',
    'a media type with a parameter that nobody knows',
    { system: 'urn:ietf:bcp:13', codeA: 'text/plain', codeB: 'text/plain; foo=bar' },
    {
      status: 422,
      error: [
        "error not-supported codeB: Whether 'text/plain' subsumes 'text/plain; foo=bar' cannot be told: it depends on what the parameter 'foo' of 'text/plain' means",
      ],
    },
  ],
  [
    '$lookup',
    'an expression',
    { system: sct, code: `${ids.disorder}:${ids.site}=${ids.heartSite}` },
    {
      status: 404,
      error: [
        `error not-found code: Unknown code '${ids.disorder}:${ids.site}=${ids.heartSite}' in the CodeSystem 'http://snomed.info/sct' version 'http://snomed.info/sct/900000000000207008/version/20260101': post-coordinated expressions are not supported`,
      ],
    },
  ],
  [
    '$lookup',
    'attributes in groups',
    { system: sct, code: ids.both, property: [ids.site, ids.form, '609096000'] },
    {
      property: [
        `609096000{${ids.site}=${ids.heartSite}, ${ids.form}=${ids.edema}}`,
        `609096000{${ids.site}=${ids.lungSite}, ${ids.form}=${ids.stenosis}, ${ids.associated}=${ids.lung} (Lung oedema)}`,
      ],
    },
  ],
  [
    '$lookup',
    'literals',
    { system: sct, code: ids.pill },
    {
      property: [
        'Boolean inactive=false',
        `parent=${ids.product}`,
        `Boolean ${ids.benefit}=true`,
        `609096000{Decimal ${ids.strength}=250, String ${ids.name}=PANADOL}`,
      ],
    },
  ],
  [
    '$lookup',
    'an attribute alone',
    { system: sct, code: ids.both, property: ids.site },
    { property: [`${ids.site}=${ids.heartSite}`, `${ids.site}=${ids.lungSite}`] },
  ],
  ['$subsumes', 'a hierarchy', { system: sct, codeA: ids.disorder, codeB: ids.valve }, { outcome: 'subsumes' }],
  [
    '$find-matches',
    'an attribute',
    { system: sct, exact: true, property: [attribute(ids.site, ids.heartSite)] },
    { match: [ids.heart, ids.both] },
  ],
  [
    '$find-matches',
    'attributes in one group',
    { system: sct, exact: true, property: [group(sub(ids.site, ids.heartSite), sub(ids.form, ids.edema))] },
    { match: [ids.both] },
  ],
  [
    '$find-matches',
    'attributes that no concept has in one group, though one has them in two',
    { system: sct, exact: true, property: [group(sub(ids.site, ids.heartSite), sub(ids.form, ids.stenosis))] },
    { match: null },
  ],
  [
    '$find-matches',
    'a value that is no concept',
    { system: sct, exact: true, property: [attribute(ids.site, '1')] },
    { match: null },
  ],
  ...(
    [
      ['a number', [valued(ids.strength, 'Integer', 500)], [ids.syrup]],
      ['a number, however it is written', [valued(ids.strength, 'Decimal', 7.5)], [ids.syrup]],
      ['a number that nothing has', [valued(ids.strength, 'Integer', 7)], null],
      ['a text', [valued(ids.name, 'String', 'PANADOL')], [ids.pill]],
      ['a text in another case', [valued(ids.name, 'String', 'panadol')], null],
      ['truth', [valued(ids.benefit, 'Boolean', false)], [ids.syrup]],
      ['a number with a text in one group', [literals(250, 'PANADOL')], [ids.pill]],
      ['a number with a text in two groups', [literals(7.5, 'Dolo \\*')], null],
    ] as const
  ).map(([name, property, match]) => {
    return ['$find-matches', name, { system: sct, exact: true, property }, { match }] as const
  }),
] as const

await operating(async (t, open) => {
  const world = await open({ vocabularies })
  for (const [operation, name, ask, expect] of cases) {
    await t.test(`${operation}: ${name}`, async t => {
      const reply = await world.ask('POST', `CodeSystem/${operation}`, body({ name, ask, expect }, []))
      check(t, told(reply), expect)
    })
  }
})
