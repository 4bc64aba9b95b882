/** https://hl7.org/fhir/R4/valueset-resource-validation-mode.html */
import { found, operating, parameters } from '../operating.ts'

const patient = { resourceType: 'Patient', active: true }
const clean = ['information informational']
const base = 'http://hl7.org/fhir/StructureDefinition/Patient'

const about = (id: string) => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'weight' },
  subject: { reference: `Patient/${id}` },
})

await operating(async (t, open) => {
  await t.test('a mode that is unknown, or not for this URL, is an error in the answer', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/a', { ...patient, id: 'a' })
    const misused: [path: string, body: object | undefined, expected: string[]][] = [
      ['Patient/$validate?mode=nonsense', patient, ['error value']],
      ['Patient/a/$validate?mode=Update', { ...patient, id: 'a' }, ['error value']],
      ['Patient/$validate?mode=update', { ...patient, id: 'a' }, ['error business-rule']],
      ['$validate?mode=delete', patient, ['error business-rule']],
      ['Patient/$validate?mode=delete', undefined, ['error business-rule']],
      [`Patient/$validate?mode=profile&profile=${base}`, patient, ['error business-rule']],
      ['Patient/a/$validate?mode=update', undefined, ['error required']],
      ['Patient/a/$validate?mode=profile', undefined, ['error required']],
      [`Patient/a/$validate?mode=profile&profile=${base}`, patient, ['error business-rule']],
      ['Patient/$validate?mode=nonsense', { ...patient, active: 7 }, ['error value', 'error structure Patient.active']],
    ]
    for (const [path, body, expected] of misused) {
      const reply = await world.ask('POST', path, body)
      t.equal(reply.status, 200, path)
      t.strictSame(found(reply), expected, `${path} ${reply.json}`)
    }
    const typed = await world.ask(
      'POST',
      '$validate',
      parameters(['mode', 'Integer', 1], ['resource', 'resource', patient]),
    )
    t.equal(typed.status, 400, 'a mode that is no code at all is a mistake of the request')
  })

  await t.test('create takes any id, and asks the store', async t => {
    const world = await open({ integrity: () => true })
    await world.ask('PUT', 'Patient/a', { ...patient, id: 'a' })
    const ask = (body: object) => world.ask('POST', 'Observation/$validate?mode=create', body)
    t.strictSame(found(await ask({ ...about('a'), id: 'not an id!' })), clean)
    const dangling = await ask(about('nobody'))
    t.strictSame(found(dangling), ['error business-rule'])
    t.match(dangling.body.issue[0].diagnostics, /Patient\/nobody/)
    t.strictSame(found(await ask({ ...about('nobody'), status: 7 })), ['error structure Observation.status'])
    t.strictSame(found(await world.ask('POST', 'Observation/$validate', about('nobody'))), clean, 'without a mode')
    t.equal((await world.ask('GET', 'Observation?_summary=count')).body.total, 0)
  })

  await t.test('update needs the id of the URL, and tells what it would create', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/a', { ...patient, id: 'a' })
    await world.ask('PUT', 'Patient/gone', { ...patient, id: 'gone' })
    await world.ask('DELETE', 'Patient/gone')
    const ask = (id: string, body: object, headers = {}) =>
      world.ask('POST', `Patient/${id}/$validate?mode=update`, body, headers)
    t.strictSame(found(await ask('a', { ...patient, id: 'a' })), clean)
    t.strictSame(found(await ask('a', patient)), ['error required Patient.id'])
    t.strictSame(found(await ask('a', { ...patient, id: 'b' })), ['error invalid Patient.id'])
    for (const id of ['new', 'gone']) {
      const reply = await ask(id, { ...patient, id })
      t.strictSame(found(reply), clean)
      t.match(reply.body.issue[0].diagnostics, new RegExp(`Patient/${id} `))
    }
    t.strictSame(found(await ask('a', { ...patient, id: 'a' }, { 'if-match': 'W/"1"' })), clean)
    t.strictSame(found(await ask('a', { ...patient, id: 'a' }, { 'if-match': 'W/"2"' })), ['error conflict'])
    t.equal((await world.ask('GET', 'Patient/new')).status, 404)
    t.equal((await world.ask('GET', 'Patient/a')).body.meta.versionId, '1')
  })

  await t.test('delete ignores the content, and asks whether the resource may go', async t => {
    const world = await open({ integrity: tenant => tenant === 'strict' })
    for (const tenant of ['strict', 'loose']) {
      const headers = { 'x-tenant': tenant }
      for (const id of ['a', 'b', 'gone']) await world.ask('PUT', `Patient/${id}`, { ...patient, id }, headers)
      await world.ask('DELETE', 'Patient/gone', undefined, headers)
      await world.ask('POST', 'Observation', about('a'), headers)
      const ask = (id: string, body?: object) => world.ask('POST', `Patient/${id}/$validate?mode=delete`, body, headers)
      t.strictSame(found(await ask('b')), clean)
      t.strictSame(found(await ask('b', { ...patient, active: 7 })), clean)
      t.strictSame(found(await ask('a')), tenant === 'strict' ? ['error conflict'] : clean)
      t.strictSame(found(await ask('none')), ['error not-found'])
      t.strictSame(found(await ask('gone')), ['error deleted'])
      t.strictSame(found(await world.ask('GET', 'Patient/b/$validate?mode=delete', undefined, headers)), clean)
      t.equal((await world.ask('GET', 'Patient/b', undefined, headers)).status, 200)
    }
  })

  await t.test('profile checks what is stored', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/a', { ...patient, id: 'a' })
    const ask = (id: string, profile: string) =>
      world.ask('GET', `Patient/${id}/$validate?mode=profile&profile=${profile}`)
    t.strictSame(found(await ask('a', base)), clean)
    t.strictSame(found(await ask('a', 'http://nobody')), ['error not-found Patient'])
    t.strictSame(found(await ask('none', base)), ['error not-found'])
  })
})
