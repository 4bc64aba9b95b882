/** What people change at their own accounts. */
import { fail } from '../../fhir/issue.ts'
import {
  type Account,
  type Change,
  changeAccount,
  findAccount,
  findEmail,
  findLogin,
  foldLogin,
  isEmail,
} from './account.ts'
import { byAccount, byAddress, byName } from './back-off.ts'
import { changedLetter, resetLetter, verifyLetter } from './letter.ts'
import { digestOf, keepOnce, newToken, takeOnce } from './once.ts'
import { checkPassword, hashPassword, isPassword } from './password.ts'
import { newRecoveryCodes } from './recovery.ts'
import type { From, SignInNeeds } from './sign-in.ts'
import { sealTotp, stepOf } from './totp.ts'

/** Whoever changes how one gets in tells the one who does. */
export async function changeOwn(
  needs: SignInNeeds,
  tenant: string,
  { login }: Pick<Account, 'login'>,
  what: string,
  change: Change,
): Promise<Account | undefined> {
  const changed = await changeAccount(needs.store, tenant, login, change)
  if (!changed) return undefined
  needs.observe({ event: 'account.changed', tenant, account: changed.id, detail: what })
  const { email, name } = changed
  if (email?.verified) await needs.mailer?.(changedLetter({ address: email.address, name }, `${what}.`))
  return changed
}

/** Throws what is wrong with it. All sessions are to be ended by the caller. */
export async function changePassword(
  needs: SignInNeeds,
  { tenant, address }: From,
  account: Account,
  given: { readonly old: string; readonly fresh: string },
): Promise<void> {
  checkPassword(given.fresh, namesOf(account))
  const wait = await needs.backOff.attempt(tenant, [byAccount(account.id), byAddress(address)])
  if (wait > 0) throw fail('throttled', 'too many attempts')
  if (!(await isPassword(account.password, given.old))) throw fail('value', 'the present password is wrong')
  await needs.backOff.succeed(tenant, byAccount(account.id), [byAddress(address)])
  await setPassword(needs, tenant, account, given.fresh)
}

export async function setPassword(
  needs: SignInNeeds,
  tenant: string,
  account: Account,
  fresh: string,
): Promise<Account | undefined> {
  checkPassword(fresh, namesOf(account))
  const password = await hashPassword(fresh, needs.random)
  return changeOwn(needs, tenant, account, 'The password was changed', one => ({ ...one, password }))
}

function namesOf({ login, email }: Account): readonly string[] {
  return [login, ...(email ? [email.address] : [])]
}

/** `secret` was shown; `code` proves that an app has it. Gives recovery codes where there were none. */
export async function enrolTotp(
  needs: SignInNeeds,
  tenant: string,
  account: Account,
  { secret, code }: { readonly secret: string; readonly code: string },
): Promise<readonly string[] | undefined> {
  const { seal, clock } = needs
  const last = stepOf(secret, code, clock(), 0)
  if (last === undefined) return undefined
  const totp = sealTotp(seal, account, secret, last)
  return withRecovery(needs, tenant, account, 'An authenticator app was added', one => ({ ...one, totp }))
}

/** The new codes, if the account had none. */
export async function withRecovery(
  needs: SignInNeeds,
  tenant: string,
  account: Account,
  what: string,
  change: (account: Account) => Account,
): Promise<readonly string[]> {
  const { codes, recovery } = newRecoveryCodes(account, needs.seal, needs.random)
  let given: readonly string[] = []
  await changeOwn(needs, tenant, account, what, one => {
    const changed = change(one)
    given = changed.recovery.length === 0 ? codes : []
    return given.length === 0 ? changed : { ...changed, recovery }
  })
  return given
}

type Link = (path: string, token: string) => string

type Sent = { readonly for: 'reset' | 'verify'; readonly login: string; readonly address: string }

const resetLasting = 30 * 60_000 // ms
const verifyLasting = 24 * 60 * 60_000 // ms

function sentOf(tenant: string, token: string) {
  return { tenant, kind: 'account-link', id: digestOf(token) }
}

