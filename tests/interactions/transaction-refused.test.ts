import { entries, onBothStores } from '../world.ts'
import { bundle, patient, put } from './bundles.ts'

await onBothStores(async (t, open) => {
  const refused: [string, unknown[], number, RegExp, string][] = [
    [
      'one bad resource among good ones',
      [
        put('Patient', 'x', patient),
        { resource: { resourceType: 'Patient', birthDate: '2024-02-30' }, request: { method: 'POST', url: 'Patient' } },
      ],
      400,
      /2024-02-30/,
      'Bundle.entry[1].resource.birthDate',
    ],
    [
      'two entries that write the same resource',
      [put('Patient', 'x', patient), { request: { method: 'DELETE', url: 'Patient/x' } }],
      400,
      /Patient\/x is written by two entries, here and in Bundle.entry\[0\]/,
      'Bundle.entry[1].request.url',
    ],
    [
      'a urn:uuid that no entry carries',
      [
        put('Basic', 'x', {
          code: { text: 'x' },
          subject: { reference: 'urn:uuid:00000000-0000-4000-8000-000000000000' },
        }),
      ],
      400,
      /is the fullUrl of no entry/,
      'Bundle.entry[0].resource.subject.reference',
    ],
    [
      'a failing GET',
      [put('Patient', 'x', patient), { request: { method: 'GET', url: 'Patient/none' } }],
      404,
      /does not exist/,
      'Bundle.entry[1]',
    ],
    [
      'a GET of what the same transaction deletes',
      [{ request: { method: 'DELETE', url: 'Patient/there' } }, { request: { method: 'GET', url: 'Patient/there' } }],
      410,
      /is deleted by this transaction/,
      'Bundle.entry[1]',
    ],
    [
      'a stale ifMatch',
      [
        put('Patient', 'x', patient),
        {
          ...put('Patient', 'there', { active: false }),
          request: { method: 'PUT', url: 'Patient/there', ifMatch: 'W/"7"' },
        },
      ],
      412,
      /expected version 7/,
      'Bundle.entry[1]',
    ],
    [
      'ifNoneMatch=* on what is there',
      [
        put('Patient', 'x', patient),
        { ...put('Patient', 'there', patient), request: { method: 'PUT', url: 'Patient/there', ifNoneMatch: '*' } },
      ],
      412,
      /precondition/,
      'Bundle.entry[1]',
    ],
    ['an entry without request', [{ resource: patient }], 400, /no request/, 'Bundle.entry[0].request'],
    [
      'an unknown type',
      [{ resource: patient, request: { method: 'POST', url: 'Patent' } }],
      404,
      /Patent/,
      'Bundle.entry[0].request.url',
    ],
    [
      'an unknown interaction',
      [{ resource: patient, request: { method: 'PUT', url: '_history' } }],
      405,
      /not possible/,
      'Bundle.entry[0].request.url',
    ],
    [
      'a type that is not the URL’s',
      [{ resource: patient, request: { method: 'POST', url: 'Device' } }],
      400,
      /is a Patient/,
      'Bundle.entry[0].resource',
    ],
    [
      'an id that is not the URL’s',
      [{ resource: { ...patient, id: 'y' }, request: { method: 'PUT', url: 'Patient/x' } }],
      400,
      /'y'/,
      'Bundle.entry[0].resource.id',
    ],
    [
      'a PUT without id',
      [{ resource: patient, request: { method: 'PUT', url: 'Patient/x' } }],
      400,
      /no id/,
      'Bundle.entry[0].resource.id',
    ],
    [
      'two equal fullUrls',
      [0, 1].map(() => ({
        fullUrl: 'urn:uuid:05efabf0-4be2-4561-91ce-51548425acb9',
        resource: patient,
        request: { method: 'POST', url: 'Patient' },
      })),
      400,
      /fullUrl/,
      'Bundle.entry[1].fullUrl',
    ],
    [
      'a bundle in a bundle',
      [{ resource: bundle('batch', []), request: { method: 'POST', url: '/' } }],
      400,
      /cannot contain/,
      'Bundle.entry[0].request.url',
    ],
    [
      'a patch whose result is malformed',
      [
        {
          resource: {
            resourceType: 'Binary',
            contentType: 'application/json-patch+json',
            data: Buffer.from('[{"op":"add","path":"/nonsense","value":1}]').toString('base64'),
          },
          request: { method: 'PATCH', url: 'Patient/there' },
        },
      ],
      400,
      /nonsense/,
      'Bundle.entry[0].resource.nonsense',
    ],
    [
      'a patch of nothing',
      [{ resource: { resourceType: 'Parameters' }, request: { method: 'PATCH', url: 'Patient/none' } }],
      404,
      /does not exist/,
      'Bundle.entry[0]',
    ],
  ]

  await t.test('a transaction with one fault stores nothing and says where the fault is', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/there', { ...patient, id: 'there' })
    for (const [name, entry, status, says, expression] of refused) {
      const reply = await world.ask('POST', '', bundle('transaction', entry))
      t.equal(reply.status, status, name)
      t.match(reply.body.issue[0].diagnostics, says, name)
      t.strictSame(reply.body.issue[0].expression, [expression], name)
    }
    t.equal(entries(await world.ask('GET', '_history')).length, 1, 'nothing of all this was stored')
  })

  await t.test('one bad entry among 200: nothing is stored', async t => {
    const world = await open()
    const entry = Array.from({ length: 200 }, (_, n) =>
      put('Patient', `p${n}`, n === 137 ? { active: 'yes' } : patient),
    )
    const reply = await world.ask('POST', '', bundle('transaction', entry))
    t.equal(reply.status, 400)
    t.strictSame(reply.body.issue[0].expression, ['Bundle.entry[137].resource.active'])
    t.equal((await world.ask('GET', '_history')).body.entry, undefined)
  })
})
