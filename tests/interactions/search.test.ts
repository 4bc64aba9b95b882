import t from 'tap'
import { type Store, TooCostly } from '../../src/store/port.ts'
import { issuesOf, openKiln } from '../http/kiln.ts'
import { base, entries, onBothStores, type World } from '../world.ts'
import { form, link, names, observation, patient, put, said } from './searching.ts'

async function seeded(world: World): Promise<World> {
  await patient(world, '1', 'Adams', { active: true, gender: 'female', birthDate: '1970-05-01' })
  await patient(world, '2', 'Brown', { active: false })
  await patient(world, '3', 'Clark', { managingOrganization: { reference: 'Organization/o' } })
  await put(world, 'Organization', 'o', { name: 'House' })
  await observation(world, 'a', 'Patient/1')
  await observation(world, 'b', 'Patient/2', { performer: [{ reference: 'Patient/1' }] })
  return world
}

await onBothStores(async (t, open) => {
  const world = await seeded(await open())
  const ask = (target: string, headers?: Record<string, string>) => world.ask('GET', target, undefined, headers)
  const post = (target: string, body: string, headers: Record<string, string> = form) =>
    world.ask('POST', target, body, headers)

  await t.test('a searchset tells mode, full URL, total and what was understood', async t => {
    const reply = await ask('Patient?family=adams&_=12&gender=&_format=json')
    t.equal(reply.status, 200)
    const { resourceType, type, total } = reply.body
    t.strictSame({ resourceType, type, total }, { resourceType: 'Bundle', type: 'searchset', total: 1 })
    const [entry] = entries(reply)
    t.equal(entry.fullUrl, `${base}/Patient/1`)
    t.strictSame(entry.search, { mode: 'match' })
    t.equal(entry.resource.birthDate, '1970-05-01')
    t.equal(link(reply, 'self'), 'Patient?family=adams&_format=json')
    t.equal(link(reply, 'next'), undefined)
  })

  await t.test('an empty searchset is an answer, too', async t => {
    const reply = await ask('Patient?family=nobody')
    t.equal(reply.body.total, 0)
    t.equal(reply.body.entry, undefined)
    t.strictSame(names(await ask('Device?_id=1')), [], 'of a type that has no resources')
  })

  await t.test('each form of the URL searches its part of the server', async t => {
    t.strictSame(names(await ask('Patient')), ['Patient/1', 'Patient/2', 'Patient/3'])
    t.strictSame(names(await ask('Patient?_sort=-family')), ['Patient/3', 'Patient/2', 'Patient/1'])
    t.strictSame(names(await ask('?_type=Organization,Patient&_sort=_id')), [
      'Patient/1',
      'Patient/2',
      'Patient/3',
      'Organization/o',
    ])
    t.equal(names(await ask('')).length, 6, 'without any parameter: everything')
    t.strictSame(names(await ask('?_id=a')), ['Observation/a'])
    t.strictSame(names(await ask('Patient/1/Observation')), ['Observation/a', 'Observation/b'])
    t.strictSame(names(await ask('Patient/1/Observation?subject=Patient/1')), ['Observation/a'])
    t.strictSame(names(await ask('Patient/2/*')), ['Patient/2', 'Observation/b'])
    t.strictSame(names(await ask('Patient/nobody/Observation')), [])
    t.equal(link(await ask('Patient/1/Observation'), 'self'), 'Patient/1/Observation')
    t.equal(link(await ask('?_id=a'), 'self'), '?_id=a')
  })

  await t.test('a form counts together with the URL', async t => {
    t.strictSame(names(await post('Patient/_search', 'family=adams')), ['Patient/1'])
    t.strictSame(names(await post('Patient/_search?active=true', 'gender=female')), ['Patient/1'])
    t.strictSame(names(await post('Patient/_search?active=false', 'gender=female')), [])
    t.strictSame(names(await post('_search?_type=Patient', '_id=2')), ['Patient/2'])
    t.strictSame(names(await post('Patient/1/Observation/_search', 'subject=Patient/1')), ['Observation/a'])
    t.strictSame(names(await post('Patient/2/*/_search', '_id=b')), ['Observation/b'])
    t.strictSame(names(await world.ask('POST', 'Patient/_search?family=clark')), ['Patient/3'], 'without a body')
    const paged = await post('Patient/_search?_count=2', '_sort=-family')
    const next = link(paged, 'next') ?? ''
    t.match(next, /^Patient\?_count=2&_sort=-family&_page=/, 'the next page is read with GET')
    t.strictSame(names(await ask(next)), ['Patient/1'])
  })

  const refused: [string, number, RegExp][] = [
    ['Patient?familie=x', 400, /familie.*family/s],
    ['Patient?birthdate=yesterday', 400, /birthdate/],
    ['Patient?family:below=x', 400, /family:below/],
    ['Patient?_count=-1', 400, /_count/],
    ['Patient?_page=abc', 400, /_page/],
    ['Patient?_include=Patient:nothing', 400, /_include/],
    ['Patient?_contained=yes', 400, /_contained/],
    ['Patient?_contained=true&_text=x', 400, /_containedType=contained/],
    ['Patients?family=x', 404, /did you mean 'Patient'/],
    ['Patient/1/Observations', 404, /did you mean 'Observation'/],
    ['Organization/o/Patient', 404, /no compartments of Organization/],
    ['?_type=Patint', 400, /Patint/],
  ]
  for (const [target, status, says] of refused) {
    await t.test(`${target} is refused with ${status}`, async t => {
      const reply = await ask(target)
      t.equal(reply.status, status)
      t.match(reply.body.issue[0].diagnostics, says)
    })
  }

  await t.test('a refusal says which parameters of the request are to blame', async t => {
    const blamed = async (target: string, headers?: Record<string, string>): Promise<unknown[]> => {
      const { body } = await ask(target, headers)
      const outcome = body.resourceType === 'Bundle' ? body.entry.at(-1).resource : body
      for (const { location, expression } of outcome.issue) t.strictSame(location, expression)
      return outcome.issue.map(({ expression }: { expression: unknown }) => expression)
    }
    const wrong = 'Patient?nmae=x&_sort=foo,-bar&birthdate=2024-02-30&family:below=x&_count=-1&_include=Patient:nothing'
    const names = ['_count', 'nmae', '_sort', '_sort', '_include']
    t.strictSame(
      await blamed(wrong),
      names.map(name => [`http.${name}`]),
      'what is read before values are',
    )
    t.strictSame(await blamed('Patient?birthdate=2024-02-30&family:below=x'), [
      ['http.birthdate'],
      ['http.family:below'],
    ])
    t.strictSame(await blamed('Patient?nmae=x&gender=female', { prefer: 'handling=lenient' }), [['http.nmae']])
    t.strictSame(await blamed('Patient?_page=abc'), [['http._page']])
    t.strictSame(await blamed('Patient/1?_summary=some'), [['http._summary']])
    t.strictSame(await blamed('Patient/1/_history?_since=never'), [['http._since']])
  })

  await t.test('a form of another type is refused, and so is one that is no UTF-8', async t => {
    t.equal((await post('Patient/_search', '{}', { 'content-type': 'application/json' })).status, 415)
    const bytes = await world.ask('POST', 'Patient/_search', Buffer.from([0x66, 0x3d, 0xff]), form)
    t.equal(bytes.status, 400)
    t.equal((await world.ask('GET', 'Patient/_search?family=x')).status, 405)
    t.equal((await world.ask('PUT', 'Patient/1/Observation', {})).status, 405)
  })

  await t.test('lenient handling leaves out what it cannot understand, and says so', async t => {
    const reply = await ask('Patient?familie=x&family=brown&birthdate=yesterday', { prefer: 'handling=lenient' })
    t.strictSame(names(reply), ['Patient/2'])
    t.equal(reply.body.total, 1, 'the outcome is no match')
    t.match(said(reply), [/familie/, /birthdate/])
    t.equal(link(reply, 'self'), 'Patient?family=brown')
  })

  await t.test('what the server is set to, Prefer overrules', async t => {
    const lenient = await open({ settings: { handling: 'lenient' } })
    t.equal((await lenient.ask('GET', 'Patient?familie=x')).status, 200)
    t.equal((await lenient.ask('GET', 'Patient?familie=x', undefined, { prefer: 'handling=strict' })).status, 400)
  })

  await t.test('only counting', async t => {
    for (const query of ['_count=0', '_summary=count', '_summary=count&_total=none']) {
      const { body } = await ask(`Patient?${query}`)
      t.equal(body.total, 3, query)
      t.equal(body.entry, undefined)
    }
    t.equal((await ask('?_summary=count')).body.total, 6)
    t.equal((await ask('Patient?_count=1&_total=accurate')).body.total, 3)
    t.equal((await ask('Patient?_count=1')).body.total, undefined)
    t.equal((await ask('Patient?_count=3')).body.total, 3, 'the first page is complete')
  })

  await t.test('parts of resources are marked as such', async t => {
    const [entry] = entries(await ask('Patient?family=adams&_elements=gender'))
    t.equal(entry.resource.gender, 'female')
    t.equal(entry.resource.birthDate, undefined)
    t.equal(entry.resource.meta.tag[0].code, 'SUBSETTED')
    const [included] = entries(await ask('Patient?_id=3&_include=Patient:organization&_summary=data')).slice(1)
    t.equal(included.resource.meta.tag[0].code, 'SUBSETTED')
    t.equal((await ask('Patient?_id=1&_summary=false')).body.entry[0].resource.meta.tag, undefined)
  })

  await t.test('_explain tells the plan and what the store does with it', async t => {
    const reply = await ask('Patient?family=adams&_explain=true')
    t.strictSame(names(reply), ['Patient/1'])
    t.match(said(reply), [/^Patient, plan: .*"slot":"family"/, /^Patient, store: .*"examined":/])
  })

  await t.test('a search that no index narrows down says so', async t => {
    t.match(said(await ask('Patient?active:not=true')), [/no index narrows this down: every Patient/])
    t.match(said(await ask('Patient?family:contains=row')), [/no index/])
    t.strictSame(said(await ask('Patient?active:not=true&family=brown')), [])
    t.strictSame(said(await ask('Patient')), [])
  })

  await t.test('in a batch and in a transaction it stands as any other request', async t => {
    for (const type of ['batch', 'transaction']) {
      const entry = [
        { request: { method: 'GET', url: 'Patient?family=adams' } },
        { request: { method: 'GET', url: 'Patient/1/Observation?_count=1' } },
      ]
      const reply = await world.ask('POST', '', { resourceType: 'Bundle', type, entry })
      const [found, compartment] = entries(reply)
      t.equal(found.resource.type, 'searchset', type)
      t.equal(found.resource.entry[0].resource.id, '1')
      t.equal(compartment.resource.entry.length, 1)
    }
    const entry = [{ request: { method: 'GET', url: 'Patient?familie=x' } }]
    const reply = await world.ask('POST', '', { resourceType: 'Bundle', type: 'batch', entry })
    t.match(entries(reply)[0].response.status, /^400/)
  })

  await t.test('resources of another tenant are not found', async t => {
    t.strictSame(names(await ask('Patient', { 'x-tenant': 'other' })), [])
    t.equal((await ask('Patient?_summary=count', { 'x-tenant': 'other' })).body.total, 0)
  })

  await t.test('what was changed or deleted is found as it is', async t => {
    const other = await open()
    await patient(other, 'x', 'Before')
    await patient(other, 'y', 'Gone')
    await patient(other, 'x', 'After')
    await other.ask('DELETE', 'Patient/y')
    t.strictSame(names(await other.ask('GET', 'Patient?family=before')), [])
    t.strictSame(names(await other.ask('GET', 'Patient?family=after')), ['Patient/x'])
    t.strictSame(names(await other.ask('GET', 'Patient')), ['Patient/x'])
    t.strictSame(names(await other.ask('GET', '')), ['Patient/x'])
  })
})

