/** https://hl7.org/fhir/R4/resource-operation-convert.html */
import { operating, parameters } from './operating.ts'

const patient = {
  resourceType: 'Patient',
  id: 'x',
  multipleBirthInteger: 2,
  extension: [{ url: 'urn:x', valueDecimal: 1 }],
}

await operating(async (t, open) => {
  const world = await open()
  await t.test('what comes in goes out, from XML or Parameters too, with all its digits', async t => {
    t.strictSame((await world.ask('POST', '$convert', patient)).body, patient)
    t.strictSame((await world.ask('POST', '$convert', parameters(['input', 'resource', patient]))).body, patient)
    const xml =
      '<Patient xmlns="http://hl7.org/fhir"><id value="x"/><extension url="urn:x"><valueDecimal value="1.00"/></extension></Patient>'
    const reply = await world.ask('POST', '$convert', xml, { 'content-type': 'application/fhir+xml' })
    t.match(reply.json, '"valueDecimal":1.00')
  })

  await t.test('what is not well-formed cannot be said in another format', async t => {
    const bad = await world.ask('POST', '$convert', { ...patient, birthDate: 7 })
    t.equal(bad.status, 400)
    t.strictSame(bad.body.issue[0].expression, ['Patient.birthDate'])
    t.equal((await world.ask('POST', '$convert')).status, 400)
    t.equal((await world.ask('GET', '$convert')).status, 400)
    t.equal((await world.ask('POST', 'Patient/$convert', patient)).status, 404)
  })
})
