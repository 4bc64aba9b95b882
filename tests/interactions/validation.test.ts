/** Every write is checked by the rules of its type, by the profiles that it claims and by those that the tenant requires. */
import type { Method } from '../../src/interactions/interaction.ts'
import { entries, type Loose, onBothStores, type Reply, type World } from '../world.ts'
import { bundle } from './bundles.ts'

const core = 'http://hl7.org/fhir/StructureDefinition/'
const url = 'http://kiln.test/StructureDefinition/'
const outcome = { prefer: 'return=OperationOutcome' }

const observation = (more: object = {}): object => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'colour' },
  ...more,
})
const patient = (more: object = {}): object => ({ resourceType: 'Patient', ...more })

/** A profile of Patients that says only this. */
const profile = (id: string, elements: readonly object[], more: object = {}): Loose => ({
  resourceType: 'StructureDefinition',
  id,
  url: `${url}${id}`,
  name: 'Own',
  status: 'active',
  kind: 'resource',
  abstract: false,
  type: 'Patient',
  baseDefinition: `${core}Patient`,
  derivation: 'constraint',
  differential: { element: elements.map(element => ({ id: (element as Loose).path, ...element })) },
  ...more,
})
const named = profile('named', [{ path: 'Patient.name', min: 1 }])
const claiming = (id: string, more: object = {}): object => patient({ meta: { profile: [`${url}${id}`] }, ...more })

const define = (world: Pick<World, 'ask'>, resource: Loose): Promise<Reply> =>
  world.ask('PUT', `${resource.resourceType}/${resource.id}`, resource)

const issuesOf = (reply: Reply): Loose[] => reply.body?.issue ?? []

