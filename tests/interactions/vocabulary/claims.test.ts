/** https://hl7.org/fhir/R4/terminologycapabilities.html */
import t from 'tap'
import { codeSystemClaims } from '../../../src/interactions/vocabulary/claims.ts'
import { membershipsOf } from '../../../src/terminology/value-set/membership.ts'
import { overlay, type Terminology, terminologyOf } from '../../../src/terminology/value-set/terminology.ts'
import { builtIn } from '../../terminology/cases.ts'

const turn = async (): Promise<void> => {}

function vocabularyOf(terminology: Terminology) {
  return { memberships: membershipsOf(terminology), maps: [] }
}

const system = (url: string, more: object) => ({ resourceType: 'CodeSystem', url, content: 'complete', ...more })

t.test('each code system is claimed with its versions, the default first', async t => {
  const colours = (version: string, more: object = {}) => system('http://t/colours', { version, ...more })
  const vocabulary = vocabularyOf(
    terminologyOf([
      colours('1.9', { compositional: true }),
      colours('1.10', {
        language: 'en',
        property: [{ code: 'hue', type: 'integer' }],
        filter: [
          { code: 'concept', operator: ['is-a', '=', 'is not an operator'], value: 'a code' },
          { code: 'nothing', value: 'x' },
        ],
        concept: [{ code: 'r', designation: [{ language: 'de', value: 'Rot' }], concept: [{ code: 's' }] }],
      }),
      colours('1.2'),
      system('http://t/body', { hierarchyMeaning: 'part-of' }),
      system('http://t/absent', { content: 'not-present' }),
      system('http://t/supplement', { content: 'supplement', supplements: 'http://t/colours' }),
      { resourceType: 'ValueSet', url: 'http://t/vs' },
    ]),
  )
  const none = { compositional: false, languages: [], filters: [], properties: [] }
  t.strictSame(await codeSystemClaims(vocabulary, turn), [
    { uri: 'http://t/body', versions: [{ isDefault: true, ...none }], subsumption: false },
    {
      uri: 'http://t/colours',
      versions: [
        {
          code: '1.10',
          isDefault: true,
          compositional: false,
          languages: ['en', 'de'],
          filters: [{ code: 'concept', operators: ['=', 'is-a'] }],
          properties: ['hue'],
        },
        { code: '1.9', isDefault: false, ...none, compositional: true },
        { code: '1.2', isDefault: false, ...none },
      ],
      subsumption: true,
    },
  ])
})

t.test('of many versions the latest are claimed, and they all have a code', async t => {
  const many = Array.from({ length: 30 }, (_, n) => system('http://t/many', { version: `${n}` }))
  const [claim] = await codeSystemClaims(vocabularyOf(terminologyOf([system('http://t/many', {}), ...many])), turn)
  t.equal(claim?.versions.length, 20)
  t.strictSame(
    claim?.versions.map(({ code }) => code),
    Array.from({ length: 20 }, (_, n) => `${29 - n}`),
  )
  t.strictSame(claim?.versions.map(({ isDefault }) => isDefault).indexOf(true), 0)
})

t.test('others have their turn, and the same state is not asked twice', async t => {
  const systems = Array.from({ length: 100 }, (_, n) => system(`http://t/${n}`, {}))
  const vocabulary = vocabularyOf(terminologyOf(systems))
  let turns = 0
  const counted = async () => void turns++
  const claims = await codeSystemClaims(vocabulary, counted)
  t.equal(claims.length, 100)
  t.equal(turns, 5)
  t.equal(await codeSystemClaims(vocabulary, counted), claims)
  t.equal(turns, 5)
})

t.test('what lies over another is claimed with it; what cannot be listed is left out', async t => {
  const above = terminologyOf([system('http://t/above', {})])
  const below = terminologyOf([system('http://t/below', {}), system('http://t/above', {})])
  const claims = await codeSystemClaims(vocabularyOf(overlay(above, overlay(below, builtIn))), turn)
  t.strictSame(
    claims.map(({ uri }) => uri),
    ['http://t/above', 'http://t/below'],
  )
})
