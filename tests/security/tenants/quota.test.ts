/** Quotas, from below HTTP: what counts, and how far several processes may go beyond. */
import t from 'tap'
import { draft } from '../../../src/fhir/stamp.ts'
import { addTenant, changeTenant, everybody, type Quota } from '../../../src/security/tenants/tenant.ts'
import { tenanted, withinQuotas } from '../../../src/security/tenants/tenanted-store.ts'
import { openTenants } from '../../../src/security/tenants/tenants.ts'
import { openUsage } from '../../../src/security/tenants/usage.ts'
import type { Condition, Store, Write } from '../../../src/store/port.ts'
import { onBothStores, type World } from '../../world.ts'
import { keyFile, sealed } from '../encryption/sealed.ts'

t.setTimeout(240_000)

const full = {
  name: 'FhirError',
  status: 507,
  issues: [{ code: 'business-rule', diagnostics: /the quota of the tenant/ }],
}

/** A process, and what it writes for a tenant. */
async function process(
  { store: raw }: Pick<World, 'store'>,
  now: () => number,
  tenant: string,
  around: (store: Store) => Promise<Store> = async store => store,
) {
  const fixed = [{ name: 'default', integrity: false }]
  const tenants = await openTenants({ store: raw, clock: now, fixed })
  const store: Store = tenanted({ store: await around(withinQuotas({ store: raw, tenants, clock: now })), tenants })
  const put = (id: string, when?: Condition, more = {}): Write => ({
    ...{ do: 'put', key: { tenant, type: 'Patient', id }, method: 'PUT' },
    ...{ draft: draft({ resourceType: 'Patient', ...more }, id), ...(when === undefined ? {} : { when }) },
  })
  const remove = (id: string): Write => ({ do: 'delete', key: { tenant, type: 'Patient', id } })
  const commit = (...writes: Write[]) => store.commit({ tenant, writes })
  return { store, tenants, put, remove, commit }
}

