/** Consents of patients, enforced wherever their data is read. https://hl7.org/fhir/R4/consent.html */
import { policy } from '../security/access/policies.ts'
import { type Loose, onBothStores, type Reply, type World } from '../world.ts'

type Ask = World['ask']

async function put(ask: Ask, resource: Loose): Promise<void> {
  const { status, json } = await ask('PUT', `${resource.resourceType}/${resource.id}`, resource)
  if (status >= 300) throw new Error(json)
}

function ids({ body }: Reply): readonly string[] {
  return (body.entry ?? []).map(({ resource }: Loose) => `${resource.resourceType}/${resource.id}`).sort()
}

async function hospital({ ask }: World): Promise<void> {
  await put(ask, { resourceType: 'Practitioner', id: 'doctor' })
  await put(ask, { resourceType: 'Practitioner', id: 'nurse' })
  await put(ask, { resourceType: 'Organization', id: 'ward', name: 'Ward' })
  await put(ask, {
    ...{ resourceType: 'PractitionerRole', id: 'doctor' },
    practitioner: { reference: 'Practitioner/doctor' },
    organization: { reference: 'Organization/ward' },
  })
  for (const id of ['ann', 'bob']) {
    await put(ask, { resourceType: 'Patient', id })
    for (const code of ['pulse', 'hiv']) await put(ask, observation(`${id}-${code}`, id, code))
    await put(ask, {
      resourceType: 'Encounter',
      id,
      status: 'finished',
      class: { code: 'AMB' },
      subject: { reference: `Patient/${id}` },
    })
  }
}

function observation(id: string, of: string, code: string): Loose {
  return {
    ...{
      resourceType: 'Observation',
      id,
      status: 'final',
      effectiveDateTime: code === 'hiv' ? '2020-05-05' : '2025-05-05',
    },
    code: { coding: [{ system: 'http://example.org/codes', code }] },
    subject: { reference: `Patient/${of}` },
  }
}

function consent(provision: Loose, over: Loose = {}): Loose {
  const scope = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] }
  return {
    ...{ resourceType: 'Consent', id: 'of-ann', status: 'active', scope, patient: { reference: 'Patient/ann' } },
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    policyRule: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'OPTIN' }] },
    ...(provision === undefined ? {} : { provision }),
    ...over,
  }
}

const actor = (reference: string) => {
  const role = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }] }
  return [{ role, reference: { reference } }]
}
const classes = (...types: string[]) => types.map(code => ({ system: 'http://hl7.org/fhir/resource-types', code }))
const reader = { scope: 'system/*.rs', client: 'reader' }
const doctor = { id: 'd', user: 'dora', fhirUser: 'Practitioner/doctor', roles: ['x'], scope: 'user/*.rs' }
const everything = { roles: ['x'], rules: [{ types: ['*'], letters: 'rs' }] }

