/** `kiln user add | list | lock | unlock | roles | set-password | reset-mfa`: beside a running server on the same store, or without one. */
import { text as readAll } from 'node:stream/consumers'
import { Command } from 'commander'
import { inTenant, say } from './command.ts'
import type { Environment } from './config.ts'
import { fail } from './fhir/issue.ts'
import {
  type Account,
  type AccountNeeds,
  addAccount,
  type Change,
  changeAccount,
  checkRoles,
  findLogin,
  listAccounts,
} from './security/accounts/account.ts'
import { factorsOf } from './security/accounts/assurance.ts'
import { byAccount, openBackOff } from './security/accounts/back-off.ts'
import type { AccountEvent } from './security/accounts/event.ts'
import { checkPassword, generatePassword, hashPassword } from './security/accounts/password.ts'
import { openSessions } from './security/accounts/session.ts'
import { isIssuer } from './security/config.ts'
import { accountFor, link, unlink } from './security/external/linked.ts'
import { revokeTokens } from './security/smart/grant.ts'
import { openRevoked, type Revoked } from './security/smart/revoked.ts'
import { longest } from './security/smart/smart.ts'
import { outside } from './server.ts'
import type { Store } from './store/port.ts'

type Options = { readonly tenant: string }

type Elsewhere = { readonly issuer?: string }

type Site = AccountNeeds & {
  readonly tenant: string
  /** KILN_OIDC_ISSUER */
  readonly issuer: string
  readonly store: Store
  readonly revoked: Revoked
  readonly observe: (event: AccountEvent) => void
}

export function userCommand(environment: Environment): Command {
  const command = new Command('user').description('accounts of those who sign in')
  const sub = (usage: string, description: string) =>
    command
      .command(usage)
      .description(description)
      .option('--tenant <name>', 'the tenant whose accounts they are', 'default')
  const secret = '--password-stdin'

  sub('add <login>', 'add an account; without --password-stdin a password is made and printed once, on the last line')
    .option('--name <name>', 'of the person')
    .option('--email <address>', 'an address that is known to be theirs')
    .option('--role <role...>', 'what they are: physician, nurse, administrator …', [])
    .option('--link <reference...>', 'who they are: Practitioner/23, Patient/7 …; the first is fhirUser', [])
    .option(secret, 'read the password from standard input')
    .action((login: string, options: Options & Added) =>
      within(environment, options, site => add(site, login, options)),
    )
  sub('list', 'list the accounts').action((options: Options) => within(environment, options, list))
  sub('lock <login>', 'let nobody sign in; sessions end').action((login: string, options: Options) =>
    within(environment, options, site => lock(site, login)),
  )
  sub('unlock <login>', 'let them sign in again, and forget failures').action((login: string, options: Options) =>
    within(environment, options, site => unlock(site, login)),
  )
  sub('roles <login> [role...]', 'say which roles they have, or with none: take all away').action(
    (login: string, roles: readonly string[], options: Options) =>
      within(environment, options, site => setRoles(site, login, roles)),
  )
  sub('set-password <login>', 'give a new password; sessions end')
    .option(secret, 'read the password from standard input')
    .action((login: string, options: Options & { readonly passwordStdin?: boolean }) =>
      within(environment, options, site => renew(site, login, options.passwordStdin)),
    )
  const issuer = ['--issuer <url>', 'where they sign in; by default KILN_OIDC_ISSUER'] as const
  sub('link <login> <sub>', 'let them sign in at an identity provider, which knows them by <sub>')
    .option(...issuer)
    .action((login: string, sub: string, options: Options & Elsewhere) =>
      within(environment, options, site => linkTo(site, login, identity(site, sub, options))),
    )
  sub('unlink <sub>', 'take that back; sessions end')
    .option(...issuer)
    .action((sub: string, options: Options & Elsewhere) =>
      within(environment, options, site => unlinkFrom(site, identity(site, sub, options))),
    )
  sub('reset-mfa <login>', 'take all second factors away; sessions end').action((login: string, options: Options) =>
    within(environment, options, site => resetFactors(site, login)),
  )
  return command
}

function within(environment: Environment, options: Options, act: (site: Site) => Promise<void>): Promise<void> {
  return inTenant(environment, options, async ({ config, runtime }) => {
    const own = { store: runtime.store, clock: outside.clock, random: outside.random }
    const { observe } = runtime
    const { tenant } = options
    await act({ ...own, revoked: openRevoked({ ...own, longest }), tenant, observe, issuer: config.KILN_OIDC_ISSUER })
  })
}

type Added = {
  readonly name?: string
  readonly email?: string
  readonly role: readonly string[]
  readonly link: readonly string[]
  readonly passwordStdin?: boolean
}

