/** What $validate tells beside errors, and how it tells it to a person. */
import type { Loose, World } from '../../world.ts'
import { found, operating, parameters } from '../operating.ts'

const patient = { resourceType: 'Patient', active: true }
const clean = ['information informational']
const url = 'http://kiln.test/supported'
const supported = {
  resourceType: 'StructureDefinition',
  id: 'supported',
  url,
  name: 'Supported',
  status: 'active',
  kind: 'resource',
  abstract: false,
  type: 'Patient',
  baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient',
  derivation: 'constraint',
  differential: { element: [{ id: 'Patient.birthDate', path: 'Patient.birthDate', mustSupport: true }] },
}

/** The same asked by the URL and by Parameters. */
async function asked(world: World, name: string, type: string, value: unknown, resource: object): Promise<string[][]> {
  const replies = [
    await world.ask('POST', `Patient/$validate?profile=${url}&${name}=${value}`, resource),
    await world.ask(
      'POST',
      'Patient/$validate',
      parameters(['profile', 'Canonical', url], [name, type, value], ['resource', 'resource', resource]),
    ),
  ]
  return replies.map(found)
}

await operating(async (t, open) => {
  await t.test('broken best practices are told of as the client wishes', async t => {
    const world = await open()
    await world.ask('PUT', 'StructureDefinition/supported', supported)
    for (const [how, told] of [
      ['off', clean],
      ['hint', ['information invariant Patient']],
      ['warning', ['warning invariant Patient']],
      ['error', ['error invariant Patient']],
      ['never', ['error value']],
    ] as const) {
      for (const each of await asked(world, 'bestPractice', 'Code', how, patient)) t.strictSame(each, told, how)
    }
    const { body } = await world.ask('POST', '$validate?bestPractice=warning', patient)
    t.match(body.issue, [{ details: { coding: [{ code: 'dom-6' }] } }])
    t.strictSame(found(await world.ask('POST', 'Patient/$validate', patient)), clean, 'off, unless it is asked for')
    t.equal((await world.ask('POST', 'Patient', patient)).status, 201)
  })

  await t.test('so are must-support elements that are not there', async t => {
    const world = await open()
    await world.ask('PUT', 'StructureDefinition/supported', supported)
    for (const each of await asked(world, 'mustSupport', 'Boolean', true, patient)) {
      t.strictSame(each, ['information informational Patient.birthDate'])
    }
    for (const each of await asked(world, 'mustSupport', 'Boolean', false, patient)) t.strictSame(each, clean)
    const born = { ...patient, birthDate: '2000-01-01' }
    for (const each of await asked(world, 'mustSupport', 'Boolean', true, born)) t.strictSame(each, clean)
    t.strictSame(found(await world.ask('POST', `Patient/$validate?mustSupport&profile=${url}`, patient)).length, 1)
    t.equal((await world.ask('POST', 'Patient/$validate?mustSupport=perhaps', patient)).status, 400)
  })

  await t.test('so are codes that are not the preferred ones', async t => {
    const world = await open()
    const strange = { resourceType: 'Account', status: 'active', type: { coding: [{ code: 'x' }] } }
    const appointment = {
      resourceType: 'Appointment',
      status: 'proposed',
      participant: [{ status: 'accepted', actor: { display: 'A' } }],
      appointmentType: { coding: [{ system: 'http://kiln.test', code: 'x' }] },
    }
    t.strictSame(found(await world.ask('POST', '$validate', strange)), clean)
    t.strictSame(found(await world.ask('POST', '$validate', appointment)), clean)
    const [told = ''] = found(await world.ask('POST', '$validate?preferred', appointment))
    t.match(told, /^information .* Appointment\.appointmentType$/)
  })

  await t.test('an explanation is text, with a caret below the place', async t => {
    const world = await open()
    const text = '{\n  "resourceType": "Patient",\n  "active": "yes"\n}'
    const answer = async (...asked: Parameters<World['ask']>): Promise<string> => {
      const { status, bytes } = await world.ask(...asked)
      t.equal(status, 200)
      return new TextDecoder().decode(bytes)
    }
    const shown = await answer('POST', 'Patient/$validate?explain', text)
    t.match(shown, /^Patient:3:13: error: .*\n {2}at Patient\.active\n {2}3 \| {3}"active": "yes"\n {4}\| {13}\^{5}\n/)
    t.match(shown, /\nPatient: 1 error\n$/)
    t.match(await answer('POST', 'Patient/$validate?explain&colours', text), '\u001b[31merror')
    t.equal(await answer('POST', 'Patient/$validate?explain=true', patient), 'Patient: no problems\n')

    const wrapped = parameters(['explain', 'Boolean', true], ['resource', 'resource', { ...patient, active: 'yes' }])
    t.match(await answer('POST', '$validate', wrapped), /^Patient:3:13: error: .*\n.*\n {2}3 \| {3}"active": "yes"\n/)
    await world.ask('PUT', 'Patient/a', { ...patient, id: 'a' })
    t.equal(await answer('GET', 'Patient/a/$validate?explain'), 'Patient/a: no problems\n')
    t.match(await answer('GET', 'Patient/none/$validate?explain'), /^Patient\/none: error: .*does not exist/)
    const sent = { 'content-type': 'application/fhir+xml' }
    const xml = '<Patient xmlns="http://hl7.org/fhir"><contact><gender value="female"/></contact></Patient>'
    t.match(await answer('POST', '$validate?explain', xml, sent), /pat-1.*\n.*Patient\.contact\[0\]/)
    const { body }: Loose = await world.ask('POST', 'Patient/$validate?explain=false', text)
    t.equal(body.resourceType, 'OperationOutcome')
  })
})