/** What of two patients somebody sees. */
async function seen(ask: Ask): Promise<string> {
  const types = ['Patient', 'Observation', 'Encounter']
  const found = await Promise.all(types.map(type => ask('GET', type)))
  return found
    .flatMap(ids)
    .map(name => name.replace(/^(.).*\//, '$1/'))
    .join(' ')
}

const all = 'P/ann P/bob O/ann-hiv O/ann-pulse O/bob-hiv O/bob-pulse E/ann E/bob'
const ofBob = 'P/bob O/bob-hiv O/bob-pulse E/bob'

await onBothStores(async (t, open) => {
  await t.test('who opted out is not there, in whatever way one looks', async t => {
    const world = await open()
    await hospital(world)
    await put(world.ask, consent({ type: 'deny' }))
    const ask = world.as(reader)
    t.equal(await seen(ask), ofBob)
    for (const path of [
      'Patient/ann',
      'Observation/ann-hiv',
      'Patient/ann/_history',
      'Observation/ann-hiv/_history/1',
    ]) {
      t.equal((await ask('GET', path)).status, 404, path)
    }
    t.same(ids(await ask('GET', 'Observation?subject=Patient/ann')), [])
    t.same(ids(await ask('GET', 'Observation?code=hiv&_include=Observation:subject')), [
      'Observation/bob-hiv',
      'Patient/bob',
    ])
    t.same(ids(await ask('GET', 'Patient?_has:Observation:subject:code=hiv')), ['Patient/bob'])
    t.equal((await ask('GET', 'Observation?_summary=count')).body.total, 2)
    t.notMatch((await ask('GET', '_history')).json, /ann/)
  })

  await t.test('a consent that is withdrawn counts at once here, and within a second elsewhere', async t => {
    const world = await open()
    await hospital(world)
    const elsewhere = world.other()
    const here = world.as(reader)
    const there = world.as(reader, elsewhere)
    t.equal(await seen(there), all)
    await put(world.ask, consent({ type: 'deny' }))
    t.equal(await seen(here), ofBob)
    world.clock += 1_000
    t.equal(await seen(there), ofBob)
    await put(world.ask, consent({ type: 'deny' }, { status: 'inactive' }))
    t.equal(await seen(here), all)
    world.clock += 1_000
    t.equal(await seen(there), all)
  })

  await t.test('conditions of a provision: class, code, label, data, period of the data', async t => {
    const world = await open()
    await hospital(world)
    const ask = world.as(reader)
    const codes = (code: string) => [{ coding: [{ system: 'http://example.org/codes', code }] }]
    const without = (...names: string[]) =>
      all
        .split(' ')
        .filter(name => !names.includes(name))
        .join(' ')
    const cases: [Loose, string][] = [
      [{ type: 'deny', class: classes('Observation') }, without('O/ann-hiv', 'O/ann-pulse')],
      [{ type: 'deny', code: codes('hiv') }, without('O/ann-hiv')],
      [{ type: 'deny', data: [{ meaning: 'instance', reference: { reference: 'Encounter/ann' } }] }, without('E/ann')],
      [{ type: 'deny', dataPeriod: { end: '2021' }, class: classes('Observation') }, without('O/ann-hiv')],
      [{ type: 'deny', period: { start: '2026-02-01' } }, all],
      [{ type: 'deny', period: { end: '2025-12-31' } }, all],
      [{ type: 'deny', period: { start: '2025', end: '2026' } }, ofBob],
      [{ type: 'deny', action: [{ coding: [{ code: 'correct' }] }] }, all],
      [
        { type: 'deny', purpose: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'HRESCH' }] },
        all,
      ],
      [{ type: 'deny', actor: actor('Practitioner/doctor') }, all],
      [{ provision: [{ type: 'deny', code: codes('hiv') }] }, without('O/ann-hiv')],
      [
        { provision: [{ type: 'deny', provision: [{ type: 'permit', class: classes('Encounter') }] }] },
        without('P/ann', 'O/ann-hiv', 'O/ann-pulse'),
      ],
      [
        {
          type: 'deny',
          provision: [
            { type: 'permit', class: classes('Patient', 'Observation') },
            { type: 'deny', code: codes('hiv') },
          ],
        },
        without('O/ann-hiv', 'E/ann'),
      ],
    ]
    for (const [provision, expected] of cases) {
      await put(world.ask, consent(provision))
      t.equal(await seen(ask), expected, JSON.stringify(provision))
    }
    const label = { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }
    await put(world.ask, { ...observation('ann-hiv', 'ann', 'hiv'), meta: { security: [label] } })
    await put(world.ask, consent({ type: 'deny', securityLabel: [label] }))
    t.equal(await seen(ask), without('O/ann-hiv'))
  })

  await t.test('the base rule is that of the root, else of policyRule', async t => {
    const world = await open()
    await hospital(world)
    const out = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'OPTOUT' }] }
    await put(world.ask, consent(undefined, { policyRule: out }))
    t.equal(await seen(world.as(reader)), ofBob)
    await put(world.ask, consent({ provision: [{ type: 'permit', class: classes('Patient') }] }, { policyRule: out }))
    t.equal(await seen(world.as(reader)), `P/ann ${ofBob}`)
    const research = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'research' }] }
    await put(world.ask, consent({ type: 'deny' }, { scope: research }))
    t.equal(await seen(world.as(reader)), all, 'not of this scope')
  })

  await t.test('actors are people, organizations, care teams, clients', async t => {
    const world = await open()
    await hospital(world)
    await put(world.ask, policy('everything', everything))
    const nurse = { ...doctor, id: 'n', user: 'nora', fhirUser: 'Practitioner/nurse' }
    const client = { identifier: { system: 'https://kiln.example/clients', value: 'reader' } }
    const role = actor('Practitioner/doctor')[0]!.role
    const team = {
      resourceType: 'CareTeam',
      id: 'team',
      status: 'active',
      participant: [{ member: { reference: 'Practitioner/nurse' } }],
    }
    await put(world.ask, team)
    for (const [who, denied] of [
      [actor('Practitioner/doctor'), [true, false, false]],
      [actor('Organization/ward'), [true, false, false]],
      [actor('PractitionerRole/doctor'), [true, false, false]],
      [actor('CareTeam/team'), [false, true, false]],
      [actor('Device/reader'), [false, false, true]],
      [[{ role, reference: client }], [false, false, true]],
      [[{ role, reference: { display: 'somebody' } }], [true, true, true]],
    ] as const) {
      await put(world.ask, consent({ type: 'deny', actor: who }))
      const found = await Promise.all([doctor, nurse, reader].map(one => world.as(one)('GET', 'Patient/ann')))
      t.same(
        found.map(({ status }) => status === 404),
        denied,
        JSON.stringify(who),
      )
    }
  })

  await t.test('a patient is not forbidden what he forbids others; who may do everything is not bound', async t => {
    const world = await open()
    await hospital(world)
    await put(world.ask, consent({ type: 'deny' }))
    const ann = { scope: 'patient/*.rs', patient: 'ann', fhirUser: 'Patient/ann' }
    t.equal((await world.as(ann)('GET', 'Observation/ann-hiv')).status, 200)
    t.equal((await world.as({ ...ann, fhirUser: 'Practitioner/doctor' })('GET', 'Observation/ann-hiv')).status, 404)
    t.equal(await seen(world.as({ scope: 'system/*.cruds' })), all)
  })

  await t.test('who needs a consent sees what one permits', async t => {
    const world = await open()
    await hospital(world)
    await put(world.ask, policy('research', { ...everything, consent: 'opt-in' }))
    const ask = world.as({ ...doctor, purposes: ['HRESCH'] })
    t.equal(await seen(ask), '')
    t.equal((await ask('GET', 'Practitioner/nurse')).status, 200)
    const purpose = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'HRESCH' }]
    await put(world.ask, consent({ type: 'permit', purpose, class: classes('Observation') }))
    t.equal(await seen(ask), 'O/ann-hiv O/ann-pulse')
    t.equal(await seen(world.as({ ...doctor, purposes: ['HMARKT'] })), '')
  })

  await t.test('consents of one tenant mean nothing in another', async t => {
    const world = await open()
    await hospital(world)
    const { status } = await world.ask('PUT', 'Consent/of-ann', consent({ type: 'deny' }), { 'x-tenant': 'other' })
    t.equal(status, 201)
    t.equal(await seen(world.as(reader)), all)
  })
})
