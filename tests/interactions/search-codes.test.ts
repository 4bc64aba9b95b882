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
