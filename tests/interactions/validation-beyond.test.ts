/** What definitions cannot say: whole Bundles, and responses by their questionnaires. Checked by every write, and by $validate. */
import { operating } from '../operations/operating.ts'
import { entries, type Loose, type Reply } from '../world.ts'
import { bundle } from './bundles.ts'

const outcome = { prefer: 'return=OperationOutcome' }
const urn = (n: number): string => `urn:uuid:00000000-0000-4000-8000-00000000000${n}`

/** `error required Bundle.entry[0].fullUrl`; what only says that it worked is left out. */
function told({ body }: Reply): string[] {
  return body.issue
    .filter(({ code }: Loose) => code !== 'informational')
    .map(({ severity, code, expression = [] }: Loose) => [severity, code, ...expression].join(' '))
}

const composition = (more: object = {}): object => ({
  resourceType: 'Composition',
  status: 'final',
  type: { text: 'letter' },
  date: '2026-01-01',
  title: 'A letter',
  author: [{ reference: urn(2) }],
  ...more,
})
const practitioner = { resourceType: 'Practitioner' }
const documentOf = (...resources: readonly object[]): Loose => ({
  resourceType: 'Bundle',
  type: 'document',
  identifier: { system: 'http://kiln.test', value: '1' },
  timestamp: '2026-01-01T00:00:00Z',
  entry: resources.map((resource, index) => ({ fullUrl: urn(index + 1), resource })),
})
const padding = Array.from({ length: 20 }, (_, n) => ({
  fullUrl: `http://elsewhere.test/fhir/Patient/${n}`,
  resource: { resourceType: 'Patient' },
}))

const questionnaire = (more: object = {}): Loose => ({
  resourceType: 'Questionnaire',
  id: 'colours',
  url: 'http://kiln.test/Questionnaire/colours',
  status: 'active',
  item: [
    { linkId: 'name', type: 'string', required: true },
    { linkId: 'age', type: 'integer' },
  ],
  ...more,
})
const response = (canonical: string, item: readonly object[], more: object = {}): Loose => ({
  resourceType: 'QuestionnaireResponse',
  status: 'completed',
  questionnaire: canonical,
  item,
  ...more,
})
const named = { linkId: 'name', answer: [{ valueString: 'Ann' }] }
const old = { linkId: 'age', answer: [{ valueString: 'old' }] }
const url = 'http://kiln.test/Questionnaire/colours'

