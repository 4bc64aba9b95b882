/** https://hl7.org/fhir/R4/conceptmap-operation-closure.html */
import type { Loose, World } from '../../world.ts'
import { storeAnimals } from '../animals.ts'
import { type Given, operating, parameters } from '../operating.ts'

const animal = (code: string, more: Loose = {}) =>
  ['concept', 'Coding', { system: 'http://t/animals', code, ...more }] as const

/** `version: a < b` is "b subsumes a"; `a > b`, b specializes a; `a = b`; `a ?`, it is not known. */
async function ask(world: Pick<World, 'ask'>, name: string, ...given: Given): Promise<string> {
  const body = parameters(['name', 'String', name], ...given)
  const reply = await world.ask('POST', '$closure', body)
  if (reply.status !== 200) return `${reply.status} ${reply.body.issue[0].diagnostics}`
  return printed(reply.body)
}

const signs: Readonly<Record<string, string>> = { subsumes: '<', specializes: '>', equal: '=', unmatched: '?' }

function printed({ version, group = [] }: Loose): string {
  const pairs = group.flatMap(({ element }: Loose) =>
    element.flatMap(({ code, target }: Loose) =>
      target.map((one: Loose) => [code, signs[one.equivalence], ...(one.code ? [one.code] : [])].join(' ')),
    ),
  )
  return `${version}: ${pairs.sort().join(', ')}`.trim()
}

const version = (text: string) => ['version', 'String', text] as const

