import { entries, type Loose, onBothStores } from '../world.ts'
import { bundle, patient, put, statuses } from './bundles.ts'

await onBothStores(async (t, open) => {
  await t.test(
    'references, uris and narrative links to an entry lead to the new resource; canonicals, strings and identifiers stay',
    async t => {
      const world = await open()
      const p = 'urn:uuid:05efabf0-4be2-4561-91ce-51548425acb9'
      const o = 'urn:uuid:05efabf0-4be2-4561-91ce-51548425acba'
      const reply = await world.ask(
        'POST',
        '',
        bundle('transaction', [
          {
            fullUrl: o,
            resource: {
              resourceType: 'Observation',
              status: 'final',
              code: { text: p },
              subject: { reference: p, identifier: { system: p, value: p } },
              instantiatesCanonical: undefined,
              extension: [
                { url: 'http://x/e', valueUri: p },
                { url: 'http://x/f', valueString: p },
                { url: 'http://x/g', valueCanonical: p },
                { url: 'http://x/h', valueUuid: p },
              ],
              text: {
                status: 'additional',
                div: `<div xmlns="http://www.w3.org/1999/xhtml"><a href="${p}">${p}</a><img src='${p}' alt="x"/></div>`,
              },
              contained: [
                {
                  resourceType: 'Observation',
                  id: 'c',
                  status: 'final',
                  code: { text: 'x' },
                  subject: { reference: p },
                },
              ],
              hasMember: [{ reference: '#c' }],
            },
            request: { method: 'POST', url: 'Observation' },
          },
          {
            fullUrl: p,
            resource: { ...patient, link: [{ other: { reference: p }, type: 'seealso' }] },
            request: { method: 'POST', url: 'Patient' },
          },
        ]),
        { prefer: 'return=representation' },
      )
      t.equal(reply.status, 200)
      t.equal(reply.body.type, 'transaction-response')
      t.strictSame(statuses(reply), ['201 Created', '201 Created'])
      const [observation, person] = entries(reply).map(({ resource }) => resource)
      const there = `Patient/${person.id}`
      t.equal(observation.subject.reference, there)
      t.strictSame(observation.subject.identifier, { system: p, value: p })
      t.equal(observation.code.text, p)
      t.equal(observation.extension[0].valueUri, there)
      t.equal(observation.extension[1].valueString, p)
      t.equal(observation.extension[2].valueCanonical, p)
      t.equal(observation.extension[3].valueUuid, there)
      t.match(observation.text.div, `<a href="${there}">${p}</a><img src='${there}' alt="x"/>`)
      t.equal(observation.contained[0].subject.reference, there)
      t.equal(person.link[0].other.reference, there)
      t.equal(entries(reply)[0].response.location, `Observation/${observation.id}/_history/1`)
      t.equal((await world.ask('GET', there)).status, 200)
    },
  )

  await t.test('a relative reference is relative to the fullUrl of its own entry', async t => {
    const world = await open()
    const reply = await world.ask(
      'POST',
      '',
      bundle('transaction', [
        {
          fullUrl: 'http://far.test/fhir/Patient/1',
          resource: { ...patient, id: '1' },
          request: { method: 'POST', url: 'Patient' },
        },
        {
          fullUrl: 'http://far.test/fhir/Basic/2',
          resource: { resourceType: 'Basic', code: { text: 'x' }, subject: { reference: 'Patient/1' } },
          request: { method: 'POST', url: 'Basic' },
        },
        {
          resource: { resourceType: 'Basic', code: { text: 'y' }, subject: { reference: 'Patient/1' } },
          request: { method: 'POST', url: 'Basic' },
        },
      ]),
      { prefer: 'return=representation' },
    )
    const [one, two, three] = entries(reply).map(({ resource }) => resource)
    t.not(one.id, '1')
    t.equal(two.subject.reference, `Patient/${one.id}`)
    t.equal(three.subject.reference, 'Patient/1', 'without fullUrl it means what it says')
  })

  await t.test(
    'all methods in one, processed in the order of the specification, answered in the order of the request',
    async t => {
      const world = await open()
      for (const id of ['a', 'b', 'c', 'd']) await world.ask('PUT', `Patient/${id}`, { ...patient, id })
      const patch = Buffer.from(JSON.stringify([{ op: 'replace', path: '/active', value: false }])).toString('base64')
      const parameters = {
        resourceType: 'Parameters',
        parameter: [
          {
            name: 'operation',
            part: [
              { name: 'type', valueCode: 'delete' },
              { name: 'path', valueString: 'Patient.active' },
            ],
          },
        ],
      }
      const reply = await world.ask(
        'POST',
        '',
        bundle('transaction', [
          { request: { method: 'GET', url: 'Patient/b' } },
          {
            resource: { resourceType: 'Binary', contentType: 'application/json-patch+json', data: patch },
            request: { method: 'PATCH', url: 'Patient/b' },
          },
          put('Patient', 'new', patient),
          { resource: parameters, request: { method: 'PATCH', url: 'Patient/c' } },
          { resource: patient, request: { method: 'POST', url: 'Patient' } },
          { request: { method: 'DELETE', url: 'Patient/a' } },
          put('Patient', 'd', patient),
          { request: { method: 'GET', url: 'Patient/d' } },
          { request: { method: 'GET', url: 'Patient/d/_history/1' } },
          { request: { method: 'HEAD', url: 'Patient/d' } },
          { request: { method: 'GET', url: 'Patient/b/_history' } },
        ]),
      )
      t.strictSame(statuses(reply), [
        '200 OK',
        '200 OK',
        '201 Created',
        '200 OK',
        '201 Created',
        '204 No Content',
        '200 OK',
        '200 OK',
        '200 OK',
        '200 OK',
        '200 OK',
      ])
      const [b, , , , , , d, readD, vreadD, headD, history] = entries(reply)
      t.equal(b.resource.active, false, 'GET sees what the transaction wrote')
      t.equal(d.resource, undefined, 'written entries omit the resource')
      t.equal(d.response.etag, 'W/"1"', 'nothing changed')
      t.equal(readD.resource.id, 'd')
      t.equal(vreadD.resource.meta.versionId, '1')
      t.equal(headD.resource, undefined)
      t.equal(history.resource.entry.length, 2)
      t.equal((await world.ask('GET', 'Patient/c')).body.active, undefined)
      t.equal((await world.ask('GET', 'Patient/a')).status, 410)
      const order = entries(await world.ask('GET', '_history?_count=5')).map(({ request }) => request.method)
      t.strictSame(order, ['PATCH', 'PUT', 'PATCH', 'POST', 'DELETE'])
    },
  )

  await t.test(
    'return=representation brings the resources, OperationOutcome the outcomes, minimal never empties the Bundle',
    async t => {
      const world = await open()
      for (const type of ['batch', 'transaction'] as const) {
        const post = [{ resource: patient, request: { method: 'POST', url: 'Patient' } }]
        t.equal(
          entries(await world.ask('POST', '', bundle(type, post), { prefer: 'return=representation' }))[0].resource
            .resourceType,
          'Patient',
        )
        const told = entries(await world.ask('POST', '', bundle(type, post), { prefer: 'return=OperationOutcome' }))[0]
        t.equal(told.resource, undefined)
        t.equal(told.response.outcome.resourceType, 'OperationOutcome')
        const minimal = entries(await world.ask('POST', '', bundle(type, post), { prefer: 'return=minimal' }))[0]
        t.equal(minimal.resource, undefined)
        t.equal(minimal.response.status, '201 Created')
      }
      t.equal(
        (
          await world.ask(
            'POST',
            '',
            bundle('transaction', []).entry ? { resourceType: 'Bundle', type: 'transaction' } : {},
          )
        ).body.entry,
        undefined,
        'an empty transaction is answered by an empty one',
      )
    },
  )

  await t.test('an Idempotency-Key makes a transaction safe to repeat', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/same', { ...patient, id: 'same' })
    const body = bundle('transaction', [
      put('Patient', 'x', patient),
      { resource: patient, request: { method: 'POST', url: 'Patient' } },
      put('Patient', 'same', patient),
      { request: { method: 'DELETE', url: 'Patient/none' } },
    ])
    const one = await world.ask('POST', '', body, { 'idempotency-key': 'k', prefer: 'return=representation' })
    const two = await world.ask('POST', '', body, { 'idempotency-key': 'k', prefer: 'return=representation' })
    t.equal(two.json, one.json)
    t.equal(entries(await world.ask('GET', '_history')).length, 3)
  })

  await t.test('transactions that patch the same resource at once are all applied', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/1', { resourceType: 'Patient', id: '1', name: [{ text: 'x' }] })
    const add = (n: number) =>
      Buffer.from(JSON.stringify([{ op: 'add', path: '/name/-', value: { text: `${n}` } }])).toString('base64')
    const replies = await Promise.all(
      Array.from({ length: 16 }, (_, n) =>
        world.ask(
          'POST',
          '',
          bundle('transaction', [
            {
              resource: { resourceType: 'Binary', contentType: 'application/json-patch+json', data: add(n) },
              request: { method: 'PATCH', url: 'Patient/1' },
            },
          ]),
        ),
      ),
    )
    t.same(
      replies.map(({ status }) => status),
      Array(16).fill(200),
    )
    t.equal((await world.ask('GET', 'Patient/1')).body.name.length, 17)
  })

  await t.test('X-Provenance speaks of everything that the transaction writes', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/a', { ...patient, id: 'a' })
    const header = JSON.stringify({
      resourceType: 'Provenance',
      recorded: '2026-01-01T00:00:00Z',
      agent: [{ who: { display: 'me' } }],
    })
    const reply = await world.ask(
      'POST',
      '',
      bundle('transaction', [put('Patient', 'a', { active: false }), put('Patient', 'b', patient)]),
      { 'x-provenance': header },
    )
    t.equal(reply.status, 200)
    t.equal(entries(reply).length, 2)
    const [made] = entries(await world.ask('GET', 'Provenance/_history'))
    t.strictSame(
      made.resource.target.map(({ reference }: Loose) => reference),
      ['Patient/a/_history/2', 'Patient/b/_history/1'],
    )
  })

  await t.test('where integrity is on, references must lead somewhere, also within the transaction', async t => {
    const world = await open({ integrity: () => true })
    const basic = (subject: string) => ({ code: { text: 'x' }, subject: { reference: subject } })
    const dangling = await world.ask('PUT', 'Basic/1', { resourceType: 'Basic', id: '1', ...basic('Patient/none') })
    t.equal(dangling.status, 422)
    t.match(dangling.body.issue[0].diagnostics, /Patient\/none/)
    const both = await world.ask(
      'POST',
      '',
      bundle('transaction', [put('Basic', '1', basic('Patient/p')), put('Patient', 'p', patient)]),
    )
    t.equal(both.status, 200)
    t.equal(
      (
        await world.ask('PUT', 'Basic/2', {
          resourceType: 'Basic',
          id: '2',
          ...basic('http://kiln.test/fhir/Patient/p'),
        })
      ).status,
      201,
      'absolute to our base is ours',
    )
    t.equal(
      (
        await world.ask('PUT', 'Basic/3', {
          resourceType: 'Basic',
          id: '3',
          ...basic('http://far.test/fhir/Patient/none'),
        })
      ).status,
      201,
      'others are not our business',
    )
    const linked = await world.ask('DELETE', 'Patient/p')
    t.equal(linked.status, 409)
    t.match(linked.body.issue[0].diagnostics, /Basic\/1/)
  })
})
