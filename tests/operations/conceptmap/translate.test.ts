/** https://hl7.org/fhir/R4/conceptmap-operation-translate.html */
import { bundle } from '../../interactions/bundles.ts'
import { parametersIn } from '../../terminology/cases.ts'
import { entries, type Loose, type Reply } from '../../world.ts'
import { type Given, operating, parameters } from '../operating.ts'

const group = (source: string, target: string, ...pairs: [from: string, equivalence: string, to: string][]) => ({
  source: `http://t/${source}`,
  target: `http://t/${target}`,
  element: pairs.map(([code, equivalence, to]) => ({ code, target: [{ code: to, equivalence, comment: 'so it is' }] })),
})
const map = (id: string, url: string, more: Loose, ...groups: Loose[]) => ({
  ...{ resourceType: 'ConceptMap', id, url: `http://t/${url}`, status: 'active' },
  ...more,
  group: groups,
})
const pets = { sourceCanonical: 'http://t/vs/pets', targetCanonical: 'http://t/vs/noises' }
const maps: readonly Loose[] = [
  map('old', 'noises', { version: '1', ...pets }, group('animals', 'noises', ['cat', 'equal', 'hiss'])),
  map(
    'new',
    'noises',
    { version: '2', ...pets },
    group('animals', 'noises', ['cat', 'equivalent', 'meow'], ['lion', 'wider', 'meow'], ['dog', 'narrower', 'bark']),
  ),
  map('latin', 'latin', {}, group('animals', 'latin', ['cat', 'equal', 'felis'], ['dog', 'unmatched', 'none'])),
]

/** `equivalent http://t/noises#meow of http://t/noises|2` */
function printed({ status, body }: Reply): Loose {
  if (status !== 200) return `${status} ${body.issue[0].diagnostics}`
  const result = body.parameter.find(({ name }: Loose) => name === 'result').valueBoolean
  const matches = body.parameter
    .filter(({ name }: Loose) => name === 'match')
    .map(({ part }: Loose) => {
      const at = (name: string) => part.find((one: Loose) => one.name === name)
      const { system, code } = at('concept').valueCoding
      return `${at('equivalence').valueCode} ${system.slice(9)}#${code} of ${at('source').valueUri.slice(9)}`
    })
  return [result, ...matches]
}

const meow = [true, 'equivalent noises#meow of noises|2']
const both = [...meow, 'equal latin#felis of latin']
const back = [true, 'equivalent animals#cat of noises|2', 'narrower animals#lion of noises|2']
const cat = 'code=cat&system=http://t/animals'

