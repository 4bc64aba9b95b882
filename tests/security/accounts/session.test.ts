import { changeAccount } from '../../../src/security/accounts/account.ts'
import { idle, longest, onBoth, type People } from './people.ts'

const proven = { acr: 'aal1', amr: ['pwd'], provenAt: '/account', device: 'Firefox', address: '192.0.2.1' } as const

function start({ needs, tenant }: People, account: string, before?: string) {
  return needs.sessions.start(tenant, { ...proven, account }, before)
}

await onBoth(async (t, open) => {
  await t.test('who does nothing is signed out, who does something is not, and at last everybody is', async t => {
    const people = await open()
    const { needs, tenant } = people
    const { id } = await people.add('ann')
    const left = await start(people, id)
    const used = await start(people, id)
    const began = people.now
    people.now += idle - 1
    t.ok(await needs.sessions.find(tenant, used.token))
    people.now += 1
    t.equal(await needs.sessions.find(tenant, left.token), undefined)
    while (people.now + idle / 2 < began + longest) {
      people.now += idle / 2
      t.ok(await needs.sessions.find(tenant, used.token))
    }
    people.now = began + longest
    t.equal(await needs.sessions.find(tenant, used.token), undefined)
  })

  await t.test('the store knows no token', async t => {
    const people = await open()
    const { id } = await people.add('ann')
    const { token, session } = await start(people, id)
    const note = await people.store.note({ tenant: people.tenant, kind: 'account-session', id: session.id })
    t.notMatch(JSON.stringify(note), token)
    t.equal(await people.needs.sessions.find(people.tenant, session.id), undefined, 'what is shown lets nobody in')
    t.equal(await people.needs.sessions.find(`${people.tenant}x`, token), undefined)
  })

  await t.test('the session that a browser had ends with a new sign-in', async t => {
    const people = await open()
    const { id } = await people.add('ann')
    const first = await start(people, id)
    const second = await start(people, id, first.token)
    t.equal(await people.needs.sessions.find(people.tenant, first.token), undefined)
    t.match(await people.needs.sessions.find(people.tenant, second.token), { account: { id } })
  })

  await t.test('one ends those of his own, and of nobody else', async t => {
    const people = await open()
    const { needs, tenant } = people
    const ann = await people.add('ann')
    const ben = await people.add('ben')
    const [one, two, other] = [await start(people, ann.id), await start(people, ann.id), await start(people, ben.id)]
    t.equal(await needs.sessions.end(tenant, ann.id, other.session.id), false)
    t.equal(await needs.sessions.end(tenant, ann.id, one.session.id), true)
    t.same(
      (await needs.sessions.list(tenant, ann.id)).map(({ id }) => id),
      [two.session.id],
    )
    await needs.sessions.endAll(tenant, ann.id)
    t.same(await needs.sessions.list(tenant, ann.id), [])
    t.ok(await needs.sessions.find(tenant, other.token))
  })

  await t.test('who is locked is signed in no more', async t => {
    const people = await open()
    const { id } = await people.add('ann')
    const { token } = await start(people, id)
    await changeAccount(people.store, people.tenant, 'ann', one => ({ ...one, locked: true }))
    t.equal(await people.needs.sessions.find(people.tenant, token), undefined)
  })
})