async function add(site: Site, login: string, { name, email, role, link, passwordStdin }: Added): Promise<void> {
  const { text, made } = await passwordFrom(site, passwordStdin, [login])
  const account = await addAccount(site, site.tenant, {
    ...{ login, roles: role, links: link, password: await hashPassword(text, site.random) },
    ...(name === undefined ? {} : { name }),
    ...(email === undefined ? {} : { email: { address: email, verified: true } }),
  })
  tell(site, account, 'added')
  say(`${account.login} is added${made ? ', with this password:' : ''}`)
  if (made) say(text)
}

/** From standard input its first line. */
async function passwordFrom({ random }: Site, given: boolean | undefined, names: readonly string[]) {
  if (!given) return { text: generatePassword(random), made: true }
  const [text = ''] = (await readAll(process.stdin)).split(/\r?\n/, 1)
  checkPassword(text, names)
  return { text, made: false }
}

async function list({ store, tenant }: Site): Promise<void> {
  for (const account of await listAccounts(store, tenant)) say(line(account))
}

function line(account: Account): string {
  const { login, name, roles, links, locked } = account
  const factors = factorsOf(account)
  return [
    login,
    name,
    roles.join(' ') || 'no role',
    links.join(' ') || 'no link',
    factors.length > 0 ? `second factor: ${factors.join(' ')}` : 'no second factor',
    ...(locked ? ['locked'] : []),
  ].join(' · ')
}

async function change({ store, tenant }: Site, login: string, make: Change): Promise<Account> {
  const changed = await changeAccount(store, tenant, login, make)
  if (!changed) throw unknown(login)
  return changed
}

function unknown(login: string): Error {
  return fail('not-found', `there is no account '${login}'`)
}

/** Whoever is signed in is so no more, and no app of theirs has a token that is good. */
async function signOut(site: Site, { id }: Account): Promise<void> {
  await openSessions(site, { idle: 0, longest: 0 }).endAll(site.tenant, id)
  await revokeTokens(site, id)
}

async function lock(site: Site, login: string): Promise<void> {
  const account = await change(site, login, one => ({ ...one, locked: true }))
  await signOut(site, account)
  tell(site, account, 'locked')
  say(`${account.login} is locked`)
}

async function unlock(site: Site, login: string): Promise<void> {
  const account = await change(site, login, one => ({ ...one, locked: false }))
  await openBackOff(site).clear(site.tenant, byAccount(account.id))
  tell(site, account, 'unlocked')
  say(`${account.login} may sign in`)
}

async function setRoles(site: Site, login: string, roles: readonly string[]): Promise<void> {
  checkRoles(roles)
  const account = await change(site, login, one => ({ ...one, roles }))
  await site.revoked.revoke(site.tenant, `user:${account.id}`) // they tell the roles of before; apps get others by refreshing
  tell(site, account, `roles: ${roles.join(' ')}`)
  say(`${account.login} has ${roles.length === 0 ? 'no roles' : `the roles ${roles.join(', ')}`}`)
}

async function renew(site: Site, login: string, given: boolean | undefined): Promise<void> {
  const before = await findLogin(site.store, site.tenant, login)
  if (!before) throw unknown(login)
  const { text, made } = await passwordFrom(site, given, [before.login])
  const password = await hashPassword(text, site.random)
  const account = await change(site, login, one => ({ ...one, password }))
  await signOut(site, account)
  await openBackOff(site).clear(site.tenant, byAccount(account.id))
  tell(site, account, 'given a new password')
  say(`${account.login} has a new password${made ? ':' : ''}`)
  if (made) say(text)
}

async function resetFactors(site: Site, login: string): Promise<void> {
  const account = await change(site, login, ({ totp: _, ...rest }) => {
    return { ...rest, passkeys: [], emailCodes: false, recovery: [] }
  })
  await signOut(site, account)
  tell(site, account, 'second factors taken away')
  say(`${account.login} has no second factor`)
}

/** For the audit. */
function tell({ observe, tenant }: Site, { id }: Account, what: string): void {
  observe({ event: 'account.changed', tenant, account: id, detail: `kiln user: ${what}` })
}

function identity({ issuer: usual }: Site, sub: string, { issuer = usual }: Elsewhere) {
  if (issuer === '' || !isIssuer(issuer)) throw fail('value', 'expected --issuer, or KILN_OIDC_ISSUER to be set')
  return { issuer, sub }
}

type Identity = ReturnType<typeof identity>

async function linkTo(site: Site, login: string, who: Identity): Promise<void> {
  const account = await findLogin(site.store, site.tenant, login)
  if (!account) throw unknown(login)
  await link(site, site.tenant, who, account)
  tell(site, account, `linked ${who.sub} of ${who.issuer}`)
  say(`${account.login} may sign in at ${who.issuer}`)
}

async function unlinkFrom(site: Site, who: Identity): Promise<void> {
  const account = await accountFor(site, site.tenant, who, 'linked')
  if (!account) throw fail('not-found', `'${who.sub}' of ${who.issuer} is linked to no account`)
  await unlink(site, site.tenant, who)
  await signOut(site, account)
  tell(site, account, `unlinked ${who.sub} of ${who.issuer}`)
  say(`${account.login} may not sign in there any more`)
}
