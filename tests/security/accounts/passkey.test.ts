import { type Account, changeAccount, findAccount } from '../../../src/security/accounts/account.ts'
import {
  authenticationOptions,
  mayHavePasskeys,
  register,
  registrationOptions,
} from '../../../src/security/accounts/passkey.ts'
import type { SignedIn } from '../../../src/security/accounts/session.ts'
import { passwordStep, secondStep } from '../../../src/security/accounts/sign-in.ts'
import { onBoth, type People, password } from './people.ts'
import { newKey } from './software-key.ts'

const origin = 'https://kiln.example'
const rpId = 'kiln.example'

async function signedIn({ needs, tenant, from }: People, login: string): Promise<SignedIn> {
  const outcome = await passwordStep(needs, from(), login, password)
  const who = outcome.is === 'in' ? await needs.sessions.find(tenant, outcome.token) : undefined
  if (!who) throw new Error(outcome.is)
  return who
}

function challengeIn(options: string): string {
  return JSON.parse(options).challenge
}

async function withKey(people: People, login: string): Promise<ReturnType<typeof newKey>> {
  const { needs, tenant, store } = people
  const { account, session } = await signedIn(people, login)
  const ceremony = { site: { tenant, origin }, session: session.id, account }
  const challenge = challengeIn(await registrationOptions(needs, ceremony))
  const key = newKey()
  const passkey = await register(needs, ceremony, 'Key', key.register({ challenge, origin, rpId }))
  if (!passkey) throw new Error('not registered')
  await changeAccount(store, tenant, login, one => ({ ...one, passkeys: [...one.passkeys, passkey] }))
  return key
}

async function challenge({ needs, tenant }: People, { account, session }: SignedIn): Promise<string> {
  return challengeIn(await authenticationOptions(needs, { site: { tenant, origin }, session: session.id, account }))
}

function prove(people: People, who: SignedIn, response: string) {
  const { needs, tenant, from } = people
  return secondStep(needs, from(), who, { factor: 'passkey', response, site: { tenant, origin } })
}

const refused = { is: 'refused' }

await onBoth(async (t, open) => {
  await t.test('a passkey proves who it is, once for each challenge', async t => {
    const people = await open()
    await people.add('ann')
    const key = await withKey(people, 'ann')
    const who = await signedIn(people, 'ann')
    const given = { challenge: await challenge(people, who), origin, rpId }
    const response = key.authenticate(given)
    t.match(await prove(people, who, response), { is: 'in', session: { acr: 'phr', amr: ['pwd', 'hwk', 'mfa'] } })
    t.same(await prove(people, who, response), refused)
  })

  await t.test('what was signed for another site, challenge, browser or account proves nothing', async t => {
    const people = await open()
    await people.add('ann')
    await people.add('ben')
    const key = await withKey(people, 'ann')
    const bens = await withKey(people, 'ben')
    const who = await signedIn(people, 'ann')
    const attempt = async (make: (challenge: string) => string) =>
      prove(people, who, make(await challenge(people, who)))
    const cases: [string, (challenge: string) => string][] = [
      ['another origin', challenge => key.authenticate({ challenge, origin: 'https://kiln.example.evil', rpId })],
      ['another site', challenge => key.authenticate({ challenge, origin, rpId: 'evil.example' })],
      ['another challenge', () => key.authenticate({ challenge: 'A'.repeat(43), origin, rpId })],
      ['the key of somebody else', challenge => bens.authenticate({ challenge, origin, rpId })],
      ['no JSON', () => '{'],
      ['nothing', () => 'null'],
    ]
    for (const [name, make] of cases) {
      t.same(await attempt(make), refused, name)
      people.now += 15 * 60_000 // nobody is to be held off here
    }
    const fresh = await signedIn(people, 'ann')
    const other = await signedIn(people, 'ann')
    const ofOther = key.authenticate({ challenge: await challenge(people, other), origin, rpId })
    t.same(await prove(people, fresh, ofOther), refused, 'the challenge of another browser')
    const old = key.authenticate({ challenge: await challenge(people, fresh), origin, rpId })
    people.now += 5 * 60_000
    t.same(await prove(people, fresh, old), refused, 'too late')
  })

  await t.test('a key whose counter does not rise was copied', async t => {
    const people = await open()
    const { id } = await people.add('ann')
    const key = await withKey(people, 'ann')
    const attempt = async (counter: number) => {
      const who = await signedIn(people, 'ann')
      return prove(people, who, key.authenticate({ challenge: await challenge(people, who), origin, rpId }, counter))
    }
    t.match(await attempt(5), { is: 'in' })
    t.same(await attempt(5), refused)
    t.same(await attempt(4), refused)
    t.match(await attempt(6), { is: 'in' })
    t.match(await findAccount(people.store, people.tenant, id), { passkeys: [{ counter: 6 }] })
  })

  await t.test('what was not made here for this challenge is not registered', async t => {
    const people = await open()
    await people.add('ann')
    const { account, session } = await signedIn(people, 'ann')
    const { needs, tenant } = people
    const ceremony = { site: { tenant, origin }, session: session.id, account: account as Account }
    const key = newKey()
    const attempt = async (make: (challenge: string) => string) => {
      const challenge = challengeIn(await registrationOptions(needs, ceremony))
      return register(needs, ceremony, 'Key', make(challenge))
    }
    t.equal(await attempt(challenge => key.register({ challenge, origin: 'https://evil.example', rpId })), undefined)
    t.equal(await attempt(challenge => key.register({ challenge, origin, rpId: 'evil.example' })), undefined)
    t.equal(await attempt(() => key.register({ challenge: 'A'.repeat(43), origin, rpId })), undefined)
    t.equal(await attempt(() => '[]'), undefined)
    t.equal(await register(needs, ceremony, 'Key', key.register({ challenge: '', origin, rpId })), undefined)
    t.match(await attempt(challenge => key.register({ challenge, origin, rpId })), { id: key.id, name: 'Key' })
  })

  await t.test('browsers know passkeys for names, and only where there is TLS', async t => {
    const may = (origin: string) => mayHavePasskeys({ tenant: 'default', origin })
    for (const good of ['https://kiln.example', 'https://kiln.example:8443', 'http://localhost:8080'])
      t.ok(may(good), good)
    for (const bad of ['http://kiln.example', 'http://127.0.0.1:8080', 'https://10.0.0.1', 'https://[::1]']) {
      t.notOk(may(bad), bad)
    }
  })
})
