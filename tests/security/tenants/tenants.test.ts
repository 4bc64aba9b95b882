import t from 'tap'
import { addTenant, changeTenant, everybody, listTenants } from '../../../src/security/tenants/tenant.ts'
import { openTenants } from '../../../src/security/tenants/tenants.ts'
import { onBothStores } from '../../world.ts'

t.setTimeout(240_000)

const plain = { integrity: false, quota: {} }

await onBothStores(async (t, open) => {
  const world = await open()
  const { store } = world
  const clock = () => world.clock
  const process = (...fixed: string[]) =>
    openTenants({ store, clock, fixed: ['default', ...fixed].map(name => ({ name, integrity: name === 'strict' })) })

  await t.test('a tenant is in force in every process within half a second, and out of it', async t => {
    const [one, other] = [await process(), await process()]
    for (const name of ['default', 'first', '', '*', '__proto__']) {
      t.equal((await one.find(name))?.name, name === 'default' ? name : undefined, name)
    }
    await addTenant(store, { ...plain, name: 'first', integrity: true }, world.clock)
    world.clock += 500
    for (const { find, known, open } of [one, other]) {
      t.match(await find('first'), { name: 'first', is: 'open', integrity: true, quota: {} })
      t.match(known('first'), { name: 'first' })
      t.same(await open(), ['default', 'first'])
    }
    t.notOk(one.find('first') instanceof Promise, 'nothing is looked up in between')
    for (const is of ['locked', 'erasing', 'erased'] as const) {
      await changeTenant(store, 'first', undefined, tenant => ({ ...tenant, is }))
      world.clock += 500
      t.equal(await other.find('first'), undefined)
      t.equal(other.known('first'), undefined)
      t.same(await other.open(), ['default'])
      t.match(await other.all(), [{ name: 'default' }, { name: 'first', is }])
    }
  })

  await t.test('those of the settings are there from the start; what is kept of one counts more', async t => {
    const tenants = await process('north', 'strict')
    t.match(tenants.known('north'), { is: 'open', integrity: false })
    const fixed = tenants.known('strict')
    t.match(fixed, { is: 'open', integrity: true })
    await changeTenant(store, 'strict', fixed, tenant => ({ ...tenant, quota: { resources: 3 } }))
    world.clock += 500
    t.match(await tenants.find('strict'), { quota: { resources: 3 }, integrity: true })
    await changeTenant(store, 'north', tenants.known('north'), tenant => ({ ...tenant, is: 'locked' }))
    world.clock += 500
    t.equal(await tenants.find('north'), undefined)
  })

  await t.test('names are labels of DNS, and none is given twice', async t => {
    const add = (name: string) => addTenant(store, { ...plain, name }, world.clock)
    for (const name of ['a', '0', 'a-b', 'x'.repeat(63), 'default-2']) await add(name)
    const bad = [
      '',
      'default',
      'A',
      'ä',
      'a_b',
      'a.b',
      '..',
      'a/b',
      '-a',
      'a-',
      'x'.repeat(64),
      'a\n',
      ' a',
      '*',
      'a%62',
    ]
    for (const name of bad) await t.rejects(add(name), { status: 400, message: /is no name of a tenant/ }, name)
    await t.rejects(add('a'), { status: 412, message: "there is a tenant 'a' already" })
    const several = await Promise.allSettled(['same', 'same', 'same', 'same'].map(add))
    t.equal(several.filter(({ status }) => status === 'fulfilled').length, 1)
    await changeTenant(store, 'a', undefined, tenant => ({ ...tenant, is: 'erased' }))
    await t.rejects(add('a'), /^'a' was erased on 2026-01-01, and no name is given twice/)
    await t.rejects(
      changeTenant(store, 'a', undefined, one => ({ ...one, is: 'open' })),
      { message: "there is no tenant 'a'" },
    )
    await t.rejects(
      changeTenant(store, 'never', undefined, one => one),
      { status: 404, message: "there is no tenant 'never'" },
    )
  })

  await t.test('a quota is a number, a rate has two', async t => {
    const bad = [
      { resources: -1 },
      { bytes: 1.5 },
      { resources: Number.NaN },
      { rate: '5' },
      { rate: '0:0' },
      { rate: 'x' },
    ]
    for (const quota of bad) {
      await t.rejects(
        addTenant(store, { ...plain, name: 'q', quota }, 0),
        { message: /is no (?:number|rate)/ },
        JSON.stringify(quota),
      )
    }
    await addTenant(store, { ...plain, name: 'q', quota: { resources: 0, bytes: 0, rate: '0.5:1' } }, 0)
    await t.rejects(
      changeTenant(store, 'q', undefined, one => ({ ...one, quota: { rate: '' } })),
      { message: /'' is no rate/ },
    )
  })

  await t.test('changes at the same time all count', async t => {
    await addTenant(store, { ...plain, name: 'busy' }, 0)
    const grow = () =>
      changeTenant(store, 'busy', undefined, one => ({ ...one, quota: { resources: (one.quota.resources ?? 0) + 1 } }))
    await Promise.all(Array.from({ length: 8 }, grow))
    t.match(
      (await listTenants(store)).find(({ name }) => name === 'busy'),
      { quota: { resources: 8 } },
    )
  })

  await t.test('they are kept where no tenant can look', async t => {
    const tenants = await process()
    t.equal(await tenants.find(everybody), undefined)
    t.same(await store.notes({ tenant: 'default', kind: 'tenant', limit: 10 }), [])
  })
})