await onBothStores(async (t, open) => {
  t.test('what breaks a rule of its type is refused, and told by whose rule', async t => {
    const world = await open()
    const nobody = await world.ask('POST', 'Patient', patient({ contact: [{ gender: 'female' }] }))
    t.equal(nobody.status, 422)
    t.match(issuesOf(nobody), [
      {
        severity: 'error',
        code: 'invariant',
        expression: ['Patient.contact[0]'],
        details: { coding: [{ system: `${core}Patient`, code: 'pat-1' }] },
      },
    ])
    const coded = await world.ask('POST', 'Observation', observation({ status: 'finished' }))
    t.equal(coded.status, 422)
    t.match(issuesOf(coded), [
      {
        code: 'code-invalid',
        expression: ['Observation.status'],
        diagnostics: /^'finished' is not in the value set http:\/\/hl7.org\/fhir\/ValueSet\/observation-status/,
        extension: [{ valueString: `${core}Observation` }],
      },
    ])
  })

  t.test('a primitive that only has extensions is looked at too', async t => {
    const world = await open()
    const extension = [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }]
    const reply = await world.ask('POST', 'Patient', patient({ telecom: [{ _value: { extension } }] }))
    t.equal(reply.status, 422)
    t.match(issuesOf(reply), [{ details: { coding: [{ code: 'cpt-2' }] }, expression: ['Patient.telecom[0]'] }])
  })

  t.test('the verdict is the same however a resource comes', async t => {
    const world = await open()
    const bad = { ...observation({ status: 'finished' }), id: 'a' }
    await world.ask('PUT', 'Observation/a', { ...observation(), id: 'a' })
    const patch = JSON.stringify([{ op: 'replace', path: '/status', value: 'finished' }])
    const ways: readonly (readonly [string, Promise<Reply>])[] = [
      ['create', world.ask('POST', 'Observation', bad)],
      ['update', world.ask('PUT', 'Observation/a', bad)],
      ['conditional update', world.ask('PUT', 'Observation?status=final', bad)],
      ['patch', world.ask('PATCH', 'Observation/a', patch, { 'content-type': 'application/json-patch+json' })],
    ]
    for (const [way, asked] of ways) {
      const reply = await asked
      t.equal(reply.status, 422, way)
      t.match(issuesOf(reply), [{ code: 'code-invalid', expression: ['Observation.status'] }], way)
    }
    const request = { method: 'POST', url: 'Observation' }
    const [batch] = entries(await world.ask('POST', '', bundle('batch', [{ resource: bad, request }])))
    t.match(batch.response.status, /^422/)
    const place = 'Bundle.entry[0].resource.status'
    t.match(batch.response.outcome.issue, [{ code: 'code-invalid', expression: [place] }])
    const whole = await world.ask('POST', '', bundle('transaction', [{ resource: bad, request }]))
    t.equal(whole.status, 422)
    t.match(issuesOf(whole), [{ code: 'code-invalid', expression: [place] }])
    t.equal((await world.ask('GET', 'Observation/a')).body.meta.versionId, '1', 'nothing was changed')
  })

  t.test("R4's own profiles count where they are claimed", async t => {
    const world = await open()
    const weight = observation({ code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] } })
    t.equal((await world.ask('POST', 'Observation', weight)).status, 201, 'not claimed')
    const claimed = { ...weight, meta: { profile: [`${core}bodyweight`] } }
    const reply = await world.ask('POST', 'Observation', claimed)
    t.equal(reply.status, 422)
    t.match(
      issuesOf(reply).find(({ expression }) => expression?.[0] === 'Observation.subject'),
      { code: 'required', extension: [{ valueString: /bodyweight|vitalsigns/ }] },
    )
  })

  t.test('a profile that nobody knows is warned of, or refused where the settings say so', async t => {
    const world = await open()
    const accepted = await world.ask('POST', 'Patient', claiming('nowhere'), outcome)
    t.equal(accepted.status, 201)
    t.match(issuesOf(accepted), [
      { severity: 'information' },
      { severity: 'warning', code: 'not-found', expression: ['Patient.meta.profile[0]'] },
    ])
    const strict = await open({ settings: { unknownProfiles: 'refuse' } })
    const refused = await strict.ask('POST', 'Patient', claiming('nowhere'), outcome)
    t.equal(refused.status, 422)
    t.match(issuesOf(refused), [{ severity: 'error', code: 'not-found', expression: ['Patient.meta.profile[0]'] }])
  })

  t.test('a stored profile is in force at once, in other processes too, and gone when it is deleted', async t => {
    const world = await open()
    const other = await world.apart()
    const statuses = (asked: readonly Reply[]): readonly number[] => asked.map(({ status }) => status)
    const both = (method: Method = 'POST') =>
      Promise.all([world, other].map(each => each.ask(method, 'Patient', claiming('named'))))
    t.same(statuses(await both()), [201, 201])
    t.equal((await define(world, named)).status, 201)
    t.same(statuses(await both()), [422, 422])
    t.equal((await world.ask('POST', 'Patient', claiming('named', { name: [{ text: 'A' }] }))).status, 201)
    await world.ask('DELETE', 'StructureDefinition/named')
    t.same(statuses(await both()), [201, 201])
  })

  t.test('each tenant has its own', async t => {
    const world = await open()
    await define(world, named)
    const reply = await world.ask('POST', 'Patient', claiming('named'), { 'x-tenant': 'b' })
    t.equal(reply.status, 201)
  })

  t.test('a profile that came in a transaction counts from the next request on', async t => {
    const world = await open()
    const request = { method: 'PUT', url: 'StructureDefinition/named' }
    t.equal((await world.ask('POST', '', bundle('transaction', [{ resource: named, request }]))).status, 200)
    t.equal((await world.ask('POST', 'Patient', claiming('named'))).status, 422)
  })

  t.test('core definitions may be stored, and go on to say what R4 says', async t => {
    const world = await open()
    const own = { ...named, id: 'core', url: `${core}Patient`, version: '9.0.0' }
    const reply = await world.ask('PUT', 'StructureDefinition/core', own, outcome)
    t.equal(reply.status, 201)
    t.match(issuesOf(reply)[1], { severity: 'information', expression: ['StructureDefinition.url'] })
    t.equal((await world.ask('POST', 'Patient', patient())).status, 201)
    const claimed = patient({ meta: { profile: [`${core}Patient`] } })
    t.equal((await world.ask('POST', 'Patient', claimed)).status, 201)
  })

  t.test('a definition that contradicts itself or what it stands on is refused', async t => {
    const world = await open()
    const unknown = await define(world, profile('a', [{ path: 'Patient.colour', min: 1 }]))
    t.equal(unknown.status, 422)
    t.match(issuesOf(unknown), [{ expression: ['StructureDefinition.differential.element[0]'] }])
    const wider = await define(world, profile('b', [{ path: 'Patient.gender', max: '*' }]))
    t.equal(wider.status, 422)
    const constraint = [{ key: 'k-1', severity: 'error', human: 'it fits', expression: 'name.where(' }]
    const wrong = await define(world, profile('c', [{ path: 'Patient', constraint }]))
    t.equal(wrong.status, 422)
    t.match(issuesOf(wrong), [{ diagnostics: /k-1.*not valid FHIRPath/ }])
  })

  t.test('what a profile stands on may come after it', async t => {
    const world = await open()
    const derived = { ...profile('derived', [{ path: 'Patient.gender', min: 1 }]), baseDefinition: `${url}named` }
    const early = await world.ask('PUT', 'StructureDefinition/derived', derived, outcome)
    t.equal(early.status, 201)
    t.match(issuesOf(early)[1], { severity: 'warning', diagnostics: /its base .*named is not known/ })
    const claimed = await world.ask('POST', 'Patient', claiming('derived'), outcome)
    t.equal(claimed.status, 201)
    t.match(issuesOf(claimed)[1], { severity: 'warning', diagnostics: /cannot be used \(.*its base/ })
    await define(world, named)
    const reply = await world.ask('POST', 'Patient', claiming('derived'))
    t.equal(reply.status, 422)
    t.same(
      issuesOf(reply)
        .map(({ expression }) => expression[0])
        .sort(),
      ['Patient.gender', 'Patient.name'],
    )
  })

  t.test('stored value sets answer what profiles are bound to, as they stand now', async t => {
    const world = await open()
    const system = 'http://kiln.test/colours'
    const valueSet = { resourceType: 'ValueSet', id: 'colours', url: `${system}/all`, status: 'active' }
    const colours = (...codes: string[]) => ({
      ...{ resourceType: 'CodeSystem', id: 'colours', url: system, status: 'active', content: 'complete' },
      concept: codes.map(code => ({ code })),
    })
    const binding = { strength: 'required', valueSet: valueSet.url }
    await define(world, profile('coloured', [{ path: 'Patient.maritalStatus', binding }]))
    const coloured = (code: string) =>
      world.ask('POST', 'Patient', claiming('coloured', { maritalStatus: { coding: [{ system, code }] } }), outcome)
    const unknown = await coloured('red')
    t.equal(unknown.status, 201)
    t.ok(
      issuesOf(unknown).some(({ diagnostics }) => /cannot tell whether 'red'/.test(diagnostics)),
      'the value set is not known yet',
    )
    await define(world, colours('red'))
    await define(world, { ...valueSet, compose: { include: [{ system }] } })
    t.equal((await coloured('red')).status, 201)
    const refused = await coloured('green')
    t.equal(refused.status, 422)
    t.match(issuesOf(refused)[0], { code: 'code-invalid', expression: ['Patient.maritalStatus'] })
    await define(world, colours('green'))
    t.equal((await coloured('green')).status, 201)
    t.equal((await coloured('red')).status, 422)
  })

  t.test('what a profile says of the target of a reference is asked of the one that is stored', async t => {
    const world = await open()
    await define(world, named)
    const type = [{ code: 'Reference', targetProfile: [`${url}named`] }]
    const about = {
      ...profile('about', [{ path: 'Observation.subject', type }], { type: 'Observation' }),
      baseDefinition: `${core}Observation`,
    }
    await define(world, about)
    await world.ask('PUT', 'Patient/with', patient({ id: 'with', name: [{ text: 'A' }] }))
    await world.ask('PUT', 'Patient/without', patient({ id: 'without' }))
    const of = async (reference: string) =>
      (
        await world.ask('POST', 'Observation', {
          ...observation({ subject: { reference } }),
          meta: { profile: [`${url}about`] },
        })
      ).status
    t.equal(await of('Patient/with'), 201)
    t.equal(await of('Patient/without'), 422)
    t.equal(await of('Patient/nobody'), 201, 'absence is no fault')
    t.equal(await of('http://elsewhere.test/Patient/without'), 201)
  })

  t.test('in a transaction it is asked of the entry, whatever is stored', async t => {
    const world = await open()
    await define(world, named)
    const type = [{ code: 'Reference', targetProfile: [`${url}named`] }]
    const about = {
      ...profile('about', [{ path: 'Observation.subject', type }], { type: 'Observation' }),
      baseDefinition: `${core}Observation`,
    }
    await define(world, about)
    const name = [{ text: 'A' }]
    const identifier = (value: string) => [{ system: 'http://kiln.test', value }]
    await world.ask('PUT', 'Patient/bare', patient({ id: 'bare', identifier: identifier('bare') }))
    await world.ask('PUT', 'Patient/named', patient({ id: 'named', identifier: identifier('named'), name }))

    const urn = 'urn:uuid:00000000-0000-4000-8000-000000000001'
    const there = 'http://elsewhere.test/fhir'
    const create = (resource: object, fullUrl = urn, more = {}) => ({
      ...{ fullUrl, resource, request: { method: 'POST', url: (resource as Loose).resourceType, ...more } },
    })
    const update = (resource: Loose, fullUrl?: string) => ({
      ...{ ...(fullUrl && { fullUrl }), resource },
      request: { method: 'PUT', url: `Patient/${resource.id}` },
    })
    const id = (value: string) => `Patient?identifier=http://kiln.test|${value}`
    const patch = (id: string, operation: object) => ({
      resource: {
        ...{ resourceType: 'Binary', contentType: 'application/json-patch+json' },
        data: Buffer.from(JSON.stringify([operation])).toString('base64'),
      },
      request: { method: 'PATCH', url: `Patient/${id}` },
    })
    const naming = patch('bare', { op: 'add', path: '/name', value: name })
    const unnaming = patch('named', { op: 'remove', path: '/name' })
    const other = create(patient({ name, identifier: identifier('other') }))
    const unnamed = create(patient({ identifier: identifier('unnamed') }))
    const found = (value: string) => create(patient(), urn, { ifNoneExist: `identifier=http://kiln.test|${value}` })
    const cases: readonly (readonly [what: string, entry: object, reference: string, status: number])[] = [
      ['one that conforms is created', create(patient({ name })), urn, 200],
      ['one that does not', create(patient()), urn, 422],
      ['one of another type', create({ resourceType: 'Practitioner' }), urn, 422],
      ['its version', create(patient()), `${urn}/_history/1`, 422],
      ['made to conform', update({ ...patient({ name }), id: 'bare' }), 'Patient/bare', 200],
      ['made not to', update({ ...patient(), id: 'named' }), 'Patient/named', 422],
      ['the same by its URL here', update({ ...patient(), id: 'named' }), 'http://kiln.test/fhir/Patient/named', 422],
      ['new, by the id that it gets', update({ ...patient(), id: 'new' }), 'Patient/new', 422],
      ['from elsewhere, relative', create(patient(), `${there}/Patient/named`), 'Patient/named', 422],
      ['from elsewhere, absolute', create(patient(), `${there}/Patient/named`), `${there}/Patient/named`, 422],
      ['there already, and it conforms', found('named'), urn, 200],
      ['there already, and it does not', found('bare'), urn, 422],
      ['by criteria, there already', other, id('named'), 200],
      ['by criteria, there already, and it does not', other, id('bare'), 422],
      ['by criteria, one that is created', other, id('other'), 200],
      ['by criteria, one that is created, and it does not', unnamed, id('unnamed'), 422],
      ['patched to conform', naming, 'Patient/bare', 200],
      ['patched not to', unnaming, 'Patient/named', 422],
      ['by criteria, patched to conform', naming, id('bare'), 200],
      ['by criteria, patched not to', unnaming, id('named'), 422],
    ]
    for (const [what, entry, reference, status] of cases) {
      const subject = { reference }
      const resource = { ...observation({ subject }), meta: { profile: [`${url}about`] } }
      const observed = { fullUrl: `${there}/Observation/1`, resource, request: { method: 'POST', url: 'Observation' } }
      for (const at of [0, 1]) {
        const entries = at === 0 ? [observed, entry] : [entry, observed]
        const reply = await world.ask('POST', '?_validate=true', bundle('transaction', entries))
        t.equal(reply.status, status, what) || t.comment(reply.json)
        if (status === 422) t.match(issuesOf(reply), [{ expression: [`Bundle.entry[${at}].resource.subject`] }], what)
      }
    }
  })

  t.test('a tenant may require profiles of a type', async t => {
    const world = await open()
    await define(world, named)
    await define(world, profile('gendered', [{ path: 'Patient.gender', min: 1 }]))
    const statement = (supportedProfile: string[], more: object = {}) => ({
      resourceType: 'CapabilityStatement',
      id: 'required',
      url: 'http://kiln.test/required',
      status: 'active',
      date: '2026-01-01',
      kind: 'requirements',
      description: 'what Patients must be',
      fhirVersion: '4.0.1',
      format: ['json'],
      rest: [{ mode: 'server', resource: [{ type: 'Patient', supportedProfile }] }],
      ...more,
    })
    await define(world, statement([`${url}named`]))
    const alone = await world.ask('POST', 'Patient', patient())
    t.equal(alone.status, 422)
    t.match(issuesOf(alone), [{ code: 'required', expression: ['Patient.name'] }])
    t.equal((await world.ask('POST', 'Patient', patient({ name: [{ text: 'A' }] }))).status, 201)
    t.equal((await world.ask('POST', 'Observation', observation())).status, 201, 'another type')

    await define(world, statement([`${url}named`, `${url}gendered`]))
    const neither = await world.ask('POST', 'Patient', patient())
    t.equal(neither.status, 422)
    t.match(issuesOf(neither), [
      { code: 'business-rule', diagnostics: /none of the profiles that http:\/\/kiln.test\/required asks for/ },
    ])
    t.equal((await world.ask('POST', 'Patient', patient({ gender: 'female' }))).status, 201, 'one of them is enough')

    await define(world, statement([`${url}nowhere`]))
    t.equal((await world.ask('POST', 'Patient', patient())).status, 201, 'one that nobody knows is not required')
    for (const more of [{ status: 'draft' }, { kind: 'capability', software: { name: 'a' } }]) {
      const stated = await define(world, statement([`${url}named`], more))
      t.ok(stated.status < 300, JSON.stringify(stated.body))
      t.equal((await world.ask('POST', 'Patient', patient())).status, 201, JSON.stringify(more))
    }
  })

  t.test('a large Bundle gives way to others while its entries are checked', async t => {
    let turns = 0
    const turn = async () => turns++
    const world = await open({ turn })
    const request = { method: 'POST', url: 'Patient' }
    const many = Array.from({ length: 100 }, () => ({ resource: patient(), request }))
    t.equal((await world.ask('POST', '', bundle('transaction', many))).status, 200)
    t.ok(turns >= 12, `${turns} turns for 100 entries, which are checked and then planned`)
  })

  t.test('a large Bundle that is stored is checked entry by entry, with the same findings', async t => {
    const world = await open()
    const entry = (count: number) =>
      Array.from({ length: count }, (_, index) => ({
        fullUrl: `urn:uuid:00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
        resource: index === 3 ? observation({ status: 'finished' }) : patient(index === 5 ? { active: 'yes' } : {}),
      }))
    const small = { resourceType: 'Bundle', type: 'collection', entry: entry(5) }
    const large = { ...small, entry: entry(40) }
    for (const [bundle, more] of [
      [small, []],
      [large, [{ code: 'structure', expression: ['Bundle.entry[5].resource.active'] }]],
    ] as const) {
      const reply = await world.ask('POST', 'Bundle', bundle)
      t.ok(reply.status === 422 || reply.status === 400)
      t.match(issuesOf(reply), [{ code: 'code-invalid', expression: ['Bundle.entry[3].resource.status'] }, ...more])
    }
  })
})
