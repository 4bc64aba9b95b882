import type { CodeSystem, ValueSet, ValueSetCompose } from '@medplum/fhirtypes'
import t from 'tap'
import { type Expansion, expand } from '../../../src/conformance/generate/expand.ts'

const colours: CodeSystem = {
  resourceType: 'CodeSystem',
  status: 'active',
  content: 'complete',
  url: 'urn:colours',
  concept: [
    { code: 'warm', concept: [{ code: 'red', concept: [{ code: 'pink' }] }, { code: 'orange' }] },
    { code: 'cold', concept: [{ code: 'blue' }] },
    { code: 'violet', property: [{ code: 'subsumedBy', valueCode: 'warm' }] },
  ],
}
const elsewhere: CodeSystem = {
  resourceType: 'CodeSystem',
  status: 'active',
  content: 'not-present',
  url: 'urn:elsewhere',
}

function valueSet(compose: ValueSetCompose, url = 'urn:mine'): ValueSet {
  return { resourceType: 'ValueSet', status: 'active', url, compose }
}

const reds = valueSet(
  { include: [{ system: 'urn:colours', concept: [{ code: 'red' }, { code: 'pink' }] }] },
  'urn:reds',
)

function expanded(compose: ValueSetCompose): Expansion {
  return expand(valueSet(compose), {
    valueSet: url => [reds].find(each => each.url === url),
    codeSystem: url => [colours, elsewhere].find(each => each.url === url),
  })
}

function codes(compose: ValueSetCompose): string[] {
  const { codes, open, missing } = expanded(compose)
  t.equal(open.size + missing.size, 0)
  return [...codes].flatMap(([system, codes]) => [...codes].map(code => `${system}|${code}`)).sort()
}

function listed(...names: readonly string[]): string[] {
  return names.map(name => `urn:colours|${name}`).sort()
}

const system = 'urn:colours'

t.test('a whole code system, with all its levels', async t => {
  t.same(codes({ include: [{ system }] }), listed('warm', 'red', 'pink', 'orange', 'cold', 'blue', 'violet'))
})

t.test('a list of codes, of a system that is there or not', async t => {
  t.same(codes({ include: [{ system: 'urn:nowhere', concept: [{ code: 'x' }] }] }), ['urn:nowhere|x'])
})

t.test('what is below a concept, by nesting or by property', async t => {
  const filter = (op: 'is-a' | 'is-not-a') => [{ property: 'concept', op, value: 'warm' }]
  t.same(codes({ include: [{ system, filter: filter('is-a') }] }), listed('warm', 'red', 'pink', 'orange', 'violet'))
  t.same(codes({ include: [{ system, filter: filter('is-not-a') }] }), listed('cold', 'blue'))
})

t.test('includes add up, conditions of one include must all hold, excludes take away', async t => {
  const blue = { system, concept: [{ code: 'blue' }] }
  t.same(codes({ include: [blue, { valueSet: ['urn:reds'] }] }), listed('blue', 'red', 'pink'))
  t.same(
    codes({ include: [{ system, concept: [{ code: 'red' }, { code: 'blue' }], valueSet: ['urn:reds'] }] }),
    listed('red'),
  )
  t.same(
    codes({ include: [{ valueSet: ['urn:reds'] }], exclude: [{ system, concept: [{ code: 'red' }] }] }),
    listed('pink'),
  )
})

t.test('a system whose codes are not there stays open, a value set that is not there is missing', async t => {
  for (const url of ['urn:elsewhere', 'urn:nowhere']) {
    const filter = [{ property: 'concept', op: 'is-a' as const, value: '1' }]
    const { codes, open } = expanded({
      include: [
        { system: url, filter },
        { system, concept: [{ code: 'red' }] },
      ],
    })
    t.same([...open], [url])
    t.same([...codes.keys()], [system])
  }
  t.same([...expanded({ include: [{ valueSet: ['urn:none'] }] }).missing], ['urn:none'])
})

t.test('what would be wrong if it were passed over stops the generator', async t => {
  const include = [{ system }]
  t.throws(
    () => expanded({ include: [{ system, filter: [{ property: 'hue', op: '=', value: '1' }] }] }),
    /no filter hue =/,
  )
  t.throws(() => expanded({ include, exclude: [{ system: 'urn:elsewhere' }] }), /urn:elsewhere are not known/)
  t.throws(() => expanded({ include: [{ system, valueSet: ['urn:none'] }] }), /urn:none are not known/)
})
