import { onBothStores } from '../world.ts'
import { patient } from './bundles.ts'

const system = 'urn:test'
const at = (value: string): string => `Patient?identifier=${system}|${value}`
const headers = { 'content-type': 'application/json-patch+json' }
const deactivate = [{ op: 'replace', path: '/active', value: false }]

await onBothStores(async (t, open) => {
  await t.test('no match: 404; one: patched; several: 412', async t => {
    const world = await open()
    const ask = () => world.ask('PATCH', at('a'), deactivate, headers)
    const none = await ask()
    t.equal(none.status, 404)
    t.match(none.body.issue[0].diagnostics, /nothing matches 'Patient\?identifier=urn:test\|a'/)
    const person = { ...patient, identifier: [{ system, value: 'a' }] }
    await world.ask('PUT', 'Patient/1', { ...person, id: '1' })
    const one = await ask()
    t.strictSame([one.status, one.body.id, one.body.active, one.body.meta.versionId], [200, '1', false, '2'])
    await world.ask('PUT', 'Patient/2', { ...person, id: '2' })
    t.equal((await ask()).status, 412)
    t.equal((await world.ask('GET', 'Patient/2')).body.active, true)
  })

  await t.test('If-Match is about the match; a broken result is refused', async t => {
    const world = await open()
    await world.ask('PUT', 'Patient/1', { ...patient, id: '1', identifier: [{ system, value: 'a' }] })
    t.equal((await world.ask('PATCH', at('a'), deactivate, { ...headers, 'if-match': 'W/"2"' })).status, 412)
    const broken = [{ op: 'add', path: '/gander', value: 'male' }]
    t.equal((await world.ask('PATCH', at('a'), broken, headers)).status, 400)
    t.equal((await world.ask('PATCH', at('a'), deactivate, { ...headers, 'if-match': 'W/"1"' })).status, 200)
  })

  await t.test('patches of one match at once are all applied', async t => {
    const world = await open()
    const person = { ...patient, identifier: [{ system, value: 'a' }], name: [{ text: 'x' }] }
    await world.ask('PUT', 'Patient/1', { ...person, id: '1' })
    const add = (n: number) => [{ op: 'add', path: '/name/-', value: { text: `${n}` } }]
    const replies = await Promise.all(
      Array.from({ length: 16 }, (_, n) => world.ask('PATCH', at('a'), add(n), headers)),
    )
    t.strictSame([...new Set(replies.map(({ status }) => status))], [200])
    t.equal((await world.ask('GET', 'Patient/1')).body.name.length, 17)
  })
})
