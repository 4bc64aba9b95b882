/** https://hl7.org/fhir/smart-app-launch/app-launch.html#launch-app-ehr-launch */
import { readLaunch } from '../../src/security/smart/launch.ts'
import { onBothStores } from '../world.ts'
import { withOperations } from './operating.ts'

await onBothStores(async (t, open) => {
  const world = await open(withOperations())
  for (const id of ['amy', 'bob']) await world.ask('PUT', `Patient/${id}`, { resourceType: 'Patient', id })
  await world.ask('PUT', 'Practitioner/ann', { resourceType: 'Practitioner', id: 'ann' })
  const body = (values: Record<string, string | boolean>) => ({
    resourceType: 'Parameters',
    parameter: Object.entries(values).map(([name, value]) =>
      typeof value === 'string' ? { name, valueString: value } : { name, valueBoolean: value },
    ),
  })

  await t.test('the launch has what is open in the EHR', async t => {
    const values = {
      patient: 'Patient/amy',
      fhirContext: 'Practitioner/ann',
      intent: 'order',
      needPatientBanner: false,
    }
    const { status, body: said } = await world.ask('POST', '$launch', body(values))
    t.equal(status, 200)
    const [iss, launch] = said.parameter
    t.match(iss, { name: 'iss', valueUrl: 'http://kiln.test/fhir' })
    t.strictSame(await readLaunch(world.store, 'default', launch.valueString), {
      patient: 'amy',
      fhirContext: [{ reference: 'Practitioner/ann' }],
      intent: 'order',
      need_patient_banner: false,
    })
    t.equal((await world.ask('POST', '$launch', body({ patient: 'amy' }))).status, 200, 'an id alone')
    t.equal((await world.ask('POST', '$launch')).status, 200, 'nothing may be open')
  })

  await t.test('nothing is launched with what is not there, or may not be seen', async t => {
    const own = world.as({ scope: 'patient/*.rs', patient: 'amy' })
    t.equal((await own('POST', '$launch', body({ patient: 'amy' }))).status, 200)
    t.equal((await own('POST', '$launch', body({ patient: 'bob' }))).status, 404)
    t.equal((await world.ask('POST', '$launch', body({ patient: 'nobody' }))).status, 404)
    t.equal((await world.as({ scope: 'openid' })('POST', '$launch', body({}))).status, 403)
  })

  await t.test('what is no reference is refused', async t => {
    for (const patient of ['Observation/1', 'Patient/', 'a b', 'http://x/Patient/amy']) {
      t.equal((await world.ask('POST', '$launch', body({ patient }))).status, 400, patient)
    }
    t.equal((await world.ask('POST', '$launch', body({ fhirContext: 'Patient/bob' }))).status, 400)
    t.equal((await world.ask('POST', '$launch', body({ nonsense: 'x' }))).status, 400)
    t.equal((await world.ask('GET', '$launch')).status, 405)
  })
})
