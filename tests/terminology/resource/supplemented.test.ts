import t from 'tap'
import type { JsonObject } from '../../../src/fhir/resource.ts'
import type { CodeSystem, Relations } from '../../../src/terminology/code-system.ts'
import { ConceptSet } from '../../../src/terminology/concept-set.ts'
import { readCodeSystem } from '../../../src/terminology/resource/resource-code-system.ts'
import { isRelated, supplemented } from '../../../src/terminology/resource/supplemented.ts'

const { system: base } = readCodeSystem({
  resourceType: 'CodeSystem',
  url: 'http://t/s',
  status: 'active',
  content: 'complete',
  property: [{ code: 'p', type: 'code' }],
  concept: [
    {
      code: 'a',
      display: 'Alpha',
      concept: [{ code: 'b', display: 'Beta', property: [{ code: 'p', valueCode: '1' }] }],
    },
    { code: 'c', display: 'Gamma' },
  ],
})
const supplement = (concept: readonly JsonObject[], more: JsonObject = {}): JsonObject => ({
  resourceType: 'CodeSystem',
  content: 'supplement',
  supplements: 'http://t/s',
  concept,
  ...more,
})

t.test('designations and properties are added, the rest is as it was', async t => {
  const more = supplement(
    [
      {
        code: 'a',
        designation: [{ language: 'el', value: 'Άλφα' }],
        concept: [
          {
            code: 'b',
            property: [
              { code: 'p', valueCode: '2' },
              { code: 'q', valueInteger: 5 },
            ],
          },
        ],
      },
      { code: 'z', designation: [{ value: 'nobody' }] },
    ],
    { property: [{ code: 'q', type: 'integer' }] },
  )
  const system = supplemented(base, [more])
  t.same(system.designations(0), [{ language: 'el', value: 'Άλφα' }])
  t.same(
    system.properties(1).map(({ code, value }) => `${code}=${value}`),
    ['p=1', 'p=2', 'q=5'],
  )
  t.same([...system.having('q')], [1])
  t.same([...system.having('p', '2')], [1])
  t.same([...system.having('p', '1')], [1])
  t.same(
    system.facts.properties.map(({ code }) => code),
    ['p', 'q'],
  )
  t.same(system.search('αλφα', { most: 5 }), [0])
  t.same(system.search('alp', { most: 5 }), [0])
  t.equal(system.find('z'), undefined, 'a supplement defines no codes')
  t.equal(system.size, base.size)
  t.same(base.designations(0), [], 'the base is left alone')
  for (const concept of [0, 1, 2]) {
    t.equal(system.display(concept), base.display(concept))
    t.equal(system.definition(concept), base.definition(concept))
    t.equal(system.inactive(concept), base.inactive(concept))
    t.equal(system.abstract(concept), base.abstract(concept))
    t.same(system.parents(concept), base.parents(concept))
    t.same(system.children(concept), base.children(concept))
    t.same([...system.descendants(concept)], [...base.descendants(concept)])
    t.same([...system.ancestors(concept)], [...base.ancestors(concept)])
    t.equal(system.isA(1, concept), base.isA(1, concept))
  }
})

t.test('a display of a supplement is a word in its language', async t => {
  const system = supplemented(base, [supplement([{ code: 'c', display: 'Gama' }], { language: 'pl' })])
  t.equal(system.display(2), 'Gamma')
  t.same(system.designations(2), [{ value: 'Gama', language: 'pl' }])
})

t.test('two supplements add up', async t => {
  const one = supplement([{ code: 'a', designation: [{ value: 'one' }] }])
  const two = supplement([{ code: 'a', designation: [{ value: 'two' }] }])
  t.same(
    supplemented(base, [one, two])
      .designations(0)
      .map(({ value }) => value),
    ['one', 'two'],
  )
})

t.test('attributes and reference sets stay', async t => {
  const related: CodeSystem & Relations = {
    ...base,
    sources: () => ConceptSet.of(3, [1]),
    attributes: () => [{ group: 0, type: 0, value: 'x' }],
    members: refset => ConceptSet.of(3, [refset]),
    refsets: () => ConceptSet.of(3, [2]),
  }
  const system = supplemented(related, [supplement([])])
  t.notOk(isRelated(supplemented(base, [supplement([])])))
  t.ok(isRelated(system))
  if (!isRelated(system)) return
  t.same([...system.members(2)], [2])
  t.same([...system.refsets()], [2])
  t.same([...system.sources(undefined, undefined)], [1])
  t.same(system.attributes(0), [{ group: 0, type: 0, value: 'x' }])
})
