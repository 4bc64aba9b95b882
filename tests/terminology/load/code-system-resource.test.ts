/** CodeSystem resources as files, cut into pieces wherever they may be. */
import t from 'tap'
import { codeSystemsIn } from '../../../src/terminology/load/code-system-resource.ts'
import { load } from '../../../src/terminology/load/load.ts'
import { printed } from '../../../src/terminology/load/problems.ts'
import { fileOf, recorder } from './release.ts'

const colours = {
  resourceType: 'CodeSystem',
  url: 'http://example.org/colours',
  version: '1',
  status: 'active',
  content: 'complete',
  caseSensitive: true,
  concept: [
    {
      code: 'red',
      display: 'Red "{[\\',
      designation: [{ language: 'de', value: 'Rot' }],
      concept: [
        { concept: [{ code: 'wine' }], code: 'dark-red', definition: 'nearly black' },
        { code: 'pink', property: [{ code: 'notSelectable', valueBoolean: true }] },
      ],
    },
    {
      code: 'old',
      property: [
        { code: 'status', valueCode: 'retired' },
        { code: 'parent', valueCode: 'red' },
        { code: 'rank', valueDecimal: 1.5 },
      ],
    },
  ],
}
const { concept, ...head } = colours
const cups = { ...head, url: 'http://example.org/cups', version: '7', concept: [{ code: 'cup' }] }
const set = { resourceType: 'ValueSet', url: 'http://example.org/set', expansion: { contains: [{ code: 'red' }] } }
const bundle = {
  resourceType: 'Bundle',
  type: 'collection',
  entry: [{ resource: set }, { resource: colours }, { resource: cups }],
}

async function read(text: string, chunk: number, name = 'x.json') {
  const found = await codeSystemsIn([fileOf(name, text, chunk)])
  const systems = []
  for (const release of found?.releases ?? []) {
    const { sink, rows } = recorder(true)
    const problems = await load(release, sink)
    systems.push({ facts: release.facts, rows, problems: problems.map(printed) })
  }
  return { systems, left: (found?.left ?? []).map(printed) }
}

t.test('a CodeSystem is read in its order, with nesting, properties and designations', async t => {
  const text = JSON.stringify(colours, undefined, 1)
  for (const chunk of [1, 7, 100_000]) {
    const { systems, left } = await read(text, chunk)
    t.same(left, [])
    const [{ facts, rows, problems } = await Promise.reject()] = systems
    t.same(problems, [])
    t.match(facts, { url: colours.url, version: '1', content: 'complete', caseSensitive: true })
    t.match(rows.concepts, [
      { code: 'red', display: 'Red "{[\\', at: 'x.json:9' },
      { code: 'dark-red', definition: 'nearly black' },
      { code: 'wine' },
      { code: 'pink', abstract: true },
      { code: 'old', inactive: true, at: 'x.json:39' },
    ])
    t.match(rows.edges, [
      { child: 'dark-red', parent: 'red' },
      { child: 'wine', parent: 'dark-red' },
      { child: 'pink', parent: 'red' },
      { child: 'old', parent: 'red' },
    ])
    t.match(rows.designations, [{ code: 'red', language: 'de', value: 'Rot' }])
    t.match(
      rows.properties.filter(row => (row as { code: string }).code === 'old'),
      [
        { property: 'status', value: 'retired' },
        { property: 'rank', value: 1.5 },
      ],
    )
  }
})

t.test('what stands behind the concepts counts like what stands before them', async t => {
  const { systems } = await read(JSON.stringify({ concept, ...head, caseSensitive: false }), 11)
  t.match(systems, [{ facts: { url: colours.url, caseSensitive: false } }])
  t.equal(systems[0]?.rows.concepts.length, 5)
})

t.test('a Bundle, and a file with a resource on each line, hold several; others are passed over and told', async t => {
  const lines = [set, colours, cups].map(one => JSON.stringify(one)).join('\n')
  const cases = [
    [JSON.stringify(bundle), 'x.json', 1],
    [`${lines}\n`, 'x.ndjson', 1],
  ] as const
  for (const [text, name, line] of cases) {
    const { systems, left } = await read(text, 13, name)
    t.same(
      systems.map(({ facts, rows }) => [facts.url, rows.concepts.length]),
      [
        [colours.url, 5],
        [cups.url, 1],
      ],
    )
    t.same(left, [`${name} line ${line}: a 'ValueSet' is left out; expected a CodeSystem, or a Bundle of them`])
  }
})

t.test('what is no CodeSystem with concepts is told', async t => {
  const cases: [text: string, says: RegExp][] = [
    ['', /^$/],
    ['{}', /without resourceType/],
    ['7', /expected a JSON object; found '7'/],
    ['[1]', /expected a JSON object/],
    ['{"a":\n[}', /x.json line 2: '}' closes nothing that is open/],
    ['{"a":"b', /cut off/],
    ['{"a":[', /cut off/],
    ['{"a":1,}\n', /line 1/],
    ['{"a":1}}', /closes nothing/],
    [JSON.stringify({ ...colours, url: undefined }), /without url/],
    [JSON.stringify({ ...colours, content: 'supplement' }), /supplement .* store it as a resource/],
    [JSON.stringify(head), /has no concepts/],
  ]
  for (const [text, says] of cases) {
    const { systems, left } = await read(text, 5)
    t.same(systems, [], text)
    t.match(left.join('\n'), says, text)
  }
  t.equal(await codeSystemsIn([fileOf('x.csv', '{}')]), undefined)
})

t.test('faults of a concept are told with its line', async t => {
  const text = JSON.stringify({ ...head, concept: [{ code: 'a' }, { display: 'no code' }] }, undefined, 1)
  const { systems } = await read(text, 9)
  t.same(systems[0]?.problems, ['x.json line 12: a concept has no code'])
  const broken = await read(text.replace('"no code"', 'no code'), 9)
  t.match(broken.systems[0]?.problems, [/^x\.json line 13: /])
  const later = await read(text.replace(/\}\s*$/, ',}'), 9)
  t.match(later.left, [/^x\.json line 16: /], 'behind the concepts, too')
  const notUtf8 = await codeSystemsIn([fileOf('x.json', Buffer.from('7b22ff227d', 'hex'))])
  t.match(notUtf8?.left, [{ text: 'the bytes are not UTF-8 text' }])
})
