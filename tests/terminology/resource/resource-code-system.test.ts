import t from 'tap'
import { parseJson } from '../../../src/fhir/json.ts'
import type { JsonObject } from '../../../src/fhir/resource.ts'
import type { CodeSystem } from '../../../src/terminology/code-system.ts'
import type { ConceptSet } from '../../../src/terminology/concept-set.ts'
import { conceptListOf } from '../../../src/terminology/resource/concept-list.ts'
import { readCodeSystem } from '../../../src/terminology/resource/resource-code-system.ts'
import { fc } from '../../property.ts'

const head = { resourceType: 'CodeSystem', url: 'http://t/s', status: 'active', content: 'complete' } as const

function read(
  concept: readonly JsonObject[],
  more: JsonObject = {},
): { system: CodeSystem; problems: readonly string[] } {
  const { system, issues } = readCodeSystem({ ...head, ...more, concept })
  return { system, problems: issues.map(issue => `${issue.severity} ${issue.expression}: ${issue.diagnostics}`) }
}

function codes(system: CodeSystem, set: ConceptSet | readonly number[]): readonly string[] {
  return [...set].map(concept => system.code(concept))
}

function at(system: CodeSystem, code: string): number {
  return system.find(code) ?? -1
}

t.test('of a text some forty words are looked for, each once', async t => {
  const words = Array.from({ length: 41 }, (_, n) => `w${n}`)
  const { system } = read([
    { code: 'a', display: words.slice(0, 40).join(' ') },
    { code: 'b', display: 'w1 w1' },
  ])
  const found = (text: string): readonly string[] => codes(system, system.search(text, { most: 5 }))
  t.same(found(words.join(' ')), ['a'], 'the last is one too many')
  t.same(found('w1 w1'), ['b', 'a'], 'what is the text itself comes first')
})

t.test('of very many parents of a concept each counts once', t => {
  const many = Array.from({ length: 200_000 }, (_, n) => `p${n}`)
  const property = [...many, 'p0'].map(valueCode => ({ code: 'parent', valueCode }))
  const concept = [{ code: 'x', property }, ...many.map(code => ({ code }))]
  const facts = read([]).system.facts
  const { parents } = conceptListOf({ ...head, concept }, facts, issue => t.fail(issue.diagnostics))
  t.equal(parents[0]?.length, many.length)
  t.end()
})

t.test('what the resource says of itself', async t => {
  const { system } = read([], {
    version: '3',
    name: 'S',
    title: 'The S',
    status: 'retired',
    experimental: true,
    content: 'example',
    caseSensitive: false,
    compositional: true,
    versionNeeded: true,
    hierarchyMeaning: 'part-of',
    language: 'de',
    copyright: '©',
    valueSet: 'http://t/vs',
    extension: [
      { url: 'http://hl7.org/fhir/StructureDefinition/structuredefinition-standards-status', valueCode: 'withdrawn' },
    ],
    property: [{ code: 'p', uri: 'http://t/p', description: 'a P', type: 'decimal' }],
    filter: [{ code: 'f', operator: ['=', 'is-a', 'nonsense'], value: 'a code' }],
  })
  t.same(system.facts, {
    url: 'http://t/s',
    version: '3',
    name: 'S',
    title: 'The S',
    status: 'retired',
    experimental: true,
    standardsStatus: 'withdrawn',
    content: 'example',
    caseSensitive: false,
    compositional: true,
    versionNeeded: true,
    hierarchyMeaning: 'part-of',
    language: 'de',
    copyright: '©',
    valueSet: 'http://t/vs',
    properties: [{ code: 'p', uri: 'http://t/p', description: 'a P', type: 'decimal' }],
    filters: [{ code: 'f', operators: ['=', 'is-a'], value: 'a code' }],
  })
})

t.test('what it leaves out has its default', async t => {
  const { facts } = readCodeSystem({ resourceType: 'CodeSystem' }).system
  t.match(facts, { url: '', status: 'unknown', content: 'complete', caseSensitive: true, experimental: false })
})

t.test('nested concepts, parents before children', async t => {
  const { system } = read([{ code: 'a', concept: [{ code: 'b', concept: [{ code: 'c' }] }] }, { code: 'd' }])
  t.equal(system.size, 4)
  t.same(codes(system, [0, 1, 2, 3]), ['a', 'b', 'c', 'd'])
  t.same(codes(system, system.children(at(system, 'a'))), ['b'])
  t.same(codes(system, system.parents(at(system, 'c'))), ['b'])
  t.same(codes(system, system.descendants(at(system, 'a'))), ['b', 'c'])
  t.same(codes(system, system.ancestors(at(system, 'c'))), ['a', 'b'])
  t.ok(system.isA(at(system, 'c'), at(system, 'a')))
  t.ok(system.isA(at(system, 'c'), at(system, 'c')), 'itself')
  t.notOk(system.isA(at(system, 'a'), at(system, 'c')))
})

