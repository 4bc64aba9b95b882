import type { Resource } from '../../src/fhir/resource.ts'
import { draft } from '../../src/fhir/stamp.ts'
import type { Store } from '../../src/store/port.ts'
import { entries, onBothStores, type Reply, type World } from '../world.ts'
import { coloured, definition, eyes, indexed, indexOnce } from './own-definitions.ts'
import { names, patient, said } from './searching.ts'

const store = (world: Pick<World, 'ask'>, body: object, headers = {}): Promise<Reply> =>
  world.ask('PUT', `SearchParameter/${(body as { id: string }).id}`, body, headers)

async function stored(world: Pick<World, 'ask'>, body: object, headers = {}): Promise<void> {
  const reply = await store(world, body, headers)
  if (reply.status > 201) throw new Error(reply.json)
}

const text = (reply: Reply): string => `${reply.status} ${reply.body.issue?.[0].diagnostics}`

await onBothStores(async (t, open) => {
  await t.test('a definition is refused until all is indexed by it, and then finds old and new', async t => {
    const world = await open()
    for (const id of ['a', 'b', 'c']) await patient(world, id, 'Shaw', coloured(id === 'b' ? 'green' : 'blue'))
    t.match(text(await world.ask('GET', 'Patient?eye-colour=blue')), /^400 .*no search parameter 'eye-colour'/)
    t.equal((await world.ask('POST', 'SearchParameter', eyes)).status, 201)
    const waiting = "400 eye-colour: 'eye-colour' of Patient is being indexed, 0 % are done"
    t.equal(text(await world.ask('GET', 'Patient?eye-colour=blue')), waiting)
    await patient(world, 'd', 'Shaw', coloured('blue'))
    t.equal(text(await world.ask('GET', 'Patient?eye-colour=blue')), waiting.replace('0 %', '25 %'))
    const before = await world.store.sequence('default')
    await indexed(world)
    t.same(names(await world.ask('GET', 'Patient?eye-colour=blue')), ['Patient/a', 'Patient/c', 'Patient/d'])
    t.equal(await world.store.sequence('default'), before, 'nothing was written that a history would tell')
    t.equal((await world.ask('GET', 'Patient/a')).body.meta.versionId, '1')
    await patient(world, 'a', 'Shaw', coloured('green'))
    await patient(world, 'e', 'Shaw', coloured('blue'))
    t.same(names(await world.ask('GET', 'Patient?eye-colour=blue')), ['Patient/c', 'Patient/d', 'Patient/e'])
    t.same(names(await world.ask('GET', 'Patient?eye-colour:missing=true')), [])
  })

  await t.test('it is asked like any other: sorted by, in chains, backwards, in _filter', async t => {
    const world = await open()
    await patient(world, 'a', 'Shaw', coloured('green'))
    await patient(world, 'b', 'Shaw', coloured('blue'))
    await world.ask('PUT', 'Observation/o', {
      resourceType: 'Observation',
      id: 'o',
      status: 'final',
      code: { text: 'x' },
      subject: { reference: 'Patient/b' },
      extension: [{ url: 'http://kiln.test/second', valueReference: { reference: 'Patient/a' } }],
    })
    await stored(world, eyes)
    const second = { base: ['Observation'], type: 'reference', target: ['Patient'] }
    const expression = "Observation.extension('http://kiln.test/second').value.ofType(Reference)"
    await stored(world, definition('second', 'second', { ...second, expression }))
    const queries: [string, string[], string[]?][] = [
      ['Patient?_sort=eye-colour', ['Patient/b', 'Patient/a']],
      ['Patient?_sort=-eye-colour', ['Patient/a', 'Patient/b']],
      ['Observation?subject:Patient.eye-colour=blue', ['Observation/o']],
      ['Observation?second.eye-colour=green', ['Observation/o']],
      ['Observation?second.name=Shaw', ['Observation/o']],
      ['Patient?_has:Observation:second:status=final', ['Patient/a']],
      ['Patient?_filter=eye-colour eq green', ['Patient/a']],
      ['Observation?_include=Observation:second', ['Observation/o'], ['Patient/a']],
      ['Patient?_id=a&_revinclude=Observation:second', ['Patient/a'], ['Observation/o']],
    ]
    for (const [query] of queries)
      t.match(text(await world.ask('GET', query)), /^400 .* is being indexed, 0 % are done/, query)
    const wild = 'Patient?_id=a&_revinclude=*'
    t.same(names(await world.ask('GET', wild), 'include'), [], 'a wildcard means those in force')
    t.same(names(await world.ask('GET', 'Patient?_id=b&_revinclude=*'), 'include'), ['Observation/o'])
    await indexed(world)
    for (const [query, matches, includes = []] of queries) {
      const reply = await world.ask('GET', query)
      t.same(names(reply), matches, query)
      t.same(names(reply, 'include'), includes, query)
    }
    t.same(names(await world.ask('GET', wild), 'include'), ['Observation/o'])
  })

  await t.test('where handling is lenient, it is passed over until then, and the answer says so', async t => {
    const world = await open()
    await patient(world, 'a', 'Shaw')
    await stored(world, eyes)
    const reply = await world.ask('GET', 'Patient?eye-colour=blue', undefined, { prefer: 'handling=lenient' })
    t.same(names(reply), ['Patient/a'])
    t.same(said(reply), ["eye-colour: 'eye-colour' of Patient is being indexed, 0 % are done (left out of the search)"])
  })

  await t.test('criteria of conditional interactions wait for it as searches do', async t => {
    const world = await open()
    await patient(world, 'a', 'Shaw', coloured('blue'))
    await stored(world, eyes)
    const create = () =>
      world.ask(
        'POST',
        'Patient',
        { resourceType: 'Patient', ...coloured('blue') },
        { 'if-none-exist': 'eye-colour=blue' },
      )
    t.match(text(await create()), /^400 .*being indexed/)
    await indexed(world)
    t.equal((await create()).status, 200)
  })

  await t.test('another expression is another index: refused again, then found by the new one only', async t => {
    const world = await open()
    await stored(world, eyes)
    await patient(world, 'a', 'Shaw', { ...coloured('blue'), gender: 'male' })
    t.same(names(await world.ask('GET', 'Patient?eye-colour=blue')), ['Patient/a'], 'nothing was there to be indexed')
    await stored(world, { ...eyes, description: 'Another description changes nothing.' })
    t.same(names(await world.ask('GET', 'Patient?eye-colour=blue')), ['Patient/a'])
    await stored(world, { ...eyes, expression: 'Patient.gender' })
    t.match(text(await world.ask('GET', 'Patient?eye-colour=male')), /being indexed/)
    await indexed(world)
    t.same(names(await world.ask('GET', 'Patient?eye-colour=male')), ['Patient/a'])
    t.same(names(await world.ask('GET', 'Patient?eye-colour=blue')), [])
  })

  await t.test('a definition that is deleted, retired or a draft is not known, and leaves no entries', async t => {
    const world = await open()
    await patient(world, 'a', 'Shaw', coloured('blue'))
    const mark = async () => (await world.ctx.definitions.of('default')).search.mark('Patient')
    const without = await mark()
    const unknown = /^400 .*no search parameter 'eye-colour'/
    for (const status of ['draft', 'retired', 'unknown']) {
      await stored(world, { ...eyes, status })
      t.match(text(await world.ask('GET', 'Patient?eye-colour=blue')), unknown, status)
    }
    await stored(world, eyes)
    await indexed(world)
    t.same(names(await world.ask('GET', 'Patient?eye-colour=blue')), ['Patient/a'])
    t.equal((await world.ask('DELETE', 'SearchParameter/eyes')).status, 204)
    t.match(text(await world.ask('GET', 'Patient?eye-colour=blue')), unknown)
    await indexed(world)
    const query = { tenant: 'default', type: 'Patient', sort: [], limit: 9, budget: 10_000 }
    const left = await world.store.search({ ...query, where: { is: 'present', slots: ['eye-colour'] } })
    t.same(left.matches, [])
    t.equal(await mark(), without)
  })

  await t.test('a batch, a transaction and a patch define as well', async t => {
    const world = await open()
    await patient(world, 'a', 'Shaw', { ...coloured('blue'), gender: 'male' })
    for (const type of ['batch', 'transaction']) {
      const body = definition(type, `by-${type}`)
      const entry = [{ resource: body, request: { method: 'PUT', url: `SearchParameter/${type}` } }]
      const reply = await world.ask('POST', '', { resourceType: 'Bundle', type, entry })
      t.match(entries(reply)[0].response.status, '201')
      t.match(text(await world.ask('GET', `Patient?by-${type}=blue`)), /being indexed/)
    }
    await indexed(world)
    const patch = [{ op: 'replace', path: '/expression', value: 'Patient.gender' }]
    const type = { 'content-type': 'application/json-patch+json' }
    t.equal((await world.ask('PATCH', 'SearchParameter/batch', patch, type)).status, 200)
    t.match(text(await world.ask('GET', 'Patient?by-batch=male')), /being indexed/)
    t.same(names(await world.ask('GET', 'Patient?by-transaction=blue')), ['Patient/a'], 'which did not change')
  })

  await t.test('a wrong one is refused however it comes, and a draft of it is not', async t => {
    const world = await open()
    const wrong = { ...eyes, expression: 'Patient.colour' }
    const diagnostics = /^'Patient.colour' names .*colour, which does not exist, in Patient$/
    const refused = (reply: Reply, at: string): void => {
      t.equal(reply.status, 422)
      t.match(reply.body.issue, [{ code: 'business-rule', expression: [`${at}.expression`], diagnostics }])
    }
    refused(await store(world, wrong), 'SearchParameter')
    refused(await world.ask('POST', 'SearchParameter', wrong), 'SearchParameter')
    const entry = [
      { resource: { resourceType: 'Patient', active: true }, request: { method: 'POST', url: 'Patient' } },
      { resource: wrong, request: { method: 'POST', url: 'SearchParameter' } },
    ]
    refused(
      await world.ask('POST', '', { resourceType: 'Bundle', type: 'transaction', entry }),
      'Bundle.entry[1].resource',
    )
    const batch = await world.ask('POST', '', { resourceType: 'Bundle', type: 'batch', entry })
    t.match(
      entries(batch).map(({ response }) => response.status),
      ['201', '422'],
    )
    await stored(world, { ...wrong, status: 'draft' })
    const patch = [{ op: 'replace', path: '/status', value: 'active' }]
    const type = { 'content-type': 'application/json-patch+json' }
    refused(await world.ask('PATCH', 'SearchParameter/eyes', patch, type), 'SearchParameter')
    await stored(world, eyes)
    refused(await store(world, wrong), 'SearchParameter')
  })

  await t.test('a copy of one of R4’s definitions is kept, and changes nothing', async t => {
    const world = await open()
    const url = 'http://hl7.org/fhir/SearchParameter/individual-gender'
    await patient(world, 'a', 'Shaw', { gender: 'male' })
    await stored(world, definition('copy', 'gender', { url, expression: 'Patient.name' }))
    t.same(names(await world.ask('GET', 'Patient?gender=male')), ['Patient/a'])
    t.same(names(await world.ask('GET', `SearchParameter?url=${url}`)), ['SearchParameter/copy'])
  })

  await t.test('of two with one code, as a package may bring them, the first counts, for every process', async t => {
    const world = await open()
    const other = world.other()
    await patient(world, 'a', 'Shaw', { ...coloured('blue'), gender: 'male' })
    t.equal((await other.ask('GET', 'Patient')).status, 200, 'it knows what there was')
    await stored(world, eyes)
    const late = definition('late', 'eye-colour', { expression: 'Patient.gender' }) as Resource
    const key = { tenant: 'default', type: 'SearchParameter', id: 'late' }
    await world.store.commit({
      tenant: 'default',
      writes: [{ do: 'put', key, method: 'PUT', draft: draft(late, 'late') }],
    })
    world.clock += 1_000
    for (const process of [world, other, world.other()]) {
      await indexed(process)
      t.same(names(await process.ask('GET', 'Patient?eye-colour=blue')), ['Patient/a'])
      t.same(names(await process.ask('GET', 'Patient?eye-colour=male')), [])
    }
    t.equal((await store(world, definition('late', 'eye-colour'))).status, 422)
    await world.ask('DELETE', 'SearchParameter/eyes')
    await indexed(world)
    t.same(names(await world.ask('GET', 'Patient?eye-colour=male')), ['Patient/a'], 'the other, when the first is gone')
  })

  await t.test('hundreds of definitions are read page by page', async t => {
    const world = await open()
    const all = Array.from({ length: 230 }, (_, at) => definition(`d${at}`, `d${at}`))
    const entry = all.map((resource, at) => ({
      resource,
      request: { method: 'PUT', url: `SearchParameter/d${at}` },
    }))
    t.equal((await world.ask('POST', '', { resourceType: 'Bundle', type: 'transaction', entry })).status, 200)
    await patient(world, 'a', 'Shaw', coloured('blue'))
    const late = world.other()
    t.same(names(await late.ask('GET', 'Patient?d0=blue&d229=blue')), ['Patient/a'])
  })

  await t.test('what is added beside it does not put a parameter out of force', async t => {
    const world = await open()
    await patient(world, 'a', 'Shaw', { ...coloured('blue'), gender: 'male' })
    await stored(world, eyes)
    await indexed(world)
    await stored(world, definition('other', 'sex', { expression: 'Patient.gender' }))
    t.same(names(await world.ask('GET', 'Patient?eye-colour=blue')), ['Patient/a'])
    t.match(text(await world.ask('GET', 'Patient?sex=male')), /being indexed/)
    t.match(text(await world.other().ask('GET', 'Patient?eye-colour=blue')), /being indexed/, 'who does not know waits')
    await indexed(world)
    t.same(names(await world.ask('GET', 'Patient?eye-colour=blue&sex=male')), ['Patient/a'])
  })

  await t.test('of many who define one code at once, on two processes, one does', async t => {
    const world = await open()
    const late = world.other()
    const other = (id: string, more = {}) => definition(id, 'eye-colour', more)
    const asked = Array.from({ length: 12 }, (_, at) => {
      const { ask } = at % 2 === 0 ? world : late
      const body = other(`eyes-${at}`)
      if (at % 3 === 0) return ask('PUT', `SearchParameter/eyes-${at}`, body)
      if (at % 3 === 1) return ask('POST', 'SearchParameter', body)
      const entry = [{ resource: body, request: { method: 'POST', url: 'SearchParameter' } }]
      return ask('POST', '', { resourceType: 'Bundle', type: 'transaction', entry })
    })
    const replies = await Promise.all(asked)
    t.equal(replies.filter(({ status }) => status < 300).length, 1)
    const refused = replies.filter(({ status }) => status >= 300)
    for (const reply of refused)
      t.match(text(reply), /^422 'eye-colour' of Patient is defined by .*: expected another code/)
    t.equal((await world.ask('GET', 'SearchParameter?_summary=count')).body.total, 1)

    t.equal(
      (await late.ask('POST', 'SearchParameter', other('g', { base: ['Group'] }))).status,
      422,
      'finds no element',
    )
    const group = { base: ['Group'], type: 'token', expression: 'Group.code' }
    t.equal((await late.ask('POST', 'SearchParameter', other('group', group))).status, 201, 'of another type')
    t.equal((await world.ask('POST', 'SearchParameter', other('draft', { status: 'draft' }))).status, 201, 'a draft')
    const twin = { ...definition('twin', 'twin', group), url: 'http://kiln.test/SearchParameter/group' }
    t.match(
      text(await world.ask('POST', 'SearchParameter', twin)),
      /^422 .*\/group is defined by SearchParameter\/.*: expected a URL/,
    )
  })

  await t.test('tenants do not see each other’s', async t => {
    const world = await open()
    const there = { 'x-tenant': 'there' }
    for (const headers of [{}, there]) {
      const body = { resourceType: 'Patient', id: 'a', ...coloured('blue') }
      t.equal((await world.ask('PUT', 'Patient/a', body, headers)).status, 201)
    }
    await stored(world, eyes, there)
    await indexed(world, world.store, 'there')
    t.match(text(await world.ask('GET', 'Patient?eye-colour=blue')), /no search parameter 'eye-colour'/)
    t.same(names(await world.ask('GET', 'Patient?eye-colour=blue', undefined, there)), ['Patient/a'])
    await stored(world, { ...eyes, expression: 'Patient.gender' })
    await indexed(world)
    t.same(names(await world.ask('GET', 'Patient?eye-colour=blue', undefined, there)), ['Patient/a'])
    t.same(names(await world.ask('GET', 'Patient?eye-colour=blue')), [])
  })

  await t.test('a process that does not know the definition yet makes no result disappear', async t => {
    // As one that would have to wait for word of it.
    const around = async (store: Store): Promise<Store> => ({ ...store, latest: async (...of) => store.latest(...of) })
    const world = await open({ around })
    const late = world.other()
    await patient(world, 'a', 'Shaw', coloured('blue'))
    t.equal((await late.ask('GET', 'Patient')).status, 200, 'it has looked')
    await stored(world, eyes)
    await indexed(world)
    t.same(names(await world.ask('GET', 'Patient?eye-colour=blue')), ['Patient/a'])
    const body = { resourceType: 'Patient', id: 'b', ...coloured('blue') }
    t.equal((await late.ask('PUT', 'Patient/b', body)).status, 201)
    t.match(text(await late.ask('GET', 'Patient?eye-colour=blue')), /no search parameter/)
    t.equal(
      text(await world.ask('GET', 'Patient?eye-colour=blue')),
      "400 eye-colour: 'eye-colour' of Patient is being indexed, 50 % are done",
    )
    await indexed(world)
    t.same(names(await world.ask('GET', 'Patient?eye-colour=blue')), ['Patient/a', 'Patient/b'])
    world.clock += 1_000
    t.same(names(await late.ask('GET', 'Patient?eye-colour=blue')), ['Patient/a', 'Patient/b'], 'a second later')
  })

  await t.test('of several processes one indexes, and whoever loses the lease has done nothing', async t => {
    const world = await open()
    await patient(world, 'a', 'Shaw', coloured('blue'))
    await stored(world, eyes)
    let between = async (): Promise<void> => {}
    const slow: Store = {
      ...world.store,
      async search(query) {
        const page = await world.store.search(query)
        if (query.limit > 1) await between()
        return page
      },
    }
    between = async () => {
      t.notOk(await indexOnce(world.ctx, world.store, 'default', 'another'), 'which the first keeps out')
      t.match(text(await world.ask('GET', 'Patient?eye-colour=blue')), /being indexed/)
      world.clock += 60_000 // the first is held up until its lease is over
      t.ok(await world.store.acquire('default', 'reindex Patient', 'another', 10_000))
      between = async () => {}
    }
    t.notOk(await indexOnce(world.ctx, slow, 'default', 'first'))
    t.match(text(await world.ask('GET', 'Patient?eye-colour=blue')), /being indexed/)
    await indexed(world, world.store, 'default', 'another')
    t.same(names(await world.ask('GET', 'Patient?eye-colour=blue')), ['Patient/a'])
  })

  await t.test('what is written while it is indexed keeps its own entries', async t => {
    const world = await open()
    await patient(world, 'a', 'Shaw', coloured('blue'))
    await patient(world, 'b', 'Shaw', coloured('blue'))
    await stored(world, eyes)
    const writing: Store = {
      ...world.store,
      async reindex(...asked) {
        await patient(world, 'a', 'Shaw', coloured('green'))
        await world.ask('DELETE', 'Patient/b')
        return world.store.reindex(...asked)
      },
    }
    await indexed(world, writing)
    t.same(names(await world.ask('GET', 'Patient?eye-colour=green')), ['Patient/a'])
    t.same(names(await world.ask('GET', 'Patient?eye-colour=blue')), [])
  })
})