await operating(async (t, open) => {
  const world = await open()
  await storeAnimals(world)

  await t.test('a table grows, and each answer tells what is new', async t => {
    t.equal(await ask(world, 'grown'), '1:')
    t.equal(await ask(world, 'grown', animal('cat')), '2:')
    t.equal(await ask(world, 'grown', animal('animal')), '3: animal > cat')
    t.equal(await ask(world, 'grown', animal('mammal')), '4: mammal < animal, mammal > cat')
    t.equal(await ask(world, 'grown', animal('oak'), animal('dog')), '5: dog < animal, dog < mammal')
    t.equal(
      await ask(world, 'grown', animal('platypus'), animal('egg-layer'), animal('bird')),
      [
        '6: bird < animal, bird < egg-layer, egg-layer < animal, platypus < animal, platypus < egg-layer, platypus < mammal',
      ].join(),
    )
    t.equal(await ask(world, 'grown', animal('cat')), '6:', 'known already')
    t.equal(
      await ask(world, 'grown', animal('cat'), animal('cat'), animal('wolf'), animal('wolf')),
      '7: wolf < animal, wolf < mammal',
    )
  })

  await t.test('what was told since a version is told again', async t => {
    await ask(world, 'told')
    await ask(world, 'told', animal('cat'), animal('mammal'))
    await ask(world, 'told', animal('animal'))
    t.equal(await ask(world, 'told', version('3')), '3:')
    t.equal(await ask(world, 'told', version('2')), '3: animal > cat, animal > mammal')
    t.equal(await ask(world, 'told', version('1')), '3: cat < animal, cat < mammal, mammal < animal')
    t.equal(
      await ask(world, 'told', version('2'), animal('dog')),
      '4: animal > cat, animal > mammal, dog < animal, dog < mammal',
    )
    for (const wrong of ['0', '5', '-1', '2.0', 'x', '99999999999999999999']) {
      t.equal(
        await ask(world, 'told', version(wrong)),
        `404 the closure table 'told' has no version '${wrong}': there are 1 to 4`,
      )
    }
  })

  await t.test('without concepts it begins anew', async t => {
    t.equal(await ask(world, 'begun', animal('cat')), '404 closure "begun" must be reinitialized')
    t.equal(await ask(world, 'begun', version('1')), '404 closure "begun" must be reinitialized')
    await ask(world, 'begun')
    await ask(world, 'begun', animal('cat'))
    t.equal(await ask(world, 'begun'), '3:')
    t.equal(await ask(world, 'begun', animal('mammal')), '4:', 'the cat is forgotten')
    t.equal(
      await ask(world, 'begun', version('2')),
      "404 the closure table 'begun' has no version '2': there are 3 to 4",
    )
    t.equal(await ask(world, 'begun', animal('cat')), '5: cat < mammal')
  })

  await t.test('tables have names and tenants of their own', async t => {
    const long = 'ä/ö 1?'.repeat(100)
    for (const name of ['a', 'A', 'a ', long]) t.equal(await ask(world, name), '1:', name)
    await ask(world, 'a', animal('cat'))
    for (const name of ['A', long]) t.equal(await ask(world, name, animal('mammal')), '2:')
    t.equal(await ask(world, 'a', animal('mammal')), '3: mammal > cat')
    const elsewhere = await world.ask('POST', '$closure', parameters(['name', 'String', 'a'], animal('cat')), {
      'x-tenant': 'other',
    })
    t.equal(elsewhere.status, 404)
  })

  await t.test('codes and code systems that nobody knows', async t => {
    await ask(world, 'unknown')
    const foreign = ['concept', 'Coding', { system: 'http://t/nowhere', code: 'x' }] as const
    t.equal(
      await ask(world, 'unknown', animal('unicorn'), foreign, animal('cat'), animal('mammal')),
      '2: cat < mammal, unicorn ?, x ?',
    )
    t.equal(await ask(world, 'unknown', animal('dog', { version: '9' })), '3: dog ?')
    t.equal(await ask(world, 'unknown', animal('dog', { version: '1.0' })), '4:')
    const system = (code: string) => ['concept', 'Coding', { system: 'http://t/colours', code }] as const
    t.equal(await ask(world, 'unknown', system('red'), system('RED'), system('Blue')), '5: red = RED')
  })

  await t.test('the answer is a ConceptMap', async t => {
    await ask(world, 'answered')
    const { body } = await world.ask(
      'POST',
      '$closure',
      parameters(['name', 'String', 'answered'], animal('cat'), animal('mammal')),
    )
    t.match(body, {
      resourceType: 'ConceptMap',
      version: '2',
      name: 'Updates for Closure Table answered',
      status: 'active',
      experimental: true,
      date: '2026-01-01T00:00:00.000Z',
      group: [
        {
          source: 'http://t/animals',
          target: 'http://t/animals',
          element: [{ code: 'cat', target: [{ code: 'mammal', equivalence: 'subsumes' }] }],
        },
      ],
    })
    t.equal((await world.ask('POST', 'ConceptMap/$validate', body)).body.issue[0].severity, 'information')
    const found = await world.ask('GET', 'Basic?identifier=urn:kiln:closure-table|answered')
    t.equal(found.body.entry.length, 1)
    const judged = await world.ask('POST', 'Basic/$validate', found.body.entry[0].resource)
    t.equal(judged.body.issue[0].severity, 'information', judged.json)
  })

  await t.test('what is stored counts, whoever stored it', async t => {
    await ask(world, 'stored')
    await ask(world, 'stored', animal('cat'))
    const other = world.other()
    t.equal(await ask(other, 'stored', animal('mammal')), '3: mammal > cat')
    t.equal(await ask(world, 'stored', animal('dog')), '4: dog < mammal')
    const [{ resource }] = (await world.ask('GET', 'Basic?identifier=urn:kiln:closure-table|stored')).body.entry
    await world.ask('PUT', `Basic/${resource.id}`, { ...resource, meta: undefined })
    t.match(await ask(world, 'stored', animal('oak')), /must be reinitialized/, 'somebody else wrote there')
    t.equal(await ask(world, 'stored'), '6:')
    await world.ask('DELETE', `Basic/${resource.id}`)
    t.match(await ask(world, 'stored', animal('oak')), /must be reinitialized/)
    t.equal(await ask(world, 'stored'), '8:')
    t.equal(await ask(world, 'stored', animal('oak')), '9:')
  })

  await t.test('many clients at once lose nothing', async t => {
    await ask(world, 'raced')
    const codes = ['animal', 'mammal', 'cat', 'dog', 'wolf', 'whale', 'bird', 'eagle']
    const answers = await Promise.all(codes.map(code => ask(world, 'raced', animal(code))))
    t.equal(new Set(answers.map(text => text.split(':')[0])).size, codes.length, 'each has a version of its own')
    const told = answers.flatMap(text => text.split(/[:,] ?/).slice(1)).filter(text => text !== '')
    const whole = (await ask(world, 'raced', version('1'))).split(/[:,] ?/).slice(1)
    const pair = (text: string) =>
      text
        .split(/ [<>] /)
        .sort()
        .join()
    t.strictSame(told.map(pair).sort(), whole.map(pair).sort(), 'every pair was told once')
  })

  await t.test('what is no question is refused', async t => {
    await ask(world, 'refused')
    const refused: [given: Given, text: RegExp][] = [
      [[['concept', 'Coding', { code: 'cat' }]], /^400 the concept has no system/],
      [[['concept', 'Coding', { system: 'http://t/animals' }]], /^400 the concept has no code/],
      [[['concept', 'Code', 'cat']], /^400 .*'concept'/],
      [[['version', 'Integer', 1]], /^400 .*'version'/],
      [[['name', 'String', 'again']], /^400 .*'name' was given 2 times/],
      [
        Array.from({ length: 1_001 }, (_, n) => animal(`c${n}`)),
        /^422 the request has 1001 concepts: expected at most 1000/,
      ],
    ]
    for (const [given, text] of refused) t.match(await ask(world, 'refused', ...given), text)
    t.match(await ask(world, 'n'.repeat(1_001)), /^400 the name has 1001 characters: expected at most 1000/)
    t.equal((await world.ask('POST', '$closure', parameters(animal('cat')))).status, 400)
    t.equal((await world.ask('GET', '$closure?name=refused')).status, 405)
    t.equal((await world.ask('POST', 'ConceptMap/$closure', parameters(['name', 'String', 'refused']))).status, 404)
    t.equal(await ask(world, 'refused', version('1')), '1:', 'nothing was added')
  })
})