const asked: readonly (readonly [query: string, expected: Loose])[] = [
  [`url=http://t/noises&${cat}`, meow],
  [`url=http://t/noises|1&${cat}`, [true, 'equal noises#hiss of noises|1']],
  [`url=http://t/noises&conceptMapVersion=1&${cat}`, [true, 'equal noises#hiss of noises|1']],
  [`url=http://t/noises|2&conceptMapVersion=2&${cat}`, meow],
  [cat, both],
  [`${cat}&targetsystem=http://t/latin`, [true, 'equal latin#felis of latin']],
  [`${cat}&targetSystem=http://t/latin`, [true, 'equal latin#felis of latin']],
  [`${cat}&targetsystem=http://t/greek`, [false]],
  [`${cat}&source=http://t/vs/pets`, meow],
  [`${cat}&sourceScope=http://t/vs/pets`, meow],
  [`${cat}&source=http://t/vs/pets&target=http://t/vs/noises`, meow],
  [`${cat}&target=http://t/vs/other`, [false]],
  [`${cat}&source=pets`, meow],
  [`${cat}&source=ValueSet/pets`, meow],
  [`url=http://t/noises&code=meow&system=http://t/noises&reverse=true`, back],
  [`url=http://t/noises&code=meow&system=http://t/noises&reverse=false`, [false]],
  [`source=http://t/vs/noises&code=meow&system=http://t/noises&reverse=true`, back],
  ['url=http://t/noises&targetCode=meow&system=http://t/noises', back],
  ['url=http://t/noises&sourceCode=cat&system=http://t/animals', meow],
  ['url=http://t/noises&sourceCode=cat&sourceSystem=http://t/animals', meow],
  ['url=http://t/noises&targetCode=meow&targetSystem=http://t/noises', back],
  ['targetCode=meow&targetSystem=http://t/noises&sourceSystem=http://t/animals', back],
  ['targetCode=meow&targetSystem=http://t/noises&sourceSystem=http://t/plants', [false]],
  ['targetCode=meow&targetSystem=http://t/noises&sourceScope=http://t/vs/pets', back],
  ['targetCode=meow&targetSystem=http://t/noises&targetScope=http://t/vs/pets', [false]],
  ['code=meow&system=http://t/noises&targetsystem=http://t/animals&reverse=true', back],
  ['url=http://t/noises&targetCode=meow', /^400 the code 'meow' has no system/],
  ['url=http://t/noises&code=cow&system=http://t/animals', [false]],
  ['url=http://t/latin&code=dog&system=http://t/animals', [false, 'unmatched latin#none of latin']],
  [`url=http://t/noises&${cat}&version=1&nobody-knows-this=1`, meow],
  ['url=http://t/none&code=cat&system=http://t/animals', "404 the ConceptMap 'http://t/none' is not known"],
  [`url=http://t/noises|3&${cat}`, "404 the ConceptMap 'http://t/noises|3' is not known"],
  [`url=http://t/noises|1&conceptMapVersion=2&${cat}`, /^400 the parameter 'conceptMapVersion' is '2'/],
  ['url=http://t/noises', /^400 there is no code to ask about/],
  ['url=http://t/noises&code=cat', /^400 the code 'cat' has no system/],
  [`url=http://t/noises&${cat}&sourceCode=cat`, /^400 'code' and 'sourceCode' both say which code/],
  [`url=http://t/noises&${cat}&reverse=maybe`, /^400 .*'reverse'.*'maybe'/],
  [`${cat}&source=nobody`, /^404 ValueSet\/nobody does not exist/],
  ['coding=cat', /^400 .*'coding' is of the type Coding, which a URL cannot carry/],
]

