import { findLogin } from '../../../src/security/accounts/account.ts'
import {
  askForReset,
  changeEmail,
  changePassword,
  resetPassword,
  usable,
  verifyEmail,
} from '../../../src/security/accounts/own.ts'
import { passwordStep } from '../../../src/security/accounts/sign-in.ts'
import { onBoth, type People, password } from './people.ts'

const fresh = 'nine loud herons'
const link = (path: string, token: string) => `https://kiln.example/account/${path}?token=${token}`

function tokenOf({ letters }: People): string {
  return /token=([\w-]+)/.exec(letters.at(-1)?.text ?? '')?.[1] ?? ''
}

const email = { address: 'ann@example.org', verified: true }

await onBoth(async (t, open) => {
  await t.test('a forgotten password is replaced by a link that is good once', async t => {
    const people = await open()
    const { needs, tenant, from } = people
    await people.add('ann', { email })
    const before = await passwordStep(needs, from(), 'ann', password)
    await askForReset(needs, from(), 'ann@example.org', link)
    const token = tokenOf(people)
    await askForReset(needs, from(), 'ann', link)
    const other = tokenOf(people)
    await t.rejects(resetPassword(needs, tenant, token, 'short'), /at least 12/)
    t.match(await resetPassword(needs, tenant, token, fresh), { login: 'ann' })
    t.equal(await resetPassword(needs, tenant, token, fresh), undefined)
    t.equal(await resetPassword(needs, tenant, other, fresh), undefined, 'the other link is over, too')
    t.equal(before.is === 'in' && (await needs.sessions.find(tenant, before.token)), undefined)
    t.match(await passwordStep(needs, from(), 'ann', fresh), { is: 'in' })
    t.same(await passwordStep(needs, from(), 'ann', password), { is: 'refused' })
    t.match(people.letters.at(-1)?.text, /password was changed/)
  })

  await t.test('a link is too old after half an hour', async t => {
    const people = await open()
    await people.add('ann', { email })
    await askForReset(people.needs, people.from(), 'ann', link)
    people.now += 30 * 60_000
    t.equal(await resetPassword(people.needs, people.tenant, tokenOf(people), fresh), undefined)
  })

  await t.test('nobody is written whose address is not confirmed, and nobody is flooded', async t => {
    const people = await open()
    const { needs, from, letters } = people
    await people.add('ann', { email: { ...email, verified: false } })
    await people.add('ben', { email: { address: 'ben@example.org', verified: true } })
    await askForReset(needs, from(), 'ann', link)
    await askForReset(needs, from(), 'ann@example.org', link)
    await askForReset(needs, from(), 'nobody', link)
    t.equal(letters.length, 0)
    for (let at = 0; at < 9; at++) await askForReset(needs, from(), 'ben', link)
    t.equal(letters.length, 4)
  })

  await t.test('a new address counts when its owner says so', async t => {
    const people = await open()
    const { needs, tenant, letters, store } = people
    const account = await people.add('ann', { email })
    await t.rejects(changeEmail(needs, tenant, account, 'a@b\nBcc: c@d', link), /no e-mail address/)
    await changeEmail(needs, tenant, account, 'new@example.org', link)
    t.same(
      letters.map(({ to }) => to),
      ['ann@example.org', 'new@example.org'],
      'the old one is told',
    )
    t.match(await findLogin(store, tenant, 'ann'), { email: { address: 'new@example.org', verified: false } })
    const token = tokenOf(people)
    t.equal(await resetPassword(needs, tenant, token, fresh), undefined, 'a link is good for its own purpose alone')
    t.match(await verifyEmail(needs, tenant, token), { email: { verified: true } })
    t.equal(await verifyEmail(needs, tenant, token), undefined)
  })

  await t.test('a link for an address that was changed meanwhile confirms nothing', async t => {
    const people = await open()
    const { needs, tenant } = people
    const account = await people.add('ann')
    await changeEmail(needs, tenant, account, 'one@example.org', link)
    const token = tokenOf(people)
    await changeEmail(needs, tenant, account, 'two@example.org', link)
    t.equal(await verifyEmail(needs, tenant, token), undefined)
  })

  await t.test('who changes a password knows the present one', async t => {
    const people = await open()
    const { needs, tenant, from } = people
    const account = await people.add('ann')
    await t.rejects(changePassword(needs, from(), account, { old: 'wrong', fresh }), /present password is wrong/)
    await t.rejects(changePassword(needs, from(), account, { old: password, fresh: 'ann ann ann ann' }), /password/)
    await changePassword(needs, from(), account, { old: password, fresh })
    t.match(await passwordStep(needs, from(), 'ann', fresh), { is: 'in' })
    for (let at = 0; at < 6; at++) {
      await t.rejects(changePassword(needs, from(), account, { old: 'wrong', fresh }), /wrong/)
    }
    await t.rejects(changePassword(needs, from(), account, { old: fresh, fresh: password }), /too many attempts/)
    t.ok(await usable(needs, tenant, account.id))
    t.equal(await usable(needs, tenant, 'nobody'), undefined)
  })
})
