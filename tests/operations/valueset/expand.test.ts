/** https://hl7.org/fhir/R4/valueset-operation-expand.html */
import { bundle } from '../../interactions/bundles.ts'
import { codesIn } from '../../terminology/cases.ts'
import { entries, type Loose, type Reply } from '../../world.ts'
import { animals, storeAnimals } from '../animals.ts'
import { refused } from '../cases.ts'
import { operating, parameters } from '../operating.ts'

const mammals = ['mammal', 'cat', 'dog', 'wolf', 'quagga', 'whale', 'platypus']
const url = 'url=http://t/vs/mammals'

/** What a question in the URL leads to; in the body it leads to the same. */
const answered: readonly (readonly [query: string, codes: readonly string[]])[] = [
  ['', mammals],
  ['count=3', ['mammal', 'cat', 'dog']],
  ['count=3&offset=3', ['wolf', 'quagga', 'whale']],
  ['count=3&offset=6', ['platypus']],
  ['offset=5', ['whale', 'platypus']],
  ['offset=7', []],
  ['offset=2147483647', []],
  ['count=0', []],
  ['count=2147483647', mammals],
  ['filter=wo', ['wolf']],
  ['filter=whale+blue', ['whale']],
  ['filter=BLÜE', ['whale']],
  ['filter=blue', ['whale']],
  ['filter=unicorn', []],
  ['filter=', mammals],
  ['filter=c&count=1', ['cat']],
  ['activeOnly=true', ['mammal', 'cat', 'dog', 'wolf', 'whale', 'platypus']],
  ['activeOnly=false', mammals],
  ['excludeNotForUI=true', mammals],
  ['excludePostCoordinated=true', mammals],
  ['excludeNested=true', mammals],
  ['exclude-system=http://t/animals', []],
  ['exclude-system=http://t/animals|1.0', []],
  ['exclude-system=http://t/animals|2.0', mammals],
  ['system-version=http://t/animals|1.0', mammals],
  ['check-system-version=http://t/animals|1.x', mammals],
  ['force-system-version=http://t/animals|1.0', mammals],
  ['default-valueset-version=http://t/vs/mammals|1', mammals],
  ['valueSetVersion=1', mammals],
  ['date=2026-01-01', mammals],
  ['date=2099', mammals],
  ['contextDirection=incoming', mammals],
  ['includeDesignations=true&designation=urn:ietf:bcp:47|de', mammals],
  ['property=legs&property=diet', mammals],
  ['useSupplement=http://t/animals-fr', mammals],
  ['displayLanguage=de', mammals],
  ['cache-id=a-1', mammals],
  ['nobody-knows-this=1&_format=json', mammals],
]

const wrong: readonly (readonly [query: string, status: number, text: RegExp])[] = [
  ['count=-1', 400, /count must be 0 or more, not -1 count$/],
  ['offset=-5', 400, /offset must be 0 or more, not -5 offset$/],
  ['count=many', 400, /'count'.*expected an integer, found the string 'many'/],
  ['count=1.5', 400, /'count'.*integer/],
  ['count=99999999999', 400, /'count'/],
  ['offset=1&offset=2', 400, /'offset' was given 2 times, expected at most 1/],
  ['activeOnly=yes', 400, /'activeOnly'.*'yes'/],
  ['excludeNested=1', 400, /'excludeNested'/],
  ['includeDefinition=TRUE', 400, /'includeDefinition'/],
  ['date=yesterday', 400, /'date'/],
  ['date=2019-05-01', 422, /as they were on 2019-05-01 cannot be used.* date$/],
  ['contextDirection=sideways', 400, /contextDirection is 'sideways': expected incoming or outgoing/],
  ['displayLanguage=_', 422, /Invalid displayLanguage: '_'/],
  ['system-version=1.0', 400, /'system-version' is '1.0': expected a canonical and a version/],
  ['force-system-version=http://t/animals|9', 404, /CodeSystem 'http:\/\/t\/animals' version '9' could not be found/],
  ['check-system-version=http://t/animals|9', 422, /The version '1.0' is not allowed for system 'http:\/\/t\/animals'/],
  ['useSupplement=http://t/none', 404, /Required supplement not found: http:\/\/t\/none/],
  ['valueSet=x', 400, /'valueSet' is of the type ValueSet, which a URL cannot carry/],
]

