import t from 'tap'
import { Decimal } from '../../../src/fhir/decimal.ts'
import { details } from '../../../src/operations/codesystem/details.ts'
import { type Wanted, wantedBy } from '../../../src/operations/codesystem/wanted.ts'
import type { Concept } from '../../../src/terminology/concept-set.ts'
import { supplemented } from '../../../src/terminology/resource/supplemented.ts'
import type { Languages } from '../../../src/terminology/value-set/language.ts'
import { built, facts, libraryFolder } from '../../terminology/library/shelf-folder.ts'
import { pour, snomedLike } from '../../terminology/library/synthetic.ts'

const properties = [
  { code: 'of', type: 'code', description: '' },
  { code: 'since', type: 'dateTime', description: '' },
] as const

const asked = [[], ['*'], ['parent', 'child'], ['designation'], ['lang.de'], ['609096000'], ['definition', 'p']]

t.test('what lies in a file is told from its bytes as it is told in strings', async t => {
  const { file: strange } = built(
    libraryFolder(t),
    build => {
      build.concepts([
        { code: 'a', display: 'An "a"\\', definition: 'Tab\tnewline\n漢字' },
        { code: 'b', display: '𐐷', inactive: true },
        { code: 'c', abstract: true },
        { code: '609096000', display: 'Role group' },
      ])
      build.designations([
        { code: 'a', value: 'á"', language: 'de', use: { code: 'u"', display: 'ü' } },
        { code: 'a', value: '\u0001', language: 'en-"x"' },
        { code: 'a', value: 'plain' },
        { code: 'b', value: 'used', use: { system: 's', code: 'u' } },
      ])
      build.properties([
        { code: 'a', property: 'of', value: 'b' },
        { code: 'a', property: 'of', value: 'nobody' },
        { code: 'a', property: 'since', value: '2026-11-22' },
        { code: 'a', property: 'p"', value: 'back\\slash' },
        { code: 'a', property: 'p', value: 1.5 },
        { code: 'a', property: 'p', value: new Decimal('1.50') },
        { code: 'a', property: 'p', value: { system: 's', code: 'x', display: 'An x' } },
        { code: 'a', property: 'p', value: { code: 'y' } },
        { code: 'b', property: 'inactive', value: true },
        { code: 'b', property: 'parent', value: 'told otherwise' },
      ])
      build.edges([
        { child: 'b', parent: 'a' },
        { child: 'c', parent: 'a' },
      ])
      build.relations([
        { source: 'a', group: 0, type: 'b', value: { code: 'c' } },
        { source: 'a', group: 1, type: 'c', value: '#7.50' },
        { source: 'a', group: 1, type: 'c', value: '"t\\"' },
        { source: 'a', group: 2, type: 'b', value: 'true' },
        { source: 'a', group: 2, type: 'b', value: { code: 'b' } },
      ])
    },
    { facts: { ...facts, properties: [...properties] } },
  )
  const { file: usual } = built(libraryFolder(t), build => pour(snomedLike({ concepts: 300 }), build))
  for (const file of [strange, usual]) {
    const inStrings = supplemented(file, [])
    t.equal(inStrings.texts, undefined)
    for (const [concept, wanted, languages] of questions(file.size)) {
      t.equal(told(file, concept, wanted, languages), told(inStrings, concept, wanted, languages))
    }
  }
  t.match(told(strange, 0, wantedBy(['p']), []), '"valueDecimal":1.50}', 'a decimal keeps its digits')
  t.match(told(strange, 0, wantedBy(['p']), []), '"valueDecimal":1.5}', 'a number with a fraction is a decimal')
  const { parameter } = JSON.parse(told(strange, 0, wantedBy([]), []))
  t.match(parameter.at(4), { name: 'display', valueString: 'An "a"\\' })
  const ofCode = { part: [{ valueCode: 'of' }, { valueCode: 'b' }, { name: 'description', valueString: '𐐷' }] }
  t.match(
    parameter.find(({ part }: Told) => part?.[0]?.valueCode === 'of'),
    ofCode,
  )
  t.match(parameter.at(-1).part.at(-1), { part: [{ valueCode: 'b' }, { valueCode: 'b' }, { valueString: '𐐷' }] })
})

function* questions(size: number): Generator<readonly [Concept, Wanted, Languages]> {
  for (let concept = 0; concept < size; concept++) {
    for (const names of asked) {
      for (const languages of [[], ['de'], ['*']]) yield [concept, wantedBy(names), languages]
    }
  }
}

type Told = { readonly part?: readonly { readonly valueCode?: string }[] }

function told(...question: Parameters<typeof details>): string {
  const { body } = details(...question)
  if (body?.is !== 'json') throw new Error('it is told in JSON')
  return body.json
}
