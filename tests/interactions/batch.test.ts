import { entries, onBothStores } from '../world.ts'
import { bundle, patient, put, statuses } from './bundles.ts'

await onBothStores(async (t, open) => {
  await t.test('in a batch each entry stands for itself', async t => {
    const world = await open()
    const reply = await world.ask(
      'POST',
      '',
      bundle('batch', [
        put('Patient', 'x', patient),
        put('Patient', 'y', { active: 'yes' }),
        { request: { method: 'GET', url: 'Patient/x' } },
        { request: { method: 'GET', url: 'http://kiln.test/fhir/Patient/none' } },
        { request: { method: 'GET', url: 'Nonsense/1' } },
        { request: { method: 'DELETE', url: 'Patient/none' } },
      ]),
    )
    t.equal(reply.status, 200)
    t.equal(reply.body.type, 'batch-response')
    t.strictSame(statuses(reply), [
      '201 Created',
      '400 Bad Request',
      '200 OK',
      '404 Not Found',
      '404 Not Found',
      '204 No Content',
    ])
    t.strictSame(entries(reply)[1].response.outcome.issue[0].expression, ['Bundle.entry[1].resource.active'])
    t.equal(entries(reply)[2].resource.id, 'x')
    t.match(entries(reply)[3].response.outcome.issue[0].expression, ['Bundle.entry[3]'])
  })

  await t.test('entries of one batch about one resource happen one after the other', async t => {
    const world = await open()
    const reply = await world.ask(
      'POST',
      '',
      bundle(
        'batch',
        Array.from({ length: 20 }, (_, n) => put('Basic', 'x', { code: { text: `${n}` } })),
      ),
    )
    t.equal(reply.status, 200)
    const last = (await world.ask('GET', 'Basic/x')).body
    t.equal(last.code.text, '19')
    t.equal(last.meta.versionId, '20')
  })
})
