/** What is read in a Bundle sees what the Bundle wrote. https://hl7.org/fhir/R4/http.html#trules */
import { TooCostly } from '../../src/store/port.ts'
import { entries, type Loose, onBothStores, type Reply } from '../world.ts'
import { bundle, patient, put, statuses } from './bundles.ts'

const named = (family: string) => ({ ...patient, name: [{ family }] })
const get = (url: string, more: object = {}): Loose => ({ request: { method: 'GET', url, ...more } })
const post = (url: string): Loose => ({ request: { method: 'POST', url } })

/** Ids that the entry's searchset holds. */
function found(reply: Reply, entry: number): string[] {
  return (entries(reply)[entry].resource.entry ?? []).map(({ resource }: Loose) => resource.id)
}

await onBothStores(async (t, open) => {
  for (const type of ['batch', 'transaction'] as const) {
    await t.test(`searches in a ${type} are answered last, by GET and by POST`, async t => {
      const world = await open()
      for (const id of ['gone', 'old', 'renamed']) await world.ask('PUT', `Patient/${id}`, { ...named('Smith'), id })
      const reply = await world.ask(
        'POST',
        '',
        bundle(type, [
          get('Patient?family=smith&_sort=_id'),
          post('Patient/_search?family=smith&_sort=_id'),
          get('Patient?family=smith&_summary=count'),
          post('_search?_type=Patient&family=jones'),
          put('Patient', 'new', named('Smith')),
          put('Patient', 'renamed', named('Jones')),
          { request: { method: 'DELETE', url: 'Patient/gone' } },
        ]),
      )
      t.equal(reply.status, 200, reply.json)
      t.strictSame(statuses(reply).slice(0, 4), ['200 OK', '200 OK', '200 OK', '200 OK'])
      t.strictSame(found(reply, 0), ['new', 'old'])
      t.strictSame(found(reply, 1), ['new', 'old'])
      t.equal(entries(reply)[2].resource.total, 2)
      t.strictSame(found(reply, 3), ['renamed'])
      t.equal(entries(reply)[1].response.location, undefined, 'nothing was created')
    })

    await t.test(`a read in a ${type} may be conditional`, async t => {
      const world = await open()
      world.clock = Date.UTC(2026, 0, 2)
      await world.ask('PUT', 'Patient/1', { ...patient, id: '1' })
      world.clock = Date.UTC(2026, 0, 3)
      const reply = await world.ask(
        'POST',
        '',
        bundle(type, [
          get('Patient/1', { ifNoneMatch: 'W/"1"' }),
          get('Patient/1', { ifNoneMatch: 'W/"2"' }),
          get('Patient/1', { ifModifiedSince: '2026-01-02T00:00:00Z' }),
          get('Patient/1', { ifModifiedSince: '2026-01-01T23:59:59Z' }),
          get('Patient/2', { ifNoneMatch: 'W/"1"' }),
          get('Patient/1/_history/1', { ifNoneMatch: 'W/"1"' }),
          put('Patient', '2', patient),
        ]),
      )
      t.strictSame(
        statuses(reply).map(status => status.slice(0, 3)),
        ['304', '200', '304', '200', '304', '304', '201'],
        reply.json,
      )
      t.equal(entries(reply)[0].resource, undefined)
      t.equal(entries(reply)[0].response.etag, 'W/"1"')
      t.equal(entries(reply)[1].resource.id, '1')
    })
  }

  await t.test('a conditional read speaks of what the transaction wrote', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/1', { ...patient, id: '1' })
    const reply = await world.ask(
      'POST',
      '',
      bundle('transaction', [
        put('Patient', '1', named('New')),
        get('Patient/1', { ifNoneMatch: 'W/"1"' }),
        get('Patient/1', { ifNoneMatch: 'W/"2"' }),
      ]),
    )
    t.strictSame(statuses(reply), ['200 OK', '200 OK', '304 Not Modified'])
  })

  await t.test('the version that a transaction makes can be read in it', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/1', { ...patient, id: '1' })
    const reply = await world.ask(
      'POST',
      '',
      bundle('transaction', [
        get('Patient/1/_history/2'),
        get('Patient/2/_history'),
        put('Patient', '1', named('A')),
        put('Patient', '2', named('B')),
      ]),
    )
    t.equal(reply.status, 200, reply.json)
    t.equal(entries(reply)[0].resource.name[0].family, 'A')
    t.equal(entries(reply)[1].resource.entry.length, 1)
  })

  await t.test(
    'a search that is refused, and what is not there, fail the transaction before anything is written',
    async t => {
      const world = await open()
      const fails: [Loose, number][] = [
        [get('Patient?nonsense=1'), 400],
        [post('Patient/_search?nonsense=1'), 400],
        [{ ...post('Patient/_search'), resource: patient }, 400],
        [get('Patient/1/_history/2'), 404],
        [get('Patient/2/_history'), 404],
      ]
      for (const [entry, status] of fails) {
        const deletion = { request: { method: 'DELETE', url: 'Patient/2' } }
        const reply = await world.ask(
          'POST',
          '',
          bundle('transaction', [put('Patient', '1', patient), entry, deletion]),
        )
        t.equal(reply.status, status, entry.request.url)
        t.match(reply.body.issue[0].expression, ['Bundle.entry[1]'])
      }
      t.equal((await world.ask('GET', '_history')).body.entry, undefined)
    },
  )

  await t.test('where a search fails once all is written, nobody is told that it was not', async t => {
    const world = await open()
    let committed = false
    const store = {
      ...world.store,
      commit: async (...given: Parameters<typeof world.store.commit>) => {
        committed = true
        return world.store.commit(...given)
      },
      search: (...given: Parameters<typeof world.store.search>) =>
        committed ? Promise.reject(new TooCostly()) : world.store.search(...given),
    }
    Object.assign(world.ctx, { store })
    const reply = await world.ask('POST', '', bundle('transaction', [put('Patient', '1', patient), get('Patient')]))
    t.equal(reply.status, 500)
    t.match(reply.body.issue[0].diagnostics, /the transaction was carried out/)
    t.equal((await world.ask('GET', 'Patient/1')).status, 200)
  })

  await t.test('an Idempotency-Key brings the writes of the first time, and a search of now', async t => {
    const world = await open()
    const key = { 'idempotency-key': 'k1' }
    const send = () =>
      world.ask('POST', '', bundle('transaction', [put('Patient', '1', patient), post('Patient/_search')]), key)
    t.strictSame(statuses(await send()), ['201 Created', '200 OK'])
    await world.ask('PUT', 'Patient/2', { ...patient, id: '2' })
    const again = await send()
    t.strictSame(statuses(again), ['201 Created', '200 OK'])
    t.strictSame(found(again, 1), ['1', '2'])
  })
})