t.test('links by properties, upward and downward, by code or by uri', async t => {
  const up = (code: string, parent: string): JsonObject => ({ code, property: [{ code: 'parent', valueCode: parent }] })
  const { system, problems } = read(
    [
      { code: 'a', property: [{ code: 'child', valueCode: 'e' }] },
      up('b', 'a'),
      { code: 'c', property: [{ code: 'subsumedBy', valueString: 'b' }] },
      { code: 'd', property: [{ code: 'above', valueCoding: { code: 'b' } }] },
      { code: 'e' },
    ],
    { property: [{ code: 'above', uri: 'http://hl7.org/fhir/concept-properties#parent', type: 'Coding' }] },
  )
  t.same(problems, [])
  t.same(codes(system, system.descendants(0)), ['b', 'c', 'd', 'e'])
  t.same(codes(system, system.children(1)), ['c', 'd'])
})

t.test('a concept may have several parents, each told twice', async t => {
  const { system } = read([
    {
      code: 'a',
      concept: [
        {
          code: 'c',
          property: [
            { code: 'parent', valueCode: 'a' },
            { code: 'parent', valueCode: 'b' },
          ],
        },
      ],
    },
    { code: 'b' },
  ])
  t.same(codes(system, system.parents(1)), ['a', 'b'])
})

t.test('a cycle is named, and its last link does not count', async t => {
  const up = (code: string, parent: string): JsonObject => ({ code, property: [{ code: 'parent', valueCode: parent }] })
  const { system, problems } = read([up('a', 'b'), up('b', 'c'), up('c', 'a'), up('d', 'd')])
  t.same(problems, [
    "error CodeSystem.concept: the hierarchy has a cycle: 'a' → 'b' → 'c' → 'a'; its last link does not count",
    "error CodeSystem.concept: the hierarchy has a cycle: 'd' → 'd'; its last link does not count",
  ])
  t.same(codes(system, system.ancestors(at(system, 'a'))), ['b', 'c'])
  t.same(codes(system, system.ancestors(at(system, 'c'))), [])
})

t.test('a chain as long as the code system is followed', async t => {
  const concept = Array.from({ length: 20_000 }, (_, index) => ({
    code: `c${index}`,
    property: index === 0 ? [] : [{ code: 'parent', valueCode: `c${index - 1}` }],
  }))
  const { system } = read(concept.reverse())
  t.equal(system.descendants(at(system, 'c0')).count, 19_999)
  t.equal(system.ancestors(at(system, 'c19999')).count, 19_999)
})

t.test('what is wrong is told with its place', async t => {
  const { system, problems } = read([
    { code: 'a', display: 'First', concept: [{ display: 'no code' }, { code: 'a', display: 'Second' }] },
    { code: 'b', property: [{ code: 'parent', valueCode: 'nowhere' }] },
  ])
  t.same(problems, [
    'error CodeSystem.concept[0].concept[0].code: a concept has no code',
    "error CodeSystem.concept[0].concept[1].code: code 'a' is defined more than once",
    "warning CodeSystem.concept.property: the parent 'nowhere' of 'b' is not a concept of the code system",
  ])
  t.equal(system.size, 2)
  t.equal(system.display(0), 'First', 'the first definition counts')
})

t.test('case counts or not', async t => {
  t.equal(read([{ code: 'Abc' }], { caseSensitive: false }).system.find('aBC'), 0)
  t.equal(read([{ code: 'Abc' }], { caseSensitive: true }).system.find('abc'), undefined)
  t.same(read([{ code: 'a' }, { code: 'A' }], { caseSensitive: false }).problems.length, 1, 'two that differ by case')
  t.same(read([{ code: 'a' }, { code: 'A' }], { caseSensitive: true }).problems, [])
})

t.test('properties of every type', async t => {
  const property = parseJson(`[
    {"code":"c","valueCode":"x"}, {"code":"k","valueCoding":{"system":"http://t","code":"y","display":"Y"}},
    {"code":"s","valueString":"text"}, {"code":"i","valueInteger":7}, {"code":"b","valueBoolean":false},
    {"code":"t","valueDateTime":"2020-02"}, {"code":"d","valueDecimal":1.50}, {"code":"none"}, {"valueCode":"nameless"}
  ]`) as readonly JsonObject[]
  const { system } = read([
    { code: 'a', property },
    { code: 'b', property: [{ code: 'i', valueInteger: 8 }] },
  ])
  t.same(system.properties(0), [
    { code: 'c', value: 'x' },
    { code: 'k', value: { system: 'http://t', code: 'y', display: 'Y' } },
    { code: 's', value: 'text' },
    { code: 'i', value: 7 },
    { code: 'b', value: false },
    { code: 't', value: '2020-02' },
    { code: 'd', value: 1.5 },
  ])
  t.same([...system.having('k', 'y')], [0])
  t.same([...system.having('k', 'Y')], [0], 'by its display')
  t.same([...system.having('s', 'TEXT')], [])
  const { system: loose } = read([{ code: 'a', property }], { caseSensitive: false })
  t.same([...loose.having('s', 'TEXT')], [0], 'in the case rules of codes')
  t.same([...system.having('b', 'false')], [0])
  t.same([...system.having('i')], [0, 1])
  t.same([...system.having('i', '8')], [1])
  t.same([...system.having('i', '9')], [])
  t.same([...system.having('nothing')], [])
})

