import { rehearse } from '../../src/interactions/rehearse.ts'
import type { Commit, Write } from '../../src/store/port.ts'
import { onBothStores } from '../world.ts'

const tenant = 'default'
const key = (id: string, type = 'Patient') => ({ tenant, type, id })
const put = (id: string, more: object = {}, type = 'Patient'): Write => ({
  ...{ do: 'put', key: key(id, type), method: 'PUT', draft: { type, id, rest: '}}' } },
  ...more,
})

await onBothStores(async (t, open) => {
  await t.test('a rehearsal tells which versions there would be, and makes none of them', async t => {
    const { store } = await open()
    await store.commit({ tenant, writes: [put('a'), put('b'), put('c')] })
    await store.commit({ tenant, writes: [{ do: 'delete', key: key('c') }] })
    const before = await store.sequence(tenant)
    for (const integrity of [false, true]) {
      const writes: Write[] = [
        put('a', { when: { version: 1 } }),
        { do: 'delete', key: key('b') },
        put('c', { when: 'absent' }),
        put('d', { links: ['Patient/a'] }),
        { do: 'delete', key: key('e') },
        { do: 'check', key: key('a', 'Basic'), when: 'absent' },
      ]
      const outcome = await rehearse(store, { tenant, writes, integrity }, 1_000)
      t.ok(outcome.ok)
      const versions = outcome.ok ? outcome.versions : []
      t.strictSame(
        versions.map(it => it && [it.type, it.id, it.version, it.method, it.created, it.updated]),
        [
          ['Patient', 'a', 2, 'PUT', false, 1_000],
          ['Patient', 'b', 2, 'DELETE', false, 1_000],
          ['Patient', 'c', 3, 'PUT', true, 1_000],
          ['Patient', 'd', 1, 'PUT', true, 1_000],
          undefined,
          undefined,
        ],
      )
      t.match(versions[0]?.json, '"versionId":"2"')
      t.equal(versions[1]?.json, undefined)
    }
    t.ok((await rehearse(store, { tenant, writes: [] }, 0)).ok)
    t.equal(await store.sequence(tenant), before)
    t.equal((await store.read(key('a')))?.version, 1)
  })

  await t.test('what the store would refuse, it refuses, for the same reason and at the same write', async t => {
    const { store } = await open()
    await store.commit({ tenant, integrity: true, writes: [put('a'), put('o', { links: ['Patient/a'] }, 'Basic')] })
    const nowhere = { links: ['Patient/none'] }
    const commits: Commit[] = [
      { tenant, writes: [put('b'), put('a', { when: 'absent' })] },
      { tenant, writes: [put('a', { when: { version: 2 } })], integrity: true },
      { tenant, writes: [put('b'), put('c', nowhere)], integrity: true },
      { tenant, writes: [put('b'), { do: 'delete', key: key('a') }], integrity: true },
      { tenant, writes: [put('b')], claims: [{ key: 'claim', generation: 7 }] },
      { tenant, writes: [put('b')], guards: [{ type: 'Patient', where: { is: 'all' }, ids: ['z'] }] },
      { tenant, writes: [put('b')], fence: { name: 'lease', token: 1 } },
    ]
    for (const commit of commits) {
      const rehearsed = await rehearse(store, commit, 0)
      t.equal(rehearsed.ok, false, JSON.stringify(commit))
      t.strictSame(rehearsed, await store.commit(commit))
    }
    t.equal(await store.read(key('b')), undefined)
  })

  await t.test('neither claims nor receipts are used up', async t => {
    const { store } = await open()
    const receipt = { key: 'once', fingerprint: 'x', note: '' }
    const commit = { tenant, writes: [put('a')], claims: [{ key: 'claim', generation: 0 }], receipt }
    t.ok((await rehearse(store, commit, 0)).ok)
    t.ok((await rehearse(store, commit, 0)).ok)
    t.equal(await store.generation(tenant, 'claim'), 0)
    t.equal(await store.receipt(tenant, 'once'), undefined)
    t.ok((await store.commit(commit)).ok)
    t.equal((await rehearse(store, commit, 0)).ok, false)
  })
})
