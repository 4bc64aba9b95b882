/** One door: what may not be seen is not there, whichever way it is asked for. */
import type { Test } from 'tap'
import { type Loose, onBothStores, type Reply, type World } from '../world.ts'

const patient = { resourceType: 'Patient', name: [{ family: 'Mine' }] }

type Ask = World['ask']

async function put(ask: Ask, resource: Loose): Promise<void> {
  const { status, json } = await ask('PUT', `${resource.resourceType}/${resource.id}`, resource)
  if (status >= 300) throw new Error(json)
}

/** Two patients with an Observation each, and a practitioner. */
async function hospital(world: World): Promise<void> {
  const { ask } = world
  await put(ask, { ...patient, id: 'mine' })
  await put(ask, { resourceType: 'Patient', id: 'other', name: [{ family: 'Other' }] })
  await put(ask, { resourceType: 'Practitioner', id: 'doctor', name: [{ family: 'Doctor' }] })
  for (const id of ['mine', 'other']) await put(ask, observation(`of-${id}`, id))
}

function observation(id: string, of: string, category = 'vital-signs'): Loose {
  return {
    ...{ resourceType: 'Observation', id, status: 'final' },
    category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: category }] }],
    code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] },
    subject: { reference: `Patient/${of}` },
    performer: [{ reference: 'Practitioner/doctor' }],
  }
}

function ids({ body }: Reply): readonly string[] {
  return (body.entry ?? []).map(({ resource }: Loose) => `${resource.resourceType}/${resource.id}`).sort()
}

/** Status, and what is said without the ids that were asked for. */
function said({ status, json }: Reply): string {
  return `${status} ${json.replaceAll(/of-other|of-mine|other|absent/g, '~')}`
}

const everything = 'patient/*.cruds'

async function alike(
  t: Test,
  ask: Ask,
  method: 'GET' | 'PUT' | 'DELETE',
  paths: readonly [string, string],
  body?: Loose,
) {
  const [hidden, absent] = await Promise.all(
    paths.map(path => ask(method, path, body && { ...body, id: path.split('/').at(-1) })),
  )
  t.equal(said(hidden as Reply), said(absent as Reply), `${method} ${paths[0]}: ${hidden?.status}`)
}

