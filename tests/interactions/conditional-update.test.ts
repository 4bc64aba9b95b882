import { entries, onBothStores } from '../world.ts'
import { patient } from './bundles.ts'

const system = 'urn:test'
const person = (value: string, more: object = {}) => ({ ...patient, identifier: [{ system, value }], ...more })
const at = (value: string): string => `Patient?identifier=${system}|${value}`

await onBothStores(async (t, open) => {
  await t.test('no match: created under a new id, or under the one that the body brings', async t => {
    const world = await open()
    const fresh = await world.ask('PUT', at('a'), person('a'))
    t.equal(fresh.status, 201)
    t.equal(fresh.headers['location'], `http://kiln.test/fhir/Patient/${fresh.body.id}/_history/1`)
    const own = await world.ask('PUT', at('b'), person('b', { id: 'mine' }))
    t.strictSame([own.status, own.body.id], [201, 'mine'])
  })

  await t.test('no match, and the id is taken: 409; deleted: created anew', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/mine', person('other', { id: 'mine' }))
    const taken = await world.ask('PUT', at('a'), person('a', { id: 'mine' }))
    t.equal(taken.status, 409)
    t.match(
      taken.body.issue[0].diagnostics,
      /matches nothing, but the body's id is that of Patient\/mine, which exists/,
    )
    await world.ask('DELETE', 'Patient/mine')
    const anew = await world.ask('PUT', at('a'), person('a', { id: 'mine' }))
    t.strictSame([anew.status, anew.body.meta.versionId], [201, '3'])
  })

  await t.test('one match: updated, if the body brings no id or the same', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/1', person('a', { id: '1' }))
    const two = await world.ask('PUT', at('a'), person('a', { active: false }))
    t.strictSame([two.status, two.body.id, two.body.meta.versionId, two.body.active], [200, '1', '2', false])
    const three = await world.ask('PUT', at('a'), person('a', { id: '1' }))
    t.strictSame([three.status, three.body.meta.versionId], [200, '3'])
    const same = await world.ask('PUT', at('a'), person('a'))
    t.strictSame([same.status, same.body.meta.versionId], [200, '3'], 'nothing changes, so there is no new version')
    const other = await world.ask('PUT', at('a'), person('a', { id: '2' }))
    t.equal(other.status, 400)
    t.match(other.body.issue[0].diagnostics, /the body's id is '2', but '.+' matches Patient\/1/)
    t.strictSame(other.body.issue[0].expression, ['Patient.id'])
  })

  await t.test('several matches: 412', async t => {
    const world = await open()
    for (const id of ['1', '2']) await world.ask('PUT', `Patient/${id}`, person('a', { id }))
    t.equal((await world.ask('PUT', at('a'), person('a'))).status, 412)
    t.equal((await world.ask('PUT', at('a'), person('a', { id: '1' }))).status, 412)
  })

  await t.test('If-Match and If-None-Match are about the match', async t => {
    const world = await open()
    t.equal((await world.ask('PUT', at('a'), person('a'), { 'if-match': 'W/"1"' })).status, 412, 'there is none')
    t.equal((await world.ask('PUT', at('a'), person('a'), { 'if-none-match': '*' })).status, 201)
    t.equal((await world.ask('PUT', at('a'), person('a', { active: false }), { 'if-none-match': '*' })).status, 412)
    const stale = await world.ask('PUT', at('a'), person('a', { active: false }), { 'if-match': 'W/"2"' })
    t.equal(stale.status, 412)
    t.equal(stale.headers['etag'], 'W/"1"')
    t.equal((await world.ask('PUT', at('a'), person('a', { active: false }), { 'if-match': 'W/"1"' })).status, 200)
  })

  await t.test('X-Provenance names the version that was made', async t => {
    const world = await open()
    const about = { resourceType: 'Provenance', recorded: '2026-01-01T00:00:00Z', agent: [{ who: { display: 'me' } }] }
    const headers = { 'x-provenance': JSON.stringify(about) }
    const { body } = await world.ask('PUT', at('a'), person('a'), headers)
    await world.ask('PUT', at('a'), person('a', { active: false }), headers)
    const targets = entries(await world.ask('GET', 'Provenance/_history')).map(
      ({ resource }) => resource.target[0].reference,
    )
    t.strictSame(targets, [`Patient/${body.id}/_history/2`, `Patient/${body.id}/_history/1`])
  })

  await t.test('32 upserts at once make one resource; those who find there what they bring change nothing', async t => {
    const world = await open()
    const replies = await Promise.all(Array.from({ length: 32 }, () => world.ask('PUT', at('a'), person('a'))))
    t.strictSame(replies.map(({ status }) => status).sort(), [...Array(31).fill(200), 201])
    t.equal(entries(await world.ask('GET', 'Patient/_history')).length, 1)
  })

  await t.test('the same with an id of their own', async t => {
    const world = await open()
    const mine = person('a', { id: 'mine' })
    const replies = await Promise.all(Array.from({ length: 32 }, () => world.ask('PUT', at('a'), mine)))
    t.strictSame(replies.map(({ status }) => status).sort(), [...Array(31).fill(200), 201])
    t.equal(entries(await world.ask('GET', 'Patient/_history')).length, 1)
  })

  await t.test('upserts at once that differ make one resource, and each of them a version', async t => {
    const world = await open()
    const replies = await Promise.all(
      Array.from({ length: 12 }, (_, n) => world.ask('PUT', at('a'), person('a', { name: [{ text: `${n}` }] }))),
    )
    t.strictSame(replies.map(({ status }) => status).sort(), [...Array(11).fill(200), 201])
    const history = entries(await world.ask('GET', 'Patient/_history?_count=100'))
    t.equal(new Set(history.map(({ resource }) => resource.id)).size, 1)
    t.equal(history.length, 12)
  })
})
