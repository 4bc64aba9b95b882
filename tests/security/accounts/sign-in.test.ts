import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import { type Account, changeAccount, findLogin } from '../../../src/security/accounts/account.ts'
import { enrolTotp } from '../../../src/security/accounts/own.ts'
import type { SignedIn } from '../../../src/security/accounts/session.ts'
import { type Outcome, passwordStep, secondStep, sendCode } from '../../../src/security/accounts/sign-in.ts'
import { newEnrolment } from '../../../src/security/accounts/totp.ts'
import { codeAt, onBoth, type People, password } from './people.ts'

function signIn({ needs, from }: People, name: string, given = password, address = '192.0.2.1'): Promise<Outcome> {
  return passwordStep(needs, from({ address }), name, given)
}

async function signedIn(people: People, name: string): Promise<SignedIn> {
  const outcome = await signIn(people, name)
  if (outcome.is !== 'in') throw new Error(outcome.is)
  const who = await people.needs.sessions.find(people.tenant, outcome.token)
  if (!who) throw new Error('no session')
  return who
}

async function withApp(t: Test, people: People, account: Account) {
  const { secret } = newEnrolment(account, 'Kiln', randomBytes)
  const { needs, tenant } = people
  const codes = await enrolTotp(needs, tenant, account, { secret, code: codeAt(secret, people.now) })
  t.equal(codes?.length, 10)
  people.now += 60_000
  return { secret, codes: codes ?? [] }
}

