/** Who may read the audit, and that nobody writes it. */

import tap from 'tap'
import { tabulate } from '../../../src/interactions/dispatch.ts'
import { interactions } from '../../../src/interactions/index.ts'
import { type Loose, onBothStores, type Reply } from '../../world.ts'
import { openAuditing, patientsOf, short } from './auditing.ts'
import { withOperations } from './operations.ts'

const patient = { resourceType: 'Patient', name: [{ family: 'Chalmers' }] }

function found({ body }: Reply): readonly string[] {
  return (body.entry ?? []).map(({ resource }: Loose) => short(resource)).sort()
}

tap.setTimeout(120_000)

await onBothStores(async (t, open) => {
  await t.test('events are found by all that R4 knows of them', async t => {
    const auditing = await openAuditing(t, open)
    const { world } = auditing
    const doctor = world.as({ scope: 'system/*.cruds', client: 'app-1', fhirUser: 'Practitioner/d' })
    await world.ask('PUT', 'Patient/p', { ...patient, id: 'p' })
    world.clock += 3_600_000
    await doctor('GET', 'Patient/p')
    await doctor('GET', 'Patient/none')
    await auditing.index()
    const read = 'R read Patient/p → Patient/p: 0'
    const failed = 'R read Patient/none → Patient/none: 4 (404 not-found)'
    const created = 'U update Patient/p → Patient/p: 0'
    for (const [query, expected] of [
      ['patient=Patient/p', [read, created]],
      ['patient=Patient/p&action=R', [read]],
      ['entity=Patient/none', [failed]],
      ['agent=Practitioner/d', [failed, read]],
      ['agent:identifier=app-1', [failed, read]],
      ['outcome=4', [failed]],
      ['subtype=update', [created]],
      ['type=http://terminology.hl7.org/CodeSystem/audit-event-type|rest&entity-type=1', [failed, read, created]],
      ['date=gt2026-01-01T00:30:00Z', [failed, read]],
      ['date=lt2026-01-01T00:30:00Z', [created]],
      ['_profile=https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PatientRead', [read]],
    ] as const) {
      t.same(found(await world.ask('GET', `AuditEvent?${query}`)), [...expected].sort(), query)
    }
  })

  await t.test('patients read who looked at their record, and nothing of others', async t => {
    const auditing = await openAuditing(t, open)
    const { world } = auditing
    for (const id of ['p', 'q']) await world.ask('PUT', `Patient/${id}`, { ...patient, id })
    const doctor = world.as({ scope: 'system/*.cruds', fhirUser: 'Practitioner/d' })
    await doctor('GET', 'Patient?family=Chalmers')
    await doctor('GET', 'Practitioner?name=x')
    await auditing.index()
    const own = world.as({ scope: 'patient/AuditEvent.rs', patient: 'p' })
    const reply = await own('GET', 'AuditEvent')
    t.same(found(reply), ['E search-type → Patient/p: 0', 'U update Patient/p → Patient/p: 0'])
    t.notMatch(reply.json, /Patient\/q/)
    for (const { resource } of reply.body.entry) t.equal((await own('GET', `AuditEvent/${resource.id}`)).status, 200)
    const events = await auditing.events()
    for (const other of events.filter(event => !patientsOf(event).includes('Patient/p'))) {
      t.equal((await own('GET', `AuditEvent/${other.id}`)).status, 404)
    }
    t.equal((await world.as({ scope: 'system/Patient.rs' })('GET', 'AuditEvent')).status, 403)
  })

  await t.test('nobody writes, changes or deletes an event, not even who may do everything', async t => {
    const auditing = await openAuditing(t, open, { interactions: withOperations })
    const { world } = auditing
    await world.ask('PUT', 'Patient/p', { ...patient, id: 'p' })
    const [event] = await auditing.events()
    const entry = (request: Loose, resource?: Loose) => ({ request, ...(resource ? { resource } : {}) })
    const forged = { ...event, outcome: '8' }
    const bundle = (type: string, ...entries: Loose[]) => ({ resourceType: 'Bundle', type, entry: entries })
    const meta = { resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta: { tag: [{ code: 'x' }] } }] }
    for (const ask of [world.ask, world.as({ scope: 'system/*.cruds' })]) {
      for (const [method, path, body, headers] of [
        ['POST', 'AuditEvent', forged],
        ['PUT', `AuditEvent/${event.id}`, forged],
        ['PUT', 'AuditEvent/new', { ...forged, id: 'new' }],
        ['PUT', 'AuditEvent?outcome=0', forged],
        [
          'PATCH',
          `AuditEvent/${event.id}`,
          [{ op: 'replace', path: '/outcome', value: '8' }],
          { 'content-type': 'application/json-patch+json' },
        ],
        ['DELETE', `AuditEvent/${event.id}`],
        ['DELETE', 'AuditEvent?outcome=0'],
        ['POST', `AuditEvent/${event.id}/$meta-add`, meta],
        ['POST', '', bundle('transaction', entry({ method: 'POST', url: 'AuditEvent' }, forged))],
        ['POST', '', bundle('transaction', entry({ method: 'DELETE', url: `AuditEvent/${event.id}` }))],
        ['POST', '', bundle('transaction', entry({ method: 'DELETE', url: 'AuditEvent?outcome=0' }))],
      ] as Loose[]) {
        const { status, headers: given } = await ask(method, path, body, headers)
        t.equal(status, 405, `${method} ${path}`)
        t.equal(given['allow'], 'GET, HEAD')
      }
      const { body } = await ask('POST', '', bundle('batch', entry({ method: 'POST', url: 'AuditEvent' }, forged)))
      t.match(body.entry[0].response.status, /^405/)
    }
    const { status, body } = await world.ask('GET', `AuditEvent/${event.id}/_history`)
    t.equal(status, 200)
    t.equal(body.entry.length, 1)
    t.ok((await auditing.events()).every(({ outcome }) => outcome !== '8'))
  })

  await t.test('where there is no audit, clients may keep their own', async t => {
    const world = await open({ interactions: tabulate(interactions) })
    const own = {
      ...{ resourceType: 'AuditEvent', type: { code: 'rest' }, recorded: '2026-01-01T00:00:00Z' },
      ...{ agent: [{ requestor: true }], source: { observer: { display: 'an app' } } },
    }
    const { status, body } = await world.ask('POST', 'AuditEvent', own)
    t.equal(status, 201)
    t.equal((await world.ask('DELETE', `AuditEvent/${body.id}`)).status, 204)
  })
})