await onBothStores(async (t, open) => {
  const world = await open()
  const { store } = world
  let ms = 0
  const now = () => ms
  let count = 0

  async function site(quota: Quota) {
    const name = `t${++count}`
    await addTenant(store, { name, integrity: false, quota }, 0)
    ms += 1_000
    return { name, ...(await process(world, now, name)) }
  }

  await t.test('one more than there may be is refused, however many come at once', async t => {
    const { put, commit, name } = await site({ resources: 10 })
    const all = await Promise.allSettled(Array.from({ length: 40 }, (_, at) => commit(put(`p${at}`, 'absent'))))
    t.equal(all.filter(({ status }) => status === 'fulfilled').length, 10)
    t.equal(await store.count({ tenant: name, type: 'Patient', where: { is: 'all' }, budget: 9_000 }), 10)
    for (const one of all) if (one.status === 'rejected') t.match(one.reason, full)
    t.match(
      await commit(put('o', 'absent')).catch(error => error.message),
      /^the quota of the tenant is used up: it has 10 of 10 resources; delete some, or ask the operator for more$/,
    )
  })

  await t.test('of what is encrypted, that is judged which is counted: what is stored', async t => {
    const file = keyFile(t)
    for (const names of [['Patient'], ['Patient.name']]) {
      const quota = { bytes: 20_000 }
      const name = `t${++count}`
      await addTenant(store, { name, integrity: false, quota }, 0)
      ms += 1_000
      const around = async (below: Store): Promise<Store> => (await sealed(below, file, [...names, 'Flag'])).store
      const { put, commit, tenants } = await process(world, now, name, around)
      t.ok(await tenants.find(name))
      let taken = 0
      const more = { name: [{ text: 'x'.repeat(300) }] }
      const refusal = await (async () => {
        for (;;) {
          await commit(put(`p${taken}`, 'absent', more))
          taken++
          if (taken % 7 === 0) ms += 1_000 // what is measured anew is the same
        }
      })().catch(error => error)
      t.match(refusal, full)
      const { bytes } = await store.measure(name, 0, await store.sequence(name))
      t.ok(bytes <= quota.bytes, `${bytes}`)
      t.ok(bytes + bytes / taken > quota.bytes - 200, 'and one more would have been too much')
      await store.dropNote({ tenant: 'default', kind: 'encryption', id: 'types' })
    }
  })

  await t.test('updates and deletions are taken at the limit, and what is deleted makes room at once', async t => {
    const { put, remove, commit } = await site({ resources: 2 })
    await commit(put('a', 'absent'), put('b', 'absent'))
    t.match(await commit(put('a', { version: 1 }, { active: true })), { ok: true })
    t.match(await commit(put('b', 'present')), { ok: true })
    await t.rejects(commit(put('c', 'absent')), full)
    t.match(await commit(remove('a')), { ok: true })
    t.match(await commit(put('c', 'absent')), { ok: true })
    await t.rejects(commit(put('a', 'absent')), full)
    t.match(await commit(remove('zz'), remove('b')), { ok: true })
    ms += 1_000 // what is measured anew is the same
    t.match(await commit(put('d', 'absent')), { ok: true })
    await t.rejects(commit(put('e', 'absent')), full)
  })

  await t.test('what may be an update or a creation is what it turns out to be', async t => {
    const { put, remove, commit, name } = await site({ resources: 3 })
    const all = await Promise.allSettled(Array.from({ length: 20 }, (_, at) => commit(put(`p${at % 10}`))))
    t.equal(await store.count({ tenant: name, type: 'Patient', where: { is: 'all' }, budget: 9_000 }), 3)
    for (const one of all) if (one.status === 'rejected') t.match(one.reason, full)
    const there = (await store.history({ tenant: name, order: 'oldest', until: 1e9, limit: 1 })).versions[0]?.id ?? ''
    t.match(await commit(put(there)), { ok: true })
    await t.rejects(commit(put('new')), full)
    await commit(remove(there))
    t.match(await commit(put(there)), { ok: true }, 'it comes back')
    await t.rejects(commit(put('new'), put(there)), full)
  })

  await t.test('of a commit that is too much nothing is written', async t => {
    const { put, commit, name } = await site({ resources: 3 })
    await t.rejects(commit(...['a', 'b', 'c', 'd'].map(id => put(id, 'absent'))), full)
    t.same(await store.types(name), [])
    t.match(await commit(...['a', 'b', 'c'].map(id => put(id, 'absent'))), { ok: true })
  })

  await t.test('what was refused for another reason takes no room', async t => {
    const { put, commit } = await site({ resources: 2 })
    await commit(put('a', 'absent'))
    for (let again = 0; again < 5; again++) t.match(await commit(put('a', 'absent')), { ok: false })
    t.match(await commit(put('b', 'absent')), { ok: true })
  })

  await t.test('bytes are those of all versions', async t => {
    const { put, remove, commit, name } = await site({ bytes: 1_000 })
    const text = { name: [{ text: 'ü'.repeat(100) }] }
    await commit(put('a', 'absent', text))
    await commit(put('a', { version: 1 }, text))
    await commit(put('a', { version: 2 }, text))
    await t.rejects(commit(put('a', { version: 3 }, text)), {
      ...full,
      issues: [{ diagnostics: /of 1000 bytes, all versions counted; only deletions are taken/ }],
    })
    t.match(await commit(remove('a')), { ok: true })
    await t.rejects(commit(put('b', 'absent', text)), full, 'its history is still there')
    ms += 1_000
    const { bytes } = await openUsage({ store, clock: now }).of(name)
    const { versions } = await store.history({ tenant: name, order: 'oldest', until: 1e9, limit: 9 })
    t.equal(
      bytes,
      versions.reduce((sum, { json = '' }) => sum + Buffer.byteLength(json), 0),
    )
  })

  await t.test('several processes exceed it at most by what the others write in half a second', async t => {
    const { put, commit, name } = await site({ resources: 5 })
    const other = await process(world, now, name)
    await commit(put('a', 'absent'))
    await other.commit(put('b', 'absent'))
    for (const id of ['c', 'd', 'e', 'f']) await commit(put(id, 'absent')).catch(() => {})
    t.match(await other.commit(put('g', 'absent')), { ok: true }, 'it does not know yet')
    ms += 500
    await t.rejects(other.commit(put('h', 'absent')), full)
    await t.rejects(commit(put('h', 'absent')), full)
    t.match((await openUsage({ store, clock: now }).of(name)).resources, 7, 'five of ours, two of the other')
  })

  await t.test('a quota that is changed counts within half a second', async t => {
    const { put, commit, name } = await site({})
    await commit(...['a', 'b', 'c'].map(id => put(id, 'absent')))
    const limit = (quota: Quota) => changeTenant(store, name, undefined, tenant => ({ ...tenant, quota }))
    await limit({ resources: 2 })
    ms += 500
    await t.rejects(commit(put('d', 'absent')), full, 'what was there before counts')
    await limit({})
    ms += 500
    t.match(await commit(put('d', 'absent')), { ok: true })
  })

  await t.test('nothing is written for a tenant that is not in force', async t => {
    const { put, commit, name, store: guarded } = await site({})
    await commit(put('a', 'absent'))
    t.ok(await guarded.acquire(name, 'job', 'me', 1_000))
    await changeTenant(store, name, undefined, tenant => ({ ...tenant, is: 'locked' }))
    ms += 500
    const gone = { status: 404, message: `there is no tenant '${name}'` }
    await t.rejects(commit(put('b', 'absent')), gone)
    const note = { tenant: name, kind: 'k', id: 'i', text: '', tags: [], revision: 0 }
    await t.rejects(guarded.keepNote(note), gone)
    await t.rejects(guarded.keepNote({ ...note, tenant: 'never' }), { message: "there is no tenant 'never'" })
    t.equal(await guarded.acquire(name, 'job', 'me', 1_000), undefined)
    t.equal(await guarded.keepNote({ ...note, tenant: everybody }), 1)
  })

  await t.test('what is measured is kept now and then, so that no start counts from the beginning', async t => {
    const { name } = await site({})
    const asked: number[] = []
    const far = 25_000
    const measure: Store['measure'] = async (_tenant, after, until) => {
      asked.push(after)
      return { resources: until - after, bytes: 0 }
    }
    const usage = openUsage({ store: { ...store, measure, sequence: async () => far }, clock: now })
    t.match(await usage.of(name), { seq: far, resources: far })
    const again = openUsage({ store: { ...store, measure, sequence: async () => far + 5 }, clock: now })
    t.match(await again.of(name), { seq: far + 5, resources: far + 5 })
    t.same(asked, [0, far])
  })
})
