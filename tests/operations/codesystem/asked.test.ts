/** How questions about codes may come, and what is no question. https://hl7.org/fhir/R4/operations.html */
import { bundle, statuses } from '../../interactions/bundles.ts'
import { entries, type Loose } from '../../world.ts'
import { found, operating, parameters } from '../operating.ts'
import { store, told } from './asking.ts'
import { idOf, resources } from './resources.ts'

const animals = 'http://t/animals'
const stored = { 'x-tenant': 'stored' }
const inline: Loose = resources.find(({ url }) => url === animals)

/** What the kernel refuses, parameter by parameter. */
const malformed = [
  ['$lookup?system=http://t/a%20b&code=cat', 'system'],
  ['$lookup?system=http://t/animals&code=%20cat', 'code'],
  ['$lookup?system=http://t/animals&code=cat&date=yesterday', 'date'],
  ['$lookup?system=http://t/animals&code=cat&displayLanguage=%20de', 'displayLanguage'],
  ['$lookup?system=http://t/animals&code=cat&property=', 'property'],
  ['$lookup?coding=http://t/animals|cat', 'coding'],
  ['$lookup?system=http://t/animals&code=cat&code=dog', 'code'],
  ['$lookup?system=http://t/animals&code=cat&version=1&version=2', 'version'],
  ['$lookup?system=http://t/animals&code=cat&tx-resource=x', 'tx-resource'],
  ['$lookup?system=http://t/animals&code=cat&useSupplement=a%20b', 'useSupplement'],
  ['$validate-code?url=http://t/animals&code=cat&abstract=maybe', 'abstract'],
  ['$validate-code?url=http://t/animals&code=cat&inferSystem=1', 'inferSystem'],
  ['$validate-code?url=http://t/animals&code=cat&activeOnly=yes', 'activeOnly'],
  ['$validate-code?url=http://t/animals&code=cat&lenient-display-validation=x', 'lenient-display-validation'],
  ['$validate-code?url=http://t/animals&code=cat&valueset-membership-only=x', 'valueset-membership-only'],
  ['$validate-code?url=http://t/animals&codeableConcept=cat', 'codeableConcept'],
  ['$validate-code?codeSystem=animals&code=cat', 'codeSystem'],
  ['$validate-code?url=http://t/animals&url=http://t/words&code=cat', 'url'],
  ['$subsumes?system=http://t/animals&codeA=%20&codeB=cat', 'codeA'],
  ['$subsumes?system=http://t/animals&codeA=cat&codeB=', 'codeB'],
  ['$subsumes?codingA=cat&codingB=dog', 'codingA'],
  ['$subsumes?system=http://t/animals&codeA=cat&codeB=dog&system-version=a%20b', 'system-version'],
  ['$find-matches?system=http://t/animals&exact=true&property=legs', 'property'],
  ['$find-matches?system=http://t/animals&exact=perhaps', 'exact'],
  ['$find-matches?system=http://t/animals&exact=true&compositional=x', 'compositional'],
] as const

