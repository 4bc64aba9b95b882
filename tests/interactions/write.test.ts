import { entries, onBothStores } from '../world.ts'

const patient = { resourceType: 'Patient', active: true, name: [{ family: 'Shaw', given: ['Amy'] }] }

await onBothStores(async (t, open) => {
  await t.test('create ignores id, versionId and lastUpdated of the body, even invalid ones', async t => {
    const world = await open()
    const made = await world.ask('POST', 'Patient', {
      ...patient,
      id: 'not an id!',
      meta: { versionId: '7', lastUpdated: '2001-01-01T00:00:00Z', tag: [{ code: 'x' }] },
    })
    t.equal(made.status, 201)
    t.match(made.body.id, /^[0-9a-f-]{36}$/)
    t.strictSame(made.body.meta, { versionId: '1', lastUpdated: '2026-01-01T00:00:00.000Z', tag: [{ code: 'x' }] })
    t.equal(made.headers['location'], `http://kiln.test/fhir/Patient/${made.body.id}/_history/1`)
    t.equal(made.headers['etag'], 'W/"1"')
    t.equal(made.headers['last-modified'], 'Thu, 01 Jan 2026 00:00:00 GMT')
    const read = await world.ask('GET', `Patient/${made.body.id}`)
    t.equal(read.json, made.json, 'what is read is what was answered, byte for byte')
  })

  await t.test('Prefer decides what a write answers', async t => {
    const world = await open()
    const minimal = await world.ask('POST', 'Patient', patient, { prefer: 'return=minimal' })
    t.equal(minimal.status, 201)
    t.equal(minimal.body, undefined)
    t.ok(minimal.headers['location'])
    const outcome = await world.ask('POST', 'Patient', patient, { prefer: 'return=OperationOutcome' })
    t.equal(outcome.body.resourceType, 'OperationOutcome')
    t.equal(outcome.body.issue[0].severity, 'information')
    const whole = await world.ask('POST', 'Patient', patient, { prefer: 'handling=strict, return=representation' })
    t.equal(whole.body.resourceType, 'Patient')
  })

  await t.test('update makes the next version, update as create the first', async t => {
    const world = await open()
    const first = await world.ask('PUT', 'Patient/1', { ...patient, id: '1' })
    t.equal(first.status, 201)
    t.equal(first.headers['location'], 'http://kiln.test/fhir/Patient/1/_history/1')
    world.clock += 5000
    const second = await world.ask('PUT', 'Patient/1', { ...patient, id: '1', active: false })
    t.equal(second.status, 200)
    t.equal(second.headers['etag'], 'W/"2"')
    t.equal(second.body.meta.lastUpdated, '2026-01-01T00:00:05.000Z')
    t.equal((await world.ask('GET', 'Patient/1/_history/1')).body.active, true)
    t.equal((await world.ask('GET', 'Patient/1/_history/3')).status, 404)
    t.equal((await world.ask('GET', 'Patient/1/_history/nonsense')).status, 404)
  })

  await t.test('an update that changes nothing makes no version, whatever the order of properties', async t => {
    const world = await open()
    const one = await world.ask(
      'PUT',
      'Observation/a',
      '{"resourceType":"Observation","id":"a","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.00,"unit":"g"}}',
    )
    t.equal(one.status, 201)
    t.match(one.json, '"value":1.00')
    const same = await world.ask(
      'PUT',
      'Observation/a',
      '{"valueQuantity":{"unit":"g","value":1.00},"id":"a","resourceType":"Observation","code":{"text":"x"},"status":"final","meta":{"versionId":"99"}}',
    )
    t.equal(same.status, 200)
    t.equal(same.headers['etag'], 'W/"1"')
    const precise = await world.ask(
      'PUT',
      'Observation/a',
      '{"resourceType":"Observation","id":"a","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.0,"unit":"g"}}',
    )
    t.equal(precise.headers['etag'], 'W/"2"', '1.00 and 1.0 are different decimals')
  })

  await t.test('meta of an update replaces, it never merges', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/m', {
      ...patient,
      id: 'm',
      meta: { tag: [{ code: 'a' }], profile: ['http://x/p'] },
    })
    const next = await world.ask('PUT', 'Patient/m', { ...patient, id: 'm', meta: { security: [{ code: 'R' }] } })
    t.strictSame(Object.keys(next.body.meta), ['versionId', 'lastUpdated', 'security'])
  })

  await t.test('If-Match is checked first, before the comparison', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/1', { ...patient, id: '1' })
    const stale = await world.ask('PUT', 'Patient/1', { ...patient, id: '1' }, { 'if-match': 'W/"2"' })
    t.equal(stale.status, 412)
    t.match(stale.body.issue[0].diagnostics, 'its version is 1')
    t.equal(stale.headers['etag'], 'W/"1"')
    t.equal(
      (await world.ask('PUT', 'Patient/1', { ...patient, id: '1', active: false }, { 'if-match': 'W/"1"' })).status,
      200,
    )
    t.equal(
      (await world.ask('PUT', 'Patient/nobody', { ...patient, id: 'nobody' }, { 'if-match': 'W/"1"' })).status,
      412,
    )
    t.equal((await world.ask('GET', 'Patient/nobody')).status, 404, 'a failed precondition writes nothing')
    t.equal((await world.ask('PUT', 'Patient/1', { ...patient, id: '1' }, { 'if-match': '1' })).status, 400)
    t.equal((await world.ask('PUT', 'Patient/1', { ...patient, id: '1' }, { 'if-none-match': '*' })).status, 412)
    t.equal((await world.ask('PUT', 'Patient/new', { ...patient, id: 'new' }, { 'if-none-match': '*' })).status, 201)
  })

  await t.test('32 writers with the same If-Match: exactly one wins', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/r', { ...patient, id: 'r' })
    for (let round = 1; round <= 5; round++) {
      const replies = await Promise.all(
        Array.from({ length: 32 }, (_, n) =>
          world.ask(
            'PUT',
            'Patient/r',
            { ...patient, id: 'r', name: [{ family: `${round}-${n}` }] },
            { 'if-match': `W/"${round}"` },
          ),
        ),
      )
      t.equal(replies.filter(({ status }) => status === 200).length, 1)
      t.equal(replies.filter(({ status }) => status === 412).length, 31)
    }
    t.equal((await world.ask('GET', 'Patient/r')).headers['etag'], 'W/"6"')
  })

  await t.test('delete, read of what was deleted, and PUT after it', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/1', { ...patient, id: '1' })
    t.equal((await world.ask('DELETE', 'Patient/1', undefined, { 'if-match': 'W/"9"' })).status, 412)
    const gone = await world.ask('DELETE', 'Patient/1')
    t.equal(gone.status, 204)
    t.equal(gone.headers['etag'], 'W/"2"')
    t.equal((await world.ask('GET', 'Patient/1')).status, 410)
    t.equal((await world.ask('GET', 'Patient/1/_history/2')).status, 410)
    t.equal((await world.ask('GET', 'Patient/1/_history/1')).status, 200)
    const again = await world.ask('DELETE', 'Patient/1')
    t.equal(again.status, 204)
    t.equal((await world.ask('DELETE', 'Patient/never')).status, 204)
    t.equal((await world.ask('DELETE', 'Patient/never', undefined, { 'if-match': 'W/"1"' })).status, 412)
    t.equal(entries(await world.ask('GET', 'Patient/1/_history')).length, 2, 'deleting twice makes no version')
    const back = await world.ask('PUT', 'Patient/1', { ...patient, id: '1' })
    t.equal(back.status, 201, 'PUT after DELETE always makes a version')
    t.equal(back.headers['etag'], 'W/"3"')
  })

  await t.test('conditional read answers 304', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/1', { ...patient, id: '1' })
    const ask = (headers: Record<string, string>) => world.ask('GET', 'Patient/1', undefined, headers)
    t.equal((await ask({ 'if-none-match': 'W/"1"' })).status, 304)
    t.equal((await ask({ 'if-none-match': 'W/"7", W/"1"' })).status, 304)
    t.equal((await ask({ 'if-none-match': 'W/"2"' })).status, 200)
    t.equal((await ask({ 'if-modified-since': 'Thu, 01 Jan 2026 00:00:00 GMT' })).status, 304)
    t.equal((await ask({ 'if-modified-since': 'Wed, 31 Dec 2025 23:59:59 GMT' })).status, 200)
    t.equal((await ask({ 'if-none-match': 'W/"2"', 'if-modified-since': 'Thu, 01 Jan 2026 00:00:00 GMT' })).status, 200)
  })

  await t.test('patch in JSON and FHIRPath form, with its preconditions', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/1', { ...patient, id: '1' })
    const json = { 'content-type': 'application/json-patch+json' }
    const one = await world.ask('PATCH', 'Patient/1', [{ op: 'replace', path: '/active', value: false }], json)
    t.equal(one.status, 200)
    t.equal(one.body.active, false)
    t.equal(one.headers['etag'], 'W/"2"')
    t.equal(
      (await world.ask('PATCH', 'Patient/1', [{ op: 'replace', path: '/active', value: false }], json)).headers['etag'],
      'W/"2"',
      'no change, no version',
    )
    t.equal(
      (
        await world.ask('PATCH', 'Patient/1', [{ op: 'replace', path: '/active', value: true }], {
          ...json,
          'if-match': 'W/"1"',
        })
      ).status,
      412,
    )
    const broken = await world.ask('PATCH', 'Patient/1', [{ op: 'add', path: '/nonsense', value: 1 }], json)
    t.equal(broken.status, 400)
    t.match(broken.body.issue[0].expression[0], 'Patient.nonsense')
    t.equal((await world.ask('PATCH', 'Patient/2', [], json)).status, 404)
    t.equal((await world.ask('PATCH', 'Patient/1', '{}', { 'content-type': 'text/plain' })).status, 415)
    const parameters = {
      resourceType: 'Parameters',
      parameter: [
        {
          name: 'operation',
          part: [
            { name: 'type', valueCode: 'replace' },
            { name: 'path', valueString: 'Patient.active' },
            { name: 'value', valueBoolean: true },
          ],
        },
      ],
    }
    t.equal((await world.ask('PATCH', 'Patient/1', parameters)).body.active, true)
    await world.ask('DELETE', 'Patient/1')
    t.equal((await world.ask('PATCH', 'Patient/1', [], json)).status, 410)
  })

  await t.test('patches without If-Match that race are all applied', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/1', { resourceType: 'Patient', id: '1', name: [{ text: 'x' }] })
    const replies = await Promise.all(
      Array.from({ length: 24 }, (_, n) =>
        world.ask('PATCH', 'Patient/1', [{ op: 'add', path: '/name/-', value: { text: `${n}` } }], {
          'content-type': 'application/json-patch+json',
        }),
      ),
    )
    t.same(
      replies.map(({ status }) => status),
      Array(24).fill(200),
    )
    t.equal((await world.ask('GET', 'Patient/1')).body.name.length, 25)
  })

  await t.test('an Idempotency-Key gives the same answer again and refuses another request', async t => {
    const world = await open()
    const key = { 'idempotency-key': '"abc-1"' }
    const one = await world.ask('POST', 'Patient', patient, key)
    const two = await world.ask('POST', 'Patient', patient, key)
    t.equal(two.status, 201)
    t.equal(two.json, one.json)
    t.equal(two.headers['location'], one.headers['location'])
    t.equal((await world.ask('POST', 'Patient', { ...patient, active: false }, key)).status, 422)
    t.equal((await world.ask('POST', 'Patient', patient, { 'idempotency-key': 'two words' })).status, 400)
    t.equal(entries(await world.ask('GET', 'Patient/_history')).length, 1)
    const race = await Promise.all(
      Array.from({ length: 8 }, () => world.ask('POST', 'Patient', patient, { 'idempotency-key': 'race' })),
    )
    t.equal(new Set(race.map(({ json }) => json)).size, 1, 'eight at once make one resource')
  })

  await t.test('X-Provenance is stored with what it speaks of, or nothing is', async t => {
    const world = await open()
    const provenance = JSON.stringify({
      resourceType: 'Provenance',
      recorded: '2026-01-01T00:00:00Z',
      agent: [{ who: { display: 'me' } }],
    })
    const made = await world.ask('POST', 'Patient', patient, { 'x-provenance': provenance })
    t.equal(made.status, 201)
    const [entry] = entries(await world.ask('GET', 'Provenance/_history'))
    t.strictSame(entry.resource.target, [{ reference: `Patient/${made.body.id}/_history/1` }])
    await world.ask(
      'PUT',
      `Patient/${made.body.id}`,
      { ...patient, id: made.body.id, active: false },
      { 'x-provenance': provenance },
    )
    t.strictSame(entries(await world.ask('GET', 'Provenance/_history'))[0].resource.target, [
      { reference: `Patient/${made.body.id}/_history/2` },
    ])
    t.equal(
      (await world.ask('POST', 'Patient', patient, { 'x-provenance': '{"resourceType":"Provenance"}' })).status,
      400,
    )
    t.equal((await world.ask('POST', 'Patient', patient, { 'x-provenance': 'nonsense' })).status, 400)
    t.equal(entries(await world.ask('GET', 'Patient/_history')).length, 2)
  })

  await t.test('what X-Provenance speaks of may be deleted where integrity is on, with a Provenance too', async t => {
    const world = await open({ integrity: () => true })
    const provenance = (who: object) => ({
      'x-provenance': JSON.stringify({
        resourceType: 'Provenance',
        recorded: '2026-01-01T00:00:00Z',
        agent: [{ who }],
      }),
    })
    const me = provenance({ display: 'me' })
    await world.ask('PUT', 'Patient/1', { ...patient, id: '1' }, me)
    const nobody = provenance({ reference: 'Practitioner/nobody' })
    t.equal((await world.ask('DELETE', 'Patient/1', undefined, nobody)).status, 422, 'its other references are checked')
    t.equal((await world.ask('DELETE', 'Patient/1', undefined, { ...me, 'if-match': 'W/"7"' })).status, 412)
    t.equal((await world.ask('DELETE', 'Patient/1', undefined, me)).status, 204)
    t.equal((await world.ask('DELETE', 'Patient/1', undefined, me)).status, 204, 'nothing happens, nothing is told')
    const told = entries(await world.ask('GET', 'Provenance/_history'))
    t.strictSame(
      told.map(({ resource }) => resource.target[0].reference),
      ['Patient/1/_history/2', 'Patient/1/_history/1'],
    )
  })

  await t.test('deletes with X-Provenance that race tell the truth', async t => {
    const world = await open()
    const header = {
      'x-provenance':
        '{"resourceType":"Provenance","recorded":"2026-01-01T00:00:00Z","agent":[{"who":{"display":"me"}}]}',
    }
    await world.ask('PUT', 'Patient/1', { ...patient, id: '1' })
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => world.ask('DELETE', 'Patient/1', undefined, header)),
    )
    t.same(
      replies.map(({ status }) => status),
      Array(8).fill(204),
    )
    t.equal(entries(await world.ask('GET', 'Provenance/_history')).length, 1)
    t.equal(entries(await world.ask('GET', 'Patient/1/_history')).length, 2)
  })

  await t.test('Binary is content unless a FHIR format is asked for', async t => {
    const world = await open()
    const bytes = Buffer.from([0, 255, 1, 2, 3])
    const made = await world.ask('POST', 'Binary', bytes, {
      'content-type': 'application/pdf',
      'x-security-context': 'Patient/1',
      accept: 'application/fhir+json',
    })
    t.equal(made.status, 201)
    t.equal(made.body.contentType, 'application/pdf')
    t.equal(made.body.securityContext.reference, 'Patient/1')
    const raw = await world.ask('GET', `Binary/${made.body.id}`, undefined, { accept: 'application/json' })
    t.same(Buffer.from(raw.bytes ?? []), bytes)
    t.equal(raw.headers['x-security-context'], 'Patient/1')
    t.equal((await world.ask('GET', `Binary/${made.body.id}?_format=json`)).body.data, bytes.toString('base64'))
    const put = await world.ask('PUT', 'Binary/b', '{"a":1}', {
      'content-type': 'application/json',
      accept: 'application/fhir+json',
    })
    t.equal(put.status, 201)
    t.equal(put.body.data, Buffer.from('{"a":1}').toString('base64'), 'application/json is content, too')
  })

  await t.test('_summary and _elements give a part that says so', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/1', { ...patient, id: '1', gender: 'female', photo: [{ title: 'x' }] })
    const part = await world.ask('GET', 'Patient/1?_elements=gender')
    t.equal(part.body.gender, 'female')
    t.equal(part.body.name, undefined)
    t.match(part.body.meta.tag, [{ code: 'SUBSETTED' }])
    t.equal((await world.ask('GET', 'Patient/1?_summary=true')).body.photo, undefined)
    t.equal((await world.ask('GET', 'Patient/1?_summary=nonsense')).status, 400)
  })
})