await onBothStores(async (t, open) => {
  await t.test('of others there is nothing to be read', async t => {
    const world = await open()
    await hospital(world)
    const ask = world.as({ scope: everything, patient: 'mine' })
    t.equal((await ask('GET', 'Patient/mine')).status, 200)
    t.equal((await ask('GET', 'Observation/of-mine')).status, 200)
    t.equal((await ask('GET', 'Practitioner/doctor')).status, 200)
    for (const rest of ['', '/_history', '/_history/1']) {
      await alike(t, ask, 'GET', [`Patient/other${rest}`, `Patient/absent${rest}`])
      await alike(t, ask, 'GET', [`Observation/of-other${rest}`, `Observation/absent${rest}`])
    }
    t.same(ids(await ask('GET', 'Observation')), ['Observation/of-mine'])
    t.same(ids(await ask('GET', 'Patient?_sort=family')), ['Patient/mine'])
    t.equal((await ask('GET', 'Patient?_summary=count')).body.total, 1)
    t.same(ids(await ask('GET', '_history')), [...['Observation/of-mine', 'Patient/mine', 'Practitioner/doctor']])
    t.same(ids(await ask('GET', 'Observation/_history')), ['Observation/of-mine'])
    t.same(ids(await ask('GET', '?_type=Patient,Observation')), ['Observation/of-mine', 'Patient/mine'])
    t.same(ids(await ask('GET', 'Patient/other/Observation')), [])
  })

  await t.test('a deletion is told to those who saw what was deleted', async t => {
    const world = await open()
    await hospital(world)
    for (const id of ['mine', 'other']) await world.ask('DELETE', `Observation/of-${id}`)
    const ask = world.as({ scope: everything, patient: 'mine' })
    t.equal((await ask('GET', 'Observation/of-mine')).status, 410)
    await alike(t, ask, 'GET', ['Observation/of-other', 'Observation/absent'])
  })

  await t.test('chains, _has, includes and _list do not lead to what may not be seen', async t => {
    const world = await open()
    await hospital(world)
    await put(world.ask, { ...observation('both', 'mine'), hasMember: [{ reference: 'Observation/of-other' }] })
    await put(world.ask, {
      ...{ resourceType: 'List', id: 'hidden', status: 'current', mode: 'working' },
      subject: { reference: 'Patient/other' },
      entry: [{ item: { reference: 'Patient/mine' } }],
    })
    const ask = world.as({ scope: everything, patient: 'mine' })
    t.same(ids(await ask('GET', 'Observation?has-member.status=final')), [])
    t.same(ids(await ask('GET', 'Observation?_include=*&_id=both')), [
      ...['Observation/both', 'Patient/mine', 'Practitioner/doctor'],
    ])
    t.same(ids(await ask('GET', 'Practitioner?_has:Observation:performer:_id=of-other')), [])
    t.same(ids(await ask('GET', 'Practitioner?_has:Observation:performer:_id=of-mine')), ['Practitioner/doctor'])
    t.same(ids(await ask('GET', 'Practitioner?_revinclude=Observation:performer')), [
      ...['Observation/both', 'Observation/of-mine', 'Practitioner/doctor'],
    ])
    t.same(ids(await ask('GET', 'Patient?_list=hidden')), [])
  })

  await t.test('a type that is closed is refused before anything is looked at', async t => {
    const world = await open()
    await hospital(world)
    const ask = world.as({ scope: 'patient/Patient.rs', patient: 'mine' })
    for (const path of [
      ...['Observation/of-mine', 'Observation/absent', 'Observation', 'Observation/of-mine/_history'],
      ...['Observation?_id=absent', 'Patient/mine/Observation', 'Patient?_has:Observation:subject:status=final'],
      '?_type=Observation',
    ]) {
      const { status, headers } = await ask('GET', path)
      t.equal(status, 403, path)
      if (!path.includes('_')) t.match(headers['www-authenticate'], /insufficient_scope/, path)
    }
    t.equal((await ask('POST', 'Patient', patient)).status, 403)
    t.equal((await ask('PUT', 'Patient/mine', { ...patient, id: 'mine' })).status, 403)
    t.equal((await ask('DELETE', 'Patient/mine')).status, 403)
    t.same(ids(await ask('GET', 'Patient?_revinclude=Observation:subject')), ['Patient/mine'])
    t.equal((await ask('GET', 'Patient?_explain=true')).status, 403)
  })

  await t.test('nothing is moved into sight or out of it, and nothing is made under an id of one’s own', async t => {
    const world = await open()
    await hospital(world)
    const ask = world.as({ scope: everything, patient: 'mine' })
    const mine = observation('of-mine', 'mine')
    t.equal((await ask('PUT', 'Observation/of-mine', { ...mine, status: 'amended' })).status, 200)
    t.equal((await ask('PUT', 'Observation/of-mine', observation('of-mine', 'other'))).status, 403)
    t.equal((await ask('POST', 'Observation', observation('x', 'other'))).status, 403)
    t.equal((await ask('POST', 'Observation', { ...mine, id: undefined })).status, 201)
    await alike(t, ask, 'PUT', ['Observation/of-other', 'Observation/absent'], mine)
    t.equal((await ask('PUT', 'Observation/nobody', { ...mine, id: 'nobody' })).status, 405)
    await alike(t, ask, 'DELETE', ['Observation/of-other', 'Observation/absent'])
    t.equal((await world.ask('GET', 'Observation/of-other')).body.meta.versionId, '1')
    t.equal((await ask('DELETE', 'Observation/of-mine')).status, 204)
  })

  await t.test('entries of a Bundle have no more rights than requests', async t => {
    const world = await open()
    await hospital(world)
    const ask = world.as({ scope: everything, patient: 'mine' })
    const entry = (method: string, url: string, resource?: Loose) => ({ request: { method, url }, resource })
    const bundle = (type: string, entries: Loose[]) => ({ resourceType: 'Bundle', type, entry: entries })
    const entries = [
      entry('GET', 'Observation/of-other'),
      entry('GET', 'Observation?_id=of-other'),
      entry('PUT', 'Observation/of-other', observation('of-other', 'mine')),
      entry('DELETE', 'Observation/of-other'),
    ]
    const batch = await ask('POST', '', bundle('batch', entries))
    t.same(
      batch.body.entry.map(({ response }: Loose) => response.status.slice(0, 3)),
      ['404', '200', '405', '204'],
    )
    t.equal(batch.body.entry[1].resource.entry, undefined)
    t.equal((await ask('POST', '', bundle('transaction', [entries[0]]))).status, 404)
    t.equal((await ask('POST', '', bundle('transaction', [entries[2]]))).status, 405)
    t.equal((await ask('POST', '?_validate=true', bundle('transaction', [entries[2]]))).status, 405)
    t.equal((await world.ask('GET', 'Observation/of-other')).body.meta.versionId, '1')
    const poor = world.as({ scope: 'patient/Patient.rs', patient: 'mine' })
    t.equal((await poor('POST', '', bundle('transaction', [entry('GET', 'Observation')]))).status, 403)
  })

  await t.test('a scope with criteria opens what fits them', async t => {
    const world = await open()
    await hospital(world)
    await put(world.ask, observation('lab', 'mine', 'laboratory'))
    const ask = world.as({ scope: 'patient/Observation.rs?category=laboratory', patient: 'mine' })
    t.same(ids(await ask('GET', 'Observation')), ['Observation/lab'])
    await alike(t, ask, 'GET', ['Observation/of-mine', 'Observation/absent'])
    const none = world.as({ scope: 'patient/Observation.rs?colour=green', patient: 'mine' })
    t.equal((await none('GET', 'Observation')).status, 403)
  })

  await t.test('conditional interactions choose among what may be seen', async t => {
    const world = await open()
    await hospital(world)
    const ask = world.as({ scope: everything, patient: 'mine' })
    const { id: _, ...mine } = observation('', 'mine')
    t.equal((await ask('POST', 'Observation', mine, { 'if-none-exist': '_id=of-other' })).status, 201)
    t.equal((await ask('DELETE', 'Observation?_id=of-other')).status, 204)
    t.equal((await world.ask('GET', 'Observation/of-other')).status, 200)
    t.equal(
      (await ask('PATCH', 'Observation?_id=of-other', [], { 'content-type': 'application/json-patch+json' })).status,
      404,
    )
  })

  await t.test('pages of one are good for nobody else', async t => {
    const world = await open()
    await hospital(world)
    const [one, two] = ['mine', 'other'].map(patient => world.as({ id: patient, scope: everything, patient }))
    await world.ask('PUT', 'Practitioner/nurse', { resourceType: 'Practitioner', id: 'nurse' })
    const first = await (one as Ask)('GET', 'Practitioner?_count=1')
    const next = first.body.link.find(({ relation }: Loose) => relation === 'next').url.split('/fhir/')[1]
    t.equal((await (one as Ask)('GET', next)).status, 200)
    t.equal((await (two as Ask)('GET', next)).status, 400)
  })
})