await operating(async (t, open) => {
  const world = await open()
  await store(world)

  for (const [query, name] of malformed) {
    await t.test(`${query} is refused`, async t => {
      const reply = await world.ask('GET', `CodeSystem/${query}`, undefined, stored)
      t.equal(reply.status, 400)
      t.match(reply.body.issue[0].diagnostics, `the parameter '${name}'`)
    })
  }

  await t.test('a parameter of the wrong type', async t => {
    const given = parameters(['code', 'Quantity', { value: 1 }], ['system', 'Uri', animals])
    t.strictSame(found(await world.ask('POST', 'CodeSystem/$lookup', given)), [
      'error invalid Parameters.parameter[0].value',
    ])
    const other = parameters(['codeSystem', 'resource', { resourceType: 'ValueSet' }], ['code', 'Code', 'cat'])
    t.strictSame(found(await world.ask('POST', 'CodeSystem/$validate-code', other)), [
      'error invalid Parameters.parameter[0].resource',
    ])
  })

  await t.test('what came along need not keep the rules of its profile, but counts for the one request', async t => {
    const loose = { resourceType: 'CodeSystem', url: 'http://t/loose', concept: [{ code: 'x', made: 'up' }] }
    const asked = [
      ['code', 'Code', 'x'],
      ['system', 'Uri', 'http://t/loose'],
    ] as const
    const reply = await world.ask(
      'POST',
      'CodeSystem/$lookup',
      parameters(...asked, ['tx-resource', 'resource', loose]),
    )
    t.equal(reply.status, 200)
    t.equal((await world.ask('POST', 'CodeSystem/$lookup', parameters(...asked))).status, 404)
  })

  await t.test('what came along hides what is stored, and other resources among it do no harm', async t => {
    const mine = {
      resourceType: 'CodeSystem',
      url: animals,
      version: '1.0',
      content: 'complete',
      concept: [{ code: 'emu' }],
    }
    const sent = [mine, { resourceType: 'Patient' }, { resourceType: 'StructureDefinition', url: animals }]
    const asked = (code: string): Loose =>
      parameters(
        ['code', 'Code', code],
        ['system', 'Uri', animals],
        ...sent.map(each => ['tx-resource', 'resource', each] as const),
      )
    t.equal((await world.ask('POST', 'CodeSystem/$lookup', asked('emu'), stored)).status, 200)
    t.equal((await world.ask('POST', 'CodeSystem/$lookup', asked('cat'), stored)).status, 404)
    t.equal((await world.ask('GET', `CodeSystem/$lookup?system=${animals}&code=cat`, undefined, stored)).status, 200)
  })

  await t.test('more children than can be told at once are told only by an expansion', async t => {
    const children = Array.from({ length: 10_001 }, (_, n) => ({ code: `c${n}` }))
    const wide = { resourceType: 'CodeSystem', url: 'http://t/wide', concept: [{ code: 'top', concept: children }] }
    const asked = (property: string): Loose =>
      parameters(
        ['code', 'Code', 'top'],
        ['system', 'Uri', 'http://t/wide'],
        ['property', 'Code', property],
        ['tx-resource', 'resource', wide],
      )
    const reply = await world.ask('POST', 'CodeSystem/$lookup', asked('child'))
    t.equal(reply.status, 403)
    t.match(reply.body.issue[0].diagnostics, "'top' has 10001 children, more than the 10000 that are told at once")
    t.equal((await world.ask('POST', 'CodeSystem/$lookup', asked('parent'))).status, 200)
  })

  await t.test('a code system may be the body itself, the rest in the URL', async t => {
    const reply = await world.ask('POST', 'CodeSystem/$validate-code?code=cat', inline)
    t.equal(told(reply).result, true)
    t.equal((await world.ask('POST', 'CodeSystem/$lookup?code=cat&system=http://t/animals', inline)).status, 400)
  })

  await t.test('parameters in the URL and in the body are one question', async t => {
    const reply = await world.ask(
      'POST',
      `CodeSystem/$lookup?system=${animals}`,
      parameters(['code', 'Code', 'cat']),
      stored,
    )
    t.equal(told(reply).display, 'House cat')
  })

  await t.test('tenants know their own code systems alone', async t => {
    t.equal((await world.ask('GET', `CodeSystem/$lookup?system=${animals}&code=cat`)).status, 404)
  })

  await t.test('an instance that does not exist, or no longer', async t => {
    t.equal((await world.ask('GET', 'CodeSystem/none/$validate-code?code=cat', undefined, stored)).status, 404)
    await world.ask('PUT', 'CodeSystem/gone', { ...inline, id: 'gone' })
    t.equal(told(await world.ask('GET', 'CodeSystem/gone/$subsumes?codeA=mammal&codeB=cat')).outcome, 'subsumes')
    await world.ask('DELETE', 'CodeSystem/gone')
    t.equal((await world.ask('GET', 'CodeSystem/gone/$subsumes?codeA=mammal&codeB=cat')).status, 410)
  })

  await t.test('an instance without a URL goes by its own', async t => {
    const { url: _, ...nameless } = inline
    await world.ask('PUT', 'CodeSystem/nameless', { ...nameless, id: 'nameless' })
    const reply = told(await world.ask('GET', 'CodeSystem/nameless/$validate-code?code=cat'))
    t.equal(reply.result, true)
    t.equal(reply.system, 'http://kiln.test/fhir/CodeSystem/nameless')
  })

  await t.test('what is not defined for an instance, or another type, is not there', async t => {
    t.equal((await world.ask('GET', `CodeSystem/${idOf(animals)}/$lookup?code=cat`, undefined, stored)).status, 404)
    t.equal((await world.ask('GET', 'ValueSet/$lookup?code=cat')).status, 404)
    t.equal((await world.ask('PUT', 'CodeSystem/$lookup')).status, 405)
  })

  await t.test('a newly stored code system answers from then on, and asking by POST changes nothing', async t => {
    const before = world.ctx.vocabularies.of('default')
    await world.ask('POST', 'CodeSystem/$lookup', parameters(['code', 'Code', 'x'], ['system', 'Uri', 'http://t/new']))
    t.equal(await world.ctx.vocabularies.of('default'), await before, 'known as before')
    const fresh = {
      resourceType: 'CodeSystem',
      url: 'http://t/new',
      status: 'active',
      content: 'complete',
      concept: [{ code: 'x' }],
    }
    t.equal((await world.ask('POST', 'CodeSystem', fresh)).status, 201)
    t.equal((await world.ask('GET', 'CodeSystem/$lookup?system=http://t/new&code=x')).status, 200)
  })

  for (const type of ['batch', 'transaction'] as const) {
    await t.test(`entries of a ${type}`, async t => {
      const post = parameters(['code', 'Code', 'cat'], ['url', 'Uri', animals])
      const reply = await world.ask(
        'POST',
        '',
        bundle(type, [
          { request: { method: 'GET', url: `CodeSystem/$lookup?system=${animals}&code=cat` } },
          { request: { method: 'POST', url: 'CodeSystem/$validate-code' }, resource: post },
          { request: { method: 'GET', url: `CodeSystem/${idOf(animals)}/$subsumes?codeA=mammal&codeB=cat` } },
        ]),
        stored,
      )
      t.strictSame(statuses(reply), ['200 OK', '200 OK', '200 OK'])
      const [lookup, validation, subsumption] = entries(reply).map(({ resource }) =>
        told({ ...reply, status: 200, body: resource }),
      )
      t.equal(lookup.display, 'House cat')
      t.equal(validation.result, true)
      t.equal(subsumption.outcome, 'subsumes')
    })
  }

  await t.test('an entry of a batch that asks for what is not there', async t => {
    const url = `CodeSystem/$lookup?system=${animals}&code=unicorn`
    const reply = await world.ask('POST', '', bundle('batch', [{ request: { method: 'GET', url } }]), stored)
    t.strictSame(statuses(reply), ['404 Not Found'])
    t.match(entries(reply)[0].response.outcome.issue[0].diagnostics, "Unknown code 'unicorn'")
  })
})
