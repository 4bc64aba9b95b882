import { entries, type Loose, onBothStores, type World } from '../world.ts'
import { bundle, patient, put, statuses } from './bundles.ts'

const system = 'urn:test'
const by = (value: string): string => `identifier=${system}|${value}`
const person = (value: string, more: object = {}) => ({ ...patient, identifier: [{ system, value }], ...more })
const urn = (n: number): string => `urn:uuid:05efabf0-4be2-4561-91ce-51548425acb${n}`

function create(value: string, more: object = {}): Loose {
  return { resource: person(value), request: { method: 'POST', url: 'Patient', ifNoneExist: by(value) }, ...more }
}

function update(value: string, more: object = {}): Loose {
  return { resource: person(value, more), request: { method: 'PUT', url: `Patient?${by(value)}` } }
}

function remove(value: string, more = ''): Loose {
  return { request: { method: 'DELETE', url: `Patient?${by(value)}${more}` } }
}

function patch(value: string): Loose {
  const data = Buffer.from('[{"op":"replace","path":"/active","value":false}]').toString('base64')
  const resource = { resourceType: 'Binary', contentType: 'application/json-patch+json', data }
  return { resource, request: { method: 'PATCH', url: `Patient?${by(value)}` } }
}

/** Refers to it in two places. */
function observation(reference: string): Loose {
  const resource = { resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference } }
  return { resource: { ...resource, performer: [{ reference }] }, request: { method: 'POST', url: 'Observation' } }
}

const whole = { prefer: 'return=representation' }

async function history(world: World, type = 'Patient'): Promise<Loose[]> {
  return entries(await world.ask('GET', `${type}/_history?_count=1000`))
}

