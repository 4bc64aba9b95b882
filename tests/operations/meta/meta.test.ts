/** https://hl7.org/fhir/R4/resource-operation-meta.html, -meta-add and -meta-delete */
import { bundle, statuses } from '../../interactions/bundles.ts'
import type { Loose, Reply } from '../../world.ts'
import { operating, parameters } from '../operating.ts'

const red = { system: 'urn:colour', code: 'red', display: 'Red' }
const blue = { system: 'urn:colour', code: 'blue' }
const secret = { system: 'urn:secrecy', code: 'S' }
const profile = ['http://a', 'http://b']

const patient = (id: string, meta?: object): Loose => ({
  resourceType: 'Patient',
  id,
  active: true,
  ...(meta && { meta }),
})
const given = (meta: object): Loose => parameters(['meta', 'Meta', meta])
const metaOf = ({ body }: Reply): Loose => body.parameter?.[0]?.valueMeta

await operating(async (t, open) => {
  await t.test('$meta of a resource is what a read would show, of a past version too', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/a', patient('a', { source: 'urn:x', tag: [red], profile, security: [secret] }))
    const { meta } = (await world.ask('GET', 'Patient/a')).body
    await world.ask('PUT', 'Patient/a', patient('a'))
    t.strictSame(Object.keys(metaOf(await world.ask('GET', 'Patient/a/$meta'))), ['versionId', 'lastUpdated'])
    for (const method of ['GET', 'POST'] as const) {
      const reply = await world.ask(method, 'Patient/a/_history/1/$meta')
      t.equal(reply.body.parameter[0].name, 'return')
      t.strictSame(metaOf(reply), meta)
    }
    await world.ask('DELETE', 'Patient/a')
    t.equal((await world.ask('GET', 'Patient/a/$meta')).status, 410)
    t.equal((await world.ask('GET', 'Patient/none/$meta')).status, 404)
    t.equal((await world.ask('GET', 'Patient/a/_history/9/$meta')).status, 404)
  })

  await t.test('$meta of a Binary is about the resource, whatever it holds', async t => {
    const world = await open()
    await world.ask('PUT', 'Binary/b', 'hello', { 'content-type': 'text/plain' })
    t.equal(metaOf(await world.ask('GET', 'Binary/b/$meta')).versionId, '1')
    const added = await world.ask('POST', 'Binary/b/$meta-add', given({ tag: [red] }))
    t.strictSame(metaOf(added).tag, [red])
    t.equal(Buffer.from((await world.ask('GET', 'Binary/b')).bytes ?? []).toString(), 'hello')
  })

  await t.test('$meta of a type and of all tells every label once, and nothing of deleted resources', async t => {
    const world = await open()
    t.equal((await world.ask('GET', '$meta')).body.parameter, undefined)
    await world.ask('PUT', 'Patient/a', patient('a', { tag: [red], profile }))
    await world.ask(
      'PUT',
      'Patient/b',
      patient('b', { tag: [{ ...red, display: 'Rot' }, blue], profile: ['http://b'] }),
    )
    await world.ask('PUT', 'Patient/c', patient('c', { tag: [{ system: 'urn:gone', code: 'x' }] }))
    await world.ask('DELETE', 'Patient/c')
    await world.ask('PUT', 'Basic/a', {
      resourceType: 'Basic',
      id: 'a',
      code: { text: 'x' },
      meta: { security: [secret] },
    })
    t.strictSame(metaOf(await world.ask('GET', 'Patient/$meta')), { profile, tag: [red, blue] })
    t.strictSame(metaOf(await world.ask('GET', '$meta')), { profile, security: [secret], tag: [red, blue] })
    t.equal((await world.ask('GET', 'Group/$meta')).body.parameter, undefined)
    const other = await world.ask('GET', '$meta', undefined, { 'x-tenant': 'other' })
    t.equal(other.body.parameter, undefined)
  })

  await t.test('a look at more labels than there is time for is refused', async t => {
    let now = 0
    const world = await open({ clock: () => (now += 60_000) })
    await world.ask('PUT', 'Patient/a', patient('a', { tag: [red] }))
    const reply = await world.ask('GET', '$meta')
    t.equal(reply.status, 403)
    t.equal(reply.body.issue[0].code, 'too-costly')
  })

  await t.test('labels are added as to a set, and make a version', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/a', patient('a', { source: 'urn:x', tag: [red] }))
    const more = {
      tag: [{ ...red, display: 'Other' }, blue],
      profile,
      security: [secret],
      versionId: '77',
      source: 'urn:y',
    }
    const reply = await world.ask('POST', 'Patient/a/$meta-add', given(more))
    t.equal(reply.status, 200, reply.json)
    t.equal(reply.headers['etag'], 'W/"2"')
    t.match(metaOf(reply), { versionId: '2', source: 'urn:x', tag: [red, blue], profile, security: [secret] })
    t.equal(metaOf(reply).tag.length, 2)
    t.match((await world.ask('GET', 'Patient/a')).body, { active: true, meta: { tag: [red, blue] } })
    t.equal((await world.ask('GET', 'Patient?_tag=urn:colour|blue')).body.entry.length, 1)
    const again = await world.ask('POST', 'Patient/a/$meta-add', given({ tag: [blue] }))
    t.equal(metaOf(again).versionId, '2', 'what changes nothing makes no version')
  })

  await t.test('labels are deleted by system and code, and those that are not there are no error', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/a', patient('a', { tag: [red, blue], profile, security: [secret] }))
    const less = {
      tag: [{ system: 'urn:colour', code: 'red', version: '9' }, { code: 'blue' }],
      profile: ['http://a'],
      security: [secret],
    }
    const reply = await world.ask('POST', 'Patient/a/$meta-delete', given(less))
    t.strictSame(metaOf(reply).tag, [blue])
    t.strictSame(metaOf(reply).profile, ['http://b'])
    t.notOk('security' in metaOf(reply))
    t.equal((await world.ask('GET', 'Patient?_security=urn:secrecy|S')).body.entry, undefined)
  })

  await t.test('changes of labels that race all come through, and If-Match holds', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/a', patient('a'))
    const codes = Array.from({ length: 12 }, (_, n) => ({ system: 'urn:n', code: `${n}` }))
    const replies = await Promise.all(codes.map(tag => world.ask('POST', 'Patient/a/$meta-add', given({ tag: [tag] }))))
    t.strictSame([...new Set(replies.map(({ status }) => status))], [200])
    t.equal(metaOf(await world.ask('GET', 'Patient/a/$meta')).tag.length, 12)
    const stale = await world.ask('POST', 'Patient/a/$meta-add', given({ tag: [red] }), { 'if-match': 'W/"1"' })
    t.equal(stale.status, 412)
  })

  await t.test('what cannot be labelled is refused', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/gone', patient('gone'))
    await world.ask('DELETE', 'Patient/gone')
    await world.ask('PUT', 'Patient/a', {
      ...patient('a', { profile: ['http://a'], _profile: [{ id: 'x' }] }),
    })
    const bad: [path: string, body: unknown, status: number][] = [
      ['Patient/none/$meta-add', given({ tag: [red] }), 404],
      ['Patient/gone/$meta-delete', given({ tag: [red] }), 410],
      ['Patient/a/$meta-add', undefined, 400],
      ['Patient/a/$meta-add', parameters(), 400],
      ['Patient/a/$meta-add', given({ tags: [red] }), 400],
      ['Patient/a/$meta-add', given({ tag: red }), 400],
      ['Patient/a/$meta-add', parameters(['meta', 'Coding', red]), 400],
      ['Patient/a/$meta-add', given({ profile: ['http://b'] }), 422],
      ['Patient/$meta-add', given({ tag: [red] }), 404],
      ['Patient/a/_history/1/$meta-add', given({ tag: [red] }), 404],
    ]
    for (const [path, body, status] of bad) {
      const reply = await world.ask('POST', path, body)
      t.equal(reply.status, status, `${path} ${reply.json}`)
    }
    t.equal((await world.ask('GET', 'Patient/a/$meta-add')).status, 405)
    t.equal((await world.ask('GET', 'Patient/a')).body.meta.versionId, '1')
  })

  await t.test('in a batch labels change, in its dry run they do not, in a transaction they may not', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/a', patient('a'))
    const entry = [{ resource: given({ tag: [red] }), request: { method: 'POST', url: 'Patient/a/$meta-add' } }]
    t.strictSame(statuses(await world.ask('POST', '?_validate=true', bundle('batch', entry))), ['200 OK'])
    t.notOk('tag' in metaOf(await world.ask('GET', 'Patient/a/$meta')))
    t.equal((await world.ask('POST', '', bundle('transaction', entry))).status, 400)
    t.strictSame(statuses(await world.ask('POST', '', bundle('batch', entry))), ['200 OK'])
    t.strictSame(metaOf(await world.ask('GET', 'Patient/a/$meta')).tag, [red])
  })
})