await operating(async (t, open) => {
  await t.test('a document that is stored or validated has to be whole', async t => {
    const world = await open()
    const whole = documentOf(composition(), practitioner)
    t.equal((await world.ask('POST', 'Bundle', whole)).status, 201)
    t.strictSame(told(await world.ask('POST', 'Bundle/$validate', whole)), [])

    const faults = ['error invariant Bundle.entry[0].resource.author[0]']
    const partial = documentOf(composition())
    const refused = await world.ask('POST', 'Bundle', partial)
    t.equal(refused.status, 422)
    t.strictSame(told(refused), faults)
    t.strictSame(told(await world.ask('POST', 'Bundle/$validate', partial)), faults)
    t.strictSame(told(await world.ask('POST', '$validate', partial)), faults)
  })

  await t.test('so has a large one, and one that is changed', async t => {
    const world = await open()
    const large = documentOf(composition(), practitioner)
    large.entry.push(...padding)
    const stray = (from: number) => padding.map((_, at) => `warning business-rule Bundle.entry[${from + at}]`)
    t.strictSame(told(await world.ask('POST', 'Bundle', large, outcome)), stray(2))
    large.entry.splice(1, 1)
    const refused = await world.ask('POST', 'Bundle', large)
    t.equal(refused.status, 422)
    t.strictSame(told(refused), ['error invariant Bundle.entry[0].resource.author[0]', ...stray(1)])

    await world.ask('PUT', 'Bundle/a', { ...documentOf(composition(), practitioner), id: 'a' })
    const patch = JSON.stringify([{ op: 'remove', path: '/entry/1' }])
    const patched = await world.ask('PATCH', 'Bundle/a', patch, { 'content-type': 'application/json-patch+json' })
    t.equal(patched.status, 422)
  })

  await t.test('fullUrls say what their resources are', async t => {
    const world = await open()
    const entry = [
      { fullUrl: 'Patient/1', resource: { resourceType: 'Patient' } },
      { fullUrl: 'http://a.test/Patient/2', resource: { resourceType: 'Patient', id: '3' } },
      { resource: { resourceType: 'Patient' } },
    ]
    const faults = [
      'error value Bundle.entry[0].fullUrl',
      'error invariant Bundle.entry[1].fullUrl',
      'warning required Bundle.entry[2].fullUrl',
    ]
    const collection = { resourceType: 'Bundle', type: 'collection', entry }
    const refused = await world.ask('POST', 'Bundle', collection)
    t.equal(refused.status, 400, 'one is not even a URL')
    t.strictSame(told(refused), [
      'error value Bundle.entry[0].fullUrl',
      'error invariant Bundle.entry[1].fullUrl',
      faults[2],
    ])
    t.strictSame(told(await world.ask('POST', '$validate', collection)), faults)
  })

  await t.test('a response answers the questionnaire that is stored, however it comes', async t => {
    const world = await open()
    await world.ask('PUT', 'Questionnaire/colours', questionnaire())
    t.equal((await world.ask('POST', 'QuestionnaireResponse', response(url, [named]))).status, 201)
    const faults = ['error structure QuestionnaireResponse.item[1].answer[0].value']
    for (const canonical of [url, 'Questionnaire/colours', 'http://kiln.test/fhir/Questionnaire/colours']) {
      const bad = response(canonical, [named, old])
      const refused = await world.ask('POST', 'QuestionnaireResponse', bad)
      t.equal(refused.status, 422, canonical)
      t.strictSame(told(refused), faults, canonical)
      t.match(refused.body.issue[0].extension, [{ valueString: canonical }], 'and says by which')
      t.strictSame(told(await world.ask('POST', 'QuestionnaireResponse/$validate', bad)), faults, canonical)
    }
    const missing = await world.ask(
      'POST',
      'QuestionnaireResponse',
      response(url, [{ linkId: 'age', answer: [{ valueInteger: 7 }] }]),
    )
    t.equal(missing.status, 422)
    const request = { method: 'POST', url: 'QuestionnaireResponse' }
    for (const type of ['batch', 'transaction'] as const) {
      const reply = await world.ask('POST', '', bundle(type, [{ resource: response(url, [named, old]), request }]))
      const issue = type === 'batch' ? entries(reply)[0].response.outcome.issue : reply.body.issue
      t.match(issue, [{ expression: ['Bundle.entry[0].resource.item[1].answer[0].value'] }], type)
    }
    const around = { resourceType: 'Bundle', type: 'collection', entry: [...padding] as Loose[] }
    around.entry.push({ fullUrl: urn(1), resource: response(url, [named, old]) })
    t.strictSame(told(await world.ask('POST', 'Bundle', around)), [
      'error structure Bundle.entry[20].resource.item[1].answer[0].value',
    ])
  })

  await t.test('a questionnaire may be contained, and may have versions', async t => {
    const world = await open()
    const { id: _, url: __, ...form } = questionnaire()
    const contained = [{ ...form, id: 'q' }]
    const own = await world.ask('POST', 'QuestionnaireResponse', response('#q', [named, old], { contained }))
    t.strictSame(told(own), ['error structure QuestionnaireResponse.item[1].answer[0].value'])

    await world.ask('PUT', 'Questionnaire/colours', questionnaire({ version: '1.10.0' }))
    const item = [{ linkId: 'age', type: 'string' }]
    await world.ask('PUT', 'Questionnaire/older', questionnaire({ id: 'older', version: '1.9.0', item }))
    const statuses = async (...canonicals: readonly string[]): Promise<number[]> => {
      const replies = canonicals.map(each => world.ask('POST', 'QuestionnaireResponse', response(each, [old])))
      return (await Promise.all(replies)).map(({ status }) => status)
    }
    t.strictSame(await statuses(url, `${url}|1.10.0`, `${url}|1.9.0`, `${url}|3`), [422, 422, 201, 201])
  })

  await t.test('questionnaires count from the next request on, and are gone when they are deleted', async t => {
    const world = await open()
    const ask = () => world.ask('POST', 'QuestionnaireResponse', response(url, [old]), outcome)
    const unknown = await ask()
    t.equal(unknown.status, 201)
    t.strictSame(told(unknown), ['warning not-found QuestionnaireResponse.questionnaire'])
    await world.ask('PUT', 'Questionnaire/colours', questionnaire())
    t.equal((await ask()).status, 422)
    const item = [{ linkId: 'age', type: 'string' }]
    await world.ask('PUT', 'Questionnaire/colours', questionnaire({ item }))
    t.equal((await ask()).status, 201)
    await world.ask('DELETE', 'Questionnaire/colours')
    t.strictSame(told(await ask()), ['warning not-found QuestionnaireResponse.questionnaire'])
    const elsewhere = await world.ask('POST', 'QuestionnaireResponse', response(url, [old]), { 'x-tenant': 'b' })
    t.equal(elsewhere.status, 201)
  })

  await t.test('one that nobody knows is refused where the settings say so', async t => {
    const strict = await open({ settings: { unknownProfiles: 'refuse' } })
    const reply = await strict.ask('POST', 'QuestionnaireResponse', response(url, [old]))
    t.equal(reply.status, 422)
    t.strictSame(told(reply), ['error not-found QuestionnaireResponse.questionnaire'])
  })
})