async function sendLink(needs: SignInNeeds, tenant: string, account: Account, purpose: Sent['for'], link: Link) {
  const { mailer, random } = needs
  const { email, login, name, id } = account
  if (!mailer || !email) return
  const token = newToken(random)
  const sent: Sent = { for: purpose, login, address: email.address }
  const lasting = purpose === 'reset' ? resetLasting : verifyLasting
  await keepOnce(needs, sentOf(tenant, token), JSON.stringify(sent), lasting, [`account:${id}`])
  const to = { address: email.address, name }
  const url = link(purpose, token)
  await mailer(purpose === 'reset' ? resetLetter(to, login, url) : verifyLetter(to, url))
}

/** Says nothing about who has an account: what takes its time is not to be waited for. */
export async function askForReset(needs: SignInNeeds, from: From, name: string, link: Link): Promise<void> {
  const { store, backOff } = needs
  const { tenant, address } = from
  const counter = { ...byName(`reset ${foldLogin(name)}`), free: 3, first: 5 * 60_000 }
  if ((await backOff.attempt(tenant, [counter, byAddress(address)])) > 0) return
  const named = await findLogin(store, tenant, name)
  const found = named ? [named] : await findEmail(store, tenant, name)
  for (const account of found) {
    if (account.email?.verified && !account.locked) await sendLink(needs, tenant, account, 'reset', link)
  }
}

/** Throws what is wrong with the password; `undefined`: the link is not good any more. */
export async function resetPassword(
  needs: SignInNeeds,
  tenant: string,
  token: string,
  fresh: string,
): Promise<Account | undefined> {
  const { store, backOff, sessions } = needs
  const account = await accountOfLink(needs, tenant, token, 'reset')
  if (!account) return undefined
  checkPassword(fresh, namesOf(account))
  if ((await takeOnce(needs, sentOf(tenant, token))) === undefined) return undefined
  await store.dropNotes(tenant, 'account-link', `account:${account.id}`)
  await setPassword(needs, tenant, account, fresh)
  await sessions.endAll(tenant, account.id)
  await backOff.clear(tenant, byAccount(account.id))
  return account
}

/** Whom a link was sent to, as long as it is good. */
export async function accountOfLink(
  { store }: SignInNeeds,
  tenant: string,
  token: string,
  purpose: Sent['for'],
): Promise<Account | undefined> {
  const note = await store.note(sentOf(tenant, token))
  const sent: Sent | undefined = note && JSON.parse(note.text)
  if (sent?.for !== purpose) return undefined
  const account = await findLogin(store, tenant, sent.login)
  return account?.email?.address === sent.address && !account.locked ? account : undefined
}

/** Throws what is wrong with it. */
export async function changeEmail(
  needs: SignInNeeds,
  tenant: string,
  account: Account,
  address: string,
  link: Link,
): Promise<void> {
  if (!isEmail(address)) throw fail('value', 'this is no e-mail address')
  const email = { address, verified: false }
  // Codes go to a verified address only: the old one is told of the change.
  const changed = await changeAccount(needs.store, tenant, account.login, one => ({ ...one, email, emailCodes: false }))
  if (!changed) return
  needs.observe({ event: 'account.changed', tenant, account: account.id, detail: 'The e-mail address was changed' })
  const { email: before, name } = account
  const was = before?.verified && before.address !== address
  if (was) await needs.mailer?.(changedLetter({ ...before, name }, 'The e-mail address of your account was changed.'))
  await sendLink(needs, tenant, changed, 'verify', link)
}

/** `undefined`: the link is not good any more. */
export async function verifyEmail(needs: SignInNeeds, tenant: string, token: string): Promise<Account | undefined> {
  const account = await accountOfLink(needs, tenant, token, 'verify')
  if (!account || (await takeOnce(needs, sentOf(tenant, token))) === undefined) return undefined
  return changeAccount(needs.store, tenant, account.login, one => {
    if (!one.email || one.email.address !== account.email?.address) return undefined
    return { ...one, email: { ...one.email, verified: true } }
  })
}

/** As the authorization server asks for them: `undefined` if it may not be used (any more). */
export async function usable(
  { store }: Pick<SignInNeeds, 'store'>,
  tenant: string,
  id: string,
): Promise<Account | undefined> {
  const account = await findAccount(store, tenant, id)
  return account?.locked ? undefined : account
}
