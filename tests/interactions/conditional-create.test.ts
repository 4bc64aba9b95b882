import { entries, onBothStores, type World } from '../world.ts'
import { bundle, patient, statuses } from './bundles.ts'

const system = 'urn:test'
const person = (value: string, more: object = {}) => ({ ...patient, identifier: [{ system, value }], ...more })

async function stored(world: World, type = 'Patient'): Promise<number> {
  return entries(await world.ask('GET', `${type}/_history?_count=1000`)).length
}

await onBothStores(async (t, open) => {
  await t.test('no match: created; one match: that one, and nothing is written; several: 412', async t => {
    const world = await open()
    const ifNoneExist = { 'if-none-exist': `identifier=${system}|a` }
    const one = await world.ask('POST', 'Patient', person('a'), ifNoneExist)
    t.equal(one.status, 201)
    t.equal(one.body.meta.versionId, '1')
    const two = await world.ask('POST', 'Patient', person('a', { active: false }), ifNoneExist)
    t.equal(two.status, 200)
    t.strictSame(two.body, one.body, 'the resource that is there')
    t.equal(two.headers['location'], one.headers['location'])
    t.equal(two.headers['etag'], 'W/"1"')
    t.ok(two.headers['last-modified'])
    t.equal(await stored(world), 1)

    t.equal((await world.ask('POST', 'Patient', person('a'))).status, 201)
    const three = await world.ask('POST', 'Patient', person('a'), ifNoneExist)
    t.equal(three.status, 412)
    t.equal(three.body.issue[0].code, 'multiple-matches')
    t.match(three.body.issue[0].diagnostics, /several resources match 'Patient\?identifier=urn:test\|a'/)
    t.equal(await stored(world), 2)
  })

  await t.test('Prefer decides about the body, also of what was there', async t => {
    const world = await open()
    const headers = { 'if-none-exist': `identifier=${system}|a` }
    await world.ask('POST', 'Patient', person('a'), headers)
    const ask = (prefer: string) => world.ask('POST', 'Patient', person('a'), { ...headers, prefer })
    const minimal = await ask('return=minimal')
    t.equal(minimal.status, 200)
    t.equal(minimal.json, '')
    t.ok(minimal.headers['location'])
    const outcome = await ask('return=OperationOutcome')
    t.equal(outcome.body.resourceType, 'OperationOutcome')
    t.match(outcome.body.issue[0].diagnostics, /nothing was created: Patient\/.+ matches, version 1/)
    t.equal((await ask('return=representation')).body.resourceType, 'Patient')
  })

  await t.test('what was deleted, belongs to another tenant or is of another type is no match', async t => {
    const world = await open()
    const headers = { 'if-none-exist': `identifier=${system}|a` }
    const { body } = await world.ask('POST', 'Patient', person('a'), headers)
    t.equal((await world.ask('DELETE', `Patient/${body.id}`)).status, 204)
    const next = await world.ask('POST', 'Patient', person('a'), headers)
    t.equal(next.status, 201)
    t.not(next.body.id, body.id)
    t.equal((await world.ask('POST', 'Patient', person('a'), { ...headers, 'x-tenant': 'other' })).status, 201)
    const practitioner = { ...person('a'), resourceType: 'Practitioner' }
    t.equal((await world.ask('POST', 'Practitioner', practitioner, headers)).status, 201)
  })

  await t.test('the resource is judged first: what is there makes a broken one no better', async t => {
    const world = await open()
    const headers = { 'if-none-exist': `identifier=${system}|a` }
    await world.ask('POST', 'Patient', person('a'), headers)
    t.equal((await world.ask('POST', 'Patient', { ...patient, gander: 'male' }, headers)).status, 400)
  })

  await t.test('letters beyond ASCII come as UTF-8, percent-encoded, or in a Bundle, and mean the same', async t => {
    const world = await open()
    const name = { name: [{ family: 'Müller-伊藤' }] }
    const raw = Buffer.from('family:exact=Müller-伊藤').toString('latin1')
    t.equal((await world.ask('POST', 'Patient', person('a', name), { 'if-none-exist': raw })).status, 201)
    const encoded = `family:exact=${encodeURIComponent('Müller-伊藤')}`
    t.equal((await world.ask('POST', 'Patient', person('b', name), { 'if-none-exist': encoded })).status, 200)
    const request = { method: 'POST', url: 'Patient', ifNoneExist: 'family:exact=Müller-伊藤' }
    for (const type of ['batch', 'transaction'] as const) {
      const reply = await world.ask('POST', '', bundle(type, [{ resource: person('c', name), request }]))
      t.strictSame(statuses(reply), ['200 OK'], type)
    }
    const broken = await world.ask('POST', 'Patient', person('d', name), { 'if-none-exist': 'family=M\xfcller' })
    t.equal(broken.status, 400)
    t.match(broken.body.issue[0].diagnostics, /not UTF-8: expected percent-encoding/)
  })

  await t.test('an Idempotency-Key brings the first answer again, whatever came between', async t => {
    const world = await open()
    const headers = { 'if-none-exist': `identifier=${system}|a` }
    const made = await world.ask('POST', 'Patient', person('a'), { ...headers, 'idempotency-key': 'made' })
    const found = await world.ask('POST', 'Patient', person('a'), { ...headers, 'idempotency-key': 'found' })
    t.strictSame([made.status, found.status], [201, 200])
    await world.ask('PUT', `Patient/${made.body.id}`, { ...made.body, active: false })
    await world.ask('DELETE', `Patient/${made.body.id}`)
    for (const [key, before] of [
      ['made', made],
      ['found', found],
    ] as const) {
      const again = await world.ask('POST', 'Patient', person('a'), { ...headers, 'idempotency-key': key })
      t.strictSame([again.status, again.json, again.headers], [before.status, before.json, before.headers], key)
    }
    const other = { 'if-none-exist': `identifier=${system}|b`, 'idempotency-key': 'made' }
    t.equal(
      (await world.ask('POST', 'Patient', person('a'), other)).status,
      422,
      'the criteria are part of the request',
    )
    t.equal(await stored(world), 3)
  })

  await t.test('X-Provenance speaks of what was created, and is not stored where nothing was', async t => {
    const world = await open()
    const provenance = {
      resourceType: 'Provenance',
      recorded: '2026-01-01T00:00:00Z',
      agent: [{ who: { display: 'me' } }],
    }
    const headers = { 'if-none-exist': `identifier=${system}|a`, 'x-provenance': JSON.stringify(provenance) }
    for (const status of [201, 200]) t.equal((await world.ask('POST', 'Patient', person('a'), headers)).status, status)
    t.equal(await stored(world, 'Provenance'), 1)
  })

  await t.test('32 at once make one, however the criteria are spelled', async t => {
    const world = await open()
    const spelled = [
      `identifier=${system}|a&family=M%C3%BCller`,
      `family=m%C3%BCller&identifier=${system}%7Ca`,
      `identifier=${system}|a&family=MULLER&_format=json`,
    ]
    const resource = person('a', { name: [{ family: 'Müller' }] })
    const replies = await Promise.all(
      Array.from({ length: 32 }, (_, n) =>
        world.ask('POST', 'Patient', resource, { 'if-none-exist': spelled[n % spelled.length] ?? '' }),
      ),
    )
    t.strictSame(replies.map(({ status }) => status).sort(), [...Array(31).fill(200), 201])
    t.equal(new Set(replies.map(({ body }) => body.id)).size, 1)
    t.equal(await stored(world), 1)
  })
})
