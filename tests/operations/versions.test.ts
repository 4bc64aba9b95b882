/** https://hl7.org/fhir/R4/capabilitystatement-operation-versions.html */
import { operating } from './operating.ts'

await operating(async (t, open) => {
  const world = await open()
  for (const method of ['GET', 'POST'] as const) {
    await t.test(`this server speaks R4, and says so by ${method}`, async t => {
      const reply = await world.ask(method, '$versions')
      t.equal(reply.status, 200)
      t.strictSame(reply.body, {
        resourceType: 'Parameters',
        parameter: [
          { name: 'version', valueCode: '4.0' },
          { name: 'default', valueCode: '4.0' },
        ],
      })
    })
  }
  await t.test('it is a question to the system, without parameters', async t => {
    t.equal((await world.ask('GET', 'CapabilityStatement/$versions')).status, 404)
    t.match((await world.ask('GET', '$versions?fhirVersion=4.0')).body.issue[0].diagnostics, /expected none/)
  })
})
