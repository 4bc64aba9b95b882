import t from 'tap'
import { entries, onBothStores } from '../../world.ts'
import { bytesBelow, fill, marks, names, observation, patient, site } from './site.ts'

t.setTimeout(300_000)

await onBothStores(async (t, open) => {
  await t.test(
    'nothing of what is encrypted lies in the store, be it in texts, index, history or receipts',
    async t => {
      const world = await site(t, open)
      await fill(world)
      await world.ask('PUT', '/Patient/p1', { ...patient, active: true })
      await world.ask('DELETE', '/Observation/b2')
      const body = observation('ignored')
      const posted = await world.ask('POST', '/Observation', body, { 'idempotency-key': 'MRN-77231-key' })
      const again = await world.ask('POST', '/Observation', body, { 'idempotency-key': 'MRN-77231-key' })
      t.equal(posted.status, 201)
      t.equal(again.body.id, posted.body.id, 'and yet the receipt is found')
      const ifNone = { 'if-none-exist': 'identifier=http://mrn-system.example|MRN-77231' }
      t.equal((await world.ask('POST', '/Patient', patient, ifNone)).status, 200)
      const bytes = await bytesBelow(world.id)
      t.ok(bytes.includes('_sealed'), 'this is where resources lie')
      t.ok(bytes.includes('Acme'), 'what is not encrypted is found')
      for (const mark of marks) t.notOk(bytes.includes(mark), mark)
    },
  )

  await t.test('reads, histories and includes show it as it was', async t => {
    const world = await site(t, open)
    await fill(world)
    const { ask } = world
    t.match((await ask('GET', '/Patient/p1')).body, patient)
    await ask('PUT', '/Patient/p1', { ...patient, active: true })
    t.match((await ask('GET', '/Patient/p1/_history/1')).body, patient)
    t.match((await ask('GET', '/Patient/p1')).body, { ...patient, active: true, meta: { versionId: '2' } })
    t.same(
      entries(await ask('GET', '/Patient/p1/_history')).map(({ resource }) => resource.active),
      [true, undefined],
    )
    t.equal(entries(await ask('GET', '/_history')).length, 6)
    const included = await ask('GET', '/Observation?_include=Observation:subject&_sort=_id')
    t.same(names(included), ['Observation/b1', 'Observation/b2', 'Patient/p1'])
    t.equal(
      (await ask('PUT', '/Patient/p1', { ...patient, active: true })).body.meta.versionId,
      '2',
      'no change, no version',
    )
    t.equal(
      (
        await ask('PATCH', '/Patient/p1', [{ op: 'replace', path: '/active', value: false }], {
          'content-type': 'application/json-patch+json',
        })
      ).body.active,
      false,
    )
    t.equal((await ask('PUT', '/Patient/p1', patient, { 'if-match': 'W/"1"' })).status, 412)
  })

  await t.test('what is asked whole is found', async t => {
    const world = await site(t, open)
    await fill(world)
    const cases: Record<string, readonly string[]> = {
      '/Patient?identifier=http://mrn-system.example|MRN-77231': ['Patient/p1'],
      '/Patient?identifier=MRN-77231': ['Patient/p1'],
      '/Patient?identifier=http://mrn-system.example|': ['Patient/p1'],
      '/Patient?identifier=http://other.example|': [],
      '/Patient?identifier=MRN-7723': [],
      '/Patient?phone=5554442&gender=female,male': ['Patient/p1'],
      '/Patient?gender:not=male': ['Patient/p1'],
      '/Patient?gender:not=female': [],
      '/Patient?family:missing=false&birthdate:missing=false&address:missing=true': ['Patient/p1'],
      '/Patient?family:missing=true': [],
      '/Patient?birthdate:missing=true': [],
      '/Patient?organization=Organization/o1': ['Patient/p1'],
      '/Patient?organization.name=acme': ['Patient/p1'],
      '/Patient?organization.name=other': [],
      '/Patient?_id=p1&_lastUpdated=gt2020': ['Patient/p1'],
      '/Observation?subject=Patient/p1&_sort=-_id': ['Observation/b2', 'Observation/b1'],
      '/Observation?patient=p1&_count=1': ['Observation/b1'],
      '/Observation?code=http://loinc.org|zaubertrank-1,zaubertrank-2&_sort=_id': ['Observation/b1', 'Observation/b2'],
      '/Observation?subject:Patient.identifier=MRN-77231&_sort=_id': ['Observation/b1', 'Observation/b2'],
      '/Observation?patient.organization.name=acme&_sort=_id': ['Observation/b1', 'Observation/b2'],
      '/Observation?patient.identifier=nobody': [],
      '/Patient/p1/Observation?_sort=_id': ['Observation/b1', 'Observation/b2'],
      '/MedicationRequest?medication.code=zaubertrank': ['MedicationRequest/m1'],
      '/Medication?_contained=true&code=zaubertrank': ['MedicationRequest/m1'],
      '/Organization?name=acme': ['Organization/o1'],
      '/Observation?_content=zaubertrank&_sort=_id': ['Observation/b1', 'Observation/b2'],
    }
    for (const [path, expected] of Object.entries(cases)) {
      const reply = await world.ask('GET', path)
      t.same(names(reply), expected, `${path} ${reply.status} ${reply.status === 200 ? '' : reply.json}`)
    }
    t.equal((await world.ask('GET', '/Patient?gender=female&_summary=count')).body.total, 1)
  })

  await t.test('what begins, contains, lies between or sorts is refused, and never answered wrongly', async t => {
    const world = await site(t, open)
    await fill(world)
    const refused = [
      '/Patient?family=grosvenor',
      '/Patient?name:contains=gros',
      '/Patient?family:exact=Grosvenor',
      '/Patient?birthdate=1931-04-17',
      '/Patient?birthdate=gt1900',
      '/Patient?_sort=family',
      '/Patient?_sort=-birthdate',
      '/Patient?_filter=family co "gros"',
      '/Patient?gender=male,female&birthdate:missing=false&family=x',
      '/Observation?code:text=zaubertrank',
      '/Observation?subject:Patient.family=grosvenor',
      '/Observation?date=1931',
      '/Organization?_has:Patient:organization:gender=female',
      '/Medication?_contained=true&code:text=x',
    ]
    for (const path of refused) {
      const { status, json } = await world.ask('GET', path)
      t.equal(status, 400, `${path} ${json}`)
      t.match(json, /is stored encrypted and can be searched/, path)
    }
    const dated = await world.ask('DELETE', '/Patient?family=grosvenor')
    t.equal(dated.status, 400, 'as criteria of what changes something, too')
    t.equal(
      (await world.ask('GET', '/Organization?name:contains=cm')).status,
      200,
      'what is not encrypted is asked as ever',
    )
  })

  await t.test('conditional interactions choose, and of many at once one creates', async t => {
    const world = await site(t, open)
    const headers = { 'if-none-exist': 'identifier=http://mrn-system.example|MRN-77231' }
    const replies = await Promise.all(Array.from({ length: 16 }, () => world.ask('POST', '/Patient', patient, headers)))
    t.same(replies.map(({ status }) => status).sort(), [...Array(15).fill(200), 201])
    const updated = await world.ask('PUT', '/Patient?identifier=MRN-77231', { ...patient, id: undefined, active: true })
    t.equal(updated.status, 200)
    t.equal(updated.body.meta.versionId, '2')
    t.equal((await world.ask('DELETE', '/Patient?identifier=MRN-77231')).status, 204)
    t.same(names(await world.ask('GET', '/Patient')), [])
  })

  await t.test('whoever is restricted by scopes sees what is his, and nothing else', async t => {
    const world = await site(t, open)
    await fill(world)
    await world.ask('PUT', '/Patient/p2', { resourceType: 'Patient', id: 'p2' })
    await world.ask('PUT', '/Observation/b3', observation('b3', 'Patient/p2'))
    const ask = world.as({ scope: 'patient/Observation.rs patient/Patient.rs', patient: 'p1' })
    t.same(names(await ask('GET', '/Observation?_sort=_id')), ['Observation/b1', 'Observation/b2'])
    t.same(names(await ask('GET', '/Patient')), ['Patient/p1'])
    t.equal((await ask('GET', '/Observation/b3')).status, 404)
    t.equal((await ask('GET', '/Observation/b1')).status, 200)
    const coded = world.as({ scope: 'system/Observation.rs?code=zaubertrank-1' })
    t.equal(entries(await coded('GET', '/Observation')).length, 3)
  })
})