await operating(async (t, open) => {
  const world = await open()
  const valueSet = { resourceType: 'ValueSet', id: 'pets', url: 'http://t/vs/pets', status: 'active' }
  const compose = { include: [{ system: 'http://t/animals' }] }
  for (const one of [...maps, { ...valueSet, compose }]) {
    const reply = await world.ask('PUT', `${one.resourceType}/${one.id}`, one)
    t.equal(reply.status, 201, reply.json)
  }

  await t.test('maps are found by name, by what they are for, and all of them otherwise', async t => {
    for (const [query, expected] of asked) {
      t.match(printed(await world.ask('GET', `ConceptMap/$translate?${query}`)), expected, query)
      t.match(printed(await world.ask('POST', `ConceptMap/$translate?${query}`)), expected, query)
    }
  })

  await t.test('a map by its id', async t => {
    t.strictSame(printed(await world.ask('GET', `ConceptMap/old/$translate?${cat}`)), [
      true,
      'equal noises#hiss of noises|1',
    ])
    t.match(printed(await world.ask('GET', `ConceptMap/none/$translate?${cat}`)), /^404/)
    const named = await world.ask('GET', `ConceptMap/old/$translate?url=http://t/latin&${cat}`)
    t.match(printed(named), /^400 the URL names the concept map already/)
  })

  await t.test('codes in all their forms', async t => {
    const coding = { system: 'http://t/animals', code: 'cat' }
    const concept = { coding: [{ system: 'http://t/animals', code: 'dog' }, coding, { display: 'no code' }] }
    const url = ['url', 'Uri', 'http://t/noises'] as const
    const ask = async (...given: Given) =>
      printed(await world.ask('POST', 'ConceptMap/$translate', parameters(...given)))
    for (const name of ['coding', 'sourceCoding']) t.strictSame(await ask(url, [name, 'Coding', coding]), meow)
    for (const name of ['codeableConcept', 'sourceCodeableConcept']) {
      const found = await ask(url, [name, 'CodeableConcept', concept])
      t.strictSame(found, [true, 'narrower noises#bark of noises|2', 'equivalent noises#meow of noises|2'])
    }
    t.strictSame(await ask(url, ['targetCoding', 'Coding', { system: 'http://t/noises', code: 'meow' }]), back)
    t.match(await ask(url, ['coding', 'Coding', { display: 'Cat' }]), /^400 the coding has no code/)
    t.match(
      await ask(url, ['codeableConcept', 'CodeableConcept', { text: 'Cat' }]),
      /^400 the codeableConcept has no code/,
    )
    t.match(await ask(url, ['coding', 'Coding', coding], ['code', 'Code', 'cat']), /^400 'code' and 'coding' both say/)
    const many = { coding: Array.from({ length: 1_001 }, () => coding) }
    t.match(
      await ask(url, ['codeableConcept', 'CodeableConcept', many]),
      /^422 .* has 1001 codings: expected at most 1000/,
    )
  })

  await t.test('a map that comes along, as parameter or beside it', async t => {
    const own = map('x', 'own', {}, group('animals', 'own', ['cat', 'equal', 'c']))
    const coding = ['coding', 'Coding', { system: 'http://t/animals', code: 'cat' }] as const
    const ask = async (...given: Given) =>
      printed(await world.ask('POST', 'ConceptMap/$translate', parameters(coding, ...given)))
    const found = [true, 'equal own#c of own']
    t.strictSame(await ask(['conceptMap', 'resource', own]), found)
    t.strictSame(await ask(['tx-resource', 'resource', own], ['url', 'Uri', 'http://t/own']), found)
    t.match(await ask(['url', 'Uri', 'http://t/own']), /^404/)
    const named = (url: string) => ask(['conceptMap', 'resource', own], ['url', 'Uri', url])
    t.strictSame(await named('http://t/own'), found, 'by the name that it has')
    t.match(
      await named('http://t/noises'),
      /^400 .*'url' is 'http:\/\/t\/noises', and 'conceptMap' is 'http:\/\/t\/own'/,
    )
    const hiding = { ...own, url: 'http://t/noises' }
    t.strictSame(await ask(['tx-resource', 'resource', hiding], ['url', 'Uri', 'http://t/noises']), [
      true,
      'equal own#c of noises',
    ])
    t.match(
      await ask(['conceptMap', 'resource', { resourceType: 'Patient' }]),
      /^400 .*found a Patient, expected a ConceptMap/,
    )
  })

  await t.test('what a target depends on is told with the question', async t => {
    const target = (code: string, value: string) => ({
      ...{ code, equivalence: 'equal' },
      dependsOn: [{ property: 'http://t/size', system: 'http://t/sizes', value }],
    })
    const element = [{ code: 'cat', target: [target('lion', 'large'), target('kitten', 'small')] }]
    const own = map('x', 'own', {}, { source: 'http://t/animals', target: 'http://t/own', element })
    const ask = async (...parts: Loose[]) => {
      const given = parameters(
        ['conceptMap', 'resource', own],
        ['code', 'Code', 'cat'],
        ['system', 'Uri', 'http://t/animals'],
        ...parts.map(part => ['dependency', 'part', part] as const),
      )
      return printed(await world.ask('POST', 'ConceptMap/$translate', given))
    }
    const size = (concept: Loose) => [
      { name: 'element', valueUri: 'http://t/size' },
      { name: 'concept', valueCodeableConcept: concept },
    ]
    t.strictSame(await ask(), [false])
    t.strictSame(await ask(size({ coding: [{ system: 'http://t/sizes', code: 'large' }] })), [
      true,
      'equal own#lion of own',
    ])
    t.strictSame(await ask(size({ text: 'small' })), [true, 'equal own#kitten of own'])
    t.strictSame(await ask(size({ coding: [{ system: 'http://t/other', code: 'large' }] })), [false])
    t.strictSame(await ask([{ name: 'element', valueUri: 'http://t/size' }]), [false])
    t.match(await ask([{ name: 'element', valueString: '' }]), /^400/)
  })

  await t.test('maps that lead to each other in a circle, or nowhere', async t => {
    const to = (id: string, url: string) =>
      map(id, id, {}, { source: 'http://t/animals', unmapped: { mode: 'other-map', url: `http://t/${url}` } })
    const ask = async (...along: Loose[]) => {
      const given = along.map(one => ['tx-resource', 'resource', one] as const)
      const body = parameters(['url', 'Uri', 'http://t/a'], ...given)
      return printed(await world.ask('POST', `ConceptMap/$translate?${cat}`, body))
    }
    t.match(await ask(to('a', 'b'), to('b', 'a')), /^422 .*circle/)
    t.match(await ask(to('a', 'none')), /^404 .*'http:\/\/t\/none'/)
    t.strictSame(await ask(to('a', 'noises')), meow)
    const sent = [to('a', 'b'), to('b', 'a'), to('c', 'none')].map(one => ['tx-resource', 'resource', one] as const)
    const { body } = await world.ask('POST', `ConceptMap/$translate?${cat}`, parameters(...sent))
    const { result, message } = parametersIn(body.parameter) as Loose
    t.equal(result, true, 'who names no map is answered by the others')
    t.match(message, /circle.*; ConceptMap 'http:\/\/t\/c' refers to 'http:\/\/t\/none'/s)
  })

  await t.test(
    'of codes outside its source value set a map says nothing, not even what it says of unmapped ones',
    async t => {
      const scope = {
        ...{ resourceType: 'ValueSet', url: 'http://t/vs/felines', status: 'active' },
        compose: { include: [{ system: 'http://t/animals', concept: [{ code: 'cat' }, { code: 'lion' }] }] },
      }
      const unmapped = { mode: 'fixed', code: 'silence' }
      const quiet = { ...group('animals', 'noises', ['cat', 'equal', 'purr'], ['dog', 'equal', 'woof']), unmapped }
      const ask = async (code: string, ...along: Loose[]) => {
        const own = map('x', 'quiet', { sourceUri: 'http://t/vs/felines', targetUri: 'http://t/vs/felines' }, quiet)
        const given = [own, ...along].map(one => ['tx-resource', 'resource', one] as const)
        const body = parameters(['code', 'Code', code], ['system', 'Uri', 'http://t/animals'], ...given)
        return printed(await world.ask('POST', 'ConceptMap/$translate?url=http://t/quiet', body))
      }
      t.strictSame(await ask('cat', scope), [true, 'equal noises#purr of quiet'])
      t.strictSame(await ask('lion', scope), [true, 'inexact noises#silence of quiet'])
      t.strictSame(await ask('dog', scope), [false])
      t.strictSame(await ask('cow', scope), [false])
      t.strictSame(await ask('cow'), [true, 'inexact noises#silence of quiet'], 'nobody knows the value set')
      const circular = { ...scope, compose: { include: [{ valueSet: ['http://t/vs/felines'] }] } }
      t.strictSame(await ask('cow', circular), [true, 'inexact noises#silence of quiet'], 'nor what it means')
      const reverse = parameters(
        ...[map('x', 'quiet', { targetUri: 'http://t/vs/felines' }, quiet), scope].map(
          one => ['tx-resource', 'resource', one] as const,
        ),
      )
      const question = 'url=http://t/quiet&code=purr&system=http://t/noises&reverse=true'
      t.strictSame(printed(await world.ask('POST', `ConceptMap/$translate?${question}`, reverse)), [false])
    },
  )

  await t.test('in a batch', async t => {
    const request = { method: 'GET', url: `ConceptMap/$translate?url=http://t/noises&${cat}` }
    const reply = await world.ask('POST', '', bundle('batch', [{ request }]))
    t.equal(entries(reply)[0].resource.parameter[0].valueBoolean, true)
  })
})