t.test('over HTTP', async t => {
  const kiln = await openKiln(t)
  await kiln.create('Patient', { name: [{ family: 'Adams' }] })
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' }

  await t.test('a form may ask for the format, too', async t => {
    const body = 'family=adams&_format=xml'
    const reply = await fetch(`${kiln.base}/Patient/_search`, { method: 'POST', headers, body })
    t.equal(reply.status, 200)
    t.match(reply.headers.get('content-type'), 'application/fhir+xml')
    const xml = await reply.text()
    t.match(xml, /<family value="Adams"\/>.*<mode value="match"\/>/s)
  })

  await t.test('HEAD is GET without the Bundle', async t => {
    const reply = await fetch(`${kiln.base}/Patient?family=adams`, { method: 'HEAD' })
    t.equal(reply.status, 200)
    t.equal(await reply.text(), '')
    t.ok(Number(reply.headers.get('content-length')) > 100)
  })

  await t.test('what is stored goes out byte for byte', async t => {
    const { entry } = (await (await fetch(`${kiln.base}/Patient`)).json()) as { entry: [{ resource: { id: string } }] }
    const stored = await (await fetch(`${kiln.base}/Patient/${entry[0].resource.id}`)).text()
    const bundle = await (await fetch(`${kiln.base}/Patient`)).text()
    t.ok(bundle.includes(`"resource":${stored},"search":{"mode":"match"}`))
  })

  await t.test('a search that takes too long is given up with advice', async t => {
    const budgets: number[] = []
    const search: Store['search'] = async ({ budget }) => {
      budgets.push(budget)
      throw new TooCostly()
    }
    const slow = await openKiln(t, { KILN_SEARCH_BUDGET: '123' }, { search })
    const reply = await fetch(`${slow.base}/Patient?family:contains=a`)
    t.equal(reply.status, 403)
    const [issue] = await issuesOf(reply)
    t.equal(issue?.code, 'too-costly')
    t.match(issue?.diagnostics, /name an exact value/)
    t.strictSame(budgets, [123])
  })
})
