import { entries, onBothStores } from '../world.ts'
import { bundle, patient, put, statuses } from './bundles.ts'

const create = { resource: patient, request: { method: 'POST', url: 'Patient' } }

await onBothStores(async (t, open) => {
  await t.test('a dry run of a transaction answers as if it had been done, and does nothing', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/a', { ...patient, id: 'a' })
    await world.ask('PUT', 'Patient/b', { ...patient, id: 'b' })
    const before = await world.store.sequence('default')
    const reply = await world.ask(
      'POST',
      '?_validate=true',
      bundle('transaction', [
        { fullUrl: 'urn:uuid:00000000-0000-4000-8000-000000000001', ...create },
        put('Patient', 'a', { active: false }),
        put('Patient', 'new', { active: false }),
        { request: { method: 'DELETE', url: 'Patient/b' } },
        { request: { method: 'GET', url: 'Patient/a' } },
        { request: { method: 'GET', url: 'Patient/new/_history' } },
      ]),
    )
    t.equal(reply.status, 200)
    t.equal(reply.body.type, 'transaction-response')
    t.strictSame(statuses(reply), ['201 Created', '200 OK', '201 Created', '200 OK', '200 OK', '200 OK'])
    for (const { response } of entries(reply)) t.match(response.outcome.issue[0].diagnostics, /dry run.*nothing/)
    t.equal(entries(reply)[1].response.location, 'Patient/a/_history/2')
    t.match(entries(reply)[3].response.outcome.issue[1].diagnostics, 'deleted Patient/b by version 2')
    t.equal(entries(reply)[4].resource.active, false, 'reads see what would be')
    t.equal(entries(reply)[5].resource.entry[0].resource.active, false)
    t.equal(await world.store.sequence('default'), before)
    t.equal((await world.ask('GET', 'Patient/a')).body.active, true)
    t.equal((await world.ask('GET', 'Patient/b')).status, 200)
    t.equal((await world.ask('GET', 'Patient/new')).status, 404)
  })

  await t.test('what would fail a transaction fails its dry run, at the same place', async t => {
    const world = await open({ integrity: () => true })
    await world.ask('PUT', 'Patient/a', { ...patient, id: 'a' })
    await world.ask('PUT', 'Basic/b', {
      resourceType: 'Basic',
      id: 'b',
      code: { text: 'x' },
      subject: { reference: 'Patient/a' },
    })
    const bad: [object[], number, string][] = [
      [[create, put('Patient', 'x', { active: 'yes' })], 400, 'Bundle.entry[1].resource.active'],
      [
        [{ ...put('Patient', 'a'), request: { method: 'PUT', url: 'Patient/a', ifMatch: 'W/"7"' } }],
        412,
        'Bundle.entry[0]',
      ],
      [[create, { request: { method: 'DELETE', url: 'Patient/a' } }], 409, 'Bundle.entry[1]'],
      [[put('Basic', 'c', { code: { text: 'x' }, subject: { reference: 'Patient/nobody' } })], 422, 'Bundle.entry[0]'],
    ]
    for (const [entry, status, expression] of bad) {
      for (const query of ['?_validate=true', '?_validate=false']) {
        const reply = await world.ask('POST', query, bundle('transaction', entry))
        t.equal(reply.status, status, `${query} ${reply.json}`)
        t.strictSame(reply.body.issue[0].expression, [expression])
      }
    }
  })

  await t.test('in a dry run of a batch each entry is judged by itself, by what stands now', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/a', { ...patient, id: 'a' })
    const operations = JSON.stringify([{ op: 'replace', path: '/active', value: false }])
    const patch = {
      resourceType: 'Binary',
      contentType: 'application/json-patch+json',
      data: Buffer.from(operations).toString('base64'),
    }
    const reply = await world.ask(
      'POST',
      '?_validate=true',
      bundle('batch', [
        { ...create, request: { ...create.request, ifNoneExist: 'active=true' } },
        { ...create, request: { ...create.request, ifNoneExist: 'active=false' } },
        { resource: patch, request: { method: 'PATCH', url: 'Patient/a' } },
        { request: { method: 'DELETE', url: 'Patient/a' } },
        put('Patient', 'b', { active: 'yes' }),
        { request: { method: 'GET', url: 'Patient/a' } },
      ]),
      { prefer: 'return=representation' },
    )
    t.strictSame(statuses(reply), ['200 OK', '201 Created', '200 OK', '204 No Content', '400 Bad Request', '200 OK'])
    t.equal(entries(reply)[2].resource.active, false)
    t.equal(entries(reply)[4].response.outcome.issue[0].severity, 'error')
    t.equal(entries(reply)[5].resource.active, true, 'the delete before it did not happen')
    const all = await world.ask('GET', 'Patient?_summary=count')
    t.equal(all.body.total, 1)
  })

  await t.test('a dry run neither reads nor leaves an Idempotency-Key', async t => {
    const world = await open()
    const sent = bundle('transaction', [create])
    const key = { 'idempotency-key': 'once' }
    await world.ask('POST', '?_validate=true', sent, key)
    const first = await world.ask('POST', '', sent, key)
    const again = await world.ask('POST', '', sent, key)
    t.equal(first.body.entry[0].response.location, again.body.entry[0].response.location)
    const tried = await world.ask('POST', '?_validate=true', sent, key)
    t.not(tried.body.entry[0].response.location, first.body.entry[0].response.location)
    t.equal((await world.ask('GET', 'Patient?_summary=count')).body.total, 1)
  })

  await t.test('a dry run that is asked for in vain is refused, and nothing is done', async t => {
    const world = await open()
    for (const [method, path, body] of [
      ['POST', 'Patient?_validate=true', patient],
      ['PUT', 'Patient/a?_validate=true', { ...patient, id: 'a' }],
      ['POST', '?_validate=yes', bundle('batch', [create])],
      ['POST', '?_validate=true&_validate=true', bundle('batch', [create])],
    ] as const) {
      const reply = await world.ask(method, path, body)
      t.equal(reply.status, 400, path)
      t.match(reply.body.issue[0].diagnostics, '_validate')
    }
    const inner = { resource: patient, request: { method: 'POST', url: 'Patient?_validate=true' } }
    t.strictSame(statuses(await world.ask('POST', '', bundle('batch', [inner]))), ['400 Bad Request'])
    t.equal((await world.ask('GET', 'Patient?_summary=count')).body.total, 0)
  })
})
