/** `:above` and `:below` of references: what is followed before the store is asked, and how far. */
import { storedIn } from '../../src/interactions/search/stored.ts'
import { compileIndex } from '../../src/search/index-values.ts'
import { all, none } from '../../src/search/node.ts'
import { definitions } from '../search/parse/asking.ts'
import { onBothStores, type World } from '../world.ts'
import { names, put } from './searching.ts'

const wide = 1_200 // several questions to the store

async function wards(world: World): Promise<void> {
  const entry = Array.from({ length: wide }, (_, n) => ({
    resource: { resourceType: 'Location', id: `w${n}`, partOf: { reference: 'Location/house' } },
    request: { method: 'PUT', url: `Location/w${n}` },
  }))
  const reply = await world.ask('POST', '', { resourceType: 'Bundle', type: 'transaction', entry })
  if (reply.status !== 200) throw new Error(reply.json)
}

await onBothStores(async (t, open) => {
  const world = await open()
  await put(world, 'Location', 'house')
  await wards(world)
  const encounter = (id: string, at: string) =>
    put(world, 'Encounter', id, {
      status: 'finished',
      class: { code: 'IMP' },
      location: [{ location: { reference: `Location/${at}` } }],
    })
  await encounter('first', 'w0')
  await encounter('last', `w${wide - 1}`)
  await encounter('elsewhere', 'other')
  const values = compileIndex(definitions)
  const needs = (clock = () => 0) => ({
    ...world,
    values,
    tenant: 'default',
    restrict: () => all,
    budget: 10_000,
    clock,
  })

  await t.test('a level wider than a question to the store is followed to its end', async t => {
    const reply = await world.ask('GET', 'Encounter?location:below=house')
    t.strictSame(names(reply), ['Encounter/first', 'Encounter/last'])
    t.strictSame(names(await world.ask('GET', `Encounter?location:above=w0`)), ['Encounter/first'])
  })

  await t.test('a change counts at once', async t => {
    await put(world, 'Location', 'w0', { partOf: { reference: 'Location/other' } })
    t.strictSame(names(await world.ask('GET', 'Encounter?location:below=house')), ['Encounter/last'])
    t.strictSame(names(await world.ask('GET', 'Encounter?location:below=other')), [
      'Encounter/first',
      'Encounter/elsewhere',
    ])
  })

  await t.test('what is too much is refused, not cut', async t => {
    const stored = storedIn(needs())
    t.equal((await stored.ids('Location', all)).length, wide + 1)
    const often = async () => {
      for (let n = 0; n < 9; n++) await stored.ids('Location', all)
    }
    await t.rejects(often(), { status: 422, message: /more than 10000 resources, of type Location/ })
  })

  await t.test('what takes too long is refused, not cut', async t => {
    let now = 0
    const stored = storedIn(needs(() => (now += 4_000)))
    await t.rejects(stored.ids('Location', all), { status: 422, message: /more than 10000 ms/ })
  })

  await t.test('only what may be seen is followed', async t => {
    const stored = storedIn({ ...needs(), restrict: type => (type === 'Location' ? none : all) })
    t.strictSame(await stored.ids('Location', all), [])
    t.equal((await stored.ids('Encounter', all)).length, 3)
  })

  await t.test('canonical names are told as they stand', async t => {
    await put(world, 'Questionnaire', 'a', { status: 'active', url: 'http://a.example/q', version: '1.0-RC' })
    await put(world, 'Questionnaire', 'b', { status: 'active', url: 'http://a.example/q' })
    await put(world, 'Questionnaire', 'c', { status: 'active' })
    t.strictSame(await storedIn(needs()).canonicals('Questionnaire', all), [
      { url: 'http://a.example/q', version: '1.0-RC' },
      { url: 'http://a.example/q' },
    ])
    const response = (id: string, questionnaire: string) =>
      put(world, 'QuestionnaireResponse', id, { status: 'completed', questionnaire })
    await response('a', 'http://a.example/q|1.0-RC')
    await response('b', 'http://a.example/q')
    t.strictSame(await storedIn(needs()).cited('QuestionnaireResponse', all, 'questionnaire'), [
      { url: 'http://a.example/q', version: '1.0-RC' },
      { url: 'http://a.example/q' },
    ])
    t.strictSame(await storedIn(needs()).cited('QuestionnaireResponse', all, 'subject'), [])
  })

  await t.test('_has by canonical URLs of too many versions is refused', async t => {
    const entry = Array.from({ length: 101 }, (_, n) => ({
      resource: {
        resourceType: 'QuestionnaireResponse',
        id: `r${n}`,
        status: 'amended',
        questionnaire: `http://a.example/q|${n}`,
      },
      request: { method: 'PUT', url: `QuestionnaireResponse/r${n}` },
    }))
    const reply = await world.ask('POST', '', { resourceType: 'Bundle', type: 'transaction', entry })
    t.equal(reply.status, 200)
    const name = '_has:QuestionnaireResponse:questionnaire:status'
    const refused = await world.ask('GET', `Questionnaire?${name}=amended`)
    t.equal(refused.status, 422)
    t.match(refused.body.issue[0], {
      code: 'too-costly',
      diagnostics: new RegExp(`^${name}: .* more than 100 versions`),
    })
    t.strictSame(names(await world.ask('GET', `Questionnaire?${name}=completed`)), [
      'Questionnaire/a',
      'Questionnaire/b',
    ])
  })
})
