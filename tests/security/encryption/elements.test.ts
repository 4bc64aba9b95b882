/** Chosen elements are sealed, and what is beside them stays what it is. */
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { erasePatient } from '../../../src/security/encryption/erase.ts'
import { resealAll } from '../../../src/security/encryption/reseal.ts'
import { renewAll } from '../../../src/security/encryption/rotate.ts'
import { entries, onBothStores } from '../../world.ts'
import { definitions } from './sealed.ts'
import { bytesBelow, fill, names, patient, site } from './site.ts'

const tenant = 'default'
const chosen = ['Patient.identifier', 'Patient.telecom', 'Patient.name', 'Observation.note', 'Observation.value']

const told = {
  resourceType: 'Observation',
  id: 'told',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '8310-5' }] },
  subject: { reference: 'Patient/p1' },
  effectiveDateTime: '1931-04-17',
  valueQuantity: { value: 37.77, unit: 'secretunit', system: 'http://unitsofmeasure.org', code: 'Cel' },
  note: [{ text: 'a secret note' }],
}

const narrated = {
  ...patient,
  text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">Grosvenor</div>' },
}

const hidden = ['Grosvenor', 'grosvenor', 'MRN-77231', '5554442', 'secretunit', 'a secret note', '37.77']

t.setTimeout(300_000)

