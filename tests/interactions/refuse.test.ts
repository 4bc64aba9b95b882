import { onBothStores } from '../world.ts'

const patient = { resourceType: 'Patient', id: '1' }

/** method, target, body, headers, status, what the outcome says */
const cases: [string, string, unknown, Record<string, string>, number, RegExp][] = [
  ['GET', 'Patient/none', undefined, {}, 404, /Patient\/none does not exist/],
  ['GET', 'Patent/1', undefined, {}, 404, /did you mean 'Patient'/],
  ['GET', 'Patient/bad_id', undefined, {}, 400, /'bad_id' is not a resource id/],
  ['GET', `Patient/${'x'.repeat(65)}`, undefined, {}, 400, /is not a resource id/],
  ['GET', 'Patient/%E0%A4%A', undefined, {}, 400, /percent-encoding/],
  ['GET', 'what/ever/is/this', undefined, {}, 404, /is not a FHIR URL/],
  ['GET', '_nonsense', undefined, {}, 404, /is not a FHIR URL/],
  ['GET', 'Patient/1/$nonsense', undefined, {}, 404, /does not know the operation/],
  ['DELETE', 'metadata', undefined, {}, 405, /expected GET, HEAD/],
  ['PUT', 'Patient', patient, {}, 412, /no criteria/],
  ['PUT', 'metadata', patient, {}, 405, /expected GET, HEAD/],
  ['POST', 'Patient/1', patient, {}, 405, /expected GET, HEAD, PUT, PATCH, DELETE/],
  ['POST', 'Patient', undefined, {}, 400, /no body/],
  ['POST', 'Patient', '', {}, 400, /no body/],
  ['POST', 'Patient', '{"resourceType":"Patient"', {}, 400, /./],
  ['POST', 'Patient', '[]', {}, 400, /not a resource/],
  ['POST', 'Patient', '{"a":1}', {}, 400, /resourceType/],
  ['POST', 'Patient', { resourceType: 'Observation' }, {}, 400, /is a Observation, but the URL says Patient/],
  ['POST', 'Patient', { resourceType: 'Patient', gander: 'male' }, {}, 400, /gander/],
  [
    'POST',
    'Patient',
    '<Patient xmlns="http://hl7.org/fhir"><gander value="x"/></Patient>',
    { 'content-type': 'application/fhir+xml' },
    400,
    /gander/,
  ],
  ['POST', 'Patient', patient, { 'content-type': 'text/csv' }, 415, /text\/csv/],
  ['POST', 'Patient', patient, { 'if-none-exist': 'identifier' }, 412, /empty value/],
  ['PUT', 'Patient/1', { resourceType: 'Patient' }, {}, 400, /the body has no id/],
  ['PUT', 'Patient/1', { ...patient, id: '2' }, {}, 400, /the body's id is '2', but the URL says '1'/],
  ['PUT', 'Patient/1', patient, { 'if-match': 'W/"1", W/"2"' }, 400, /names 2 versions/],
  ['PUT', 'Patient/1', patient, { 'if-match': 'W/"1"', 'if-none-match': '*' }, 400, /exclude each other/],
  ['PUT', 'Patient/1', patient, { 'if-match': 'W/"x"' }, 412, /./],
  ['POST', '', { resourceType: 'Patient' }, {}, 400, /expected a Bundle/],
  ['POST', '', { resourceType: 'Bundle', type: 'collection' }, {}, 400, /'collection'/],
]

await onBothStores(async (t, open) => {
  const world = await open()
  for (const [method, target, body, headers, status, says] of cases) {
    await t.test(`${method} ${target.slice(0, 40)} → ${status} ${says.source}`, async t => {
      const reply = await world.ask(method as 'GET', target, body, headers)
      t.equal(reply.status, status)
      t.equal(reply.body.resourceType, 'OperationOutcome')
      t.match(reply.body.issue[0].diagnostics, says)
      if (status === 405) t.ok(reply.headers['allow'])
    })
  }
  await t.test('nothing of all this was stored', async t => {
    const history = await world.ask('GET', '_history')
    t.equal(history.body.entry, undefined)
  })
})