await onBothStores(async (t, open) => {
  for (const type of ['batch', 'transaction'] as const) {
    await t.test(`in a ${type} entries may be conditional, each in its own way`, async t => {
      const world = await open()
      for (const [id, value] of [
        ['1', 'found'],
        ['2', 'updated'],
        ['3', 'patched'],
        ['4', 'deleted'],
        ['5', 'deleted'],
      ] as const)
        await world.ask('PUT', `Patient/${id}`, person(value, { id }))
      const reply = await world.ask(
        'POST',
        '',
        bundle(type, [
          create('new'),
          create('found'),
          update('updated', { active: false }),
          update('upserted'),
          update('named', { id: 'named' }),
          patch('patched'),
          remove('deleted', '&_count=2'),
          remove('nobody'),
        ]),
      )
      t.equal(reply.status, 200)
      t.strictSame(statuses(reply), [
        '201 Created',
        '200 OK',
        '200 OK',
        '201 Created',
        '201 Created',
        '200 OK',
        '204 No Content',
        '204 No Content',
      ])
      const places = entries(reply).map(({ response }) => response.location)
      t.equal(places[1], 'Patient/1/_history/1')
      t.equal(places[2], 'Patient/2/_history/2')
      t.equal(places[4], 'Patient/named/_history/1')
      t.equal(places[5], 'Patient/3/_history/2')
      for (const id of ['4', '5']) t.equal((await world.ask('GET', `Patient/${id}`)).status, 410)
      t.equal((await history(world)).length, 12)
    })
  }

  await t.test('references to a conditional create lead to what is there, or to what is made', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/there', person('a', { id: 'there' }))
    const reply = await world.ask(
      'POST',
      '',
      bundle('transaction', [
        observation(urn(1)),
        create('a', { fullUrl: urn(1) }),
        observation(urn(2)),
        create('b', { fullUrl: urn(2) }),
        observation(urn(3)),
        { ...update('c'), fullUrl: urn(3) },
      ]),
      whole,
    )
    const [toA, a, toB, b, toC, c] = entries(reply).map(({ resource }) => resource)
    t.equal(toA.subject.reference, 'Patient/there')
    t.equal(a.id, 'there')
    t.equal(toB.subject.reference, `Patient/${b.id}`)
    t.equal(toC.subject.reference, `Patient/${c.id}`)
  })

  await t.test(
    'two conditional creates by the same criteria are one: the second finds what the first makes',
    async t => {
      const world = await open()
      const again = { method: 'POST', url: 'Patient', ifNoneExist: `_format=json&identifier=${system}%7Ca` }
      const entry = [
        create('a', { fullUrl: urn(1) }),
        create('a', { fullUrl: urn(2), request: again }),
        observation(urn(2)),
      ]
      const first = await world.ask('POST', '', bundle('transaction', entry), whole)
      t.strictSame(statuses(first), ['201 Created', '200 OK', '201 Created'])
      const [one, two, seen] = entries(first).map(({ resource }) => resource)
      t.strictSame(two, one)
      t.equal(seen.subject.reference, `Patient/${one.id}`)
      const second = await world.ask('POST', '', bundle('transaction', entry), whole)
      t.strictSame(statuses(second), ['200 OK', '200 OK', '201 Created'])
      t.equal((await history(world)).length, 1)
    },
  )

  await t.test('deletes come first: what they take is no match', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/1', person('a', { id: '1' }))
    const byId = await world.ask(
      'POST',
      '',
      bundle('transaction', [create('a'), { request: { method: 'DELETE', url: 'Patient/1' } }]),
    )
    t.strictSame(statuses(byId), ['201 Created', '204 No Content'])
    const byCriteria = await world.ask('POST', '', bundle('transaction', [update('a'), remove('a')]))
    t.strictSame(statuses(byCriteria), ['201 Created', '204 No Content'])
    t.equal((await history(world)).length, 5)
    const present = (await history(world)).filter(({ request }) => request.method !== 'DELETE')
    t.equal(present.length, 3)
  })

  await t.test('a conditional create finds what another entry updates, and a GET reads it', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/1', person('a', { id: '1' }))
    const reply = await world.ask(
      'POST',
      '',
      bundle('transaction', [
        create('a'),
        put('Patient', '1', person('a', { active: false })),
        { request: { method: 'GET', url: 'Patient/1' } },
      ]),
      whole,
    )
    t.strictSame(statuses(reply), ['200 OK', '200 OK', '200 OK'])
    for (const { resource } of entries(reply)) t.strictSame([resource.meta.versionId, resource.active], ['2', false])
  })

  await t.test('a conditional reference leads to the one resource that fits, there or in the transaction', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/1', person('there', { id: '1' }))
    await world.ask('PUT', 'Patient/2', person('renamed', { id: '2' }))
    const reply = await world.ask(
      'POST',
      '',
      bundle('transaction', [
        observation(`Patient?${by('there')}`),
        observation(`Patient?${by('here')}`),
        observation(`Patient?${by('renamed')}`),
        { resource: person('here'), request: { method: 'POST', url: 'Patient' } },
        put('Patient', '2', person('otherwise')),
        put('Patient', '3', person('renamed')),
      ]),
      whole,
    )
    t.equal(reply.status, 200)
    const [there, here, renamed, made] = entries(reply).map(({ resource }) => resource)
    t.equal(there.subject.reference, 'Patient/1')
    t.equal(there.performer[0].reference, 'Patient/1')
    t.equal(here.subject.reference, `Patient/${made.id}`)
    t.equal(renamed.subject.reference, 'Patient/3', 'what an entry updates is judged by what it will be')
  })

  await t.test('a conditional reference is found by, once it is resolved', async t => {
    const world = await open()
    const reply = await world.ask('POST', '', bundle('transaction', [create('a'), observation(`Patient?${by('a')}`)]))
    t.equal(reply.status, 200)
    const found = await world.ask('GET', `Observation?patient.identifier=${system}|a`)
    t.equal(entries(found).length, 1)
  })

  await t.test('what X-Provenance says is true of conditional entries, too', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/1', person('a', { id: '1' }))
    await world.ask('PUT', 'Patient/2', person('b', { id: '2' }))
    await world.ask('PUT', 'Patient/3', person('b', { id: '3' }))
    const about = { resourceType: 'Provenance', recorded: '2026-01-01T00:00:00Z', agent: [{ who: { display: 'me' } }] }
    await world.ask(
      'POST',
      '',
      bundle('transaction', [create('a'), update('a', { active: false }), remove('b', '&_count=5')]),
      {
        'x-provenance': JSON.stringify(about),
      },
    )
    const [made] = await history(world, 'Provenance')
    t.strictSame(made.resource.target.map(({ reference }: Loose) => reference).sort(), [
      'Patient/1/_history/2',
      'Patient/2/_history/2',
      'Patient/3/_history/2',
    ])
  })

  await t.test('an Idempotency-Key brings the same answer again', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/1', person('found', { id: '1' }))
    await world.ask('PUT', 'Patient/2', person('same', { id: '2' }))
    for (const id of ['3', '4']) await world.ask('PUT', `Patient/${id}`, person('gone', { id }))
    const body = bundle('transaction', [
      create('found'),
      { resource: person('plain'), request: { method: 'POST', url: 'Patient' } },
      create('new'),
      create('new'),
      update('same'),
      update('upserted'),
      remove('gone', '&_count=2'),
      remove('nobody'),
      { resource: person('last'), request: { method: 'POST', url: 'Patient' } },
      observation(`Patient?${by('new')}`),
    ])
    const headers = { 'idempotency-key': 'k', prefer: 'return=representation' }
    const one = await world.ask('POST', '', body, headers)
    t.equal(one.status, 200)
    await world.ask('PUT', 'Patient/1', person('found', { id: '1', active: false }))
    const two = await world.ask('POST', '', body, headers)
    t.equal(two.json, one.json)
    t.equal((await history(world)).length, 11)
  })

  await t.test('32 transactions at once by the same criteria, in other order, make one of each', async t => {
    const world = await open()
    const replies = await Promise.all(
      Array.from({ length: 32 }, (_, n) => {
        const entry = [create('a'), create('b'), update('c'), observation(`Patient?${by('a')}`)]
        return world.ask('POST', '', bundle('transaction', n % 2 === 0 ? entry : entry.toReversed()))
      }),
    )
    t.strictSame([...new Set(replies.map(({ status }) => status))], [200])
    const ids = (await history(world)).map(({ resource }) => resource.id)
    t.equal(new Set(ids).size, 3)
    const subjects = (await history(world, 'Observation')).map(({ resource }) => resource.subject.reference)
    t.equal(subjects.length, 32)
    t.equal(new Set(subjects).size, 1)
  })
})
