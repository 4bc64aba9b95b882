import { entries, onBothStores, type World } from '../world.ts'

const ids = (found: { resource?: { id: string; meta: { versionId: string } }; fullUrl: string }[]) =>
  found.map(({ resource, fullUrl }) =>
    resource ? `${resource.id}/${resource.meta.versionId}` : `${fullUrl.split('/').at(-1)}/gone`,
  )

async function seeded(world: World): Promise<World> {
  const put = async (type: string, id: string, text: string) => {
    world.clock += 1000
    await world.ask('PUT', `${type}/${id}`, {
      resourceType: type,
      id,
      text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${text}</div>` },
    })
  }
  await put('Patient', 'a', '1') // :01
  await put('Patient', 'b', '1') // :02
  await put('Device', 'd', '1') // :03
  await put('Patient', 'a', '2') // :04
  world.clock += 1000
  await world.ask('DELETE', 'Patient/b') // :05
  await put('Patient', 'a', '3') // :06
  return world
}

await onBothStores(async (t, open) => {
  const world = await seeded(await open())
  const walk = async (target: string) => ids(entries(await world.ask('GET', target)))

  await t.test('of an instance, a type and the system, newest first', async t => {
    t.strictSame(await walk('Patient/a/_history'), ['a/3', 'a/2', 'a/1'])
    t.strictSame(await walk('Patient/_history'), ['a/3', 'b/gone', 'a/2', 'b/1', 'a/1'])
    t.strictSame(await walk('_history'), ['a/3', 'b/gone', 'a/2', 'd/1', 'b/1', 'a/1'])
    t.strictSame(await walk('Patient/_history?_sort=_lastUpdated'), ['a/1', 'b/1', 'a/2', 'b/gone', 'a/3'])
  })

  await t.test('entries carry fullUrl, request and response', async t => {
    const bundle = (await world.ask('GET', 'Patient/b/_history')).body
    t.equal(bundle.type, 'history')
    t.equal(bundle.total, 2)
    t.strictSame(bundle.entry[0], {
      fullUrl: 'http://kiln.test/fhir/Patient/b',
      request: { method: 'DELETE', url: 'Patient/b' },
      response: { status: '204 No Content', etag: 'W/"2"', lastModified: '2026-01-01T00:00:05.000Z' },
    })
    t.strictSame(bundle.entry[1].request, { method: 'PUT', url: 'Patient/b' })
    t.strictSame(bundle.entry[1].response, {
      status: '201 Created',
      etag: 'W/"1"',
      lastModified: '2026-01-01T00:00:02.000Z',
    })
    t.strictSame(bundle.link[0], { relation: 'self', url: 'http://kiln.test/fhir/Patient/b/_history' })
  })

  await t.test('a version that brings a deleted resource back was created', async t => {
    const other = await open()
    await other.ask('PUT', 'Basic/1', { resourceType: 'Basic', id: '1', code: { text: 'x' } })
    await other.ask('DELETE', 'Basic/1')
    t.equal((await other.ask('PUT', 'Basic/1', { resourceType: 'Basic', id: '1', code: { text: 'x' } })).status, 201)
    const statuses = entries(await other.ask('GET', 'Basic/1/_history')).map(({ response }) => response.status)
    t.strictSame(statuses, ['201 Created', '204 No Content', '201 Created'])
  })

  await t.test('_since includes its own instant', async t => {
    t.strictSame(await walk('Patient/_history?_since=2026-01-01T00:00:04Z'), ['a/3', 'b/gone', 'a/2'])
    t.strictSame(await walk('Patient/_history?_since=2026-01-01T01:00:05%2B01:00'), ['a/3', 'b/gone'])
    t.strictSame(
      await walk('Patient/_history?_since=2026-01-01T01:00:05+01:00'),
      ['a/3', 'b/gone'],
      'an unescaped + too',
    )
  })

  await t.test('_at gives the versions that were current at some time of the period', async t => {
    t.strictSame(await walk('Patient/_history?_at=2026-01-01T00:00:04Z'), ['a/2', 'b/1'])
    t.strictSame(await walk('Patient/_history?_at=2026-01-01T00:00:01Z'), ['a/1'])
    t.strictSame(await walk('Patient/_history?_at=2025-12-31'), [])
    t.strictSame(await walk('Patient/a/_history?_at=2026'), ['a/3', 'a/2', 'a/1'])
    t.strictSame(await walk('Patient/a/_history?_at=2027'), ['a/3'])
  })

  await t.test('pages follow one another, undisturbed by new versions', async t => {
    const seen: string[] = []
    let next: string | undefined = '_history?_count=2'
    while (next !== undefined) {
      const reply = await world.ask('GET', next)
      t.equal(reply.status, 200)
      seen.push(...ids(entries(reply)))
      await world.ask('PUT', `Basic/${seen.length}`, {
        resourceType: 'Basic',
        id: `${seen.length}`,
        code: { text: 'x' },
      })
      next = reply.body.link
        .find(({ relation }: { relation: string }) => relation === 'next')
        ?.url.slice('http://kiln.test/fhir/'.length)
    }
    t.strictSame(seen, ['a/3', 'b/gone', 'a/2', 'd/1', 'b/1', 'a/1'])
  })

  await t.test('a page link that was altered or belongs to another walk is refused', async t => {
    const { link } = (await world.ask('GET', 'Patient/_history?_count=1')).body
    const url: string = link.find(({ relation }: { relation: string }) => relation === 'next').url
    const cursor = new URL(url).searchParams.get('_page') ?? ''
    t.equal((await world.ask('GET', `Patient/_history?_count=1&_page=${cursor}`)).status, 200)
    t.equal((await world.ask('GET', `Patient/_history?_count=2&_page=${cursor}`)).status, 400)
    t.equal((await world.ask('GET', `Device/_history?_count=1&_page=${cursor}`)).status, 400)
    t.equal((await world.ask('GET', `Patient/_history?_count=1&_page=1${cursor}`)).status, 400)
    t.equal((await world.ask('GET', 'Patient/_history?_count=1&_page=x')).status, 400)
    t.equal(
      (await world.ask('GET', `Patient/_history?_count=1&_page=${cursor}`, undefined, { 'x-tenant': 'other' })).status,
      400,
    )
  })

  await t.test('the self link shows what was understood', async t => {
    const { link } = (await world.ask('GET', 'Patient/_history?_count=100000&_=1&_since=')).body
    t.equal(link[0].url, 'http://kiln.test/fhir/Patient/_history?_count=1000')
  })

  await t.test('_count=0 and _summary=count only count', async t => {
    for (const query of ['_count=0', '_summary=count']) {
      const { body } = await world.ask('GET', `Patient/_history?${query}`)
      t.equal(body.total, 5)
      t.equal(body.entry, undefined)
    }
  })

  await t.test('what is unknown or malformed is refused by name', async t => {
    for (const [query, says] of [
      ['_cuont=1', /did you mean '_count'/],
      ['name=x', /no parameter 'name'/],
      ['_count=-1', /_count '-1'/],
      ['_count=99999999999', /_count/],
      ['_since=yesterday', /_since 'yesterday'/],
      ['_at=2024-02-30', /_at '2024-02-30'/],
      ['_sort=name', /_sort 'name'/],
      ['_count=1&_count=2', /given twice/],
    ] as const) {
      const reply = await world.ask('GET', `Patient/_history?${query}`)
      t.equal(reply.status, 400, query)
      t.match(reply.body.issue[0].diagnostics, says)
    }
    t.equal(
      (await world.ask('GET', 'Patient/_history?_count=&_=123')).status,
      200,
      'empty parameters and the cache-buster are ignored',
    )
  })

  await t.test('of a resource that never was: 404; of a deleted one: its history', async t => {
    t.equal((await world.ask('GET', 'Patient/never/_history')).status, 404)
    t.equal((await world.ask('GET', 'Patient/b/_history')).status, 200)
    t.equal((await world.ask('GET', 'Patient/a/_history', undefined, { 'x-tenant': 'other' })).status, 404)
    t.equal((await world.ask('GET', 'Basic/_history?_since=2030')).status, 200)
  })

  await t.test('_elements applies to each version', async t => {
    const [entry] = entries(await world.ask('GET', 'Patient/a/_history?_elements=id'))
    t.equal(entry.resource.text, undefined)
    t.match(entry.resource.meta.tag, [{ code: 'SUBSETTED' }])
  })
})
