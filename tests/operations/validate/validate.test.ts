/** https://hl7.org/fhir/R4/resource-operation-validate.html */
import { bundle } from '../../interactions/bundles.ts'
import { entries, type Loose } from '../../world.ts'
import { found, operating, parameters } from '../operating.ts'

const patient = { resourceType: 'Patient', active: true }
const bad = { resourceType: 'Patient', active: 'yes', birthDate: '2024-02-30' }
const clean = ['information informational']
const faults = ['error structure Patient.active', 'error value Patient.birthDate']
const base = 'http://hl7.org/fhir/StructureDefinition/Patient'
const xml = { 'content-type': 'application/fhir+xml' }

await operating(async (t, open) => {
  await t.test('whatever is found is answered with 200, in every form of the request', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/a', { ...patient, id: 'a' })
    for (const path of ['$validate', 'Patient/$validate', 'Patient/a/$validate']) {
      for (const wrap of [
        (resource: object) => resource,
        (resource: object) => parameters(['resource', 'resource', resource]),
      ]) {
        for (const [resource, expected] of [
          [patient, clean],
          [bad, faults],
        ] as const) {
          const reply = await world.ask('POST', path, wrap(resource))
          t.equal(reply.status, 200, path)
          t.equal(reply.body.resourceType, 'OperationOutcome')
          t.strictSame(found(reply), expected)
        }
      }
    }
    t.equal((await world.ask('GET', 'Patient/a')).body.meta.versionId, '1', 'nothing was stored')
  })

  await t.test('Prefer has no influence', async t => {
    const world = await open()
    for (const prefer of ['handling=lenient', 'handling=strict', 'return=minimal', 'return=representation']) {
      t.strictSame(found(await world.ask('POST', 'Patient/$validate', bad, { prefer })), faults)
    }
  })

  await t.test('without a resource, the stored one is validated', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/a', { ...patient, id: 'a' })
    await world.ask('PUT', 'Patient/gone', { ...patient, id: 'gone' })
    await world.ask('DELETE', 'Patient/gone')
    for (const method of ['GET', 'POST'] as const) {
      t.strictSame(found(await world.ask(method, 'Patient/a/$validate')), clean)
      t.strictSame(found(await world.ask(method, `Patient/a/$validate?profile=${base}`)), clean)
      t.strictSame(found(await world.ask(method, 'Patient/none/$validate')), ['error not-found'])
      t.strictSame(found(await world.ask(method, 'Patient/gone/$validate')), ['error deleted'])
    }
  })

  await t.test('a profile that is not known is an error, however often one is named', async t => {
    const world = await open()
    const other = 'http://hl7.org/fhir/StructureDefinition/Observation'
    const asked: [query: string, expected: string[]][] = [
      [`profile=${base}`, clean],
      [`profile=${base}|4.0.1&profile=${base}`, clean],
      [`profile=${base}|5.0.0`, ['error not-found Patient']],
      ['profile=http://nobody', ['error not-found Patient']],
      [
        `profile=http://nobody&profile=${base}&profile=http://none`,
        ['error not-found Patient', 'error not-found Patient'],
      ],
      [`profile=${other}`, ['error invalid Patient']],
    ]
    for (const [query, expected] of asked) {
      const reply = await world.ask('POST', `Patient/$validate?${query}`, patient)
      t.equal(reply.status, 200)
      t.strictSame(found(reply), expected, query)
      const profiles = new URLSearchParams(query).getAll('profile')
      for (const type of ['Uri', 'Canonical', 'String']) {
        const given = profiles.map(one => ['profile', type, one] as const)
        const again = await world.ask('POST', '$validate', parameters(...given, ['resource', 'resource', patient]))
        t.strictSame(found(again), expected, type)
      }
    }
  })

  await t.test('a resource of another type than the URL says is an error in the answer', async t => {
    const world = await open()
    const reply = await world.ask('POST', 'Observation/$validate', patient)
    t.equal(reply.status, 200)
    t.strictSame(found(reply), ['error invalid Patient'])
    t.match(reply.body.issue[0].diagnostics, /type Patient, but the URL says Observation/)
  })

  await t.test('a Bundle is validated entry by entry', async t => {
    const world = await open()
    const entry = [
      { resource: patient },
      { resource: bad },
      { resource: { resourceType: 'Nonsense' } },
      { resource: bad },
    ]
    const reply = await world.ask('POST', '$validate', { resourceType: 'Bundle', type: 'collection', entry })
    t.equal(reply.status, 200)
    t.strictSame(
      reply.body.issue.map(({ expression }: Loose) => expression[0]),
      [
        'Bundle.entry[1].resource.active',
        'Bundle.entry[1].resource.birthDate',
        'Bundle.entry[2].resource',
        'Bundle.entry[3].resource.active',
        'Bundle.entry[3].resource.birthDate',
      ],
    )
  })

  await t.test('only what is no resource of R4 at all is refused', async t => {
    const world = await open()
    const refused: [body: unknown, headers: Record<string, string>][] = [
      ['{"resourceType":"Patient",}', {}],
      ['[]', {}],
      ['7', {}],
      ['{}', {}],
      ['', {}],
      [undefined, {}],
      [{ resourceType: 'Patiant' }, {}],
      [{ resourceType: 7 }, {}],
      [parameters(['resource', 'resource', { resourceType: 'Patiant' }]), {}],
      [parameters(), {}],
      ['<Patient', xml],
      ['<Patiant xmlns="http://hl7.org/fhir"/>', xml],
      ['<Patient xmlns="urn:other"/>', xml],
    ]
    for (const path of ['$validate', 'Patient/$validate']) {
      for (const [body, headers] of refused) {
        const reply = await world.ask('POST', path, body, headers)
        t.equal(reply.status, 400, `${JSON.stringify(body)} ${reply.json}`)
        t.equal(reply.body.resourceType, 'OperationOutcome')
      }
    }
    t.equal((await world.ask('POST', '$validate', patient, { 'content-type': 'text/csv' })).status, 415)
  })

  await t.test('XML that is well-formed is validated, whatever is wrong with it as FHIR', async t => {
    const world = await open()
    const sent: [content: string, expected: string[]][] = [
      ['<active value="true"/>', clean],
      ['<active value="yes"/>', ['error value Patient.active']],
      ['<nonsense/>', ['error structure Patient.nonsense']],
      ['<birthDate value="2024-02-30"/>', ['error value Patient.birthDate']],
      ['<birthDate value="2024-02-01"/><active value="true"/>', ['error structure Patient.active']],
    ]
    for (const [content, expected] of sent) {
      const reply = await world.ask(
        'POST',
        'Patient/$validate',
        `<Patient xmlns="http://hl7.org/fhir">${content}</Patient>`,
        xml,
      )
      t.equal(reply.status, 200, reply.json)
      t.strictSame(found(reply), expected)
    }
  })

  await t.test('parameters that $validate does not have are refused', async t => {
    const world = await open()
    t.equal((await world.ask('POST', 'Patient/$validate?profil=x', patient)).status, 400)
    t.equal((await world.ask('POST', 'Patient/$validate?mode=create&mode=update', patient)).status, 400)
    const twice = parameters(['resource', 'resource', patient], ['resource', 'resource', patient])
    t.equal((await world.ask('POST', 'Patient/$validate', twice)).status, 400)
  })

  await t.test('in batches and transactions the outcome is the result, not a remark', async t => {
    const world = await open()
    for (const type of ['batch', 'transaction'] as const) {
      const request = { method: 'POST', url: 'Patient/$validate' }
      const reply = await world.ask(
        'POST',
        '',
        bundle(type, [
          { resource: bad, request },
          { resource: patient, request },
        ]),
      )
      t.equal(reply.status, 200, reply.json)
      t.equal(entries(reply)[0].resource.issue.length, 2)
      t.equal(entries(reply)[1].resource.issue[0].severity, 'information')
    }
  })
})
