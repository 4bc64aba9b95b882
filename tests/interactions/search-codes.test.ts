/** `:in`, `:not-in`, `:above` and `:below` by what codes mean in the tenant. */
import { codesIn } from '../../src/interactions/search/codes.ts'
import { type Node, none } from '../../src/search/node.ts'
import { base, onBothStores } from '../world.ts'
import { names, observation, put } from './searching.ts'

const system = 'http://example.org/animals'
const set = 'http://example.org/sets'

await onBothStores(async (t, open) => {
  const world = await open()
  await put(world, 'CodeSystem', 'animals', {
    url: system,
    status: 'active',
    content: 'complete',
    property: [{ code: 'kindOf', uri: 'http://hl7.org/fhir/concept-properties#parent', type: 'code' }],
    concept: [
      { code: 'animal', concept: [{ code: 'dog', concept: [{ code: 'poodle' }] }, { code: 'cat' }] },
      { code: 'puma', property: [{ code: 'kindOf', valueCode: 'cat' }] },
      { code: 'stone' },
    ],
  })
  for (const code of ['animal', 'dog', 'poodle', 'cat', 'puma', 'stone']) {
    await observation(world, code, 'Patient/1', { code: { coding: [{ system, code }] } })
  }
  await observation(world, 'elsewhere', 'Patient/1', { code: { coding: [{ system: 'http://other', code: 'dog' }] } })

  const valueSet = (id: string, more: object) =>
    put(world, 'ValueSet', id, { url: `${set}/${id}`, status: 'active', ...more })
  const compose = (include: object[], exclude: object[] = []) => ({
    compose: { include, ...(exclude.length > 0 ? { exclude } : {}) },
  })
  await valueSet('listed', compose([{ system, concept: [{ code: 'dog' }, { code: 'cat' }] }]))
  await valueSet('whole', compose([{ system }], [{ system, concept: [{ code: 'stone' }] }]))
  await valueSet('dogs', compose([{ system, filter: [{ property: 'concept', op: 'is-a', value: 'dog' }] }]))
  await valueSet('below', compose([{ system, filter: [{ property: 'concept', op: 'descendent-of', value: 'cat' }] }]))
  await valueSet('both', compose([{ valueSet: [`${set}/listed`, `${set}/dogs`] }]))
  await valueSet('circle', compose([{ valueSet: [`${set}/circle`] }]))
  await valueSet('foreign', compose([{ system: 'http://example.org/unheard-of' }]))
  await valueSet('expanded', {
    expansion: {
      timestamp: '2026-01-01',
      contains: [{ system, code: 'animal', abstract: true, contains: [{ system, code: 'poodle' }] }],
    },
  })

  const found = async (query: string) =>
    names(await world.ask('GET', `Observation?${query}`)).map(name => name.split('/')[1])

  const cases: [string, string[]][] = [
    [`code:in=${set}/listed`, ['dog', 'cat']],
    [`code:in=${set}/whole`, ['animal', 'dog', 'poodle', 'cat', 'puma']],
    [`code:in=${set}/dogs`, ['dog', 'poodle']],
    [`code:in=${set}/below`, ['puma']],
    [`code:in=${set}/both`, ['dog']],
    [`code:in=${set}/expanded`, ['poodle']],
    [`code:not-in=${set}/whole`, ['stone', 'elsewhere']],
    [`code:below=${system}|dog`, ['dog', 'poodle']],
    [`code:below=${system}|cat`, ['cat', 'puma']],
    [`code:below=${system}|animal`, ['animal', 'dog', 'poodle', 'cat', 'puma']],
    [`code:above=${system}|poodle`, ['animal', 'dog', 'poodle']],
    [`code:above=${system}|puma`, ['animal', 'cat', 'puma']],
    [`code:below=${system}|unicorn`, []],
  ]
  for (const [query, ids] of cases) {
    await t.test(query, async t => t.strictSame(await found(query), ids))
  }

  for (const url of [`${set}/nowhere`, `${set}/circle`, `${set}/foreign`, `${set}/listed|9`]) {
    await t.test(`${url} is not known, or not all of it`, async t => {
      const reply = await world.ask('GET', `Observation?code:in=${url}`)
      t.equal(reply.status, 400)
      t.match(reply.body.issue[0].diagnostics, url)
    })
  }

  await t.test("R4's own value sets and hierarchies are searched by without being stored", async t => {
    const act = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
    const coded = (code: string) => ({ code: { coding: [{ system: act, code }] } })
    await observation(world, 'emergency', 'Patient/1', coded('EMER'))
    await observation(world, 'account', 'Patient/1', coded('CASH'))
    const encounters = 'http://terminology.hl7.org/ValueSet/v3-ActEncounterCode'
    t.strictSame(await found(`code:in=${encounters}`), ['emergency'])
    t.strictSame(await found(`code:in=${encounters}|4.0.1`), ['emergency'])
    t.strictSame(await found(`code:below=${act}|_ActAccountCode`), ['account'])
    t.strictSame(await found(`code:above=${act}|EMER`), ['emergency'])
  })

  await t.test('concept maps lead to what other systems call the same, or a kind of it', async t => {
    const pets = 'http://example.org/pets'
    const target = (code: string, equivalence: string) => ({ code, equivalence, comment: 'a test' })
    const group = {
      source: pets,
      target: system,
      element: [
        { code: 'barks', target: [target('dog', 'equivalent'), target('animal', 'wider')] },
        { code: 'pet', target: [target('cat', 'narrower'), target('dog', 'specializes'), target('stone', 'disjoint')] },
        { code: 'purrs', target: [target('cat', 'equal')] },
      ],
    }
    await put(world, 'ConceptMap', 'pets', { url: `${set}/pets`, version: '1', status: 'active', group: [group] })
    await observation(world, 'purring', 'Patient/1', { code: { coding: [{ system: pets, code: 'purrs' }] } })
    t.strictSame(await found(`code:translated=${pets}|barks`), ['dog'], 'nothing that is more')
    t.strictSame(await found(`code:translated=${pets}|pet`), ['dog', 'cat'])
    t.strictSame(await found(`code:translated=${system}|cat`), ['cat', 'purring'], 'by itself, and the other way')
    t.strictSame(await found(`code:translated=${pets}|barks,${pets}|purrs`), ['dog', 'cat', 'purring'])
    t.strictSame(await found(`code:translated=${pets}|flies`), [])
    const older = { source: pets, target: system, element: [{ code: 'flies', target: [target('puma', 'equal')] }] }
    await put(world, 'ConceptMap', 'older', { url: `${set}/pets`, version: '0.9', status: 'active', group: [older] })
    t.strictSame(await found(`code:translated=${pets}|flies`), [], 'of a map, its latest version counts')
    const reply = await world.ask('GET', 'Observation?code:translated=barks')
    t.match([reply.status, reply.body.issue[0].diagnostics], [400, /expected system\|code/])
    const lost = {
      source: pets,
      target: system,
      element: [{ code: 'x' }],
      unmapped: { mode: 'other-map', url: `${set}/lost` },
    }
    await put(world, 'ConceptMap', 'lost', { url: `${set}/leading`, status: 'active', group: [lost] })
    const led = await world.ask('GET', `Observation?code:translated=${pets}|flies`)
    t.match([led.status, led.body.issue[0].diagnostics], [400, /sets\/lost/])
    await world.ask('DELETE', 'ConceptMap/lost')
  })

  await t.test('a code system that is not known has no hierarchy', async t => {
    const reply = await world.ask('GET', 'Observation?code:below=http://example.org/unheard-of|1')
    t.equal(reply.status, 400)
    t.match(reply.body.issue[0].diagnostics, /unheard-of/)
  })

  await t.test('what is stored and may not be seen is not known to who asks', async t => {
    const codes = (restrict: (type: string) => Node) =>
      codesIn({
        ...{ store: world.store, tenant: 'default', base, restrict, budget: 10_000 },
        vocabulary: () => world.ctx.vocabularies.of('default'),
      })
    const seesNothing = codes(() => none)
    const seesOne = codes(() => ({ is: 'id', ids: ['listed'] }))
    const listed = [
      { system, code: 'dog' },
      { system, code: 'cat' },
    ]
    t.equal(await seesNothing.valueSet(`${set}/listed`), undefined)
    t.equal(await seesNothing.valueSet(`${base}/ValueSet/listed`), undefined)
    t.equal(await seesNothing.hierarchy('below', { system, code: 'dog' }), undefined)
    t.same(await seesNothing.translations({ system, code: 'cat' }), [])
    t.match(await codes(() => ({ is: 'id', ids: ['pets'] })).translations({ system, code: 'cat' }), [{ code: 'purrs' }])
    t.same(await seesOne.valueSet(`${set}/listed`), listed)
    t.same(await seesOne.valueSet(`${base}/ValueSet/listed`), listed)
    t.equal(await seesOne.valueSet(`${set}/dogs`), undefined)
    t.equal(await seesOne.valueSet(`${base}/ValueSet/dogs`), undefined)
    t.equal((await seesNothing.valueSet('http://hl7.org/fhir/ValueSet/administrative-gender'))?.length, 4)
  })

  await t.test('the newest of those with one URL counts, and a changed one at once', async t => {
    await valueSet('listed', compose([{ system, concept: [{ code: 'stone' }] }]))
    t.strictSame(await found(`code:in=${set}/listed`), ['stone'])
  })
})