t.test('designations with language and use', async t => {
  const { system } = read([
    {
      code: 'a',
      designation: [
        { value: 'plain' },
        { language: 'de', use: { system: 'http://u', code: 'x', display: 'X' }, value: 'deutsch' },
        { language: 'fr' },
      ],
    },
    { code: 'b' },
  ])
  t.same(system.designations(0), [
    { value: 'plain' },
    { value: 'deutsch', language: 'de', use: { code: 'x', system: 'http://u', display: 'X' } },
  ])
  t.same(system.designations(1), [])
})

const marked: [string, JsonObject, boolean, boolean][] = [
  ['inactive', { code: 'inactive', valueBoolean: true }, true, false],
  ['not inactive', { code: 'inactive', valueBoolean: false }, false, false],
  ['retired', { code: 'status', valueCode: 'retired' }, true, false],
  ['withdrawn', { code: 'status', valueCode: 'withdrawn' }, true, false],
  ['deprecated', { code: 'status', valueCode: 'deprecated' }, false, false],
  ['a deprecation date', { code: 'deprecationDate', valueDateTime: '2020' }, false, false],
  ['not selectable', { code: 'notSelectable', valueBoolean: true }, false, true],
  ['selectable', { code: 'notSelectable', valueBoolean: false }, false, false],
  ['not selectable, told in another way', { code: 'notSelectable', valueCode: 'true' }, false, true],
]
for (const [name, property, inactive, abstract] of marked) {
  t.test(`a concept that is ${name}`, async t => {
    const { system } = read([{ code: 'a', property: [property] }])
    t.equal(system.inactive(0), inactive)
    t.equal(system.abstract(0), abstract)
  })
}

t.test('a text is looked for by the beginnings of its words', async t => {
  const { system } = read([
    { code: 'x1', display: 'Fracture of femur', designation: [{ language: 'de', value: 'Oberschenkelbruch' }] },
    { code: 'x2', display: 'Femur' },
    { code: 'x3', display: 'Femur fracture, open' },
    { code: 'x4', display: 'Maladie de Ménière' },
    { code: 'x5', designation: [{ language: 'en', value: 'Femoral head' }] },
  ])
  const found = (text: string, limits = {}): readonly string[] =>
    codes(system, system.search(text, { most: 10, ...limits }))
  t.same(found('femur'), ['x2', 'x3', 'x1'], 'the same, then what begins so, then the rest')
  t.same(found('fra fem'), ['x1', 'x3'], 'in any order, the shorter first')
  t.same(found('FEM'), ['x2', 'x5', 'x3', 'x1'])
  t.same(found('meniere'), ['x4'], 'without accents')
  t.same(found('emur'), [], 'not from within a word')
  t.same(found('femur bruch'), [], 'all words in one text')
  t.same(found('ober'), ['x1'])
  t.same(found('ober', { language: 'en' }), [], 'of another language')
  t.same(found('ober', { language: 'de-CH' }), ['x1'])
  t.same(found('femur', { most: 1 }), ['x2'])
  t.same(found('femur', { within: system.having('none').not().minus(system.having('none')) }).length, 3)
  t.same(found('femur', { within: system.having('none') }), [])
  t.same(found('x3'), ['x3'], 'by code')
  t.same(found(' - '), [])
})

t.test('the closure is what following the links gives', async t => {
  const links = fc.array(fc.array(fc.nat(19), { maxLength: 3 }), { minLength: 20, maxLength: 20 })
  fc.assert(
    fc.property(links, links => {
      const above = links.map((parents, index) => [...new Set(parents.filter(parent => parent < index))])
      const { system, problems } = read(
        above.map((parents, index) => ({
          code: String(index),
          property: parents.map(parent => ({ code: 'parent', valueCode: String(parent) })),
        })),
      )
      t.same(problems, [])
      const all = (index: number): number[] => (above[index] ?? []).flatMap(parent => [parent, ...all(parent)])
      for (const concept of above.keys()) {
        const expected = [...new Set(all(concept))].sort((a, b) => a - b)
        t.same([...system.ancestors(concept)], expected)
        for (const other of above.keys()) {
          t.equal(system.isA(concept, other), concept === other || expected.includes(other))
        }
      }
    }),
    { numRuns: 20 },
  )
})

t.test('100,000 concepts are read', async t => {
  const concept = Array.from({ length: 100_000 }, (_, index) => ({
    code: `c${index}`,
    display: `Concept number ${index}`,
    property: [
      { code: 'parent', valueCode: `c${Math.floor(index / 10)}` },
      { code: 'kind', valueCode: `k${index % 7}` },
    ],
  }))
  const { system, problems } = read(concept)
  t.equal(system.size, 100_000)
  t.equal(problems.length, 1, 'the first is its own parent')
  t.equal(system.descendants(0).count, 99_999)
  t.equal(system.having('kind', 'k3').count, 14_286)
})
