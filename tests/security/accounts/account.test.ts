import {
  addAccount,
  changeAccount,
  findAccount,
  findEmail,
  findLogin,
  listAccounts,
} from '../../../src/security/accounts/account.ts'
import { onBoth } from './people.ts'

await onBoth(async (t, open) => {
  await t.test('an account is found by its login, however it is written, by its id and by its address', async t => {
    const { needs, tenant, store, add } = await open()
    const account = await add('Dr.Wong', { email: { address: 'Wong@example.org', verified: true } })
    t.equal(account.login, 'dr.wong')
    t.same(await findLogin(store, tenant, ' DR.WONG '), account)
    t.same(await findAccount(store, tenant, account.id), account)
    t.same(await findEmail(store, tenant, 'wong@EXAMPLE.org'), [account])
    t.equal(await findLogin(store, `${tenant}x`, 'dr.wong'), undefined)
    t.equal(await findAccount(store, tenant, 'nobody'), undefined)
    await t.rejects(addAccount(needs, tenant, { login: 'DR.WONG' }), /there is an account 'dr.wong' already/)
  })

  await t.test('of many who add the same login one does', async t => {
    const { needs, tenant, store } = await open()
    const all = await Promise.allSettled(Array.from({ length: 8 }, () => addAccount(needs, tenant, { login: 'ann' })))
    t.equal(all.filter(({ status }) => status === 'fulfilled').length, 1)
    t.equal((await listAccounts(store, tenant)).length, 1)
  })

  await t.test('an address that was not verified finds nobody', async t => {
    const { tenant, store, add } = await open()
    await add('ann', { email: { address: 'ann@example.org', verified: false } })
    t.same(await findEmail(store, tenant, 'ann@example.org'), [])
  })

  await t.test('no change is lost', async t => {
    const { tenant, store, add } = await open()
    await add('ann')
    const roles = Array.from({ length: 8 }, (_, at) => `role-${at}`)
    await Promise.all(
      roles.map(role => changeAccount(store, tenant, 'ann', one => ({ ...one, roles: [...one.roles, role] }))),
    )
    t.same([...((await findLogin(store, tenant, 'ann'))?.roles ?? [])].sort(), roles)
    t.equal(await changeAccount(store, tenant, 'nobody', one => one), undefined)
  })

  await t.test('what makes no account is refused with what is wrong', async t => {
    const { needs, tenant } = await open()
    const cases: [object, RegExp][] = [
      [{ login: '' }, /is no login/],
      [{ login: '<script>' }, /is no login/],
      [{ login: 'a b' }, /is no login/],
      [{ login: '-ann' }, /is no login/],
      [{ login: 'x'.repeat(65) }, /is no login/],
      [{ login: 'ann', email: { address: 'ann', verified: true } }, /is no e-mail address/],
      [{ login: 'ann', email: { address: 'a@b\r\nBcc: x@y', verified: true } }, /is no e-mail address/],
      [{ login: 'ann', email: { address: 'a@b,c@d', verified: true } }, /is no e-mail address/],
      [{ login: 'ann', links: ['Observation/1'] }, /is no link: expected such as Practitioner\/23/],
      [{ login: 'ann', links: ['https://evil.example/Practitioner/1'] }, /is no link/],
      [{ login: 'ann', roles: ['Chief Physician'] }, /is no role/],
    ]
    for (const [given, message] of cases) {
      await t.rejects(addAccount(needs, tenant, given as { login: string }), message, JSON.stringify(given))
    }
  })
})
