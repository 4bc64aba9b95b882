import type { Loose, World } from '../../world.ts'
import { storeAnimals } from '../animals.ts'
import { validationIn } from '../cases.ts'
import { type Given, operating, parameters } from '../operating.ts'

const url = ['url', 'Uri', 'http://t/vs/mammals'] as const

function coding(code: string, more: Loose = {}) {
  return ['coding', 'Coding', { system: 'http://t/animals', code, ...more }] as const
}

async function ask(world: World, ...given: Given): Promise<Loose> {
  const { status, body } = await world.ask('POST', 'ValueSet/$batch-validate-code', parameters(...given))
  if (status !== 200) return `${status} ${body.issue.map(({ diagnostics }: Loose) => diagnostics).join()}`
  return body.parameter.map(({ name, resource }: Loose) => {
    if (name !== 'validation') return name
    if (resource.resourceType === 'Parameters') return validationIn(resource)
    return resource.issue.map((issue: Loose) => `${issue.code}: ${issue.diagnostics}`).join('; ')
  })
}

const each = (...given: Given) => ['validation', 'resource', parameters(...given)] as const

await operating(async (t, open) => {
  const world = await open()
  await storeAnimals(world)

  await t.test('each question is answered on its own, in its place', async t => {
    const found = await ask(
      world,
      each(url, coding('cat')),
      each(url, coding('oak')),
      each(['url', 'Uri', 'http://t/none'], coding('cat')),
      each(['url', 'Uri', 'http://t/vs/circle-1'], coding('cat')),
      each(url),
      each(url, ['code', 'Code', 'cat']),
      each(url, ['code', 'Integer', 7]),
      each(url, ['coding', 'Coding', { wings: 2 }]),
      each(url, coding('cat'), coding('dog')),
      ['validation', 'resource', { resourceType: 'Patient' }],
      each(url, ['code', 'Code', 'dog'], ['system', 'Uri', 'http://t/animals']),
    )
    t.match(found, [
      { result: true, code: 'cat' },
      { result: false, issues: ['error code-invalid not-in-vs Coding.code'] },
      "not-found: A definition for the value Set 'http://t/none' could not be found",
      /circularity/,
      /Unable to find code to validate .looked for coding . codeableConcept . code in parameters =url:Uri./,
      /the code 'cat' has no system/,
      /'code'/,
      /wings/,
      /'coding' was given 2 times/,
      /the validation is a Patient: expected Parameters/,
      { result: true, code: 'dog' },
    ])
    t.equal(found.length, 11)
  })

  await t.test('what is said once holds for all that do not say otherwise', async t => {
    const found = await ask(
      world,
      url,
      ['displayLanguage', 'Code', 'de'],
      each(coding('cat')),
      each(coding('cat', { display: 'Chat domestique' }), ['displayLanguage', 'Code', 'fr']),
      each(coding('oak'), ['url', 'Uri', 'http://t/vs/listed']),
      each(coding('wolf'), ['valueSet', 'resource', { resourceType: 'ValueSet', compose: { include: [] } }]),
    )
    t.match(found, [
      { result: true, display: 'Hauskatze' },
      { result: true, display: 'Chat domestique' },
      { result: true, code: 'oak' },
      { result: false, code: 'wolf' },
    ])
  })

  await t.test('without a value set the code system alone decides', async t => {
    t.match(await ask(world, each(coding('oak')), each(coding('unicorn'))), [{ result: true }, { result: false }])
  })

  await t.test('resources come along for all or for one', async t => {
    const set = (name: string, code: string) => ({
      ...{ resourceType: 'ValueSet', url: `http://t/vs/${name}`, status: 'active' },
      compose: { include: [{ system: 'http://t/animals', concept: [{ code }] }] },
    })
    const along = (resource: Loose) => ['tx-resource', 'resource', resource] as const
    const found = await ask(
      world,
      along(set('all', 'cat')),
      each(coding('cat'), ['url', 'Uri', 'http://t/vs/all']),
      each(coding('dog'), ['url', 'Uri', 'http://t/vs/one'], along(set('one', 'dog'))),
      each(coding('cat'), ['url', 'Uri', 'http://t/vs/all'], along(set('one', 'dog'))),
      each(coding('dog'), ['url', 'Uri', 'http://t/vs/one']),
    )
    t.match(found, [{ result: true }, { result: true }, { result: true }, /'http:\/\/t\/vs\/one' could not be found/])
  })

  await t.test('it has an end', async t => {
    t.match(await ask(world), /^400 the parameter 'validation' is missing: expected at least 1/)
    const many = (count: number) => Array.from({ length: count }, () => each(coding('cat')))
    t.match(await ask(world, ...many(10_001)), /^422 the request has 10001 validations: expected at most 10000/)
    const found = await ask(world, url, ...many(2_000))
    t.equal(found.filter(({ result }: Loose) => result).length, 2_000)
    t.equal((await world.ask('GET', 'ValueSet/$batch-validate-code')).status, 400)
  })
})