await onBoth(async (t, open) => {
  await t.test('by login and password, and by an address that is of one alone', async t => {
    const people = await open()
    const { id } = await people.add('ann', { email: { address: 'ann@example.org', verified: true } })
    const session = { account: id, acr: 'aal1', amr: ['pwd'], address: '192.0.2.1', device: 'Firefox' }
    t.match(await signIn(people, 'ANN'), { is: 'in', session })
    t.match(await signIn(people, 'ann@example.org'), { is: 'in', session })
    await people.add('ben', { email: { address: 'ann@example.org', verified: true } })
    t.same(await signIn(people, 'ann@example.org'), { is: 'refused' })
  })

  await t.test('wrong, unknown, locked and without a password: the same answer', async t => {
    const people = await open()
    await people.add('ann')
    await people.add('bot', { password: undefined as unknown as string })
    await people.add('old')
    await changeAccount(people.store, people.tenant, 'old', one => ({ ...one, locked: true }))
    t.same(await signIn(people, 'ann', 'wrong'), { is: 'refused' })
    t.same(await signIn(people, 'nobody'), { is: 'refused' })
    t.same(await signIn(people, 'bot'), { is: 'refused' })
    t.same(await signIn(people, 'old'), { is: 'refused' })
    t.same(await signIn(people, ''), { is: 'refused' })
    t.same(await signIn(people, `'; --{"$ne":1}`), { is: 'refused' })
    t.same(await signIn(people, 'ann', 'x'.repeat(100_000)), { is: 'refused' })
    t.notMatch(JSON.stringify(people.events), /nobody|herons/, 'nobody is named, nothing secret is told')
  })

  await t.test('who guesses waits longer each time, whether there is such an account or not', async t => {
    for (const name of ['ann', 'nobody']) {
      const people = await open()
      await people.add('ann')
      for (let at = 0; at < 6; at++) t.same(await signIn(people, name, 'wrong'), { is: 'refused' }, `${name} ${at}`)
      t.same(await signIn(people, name), { is: 'held-off', wait: 30_000 }, 'the right one, too')
      people.now += 30_000
      t.same(await signIn(people, name, 'wrong'), { is: 'refused' })
      t.same(await signIn(people, name), { is: 'held-off', wait: 60_000 })
      for (let at = 0; at < 20; at++) {
        people.now += 15 * 60_000
        t.same(await signIn(people, name, 'wrong'), { is: 'refused' })
      }
      t.same(await signIn(people, name), { is: 'held-off', wait: 15 * 60_000 }, 'never longer')
    }
  })

  await t.test('many guesses at once are counted, each', async t => {
    const people = await open()
    await people.add('ann')
    const all = await Promise.all(Array.from({ length: 20 }, () => signIn(people, 'ann', 'wrong')))
    t.equal(all.filter(({ is }) => is === 'refused').length, 6)
    t.equal(all.filter(({ is }) => is === 'held-off').length, 14)
  })

  await t.test('success forgets what failed before', async t => {
    const people = await open()
    await people.add('ann')
    for (let round = 0; round < 3; round++) {
      for (let at = 0; at < 5; at++) await signIn(people, 'ann', 'wrong')
      t.match(await signIn(people, 'ann'), { is: 'in' })
    }
  })

  await t.test('an address that tries many names is held off as a whole, others are not', async t => {
    const people = await open()
    await people.add('ann')
    for (let at = 0; at < 51; at++) await signIn(people, `nobody${at}`, 'wrong', '2001:db8:1:2::7')
    t.match(await signIn(people, 'ann', password, '2001:db8:1:2:ffff::1'), { is: 'held-off' }, 'the same network')
    t.match(await signIn(people, 'ann', password, '192.0.2.9'), { is: 'in' })
  })

  await t.test('a code of the app raises the session under another token, and is good once', async t => {
    const people = await open()
    const { needs, tenant, from } = people
    const { secret } = await withApp(t, people, await people.add('ann'))
    const site = { tenant, origin: 'https://kiln.example' }
    const who = await signedIn(people, 'ann')
    const response = codeAt(secret, people.now)
    const wrong = { factor: 'totp', response: response === '000000' ? '000001' : '000000', site } as const
    t.same(await secondStep(needs, from(), who, wrong), { is: 'refused' })
    const raised = await secondStep(needs, from(), who, { factor: 'totp', response, site })
    t.match(raised, { is: 'in', session: { acr: 'aal2', amr: ['pwd', 'otp', 'mfa'] } })
    t.not(raised.is === 'in' && raised.session.id, who.session.id)
    t.equal((await needs.sessions.list(tenant, who.account.id)).length, 1, 'the one before is over')
    const again = await signedIn(people, 'ann')
    t.same(await secondStep(needs, from(), again, { factor: 'totp', response, site }), { is: 'refused' })
    people.now += 30_000
    const next = codeAt(secret, people.now)
    t.match(await secondStep(needs, from(), again, { factor: 'totp', response: next, site }), { is: 'in' })
  })

  await t.test('of many who send the same code one gets in', async t => {
    const people = await open()
    const { needs, tenant, from } = people
    const { secret } = await withApp(t, people, await people.add('ann'))
    const site = { tenant, origin: 'https://kiln.example' }
    const who = await signedIn(people, 'ann')
    const response = codeAt(secret, people.now)
    const all = await Promise.all(
      Array.from({ length: 4 }, () => secondStep(needs, from(), who, { factor: 'totp', response, site })),
    )
    t.equal(all.filter(({ is }) => is === 'in').length, 1)
  })

  await t.test('the secret of the app lies encrypted, and is of this account alone', async t => {
    const people = await open()
    const { secret } = await withApp(t, people, await people.add('ann'))
    const { store, tenant, needs } = people
    const note = await store.note({ tenant, kind: 'account', id: 'ann' })
    t.notMatch(note?.text, secret)
    const { totp } = (await findLogin(store, tenant, 'ann')) ?? {}
    t.throws(() => needs.seal.open(totp?.sealed ?? '', 'totp somebody else'))
  })

  await t.test('a recovery code is good once, however it is typed', async t => {
    const people = await open()
    const { needs, tenant, from } = people
    const { codes } = await withApp(t, people, await people.add('ann'))
    const site = { tenant, origin: 'https://kiln.example' }
    const [first = ''] = codes
    const response = ` ${first.toUpperCase().replace('-', ' ')} `
    const step = async () =>
      secondStep(needs, from(), await signedIn(people, 'ann'), { factor: 'recovery', response, site })
    t.match(await step(), { is: 'in', session: { acr: 'aal2' } })
    t.same(await step(), { is: 'refused' })
    const note = await people.store.note({ tenant, kind: 'account', id: 'ann' })
    t.notOk(
      codes.some(code => note?.text.includes(code)),
      'only digests are kept',
    )
  })

  await t.test('a code by mail is good for the browser that asked, for ten minutes, once', async t => {
    const people = await open()
    const { needs, tenant, from, letters } = people
    await people.add('ann', { email: { address: 'ann@example.org', verified: true } })
    await changeAccount(people.store, tenant, 'ann', one => ({ ...one, emailCodes: true }))
    const site = { tenant, origin: 'https://kiln.example' }
    const who = await signedIn(people, 'ann')
    const other = await signedIn(people, 'ann')
    t.same(await sendCode(needs, tenant, who), { sent: true, wait: 0 })
    t.equal(letters[0]?.to, 'ann@example.org')
    const [response = ''] = /\d{6}/.exec(letters[0]?.text ?? '') ?? []
    const proof = { factor: 'email', response, site } as const
    t.same(await secondStep(needs, from(), other, proof), { is: 'refused' })
    t.match(await secondStep(needs, from(), who, proof), { is: 'in', session: { acr: 'aal2' } })
    t.same(await secondStep(needs, from(), who, proof), { is: 'refused' })
    await sendCode(needs, tenant, other)
    people.now += 10 * 60_000
    const late = /\d{6}/.exec(letters[1]?.text ?? '')?.[0] ?? ''
    t.same(await secondStep(needs, from(), other, { ...proof, response: late }), { is: 'refused' })
    for (let at = 0; at < 3; at++) await sendCode(needs, tenant, other)
    await sendCode(needs, tenant, other)
    t.match(await sendCode(needs, tenant, other), { sent: false, wait: 60_000 }, 'nobody is flooded')
  })

  await t.test('second factors are guessed no faster than passwords', async t => {
    const people = await open()
    const { needs, tenant, from } = people
    await withApp(t, people, await people.add('ann'))
    const site = { tenant, origin: 'https://kiln.example' }
    const who = await signedIn(people, 'ann')
    const guess = () => secondStep(needs, from(), who, { factor: 'recovery', response: 'aaaaa-aaaaa', site })
    for (let at = 0; at < 6; at++) t.same(await guess(), { is: 'refused' })
    t.match(await guess(), { is: 'held-off' })
    await signIn(people, 'ann')
    t.match(await guess(), { is: 'held-off' }, 'the password does not help')
  })
})
