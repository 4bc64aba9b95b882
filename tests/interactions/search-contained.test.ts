import { entries, type Loose, onBothStores, type World } from '../world.ts'
import { names, pages, patient, put, walk } from './searching.ts'

/** A request that contains medications with these codes. */
function request(world: World, id: string, codes: readonly string[], more: object = {}): Promise<void> {
  const contained = codes.map((code, at) => ({
    resourceType: 'Medication',
    id: `m${at}`,
    code: { coding: [{ code }] },
  }))
  const supportingInformation = contained.map(it => ({ reference: `#${it.id}` }))
  const status = { status: 'active', intent: 'order', subject: { display: 'x' } }
  const list = contained.length > 0 ? { contained, supportingInformation } : {}
  return put(world, 'MedicationRequest', id, {
    ...status,
    medicationReference: { display: 'x' },
    ...list,
    ...more,
  })
}

const alone = '_contained=true&_containedType=contained'

function urls(bodies: readonly { readonly body: Loose }[]): readonly string[] {
  return bodies.flatMap(({ body }) =>
    (body.entry ?? []).map((it: Loose) => it.fullUrl.replace(/^.*MedicationRequest\//, '')),
  )
}

await onBothStores(async (t, open) => {
  await t.test('a walk meets each contained resource once, whatever is written meanwhile', async t => {
    const world = await open()
    for (const id of ['a', 'b', 'c', 'd']) {
      world.clock += 1000
      await request(world, id, [`${id}0`, `${id}1`])
    }
    const all = ['a', 'b', 'c', 'd'].flatMap(id => [`${id}#m0`, `${id}#m1`])
    const read = await pages(world, `Medication?${alone}&_count=3`, async page => {
      world.clock += 1000
      await request(world, 'd', [`d0-${page}`, `d1-${page}`])
      await request(world, `new${page}`, ['new'])
    })
    t.same(urls(read), all)
    const containers = await walk(world, 'Medication?_contained=true&_count=2&code:missing=false', async page => {
      world.clock += 1000
      await request(world, 'd', [`again${page}`])
      await request(world, `newer${page}`, ['newer'])
    })
    const known = [...'abcd'].map(id => `MedicationRequest/${id}`)
    t.same(
      containers.filter(name => known.includes(name)),
      known,
    )
    t.notOk(containers.some(name => name.includes('newer')))
  })

  await t.test('what was contained is not met any more', async t => {
    const world = await open()
    for (const id of ['a', 'b', 'c']) {
      world.clock += 1000
      await request(world, id, [`${id}0`])
    }
    const read = await pages(world, `Medication?${alone}&_count=1`, async page => {
      world.clock += 1000
      if (page === 1) await request(world, 'c', [])
    })
    t.same(urls(read), ['a#m0', 'b#m0'])
  })

  await t.test('a transaction finds by what the resources that it writes contain', async t => {
    const world = await open()
    await put(world, 'Practitioner', 'dr')
    const inner = { resourceType: 'Patient', id: 'p', name: [{ family: 'Inner' }] }
    const resource = (id: string, body: object) => ({ resourceType: id.split('/')[0], id: id.split('/')[1], ...body })
    const entry = [
      resource('Observation/o', {
        status: 'final',
        code: { text: 'x' },
        contained: [inner],
        subject: { reference: '#p' },
      }),
      resource('Observation/of', {
        status: 'final',
        code: { text: 'x' },
        hasMember: [{ reference: 'Observation?patient.family=inner' }],
      }),
    ].map(it => ({ resource: it, request: { method: 'PUT', url: `${it.resourceType}/${it.id}` } }))
    const reply = await world.ask('POST', '', { resourceType: 'Bundle', type: 'transaction', entry })
    t.equal(reply.status, 200, reply.json)
    const read = await world.ask('GET', 'Observation/of')
    t.equal(read.body.hasMember[0].reference, 'Observation/o')
    t.same(names(await world.ask('GET', 'Patient?family=inner&_contained=true')), ['Observation/o'])
  })

  await t.test('a conditional create is decided by what is contained, too', async t => {
    const world = await open()
    const medication = { resourceType: 'Medication', id: 'm', code: { coding: [{ code: 'abc' }] } }
    const body = { resourceType: 'MedicationRequest', status: 'active', intent: 'order', subject: { display: 'x' } }
    const create = () =>
      world.ask(
        'POST',
        'MedicationRequest',
        { ...body, contained: [medication], medicationReference: { reference: '#m' } },
        { 'if-none-exist': 'medication.code=abc' },
      )
    const replies = await Promise.all(Array.from({ length: 8 }, create))
    t.same(replies.map(({ status }) => status).sort(), [200, 200, 200, 200, 200, 200, 200, 201])
    t.equal(entries(await world.ask('GET', 'MedicationRequest')).length, 1)
  })

  await t.test('too many contained resources are refused', async t => {
    const world = await open()
    const contained = Array.from({ length: 1001 }, (_, at) => ({
      resourceType: 'Basic',
      id: `b${at}`,
      code: { text: 'x' },
    }))
    const extension = contained.map(({ id }) => ({ url: 'http://a', valueReference: { reference: `#${id}` } }))
    const reply = await world.ask('PUT', 'Patient/1', { resourceType: 'Patient', id: '1', contained, extension })
    t.equal(reply.status, 422)
    t.match(reply.json, /contains 1001 resources: expected at most 1000/)
  })

  await t.test('a patch that removes what is contained removes it from searches', async t => {
    const world = await open()
    await patient(world, '1', 'Adams', {
      contained: [{ resourceType: 'Organization', id: 'o', name: 'Inner' }],
      managingOrganization: { reference: '#o' },
    })
    t.same(names(await world.ask('GET', 'Organization?name=inner&_contained=true')), ['Patient/1'])
    const patch = [
      { op: 'remove', path: '/contained' },
      { op: 'remove', path: '/managingOrganization' },
    ]
    const reply = await world.ask('PATCH', 'Patient/1', patch, { 'content-type': 'application/json-patch+json' })
    t.equal(reply.status, 200, reply.json)
    t.same(names(await world.ask('GET', 'Organization?name=inner&_contained=true')), [])
    t.same(names(await world.ask('GET', 'Patient?organization.name=inner')), [])
  })

  await t.test('_explain names contained resources as such', async t => {
    const world = await open()
    await request(world, 'a', ['x'])
    const { json } = await world.ask('GET', `Medication?code=x&${alone}&_explain=true`)
    t.match(json, /contained Medication, plan/)
    t.notMatch(json, /"diagnostics":"#/)
  })
})
