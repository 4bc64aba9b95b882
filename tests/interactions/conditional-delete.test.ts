import { entries, onBothStores, type World } from '../world.ts'
import { patient } from './bundles.ts'

const system = 'urn:test'
const at = `Patient?identifier=${system}|a`

async function people(world: World, count: number): Promise<void> {
  for (let n = 0; n < count; n++)
    await world.ask('PUT', `Patient/${n}`, { ...patient, id: `${n}`, identifier: [{ system, value: 'a' }] })
}

await onBothStores(async (t, open) => {
  await t.test('no match and one match: 204, as of a delete by id', async t => {
    const world = await open()
    t.equal((await world.ask('DELETE', at)).status, 204)
    await people(world, 1)
    const one = await world.ask('DELETE', at)
    t.strictSame([one.status, one.headers['etag']], [204, 'W/"2"'])
    t.equal((await world.ask('GET', 'Patient/0')).status, 410)
    t.equal((await world.ask('DELETE', at)).status, 204)
  })

  await t.test('several: 412, unless _count covers them; then all in one commit', async t => {
    const world = await open()
    await people(world, 3)
    const ask = (count: string) => world.ask('DELETE', `${at}${count}`)
    t.match((await ask('')).body.issue[0].diagnostics, /expected at most 1, or _count with their number/)
    for (const count of ['', '&_count=0', '&_count=1', '&_count=2']) t.equal((await ask(count)).status, 412, count)
    t.equal(entries(await world.ask('GET', 'Patient/_history')).length, 3, 'nothing was deleted')
    t.equal((await ask('&_count=3')).status, 204)
    const deleted = entries(await world.ask('GET', 'Patient/_history')).slice(0, 3)
    t.strictSame(
      deleted.map(({ request }) => request.method),
      ['DELETE', 'DELETE', 'DELETE'],
    )
    t.equal(new Set(deleted.map(({ response }) => response.lastModified)).size, 1)
  })

  await t.test('Prefer: return=OperationOutcome tells what was deleted', async t => {
    const world = await open()
    const prefer = { prefer: 'return=OperationOutcome' }
    const none = await world.ask('DELETE', at, undefined, prefer)
    t.equal(none.status, 200)
    t.match(none.body.issue[0].diagnostics, /nothing to delete/)
    await people(world, 2)
    const two = await world.ask('DELETE', `${at}&_count=5`, undefined, prefer)
    t.match(two.body.issue[0].diagnostics, /deleted Patient\/[01] by version 2, Patient\/[01] by version 2/)
  })

  await t.test('If-Match is about the match, X-Provenance about all of them', async t => {
    const world = await open()
    t.equal((await world.ask('DELETE', at, undefined, { 'if-match': 'W/"1"' })).status, 412)
    await people(world, 2)
    t.equal((await world.ask('DELETE', `${at}&_count=2`, undefined, { 'if-match': 'W/"2"' })).status, 412)
    const about = { resourceType: 'Provenance', recorded: '2026-01-01T00:00:00Z', agent: [{ who: { display: 'me' } }] }
    const headers = { 'if-match': 'W/"1"', 'x-provenance': JSON.stringify(about) }
    t.equal((await world.ask('DELETE', `${at}&_count=2`, undefined, headers)).status, 204)
    const [made] = entries(await world.ask('GET', 'Provenance/_history'))
    t.equal(made.resource.target.length, 2)
  })

  await t.test('what others refer to is not deleted where integrity is on', async t => {
    const world = await open({ integrity: () => true })
    await people(world, 2)
    const subject = { reference: 'Patient/1' }
    await world.ask('PUT', 'Basic/b', { resourceType: 'Basic', id: 'b', code: { text: 'x' }, subject })
    const refused = await world.ask('DELETE', `${at}&_count=2`)
    t.equal(refused.status, 409)
    t.equal((await world.ask('GET', 'Patient/0')).status, 200, 'not a part of them either')
  })

  await t.test('beside creations by the same criteria no one is lost and no one is left in between', async t => {
    const world = await open()
    const person = { ...patient, identifier: [{ system, value: 'a' }] }
    const replies = await Promise.all(
      Array.from({ length: 24 }, (_, n) =>
        n % 2 === 0
          ? world.ask('POST', 'Patient', person, { 'if-none-exist': `identifier=${system}|a` })
          : world.ask('DELETE', at),
      ),
    )
    const created = replies.filter(({ status }) => status === 201).length
    t.same(
      replies.map(({ status }) => status).filter(status => ![200, 201, 204].includes(status)),
      [],
    )
    const history = entries(await world.ask('GET', 'Patient/_history?_count=100'))
    const deleted = history.filter(({ request }) => request.method === 'DELETE').length
    t.equal(history.length - deleted, created)
    t.ok(created - deleted === 0 || created - deleted === 1, 'never two at once')
  })
})
