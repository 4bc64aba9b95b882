/** Security labels, and the glass before them: https://hl7.org/fhir/R4/security-labels.html#break-the-glass */
import { type Policy, policy } from '../../security/access/policies.ts'
import type { Loose, Reply, World } from '../../world.ts'
import { operating, parameters } from '../operating.ts'

const labels = {
  R: { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' },
  HIV: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'HIV' },
}

async function put(ask: World['ask'], resource: Loose): Promise<void> {
  const { status, json } = await ask('PUT', `${resource.resourceType}/${resource.id}`, resource)
  if (status >= 300) throw new Error(json)
}

function ids({ body }: Reply): readonly string[] {
  return (body.entry ?? []).map(({ resource }: Loose) => resource.id).sort()
}

const physician: Policy = {
  roles: ['doctor'],
  rules: [
    { types: ['Patient', 'Observation'], letters: 'rs' },
    { types: ['Condition'], letters: 'rs', glass: true },
    { types: ['Basic'], letters: 'rs' },
  ],
  operations: ['break-glass'],
}

const doctor = { id: 'd', user: 'dora', roles: ['doctor'], scope: 'user/*.rs' }

async function hospital({ ask }: World): Promise<void> {
  await put(ask, policy('physicians', physician))
  for (const id of ['ann', 'bob']) {
    const subject = { reference: `Patient/${id}` }
    await put(ask, { resourceType: 'Patient', id })
    for (const [name, security] of [
      ['plain', []],
      ['restricted', [labels.R]],
      ['hiv', [labels.HIV]],
    ] as const) {
      const meta = security.length === 0 ? {} : { meta: { security } }
      await put(ask, {
        resourceType: 'Observation',
        id: `${id}-${name}`,
        ...meta,
        status: 'final',
        code: { text: 'x' },
        subject,
      })
    }
    await put(ask, { resourceType: 'Condition', id: `${id}-condition`, subject })
  }
}

const wish = (patient: string, minutes?: number, reason = 'unconscious') =>
  parameters(
    ['patient', 'String', patient],
    ['reason', 'String', reason],
    ...(minutes === undefined ? [] : [['minutes', 'PositiveInt', minutes] as const]),
  )

await operating(async (t, open) => {
  await t.test('labels above what a role may see are not there', async t => {
    const world = await open()
    await hospital(world)
    const ask = world.as(doctor)
    t.same(ids(await ask('GET', 'Observation')), ['ann-plain', 'bob-plain'])
    t.equal((await ask('GET', 'Observation/ann-hiv')).status, 404)
    t.same(ids(await ask('GET', 'Observation?_security=R')), [])
    t.same(ids(await ask('GET', 'Condition')), [])
    await put(world.ask, policy('physicians', { ...physician, confidentiality: 'R' }))
    t.same(ids(await ask('GET', 'Observation?subject=Patient/ann')), ['ann-plain', 'ann-restricted'])
    await put(world.ask, policy('physicians', { ...physician, sensitivities: ['HIV'] }))
    t.same(ids(await ask('GET', 'Observation?subject=Patient/ann')), ['ann-hiv', 'ann-plain'])
  })

  await t.test('glass is broken for one patient, for some minutes, and not in silence', async t => {
    const events: Loose[] = []
    const world = await open({ observe: event => events.push(event) })
    await hospital(world)
    const ask = world.as(doctor)
    t.same(ids(await ask('GET', 'Observation')), ['ann-plain', 'bob-plain'])
    const { status, body } = await ask('POST', '$break-glass', wish('Patient/ann', 10))
    t.equal(status, 200, JSON.stringify(body))
    t.match(body.parameter.at(-1), { name: 'until', valueInstant: '2026-01-01T00:10:00.000Z' })
    t.same(ids(await ask('GET', 'Observation')), ['ann-hiv', 'ann-plain', 'ann-restricted', 'bob-plain'])
    t.same(ids(await ask('GET', 'Condition')), ['ann-condition'])
    t.match(events, [{ event: 'access.glass-broken', tenant: 'default', client: 'app', minutes: 10 }])
    const notes = await world.store.notes({ tenant: 'default', kind: 'break-glass', limit: 10 })
    t.match(JSON.parse(notes[0]?.text ?? ''), { patient: 'ann', reason: 'unconscious', user: 'dora' })
    t.same(ids(await world.as(doctor, world.other())('GET', 'Condition')), ['ann-condition'], 'other processes know')
    t.same(ids(await world.as({ ...doctor, id: 'e', user: 'emma' })('GET', 'Condition')), [], 'nobody else sees it')
    world.clock += 10 * 60_000
    t.same(ids(await ask('GET', 'Condition')), [])
    t.same(ids(await ask('GET', 'Observation')), ['ann-plain', 'bob-plain'])
  })

  await t.test('a token whose purpose is to break glass does so for its patient', async t => {
    const world = await open()
    await hospital(world)
    const ask = world.as({ ...doctor, patient: 'ann', purposes: ['BTG'] })
    t.same(ids(await ask('GET', 'Condition')), ['ann-condition'])
    const other = world.as({ ...doctor, roles: ['doctor'], patient: 'ann', purposes: ['TREAT'] })
    t.same(ids(await other('GET', 'Condition')), [])
  })

  await t.test('who may not break glass, for how long, and without what', async t => {
    const world = await open()
    await hospital(world)
    await put(
      world.ask,
      policy('clerks', { roles: ['clerk'], rules: [{ types: ['Condition'], letters: 'rs', glass: true }] }),
    )
    const clerk = world.as({ ...doctor, id: 'c', roles: ['clerk'] })
    t.equal((await clerk('POST', '$break-glass', wish('ann'))).status, 403)
    t.same(
      ids(
        await world.as({ ...doctor, id: 'x', roles: ['clerk'], patient: 'ann', purposes: ['BTG'] })('GET', 'Condition'),
      ),
      [],
    )
    const ask = world.as(doctor)
    for (const [given, status] of [
      [wish('ann', 61), 400],
      [wish('ann', 10, ' '), 400],
      [wish('Practitioner/ann'), 400],
      [parameters(['patient', 'String', 'ann']), 400],
      [wish('nobody'), 200],
    ] as const) {
      t.equal((await ask('POST', '$break-glass', given)).status, status, JSON.stringify(given))
    }
    t.equal((await world.ask('POST', '$break-glass', wish('ann'))).status, 422)
    t.equal((await ask('GET', '$break-glass?patient=ann&reason=x')).status, 405)
  })

  await t.test('operations are for those whose policies name them', async t => {
    const world = await open()
    await hospital(world)
    const ask = world.as({ ...doctor, scope: 'user/*.cruds' })
    t.equal((await ask('GET', 'Patient/ann/$meta')).status, 403)
    const bundle = {
      resourceType: 'Bundle',
      type: 'batch',
      entry: [{ request: { method: 'GET', url: 'Patient/ann/$meta' } }],
    }
    t.match((await ask('POST', '', bundle)).body.entry[0].response.status, /^403/)
    await put(world.ask, policy('physicians', { ...physician, operations: ['meta'] }))
    t.equal((await ask('GET', 'Patient/ann/$meta')).status, 200)
  })
})
