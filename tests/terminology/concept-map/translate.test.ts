import t from 'tap'
import type { JsonObject } from '../../../src/fhir/resource.ts'
import { conceptMapOf } from '../../../src/terminology/concept-map/concept-map.ts'
import {
  type Coding,
  fitting,
  type TranslateRequest,
  translate,
  translationParameters,
} from '../../../src/terminology/concept-map/translate.ts'
import { objectOf, objectsOf, textOf } from '../../../src/terminology/element.ts'
import { parametersIn, read, resourcesOf, runCases } from '../cases.ts'

const known = resourcesOf(read('translate.json')).map(conceptMapOf)

type Asked = Partial<TranslateRequest> & {
  readonly maps: readonly string[]
  readonly codings: readonly Coding[]
  readonly source?: string
  readonly target?: string
}

runCases('translate', given => {
  const { maps, source, target, ...request } = given as unknown as Asked
  const { reverse = false } = request
  const by = { ...(source === undefined ? {} : { source }), ...(target === undefined ? {} : { target }) }
  const named = maps.flatMap(url => fitting(known, { url }, reverse))
  const chosen = source === undefined && target === undefined ? named : fitting(known, by, reverse)
  const find = (url: string) => known.find(map => map.url === url)
  const answer = translationParameters(translate(chosen, { dependencies: [], reverse, ...request }, find))
  const list = objectsOf(answer, 'parameter')
  const matches = list
    .filter(parameter => parameter['name'] === 'match')
    .map(match => printMatch(objectsOf(match, 'part')))
  return { ...parametersIn(list), matches }
})

/** `wider http://t/t|1#x + element=system#code` */
function printMatch(parts: readonly JsonObject[]): string {
  const { equivalence, concept } = parametersIn(parts) as { equivalence: string; concept?: JsonObject }
  const products = parts
    .filter(part => part['name'] === 'product')
    .map(part => {
      const { element, concept } = parametersIn(objectsOf(part, 'part')) as { element: string; concept: JsonObject }
      return ` + ${element}=${printCoding(concept)}`
    })
  return `${equivalence}${concept === undefined ? '' : ` ${printCoding(concept)}`}${products.join('')}`
}

function printCoding(coding: JsonObject): string {
  const version = textOf(coding, 'version')
  return `${textOf(coding, 'system')}${version === undefined ? '' : `|${version}`}#${textOf(coding, 'code')}`
}

t.test('each match names its map', async t => {
  const find = () => undefined
  const request = { codings: [{ system: 'http://t/s', code: 'f' }], dependencies: [], reverse: false }
  const answer = translationParameters(translate(fitting(known, { url: 'http://t/cm' }, false), request, find))
  t.same(objectOf(answer, 'parameter'), undefined)
  t.same(objectsOf(answer, 'parameter'), [
    { name: 'result', valueBoolean: true },
    {
      name: 'match',
      part: [
        { name: 'equivalence', valueCode: 'equal' },
        { name: 'concept', valueCoding: { system: 'http://t/t', code: 'y' } },
        {
          name: 'product',
          part: [
            { name: 'element', valueUri: 'http://t/severity' },
            { name: 'concept', valueCoding: { system: 'http://t/u', code: 'mild', display: 'Mild' } },
          ],
        },
        { name: 'source', valueUri: 'http://t/cm|1' },
      ],
    },
  ])
})

t.test('a map without anything in it translates nothing', async t => {
  const map = conceptMapOf({ resourceType: 'ConceptMap', id: 'm', group: [{ element: [{ target: [{}] }] }, 7] })
  const request = { codings: [{ code: 'a' }], dependencies: [], reverse: false }
  t.match(
    translate([map], request, () => undefined),
    { result: false, matches: [] },
  )
})

t.test('of many maps that say nothing only the first are named', async t => {
  const map = (n: number) => conceptMapOf({ resourceType: 'ConceptMap', url: `http://t/many/${n}`, status: 'active' })
  const messageOf = (many: number) => {
    const request = { codings: [{ system: 'http://t/s', code: 'a' }], dependencies: [], reverse: false }
    return translate(
      Array.from({ length: many }, (_, n) => map(n)),
      request,
      () => undefined,
    ).message
  }
  const three = "'http://t/many/0', 'http://t/many/1', 'http://t/many/2'"
  t.equal(messageOf(3), `The code 'http://t/s#a' has no translation in the ConceptMap ${three}`)
  t.equal(messageOf(24), `The code 'http://t/s#a' has no translation in the ConceptMap ${three} and 21 more`)
})

/** Each leaves what it does not map to the next, in so many groups; the last maps it. */
function chained(length: number, groups: number) {
  const maps = Array.from({ length }, (_, at) => {
    const mapped = { element: [{ code: 'f', target: [{ code: 'x', equivalence: 'equal' }] }] }
    const left = { element: [], unmapped: { mode: 'other-map', url: `http://t/${at + 1}` } }
    const group = Array(groups).fill({ source: 'http://t/s', ...(at === length - 1 ? mapped : left) })
    return conceptMapOf({ resourceType: 'ConceptMap', url: `http://t/${at}`, group })
  })
  const byUrl = new Map(maps.map(map => [map.canonical, map]))
  const request = { codings: [{ system: 'http://t/s', code: 'f' }], dependencies: [], reverse: false }
  const asked: string[] = []
  const find = (canonical: string) => {
    asked.push(canonical)
    return byUrl.get(canonical)
  }
  return { asked, translated: () => translate(maps.slice(0, 1), request, find) }
}

t.test('a map that is referred to by many ways is looked into once', async t => {
  const { asked, translated } = chained(16, 2)
  t.equal(translated().matches.length, 1)
  t.equal(asked.length, 30, 'by each of two groups of fifteen maps')
})

t.test('maps that refer to maps without end are refused', async t => {
  t.equal(chained(51, 1).translated().matches.length, 1)
  t.throws(() => chained(6_000, 1).translated(), {
    message:
      "ConceptMap 'http://t/50' is the end of 51 maps that each refer to the next for what they do not map: expected at most 50",
    status: 422,
  })
})
