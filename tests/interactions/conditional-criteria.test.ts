import { onBothStores } from '../world.ts'
import { bundle, patient } from './bundles.ts'

/** criteria, status, what the outcome says */
const refused: [string, number, RegExp][] = [
  ['', 412, /no criteria: expected at least one search parameter/],
  ['_', 412, /no criteria/],
  ['_=123', 412, /no criteria/],
  ['identifier=', 412, /'identifier=' has an empty value/],
  ['identifier', 412, /'identifier=' has an empty value/],
  ['identifier=a&family=', 412, /'family=' has an empty value/],
  ['identifier=a,', 412, /'identifier=a,' has an empty value/],
  ['identifier=a,%20,b', 412, /has an empty value/],
  ['_count=10', 412, /no criteria/],
  ['_sort=family&_format=json&_pretty=true', 412, /no criteria/],
  ['_elements=name', 412, /no criteria/],
  ['nonsense=1', 400, /'nonsense'/],
  ['identifer=1', 400, /did you mean 'identifier'/],
  ['identifier=a&nonsense=1', 400, /'nonsense'/],
  ['birthdate=yesterday', 400, /yesterday/],
  ['birthdate=2024-02-30', 400, /2024-02-30/],
  ['identifier:exact=a', 400, /exact/],
  ['identifier=a&_count=-1', 400, /_count/],
  ['identifier=a&_text=b', 400, /'_text' cannot be a criterion/],
  ['identifier=a&_contained=true', 400, /'_contained=true' cannot be a criterion/],
]

await onBothStores(async (t, open) => {
  const world = await open()
  await world.ask('PUT', 'Patient/1', { ...patient, id: '1' })

  for (const [criteria, status, says] of refused) {
    await t.test(`'${criteria}' is refused with ${status}, wherever it stands and whatever Prefer says`, async t => {
      const prefer = { prefer: 'handling=lenient' }
      const patch = { 'content-type': 'application/json-patch+json' }
      const replies = {
        create: await world.ask('POST', 'Patient', patient, { ...prefer, 'if-none-exist': criteria }),
        update: await world.ask('PUT', `Patient?${criteria}`, patient, prefer),
        patch: await world.ask('PATCH', `Patient?${criteria}`, '[]', { ...prefer, ...patch }),
        delete: await world.ask('DELETE', `Patient?${criteria}`, undefined, prefer),
      }
      for (const [name, reply] of Object.entries(replies)) {
        t.equal(reply.status, status, name)
        t.match(reply.body.issue[0].diagnostics, says, name)
      }
      for (const [request, place] of [
        [{ method: 'POST', url: 'Patient', ifNoneExist: criteria }, 'ifNoneExist'],
        [{ method: 'PUT', url: `Patient?${criteria}` }, 'url'],
      ] as const) {
        if (criteria === '') continue // FHIR has no empty strings
        const reply = await world.ask('POST', '', bundle('transaction', [{ resource: patient, request }]), prefer)
        t.equal(reply.status, status)
        t.strictSame(reply.body.issue[0].expression, [`Bundle.entry[0].request.${place}`])
      }
    })
  }

  await t.test('an escaped comma is no separator', async t => {
    const reply = await world.ask('POST', 'Patient', patient, { 'if-none-exist': 'identifier=a\\,' })
    t.equal(reply.status, 201)
  })

  await t.test('nothing of what was refused was stored', async t => {
    const history = await world.ask('GET', '_history')
    t.equal(history.body.entry.length, 2)
  })
})
