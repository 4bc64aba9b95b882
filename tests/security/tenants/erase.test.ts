import t from 'tap'
import { draft } from '../../../src/fhir/stamp.ts'
import { eraseTenant } from '../../../src/security/tenants/erase.ts'
import { addTenant, changeTenant, everybody, listTenants } from '../../../src/security/tenants/tenant.ts'
import { tenanted } from '../../../src/security/tenants/tenanted-store.ts'
import { openTenants } from '../../../src/security/tenants/tenants.ts'
import { onBothStores } from '../../world.ts'

t.setTimeout(240_000)

await onBothStores(async (t, open) => {
  const world = await open()
  const { store: raw } = world
  let ms = 0
  const clock = () => ms
  const fixed = [{ name: 'default', integrity: false }]
  const tenants = await openTenants({ store: raw, clock, fixed })
  const store = tenanted({ store: raw, tenants })
  const write = (tenant: string, id: string) =>
    store.commit({
      tenant,
      writes: [
        {
          ...{ do: 'put', key: { tenant, type: 'Patient', id }, method: 'PUT' },
          draft: draft({ resourceType: 'Patient' }, id),
        },
      ],
    })
  const sleep = async (pause: number): Promise<void> => {
    ms += pause
  }
  const beside: string[] = []
  const needs = {
    ...{ store: raw, clock, sleep, tell: () => {} },
    beside: async (tenant: string) => void beside.push(tenant),
  }
  const count = (tenant: string) => raw.countHistory({ tenant, until: 1e9 })
  const standing = async (name: string) => (await listTenants(raw)).find(one => one.name === name)?.is

  async function filled(name: string): Promise<void> {
    await addTenant(raw, { name, integrity: false, quota: { resources: 9_999 } }, clock())
    await sleep(1_000)
    for (let at = 0; at < 250; at += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, more) => write(name, `p${at + more}`)))
    }
  }

  await t.test('all of it goes, what lies beside the store as well, and nothing of others', async t => {
    await filled('first')
    await filled('other')
    await eraseTenant(needs, 'first', undefined)
    t.same([await count('first'), await count('other')], [0, 250])
    t.equal(await standing('first'), 'erased')
    t.same(new Set(beside), new Set(['first']))
    t.equal(await raw.note({ tenant: everybody, kind: 'usage', id: 'first' }), undefined)
    await t.rejects(eraseTenant(needs, 'first', undefined), { message: "there is no tenant 'first'" })
    await t.rejects(eraseTenant(needs, everybody, undefined), { message: "there is no tenant '*'" })
    t.ok(await standing('other'), 'what is known of all tenants is still there')
  })

  await t.test('whoever is killed while he does it goes on by beginning again', async t => {
    for (const after of [0, 1, 2]) {
      const name = `killed-${after}`
      await filled(name)
      let pieces = 0
      const tell = (): void => {
        if (pieces++ === after) throw new Error('killed')
      }
      await t.rejects(eraseTenant({ ...needs, tell }, name, undefined), { message: 'killed' }, name)
      t.equal(await standing(name), 'erasing')
      await t.rejects(write(name, 'late'), { message: `there is no tenant '${name}'` })
      await eraseTenant(needs, name, undefined)
      t.equal(await count(name), 0)
      t.equal(await standing(name), 'erased')
    }
  })

  await t.test('what had begun before is taken away as well', async t => {
    await filled('busy')
    let pauses = 0
    // A process was slow: its commit was let in before the tenant was closed, and comes between the two rounds.
    const late = async (pause: number): Promise<void> => {
      await sleep(pause)
      if (++pauses < 2) return
      const key = { tenant: 'busy', type: 'Observation', id: 'late' }
      const put = { do: 'put', key, method: 'PUT', draft: draft({ resourceType: 'Observation' }, 'late') } as const
      t.match(await raw.commit({ tenant: 'busy', writes: [put] }), { ok: true })
    }
    await eraseTenant({ ...needs, sleep: late }, 'busy', undefined)
    t.equal(pauses, 2)
    t.equal(await count('busy'), 0)
  })

  await t.test('one that is locked may be erased, one of the settings too', async t => {
    await filled('locked')
    await changeTenant(raw, 'locked', undefined, tenant => ({ ...tenant, is: 'locked' }))
    await eraseTenant(needs, 'locked', undefined)
    t.equal(await count('locked'), 0)
    const given = { name: 'given', is: 'open', since: 0, integrity: false, quota: {} } as const
    const settings = await openTenants({ store: raw, clock, fixed: [...fixed, given] })
    t.ok(await settings.find('given'))
    await eraseTenant(needs, 'given', given)
    t.equal(await settings.find('given'), undefined, 'whatever the settings say')
  })
})