await onBothStores(async (t, open) => {
  await t.test('nothing of chosen elements lies in the store, and all of the others does', async t => {
    const world = await site(t, open, chosen)
    await fill(world)
    await world.ask('PUT', '/Patient/p1', { ...narrated, active: true })
    await world.ask('PUT', '/Observation/told', told)
    const body = { ...narrated, id: undefined }
    await world.ask('POST', '/Patient', body, { 'if-none-exist': 'identifier=MRN-nobody' })
    const bytes = await bytesBelow(world.id)
    t.ok(bytes.includes('_sealedElements'))
    for (const clear of ['1931-04-17', '8310-5', 'female']) t.ok(bytes.includes(clear), clear)
    for (const mark of hidden) t.notOk(bytes.includes(mark), mark)
  })

  await t.test('out of the store comes what was written, byte for byte, by every interaction', async t => {
    const world = await site(t, open, chosen)
    const plain = await open()
    const kilns = [world, plain]
    const [one, other] = await Promise.all(
      kilns.map(async ({ ask }) => {
        await ask('PUT', '/Patient/p1', narrated)
        await ask('PUT', '/Observation/told', told)
        const patch = [{ op: 'replace', path: '/name/0/family', value: 'Other' }]
        const json = { 'content-type': 'application/json-patch+json' }
        const replies = [
          await ask('GET', '/Patient/p1'),
          await ask('PUT', '/Patient/p1', narrated),
          await ask('PATCH', '/Patient/p1', patch, json),
          await ask('GET', '/Patient/p1/_history/1'),
          await ask('GET', '/Patient/p1/_history/2'),
          await ask('GET', '/Patient?_elements=name'),
          await ask('GET', '/Patient?_summary=true'),
          await ask('GET', '/Patient?_summary=text'),
          await ask('DELETE', '/Observation/told'),
          await ask('GET', '/Observation/told/_history/1'),
        ]
        return replies.map(({ status, json }) => [status, json])
      }),
    )
    t.strictSame(one, other)
    t.ok(JSON.stringify(one).includes('37.77'))
  })

  await t.test('what reads other elements is searched as ever, what reads these is asked whole', async t => {
    const world = await site(t, open, chosen)
    await fill(world)
    await world.ask('PUT', '/Patient/p2', { resourceType: 'Patient', id: 'p2', birthDate: '2000', gender: 'male' })
    await world.ask('PUT', '/Observation/told', told)
    const cases: Record<string, readonly string[]> = {
      '/Patient?birthdate=gt1999': ['Patient/p2'],
      '/Patient?birthdate=1931-04': ['Patient/p1'],
      '/Patient?_sort=-birthdate': ['Patient/p2', 'Patient/p1'],
      '/Patient?gender=male': ['Patient/p2'],
      '/Patient?organization.name:contains=cm': ['Patient/p1'],
      '/Patient?identifier=http://mrn-system.example|MRN-77231&birthdate=1931': ['Patient/p1'],
      '/Patient?identifier=http://mrn-system.example|': ['Patient/p1'],
      '/Patient?identifier=MRN-7723': [],
      '/Patient?identifier:missing=true': ['Patient/p2'],
      '/Patient?family:missing=false': ['Patient/p1'],
      '/Patient?phone=5554442': ['Patient/p1'],
      '/Patient?_has:Observation:subject:code=8310-5': ['Patient/p1'],
      '/Observation?code=8310-5&date=lt1950&patient=p1': ['Observation/told'],
      '/Observation?code:text=zaubertrank&_sort=_id': ['Observation/b1', 'Observation/b2'],
      '/Observation?patient.identifier=MRN-77231&code=8310-5': ['Observation/told'],
      '/Observation?patient.birthdate=1931&code=8310-5': ['Observation/told'],
      '/Observation?value-quantity:missing=false': ['Observation/told'],
      '/Observation?subject.organization.name=acme&date=1931&code=8310-5': ['Observation/told'],
      '/Observation?_content=secret': ['Observation/told'],
      '/Patient?_content=Hautfarbe': ['Patient/p1'],
      '/Medication?_contained=true&code=zaubertrank': ['MedicationRequest/m1'],
    }
    for (const [path, expected] of Object.entries(cases)) {
      const reply = await world.ask('GET', path)
      t.same(names(reply), expected, `${path} ${reply.status} ${reply.status === 200 ? '' : reply.json}`)
    }
    const refused = [
      '/Patient?family=gros',
      '/Patient?name:exact=Grosvenor',
      '/Patient?_sort=family',
      '/Patient?_filter=given co "haut"',
      '/Observation?value-quantity=gt37',
      '/Observation?code-value-quantity=8310-5$gt37',
      '/Observation?combo-value-quantity=gt37',
      '/Observation?_sort=value-quantity',
      '/Observation?subject:Patient.family=grosvenor',
    ]
    for (const path of refused) {
      const { status, json } = await world.ask('GET', path)
      t.equal(status, 400, `${path} ${json}`)
      t.match(json, /is stored encrypted and can be searched/, path)
    }
  })

  await t.test("a tenant's own search parameters are asked whole, whatever they read", async t => {
    const world = await site(t, open, chosen)
    const own = {
      ...{
        resourceType: 'SearchParameter',
        url: 'http://x.example/given',
        name: 'x',
        status: 'active',
        description: 'x',
      },
      ...{ code: 'first-name', base: ['Patient'], type: 'string', expression: 'Patient.name.given' },
    }
    t.equal((await world.ask('POST', '/SearchParameter', own)).status, 201)
    world.clock += 5_000
    await fill(world)
    t.equal((await world.ask('GET', '/Patient?first-name=Hautfarbe')).status, 400)
    t.same(names(await world.ask('GET', '/Patient?first-name:missing=false')), ['Patient/p1'])
    t.notOk((await bytesBelow(world.id)).includes('hautfarbe'))
  })

  await t.test('what stands in the clear beside them is bound to them', async t => {
    const world = await site(t, open, chosen)
    await fill(world)
    const { below } = world.sealed
    const version = await below.read({ tenant, type: 'Patient', id: 'p1' })
    const lease = await below.acquire(tenant, 'x', 'x', 60_000)
    if (!version?.json || !lease) throw new Error('both are there')
    const json = version.json.replace('"female"', '"male"')
    t.not(json, version.json)
    await below.reword(tenant, [{ type: 'Patient', id: 'p1', version: 1, was: version.json, json }], lease)
    t.equal((await world.ask('GET', '/Patient/p1')).status, 500)
    t.match(world.sealed.events, [{ event: 'encryption.unreadable', type: 'Patient' }])
  })

  await t.test('with new data keys they are sealed anew', async t => {
    const world = await site(t, open, chosen)
    await fill(world)
    const random = randomBytes
    await renewAll({
      store: world.sealed.below,
      wrapper: world.sealed.wrapper,
      tenants: [tenant],
      random,
      observe: () => {},
    })
    world.pass(2_000)
    const needs = { ...world.sealed, random, clock: () => world.clock, owner: 'me', observe: () => {} }
    t.equal(await resealAll(needs, tenant), 3)
    t.equal(await resealAll(needs, tenant), 0)
    t.match((await world.ask('GET', '/Patient/p1')).body, patient)
  })

  await t.test('an erased patient is gone, with what was not sealed', async t => {
    const world = await site(t, open, chosen)
    await fill(world)
    await world.ask('PUT', '/Patient/p1', { ...patient, gender: 'other', active: true })
    const observe = () => {}
    const { resources, left } = await erasePatient(
      { ...world.sealed, definitions, clock: () => 1, sleep: async () => {}, observe, owner: 'me' },
      tenant,
      'p1',
    )
    t.equal(resources, 3)
    t.same([...left], [['MedicationRequest', 1]])
    world.pass(2_000)
    t.equal((await world.ask('GET', '/Patient/p1')).status, 410)
    t.equal((await world.ask('GET', '/Patient/p1/_history/1')).status, 410)
    t.equal(entries(await world.ask('GET', '/Patient?gender=other')).length, 0)
    const { versions } = await world.sealed.below.history({
      tenant,
      type: 'Patient',
      order: 'oldest',
      until: 1e9,
      limit: 9,
    })
    for (const { json = '' } of versions) t.notMatch(json, /1931|female|other/, 'not even below')
  })

  await t.test('conditional interactions choose by what is sealed', async t => {
    const world = await site(t, open, chosen)
    const headers = { 'if-none-exist': 'identifier=http://mrn-system.example|MRN-77231' }
    const replies = await Promise.all(Array.from({ length: 8 }, () => world.ask('POST', '/Patient', patient, headers)))
    t.same(replies.map(({ status }) => status).sort(), [...Array(7).fill(200), 201])
    const updated = await world.ask('PUT', '/Patient?identifier=MRN-77231', { ...patient, id: undefined, active: true })
    t.equal(updated.status, 200)
    t.equal((await world.ask('DELETE', '/Patient?identifier=MRN-77231&gender=female')).status, 204)
  })
})