const elsewhere: readonly (readonly [path: string, status: number, text: RegExp])[] = [
  ['ValueSet/$expand', 400, /there is no value set: expected url, valueSet or context/],
  ['ValueSet/$expand?url=http://t/none', 404, /A definition for the value Set 'http:\/\/t\/none' could not be found/],
  ['ValueSet/$expand?url=http://t/vs/mammals|7', 404, /'http:\/\/t\/vs\/mammals\|7' could not be found/],
  ['ValueSet/$expand?url=http://t/vs/mammals&valueSetVersion=7', 404, /'http:\/\/t\/vs\/mammals\|7'/],
  ['ValueSet/$expand?url=http://t/vs/mammals|1&valueSetVersion=7', 400, /'valueSetVersion' is '7'.* '1': expected one/],
  ['ValueSet/none/$expand', 404, /ValueSet\/none does not exist/],
  ['ValueSet/mammals-1/$expand?url=http://t/vs/tame', 400, /the URL names the value set already/],
  [
    'ValueSet/$expand?url=http://t/vs/circle-1',
    422,
    /circularity.*\[http:\/\/t\/vs\/circle-1\|1, http:\/\/t\/vs\/circle-2\|1/,
  ],
  ['ValueSet/$expand?url=http://t/vs/unknown', 404, /CodeSystem 'http:\/\/t\/nowhere' could not be found/],
  ['ValueSet/$expand?url=http://t/vs/bad-import', 404, /the value Set 'http:\/\/t\/vs\/none' could not be found/],
  ['ValueSet/$expand?url=http://t/absent', 404, /value Set/],
  ['CodeSystem/$expand', 404, /\$expand does not exist on \/CodeSystem/],
  ['ValueSet/$expand?context=http://t/somewhere', 422, /is not understood.*Patient#Patient.gender.* context$/],
  ['ValueSet/$expand?context=http://t/none%23a.b', 404, /StructureDefinition 'http:\/\/t\/none', which is not known/],
  ['ValueSet/$expand?context=http://hl7.org/fhir/StructureDefinition/Patient%23Patient.wings', 404, /no element/],
  ['ValueSet/$expand?context=http://hl7.org/fhir/StructureDefinition/Patient%23birthDate', 404, /bound to no value/],
]

/** Which parameters told the version of an include, and are thus part of the answer. */
const told: readonly (readonly [query: string, valueSet: Loose, names: readonly string[]])[] = [
  ['system-version=http://t/animals|1.0', { system: 'http://t/animals' }, ['system-version']],
  ['system-version=http://t/animals|1.0', { system: 'http://t/animals', version: '1.0' }, []],
  ['check-system-version=http://t/animals|1.x', { system: 'http://t/animals' }, ['check-system-version']],
  ['check-system-version=http://t/animals|1.x', { system: 'http://t/animals', version: '1.0' }, []],
  ['force-system-version=http://t/animals|1.0', { system: 'http://t/animals', version: '9' }, ['force-system-version']],
  [
    'system-version=http://t/animals|1.0&force-system-version=http://t/animals|1.x',
    { system: 'http://t/animals' },
    ['force-system-version'],
  ],
  [
    'check-system-version=http://t/animals|1.x&system-version=http://t/animals|1.0',
    { system: 'http://t/animals' },
    ['system-version'],
  ],
  ['system-version=http://t/plants|1.0', { system: 'http://t/animals' }, []],
  [
    'default-valueset-version=http://t/vs/mammals|1',
    { valueSet: ['http://t/vs/mammals'] },
    ['default-valueset-version'],
  ],
  ['default-valueset-version=http://t/vs/mammals|1', { valueSet: ['http://t/vs/mammals|1'] }, []],
  ['default-valueset-version=http://t/vs/mammals|1', { system: 'http://t/animals' }, []],
  ['system-version=http://t/animals|1.0', { valueSet: ['http://t/vs/mammals'] }, ['system-version']],
]

function codes(reply: Reply): readonly string[] | string {
  return reply.status === 200 ? codesIn(reply.body.expansion) : reply.json
}

function texts(reply: Reply): string {
  return reply.body.issue.map((one: Loose) => [one.diagnostics, ...(one.expression ?? [])].join(' ')).join('; ')
}

const types: Readonly<Record<string, string>> = {
  count: 'Integer',
  offset: 'Integer',
  filter: 'String',
  valueSetVersion: 'String',
  date: 'DateTime',
  contextDirection: 'Code',
  displayLanguage: 'Code',
  designation: 'String',
  property: 'String',
  'cache-id': 'Id',
}

/** The same as Parameters. */
function asBody(query: string): Loose {
  const given = [...new URLSearchParams(query)].filter(([name, text]) => text !== '' && !name.startsWith('_'))
  const isFlag = (text: string) => text === 'true' || text === 'false'
  return parameters(
    ...given.map(([name, text]) => {
      const type = types[name] ?? (isFlag(text) ? 'Boolean' : 'Uri')
      const value = type === 'Integer' ? Number(text) : type === 'Boolean' ? text === 'true' : text
      return [name, type, value] as const
    }),
  )
}

await operating(async (t, open) => {
  const world = await open()
  await storeAnimals(world)

  await t.test('a value set is listed, by whatever way it is asked for', async t => {
    const inline = animals.find(one => one.url === 'http://t/vs/mammals')
    for (const [query, expected] of answered) {
      t.strictSame(codes(await world.ask('GET', `ValueSet/$expand?${url}&${query}`)), expected, `GET ${query}`)
      const body = asBody(`${url}&${query}`)
      t.strictSame(codes(await world.ask('POST', 'ValueSet/$expand', body)), expected, `POST ${query}`)
      t.strictSame(codes(await world.ask('POST', `ValueSet/$expand?${url}&${query}`)), expected, `POST ?${query}`)
      const given = asBody(query)
      given.parameter = [...(given.parameter ?? []), { name: 'valueSet', resource: inline }]
      t.strictSame(codes(await world.ask('POST', 'ValueSet/$expand', given)), expected, `inline ${query}`)
      if (query.includes('valueSetVersion')) continue
      t.strictSame(codes(await world.ask('GET', `ValueSet/mammals-1/$expand?${query}`)), expected, `instance ${query}`)
    }
  })

  await t.test('what cannot be meant is refused, and the parameter is named', async t => {
    for (const [query, status, text] of wrong) {
      for (const path of [`ValueSet/$expand?${url}&${query}`, `ValueSet/mammals-1/$expand?${query}`]) {
        const reply = await world.ask('GET', path)
        t.equal(reply.status, status, `${path} ${reply.json}`)
        t.match(texts(reply), text, path)
      }
    }
    for (const [path, status, text] of elsewhere) {
      const reply = await world.ask('GET', path)
      t.equal(reply.status, status, `${path} ${reply.json}`)
      t.match(texts(reply), text, path)
    }
  })

  await t.test('in the body likewise', async t => {
    const bad: [body: Loose, status: number, text: RegExp][] = [
      [parameters(['url', 'Uri', 'http://t/vs/mammals'], ['count', 'Integer', -1]), 400, /count must be 0 or more/],
      [parameters(['url', 'Uri', 'http://t/vs/mammals'], ['count', 'String', '3']), 400, /'count'/],
      [parameters(['url', 'Uri', 'http://t/vs/mammals'], ['filter', 'Boolean', true]), 400, /'filter'/],
      [parameters(['url', 'Coding', { code: 'x' }]), 400, /'url'.*expected valueUri/],
      [parameters(['valueSet', 'resource', { resourceType: 'Patient' }]), 400, /found a Patient, expected a ValueSet/],
      [parameters(['tx-resource', 'String', 'x']), 400, /'tx-resource'/],
      [
        parameters(['valueSet', 'resource', { resourceType: 'ValueSet', status: 'active' }]),
        422,
        /neither a compose nor/,
      ],
      [{ resourceType: 'Patient' }, 400, /the body is a Patient: expected a ValueSet, or Parameters/],
    ]
    for (const [body, status, text] of bad) {
      const reply = await world.ask('POST', 'ValueSet/$expand', body)
      t.equal(reply.status, status, reply.json)
      t.match(texts(reply), text)
    }
  })

  await t.test('a value set may be the body itself', async t => {
    const body = { resourceType: 'ValueSet', status: 'active', compose: { include: [{ system: 'http://t/colours' }] } }
    t.strictSame(codes(await world.ask('POST', 'ValueSet/$expand?count=2', body)), ['Red', 'Green'])
  })

  await t.test('the answer says how it was made', async t => {
    const { body } = await world.ask(
      'GET',
      `ValueSet/$expand?${url}&count=2&filter=c&displayLanguage=de&activeOnly=true`,
    )
    t.match(body.expansion.identifier, /^urn:uuid:[0-9a-f-]{36}$/)
    t.equal(body.expansion.timestamp, '2026-01-01T00:00:00.000Z')
    t.equal(body.expansion.offset, 0)
    t.equal(body.compose, undefined)
    t.strictSame(body.expansion.parameter, [
      { name: 'filter', valueString: 'c' },
      { name: 'count', valueInteger: 2 },
      { name: 'activeOnly', valueBoolean: true },
      { name: 'displayLanguage', valueCode: 'de' },
      { name: 'used-codesystem', valueUri: 'http://t/animals|1.0' },
    ])
    const whole = await world.ask('GET', `ValueSet/$expand?${url}&includeDefinition=true`)
    t.ok(whole.body.compose, 'the definition, on request')
  })

  await t.test('the answer tells which parameters told a version', async t => {
    for (const [query, include, names] of told) {
      const valueSet = { resourceType: 'ValueSet', status: 'active', compose: { include: [include] } }
      const body = asBody(query)
      body.parameter.push({ name: 'valueSet', resource: valueSet })
      const reply = await world.ask('POST', 'ValueSet/$expand', body)
      const listed = reply.body.expansion?.parameter ?? []
      const found = listed.map(({ name }: Loose) => name).filter((name: string) => /-version$/.test(name))
      t.same(found, names, `${query} ${JSON.stringify(include)} ${reply.status}`)
    }
  })

  await t.test('displays are of the language that is asked for', async t => {
    const first = async (path: string, headers: Record<string, string> = {}) =>
      (await world.ask('GET', path, undefined, headers)).body.expansion.contains[1].display
    t.equal(await first(`ValueSet/$expand?${url}`), 'House cat')
    t.equal(await first(`ValueSet/$expand?${url}&displayLanguage=de`), 'Hauskatze')
    t.equal(await first(`ValueSet/$expand?${url}`, { 'accept-language': 'fr-CH, fr;q=0.9' }), 'Chat domestique')
    t.equal(await first(`ValueSet/$expand?${url}&displayLanguage=de`, { 'accept-language': 'fr' }), 'Hauskatze')
    t.equal(await first(`ValueSet/$expand?${url}`, { 'accept-language': ';;' }), 'House cat')
    t.equal(await first(`ValueSet/$expand?${url}&displayLanguage=xx`), 'House cat')
  })

  await t.test('pages are those of one list', async t => {
    for (const filter of ['', '&filter=l']) {
      const asked = `ValueSet/$expand?url=http://t/vs/animals-all${filter}&excludeNested=true`
      const whole = codes(await world.ask('GET', asked))
      const pages: string[] = []
      for (let offset = 0; offset < whole.length + 4; offset += 4) {
        const path = `ValueSet/$expand?url=http://t/vs/animals-all${filter}&count=4&offset=${offset}`
        const reply = await world.ask('GET', path)
        t.equal(reply.body.expansion.offset, offset)
        pages.push(...codes(reply))
      }
      t.strictSame(pages, whole)
      t.equal(new Set(pages).size, pages.length)
    }
  })

  await t.test('a tree, where it is asked for', async t => {
    const { body } = await world.ask('GET', `ValueSet/$expand?${url}&excludeNested=false`)
    t.strictSame(
      codesIn(body.expansion),
      mammals.map((code, at) => (at === 0 ? code : `  ${code}`)),
    )
  })

  await t.test('what comes along counts for this request alone', async t => {
    const cat = { system: 'http://t/new', concept: [{ code: 'a', display: 'A' }] }
    const valueSet = { resourceType: 'ValueSet', url: 'http://t/vs/new', status: 'active', compose: { include: [cat] } }
    const system = { resourceType: 'CodeSystem', url: 'http://t/new', status: 'nonsense', content: 'complete' }
    const other = { ...valueSet, url: 'http://t/vs/mammals', version: '1' }
    const ask = (...resources: Loose[]) => {
      const along = resources.map(resource => ['tx-resource', 'resource', resource] as const)
      return world.ask('POST', 'ValueSet/$expand', parameters(['url', 'Uri', resources[0].url], ...along))
    }
    t.strictSame(
      codes(await ask(valueSet, { ...system, concept: [{ code: 'a' }] })),
      ['a'],
      'though its status is none',
    )
    t.strictSame(codes(await ask(other, { ...system, concept: [{ code: 'a' }] })), ['a'], 'before what is stored')
    t.equal((await world.ask('GET', 'ValueSet/$expand?url=http://t/vs/new')).status, 404)
    const inline = (url: string) =>
      world.ask('POST', 'ValueSet/$expand', parameters(['url', 'Uri', url], ['valueSet', 'resource', valueSet]))
    t.strictSame(codes(await inline('http://t/vs/new|1')), ['a'], 'by the name that it has')
    const two = await inline('http://t/vs/mammals')
    t.same([two.status, two.body.issue[0].expression], [400, ['url']], 'two value sets are no question')
    t.strictSame(codes(await world.ask('GET', `ValueSet/$expand?${url}`)), mammals)
  })

  await t.test('what was compiled for others is not forgotten for a question', async t => {
    const before = await world.ctx.vocabularies.of('default')
    await world.ask('POST', 'ValueSet/$expand', asBody(url))
    t.equal(await world.ctx.vocabularies.of('default'), before)
  })

  await t.test('an element of a profile leads to the value set it is bound to', async t => {
    const profile = (name: string, base: string, element: Loose[]) => ({
      resourceType: 'StructureDefinition',
      id: name,
      url: `http://t/${name}`,
      name,
      status: 'active',
      kind: 'resource',
      abstract: false,
      type: 'Patient',
      baseDefinition: base,
      derivation: 'constraint',
      differential: { element },
    })
    const binding = { strength: 'required', valueSet: 'http://t/vs/tame' }
    const path = 'Patient.maritalStatus'
    const pet = profile('pet', 'http://hl7.org/fhir/StructureDefinition/Patient', [{ id: path, path, binding }])
    const dog = profile('dog', 'http://t/pet', [{ id: 'Patient.active', path: 'Patient.active', min: 1 }])
    for (const one of [pet, dog]) t.equal((await world.ask('PUT', `StructureDefinition/${one.id}`, one)).status, 201)
    for (const context of ['pet#Patient.maritalStatus', 'pet#maritalStatus', 'dog#Patient.maritalStatus']) {
      const asked = encodeURIComponent(`http://t/${context}`)
      const reply = await world.ask('GET', `ValueSet/$expand?context=${asked}&contextDirection=incoming`)
      t.strictSame(codes(reply), ['cat', 'dog'], context)
    }
  })

  await t.test('a deleted value set is gone, a new version counts at once', async t => {
    const one = animals.find(each => each.url === 'http://t/vs/tame')
    await world.ask('PUT', 'ValueSet/gone', { ...one, id: 'gone', url: 'http://t/vs/gone' })
    t.strictSame(codes(await world.ask('GET', 'ValueSet/gone/$expand')), ['cat', 'dog'])
    const compose = { include: [{ system: 'http://t/animals', concept: [{ code: 'oak' }] }] }
    await world.ask('PUT', 'ValueSet/gone', { ...one, id: 'gone', url: 'http://t/vs/gone', compose })
    t.strictSame(codes(await world.ask('GET', 'ValueSet/gone/$expand')), ['oak'])
    t.strictSame(codes(await world.ask('GET', 'ValueSet/$expand?url=http://t/vs/gone')), ['oak'])
    await world.ask('DELETE', 'ValueSet/gone')
    t.equal((await world.ask('GET', 'ValueSet/gone/$expand')).status, 410)
    t.equal((await world.ask('GET', 'ValueSet/$expand?url=http://t/vs/gone')).status, 404)
  })

  await t.test('in a batch', async t => {
    const request = { method: 'GET', url: `ValueSet/$expand?${url}&count=1` }
    const reply = await world.ask('POST', '', bundle('batch', [{ request }]))
    t.equal(entries(reply)[0].resource.expansion.total, 7)
  })

  await t.test('a value set of 60,000 codes is too costly at once, and comes in pages', async t => {
    const concept = Array.from({ length: 60_000 }, (_, n) => ({ code: `c${n}` }))
    const include = [{ system: 'http://t/large', concept }]
    const large = { resourceType: 'ValueSet', url: 'http://t/vs/large', status: 'active', compose: { include } }
    const ask = (query: string) => world.ask('POST', `ValueSet/$expand?${query}`, large)
    t.match(refused(await ask('')), { status: 422, error: [/too-costly: .* has 60000 codes, .*\(>10000\)/] })
    t.match(refused(await ask('count=60000')), { status: 422, error: [/too-costly count: .* at most 50000 at once/] })
    const page = await ask('count=12500&offset=55000')
    t.equal(page.body.expansion.contains.length, 5_000)
    t.equal(page.body.expansion.contains[4_999].code, 'c59999')
    t.equal(page.body.expansion.total, 60_000)
    const next = await ask('count=2500&offset=10')
    t.strictSame(
      codes(next),
      concept.slice(10, 2_510).map(({ code }) => code),
    )
  })

  await t.test('a refusal says of what kind it is, where clients look for it', async t => {
    const told = async (valueSet: Loose) => {
      const given = {
        resourceType: 'ValueSet',
        url: 'http://t/vs/own',
        status: 'active',
        compose: { include: [valueSet] },
      }
      const { body } = await world.ask('POST', 'ValueSet/$expand', parameters(['valueSet', 'resource', given]))
      const [{ code, details, diagnostics }] = body.issue
      return [`${code} ${details?.coding[0].code}`, details?.text, diagnostics]
    }
    const constraint = (value: string) => ({
      system: 'http://t/animals',
      filter: [{ property: 'constraint', op: '=', value }],
    })
    const [costly, text, same] = await told({ system: 'urn:ietf:bcp:47' })
    t.same([costly, text], ['too-costly too-costly', same])
    const nothing = "at character 3, after '<<': expected a concept id, * or '(', found the end"
    t.same(await told(constraint('<<')), [
      'invalid vs-invalid',
      `Invalid ECL expression: '<<': (${nothing})`,
      `ECL: ${nothing}`,
    ])
    t.match(await told(constraint('^ 700043003')), [
      'not-supported vs-invalid',
      /^The ECL expression is not supported: '\^ 700043003': \(attributes and reference sets/,
    ])
    const lookup = await world.ask('GET', 'CodeSystem/$lookup?code=cat')
    t.match(lookup.body.issue, [{ code: 'invalid', details: { coding: [{ code: 'invalid-data' }], text: /'system'/ } }])
  })

  await t.test('a filter that ruins other engines ends at once', async t => {
    const concept = [{ code: 'a'.repeat(200) }, { code: `${'a'.repeat(200)}!` }]
    const system = { resourceType: 'CodeSystem', url: 'http://t/a', status: 'active', content: 'complete', concept }
    const ask = (value: string) => {
      const filter = [{ property: 'code', op: 'regex', value }]
      const valueSet = { resourceType: 'ValueSet', compose: { include: [{ system: 'http://t/a', filter }] } }
      const given = parameters(['valueSet', 'resource', valueSet], ['tx-resource', 'resource', system])
      return world.ask('POST', 'ValueSet/$expand', given)
    }
    t.equal(codes(await ask('(a+)+')).length, 1)
    t.equal(codes(await ask('(a|a)*b')).length, 0)
    for (const value of ['(a', 'a{1,1000000}', '(?=a)a', '\\1']) t.equal((await ask(value)).status, 422, value)
  })
})
