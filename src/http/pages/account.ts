/** The account page and what its forms do. */
import { FhirError } from '../../fhir/issue.ts'
import type { Account } from '../../security/accounts/account.ts'
import { provenBy } from '../../security/accounts/assurance.ts'
import { changeEmail, changeOwn, changePassword, withRecovery } from '../../security/accounts/own.ts'
import { mayHavePasskeys, register, registrationOptions } from '../../security/accounts/passkey.ts'
import { newRecoveryCodes } from '../../security/accounts/recovery.ts'
import type { SignedIn } from '../../security/accounts/session.ts'
import { accountPage, addPasskeyPage } from './account-page.ts'
import { isStaff } from './chart.ts'
import { askToEnrol, enrol, isIn, pass } from './gate.ts'
import type { PageNeeds } from './needs.ts'
import { recoveryPage } from './sign-in-page.ts'
import type { Answer, Visit } from './visit.ts'

/** ms since somebody proved who he is, in which he may change how that is proven. */
const fresh = 10 * 60_000

/** What may be done by whoever finds the browser open. */
const harmless: ReadonlySet<string> = new Set(['', 'end-session', 'end-others', 'revoke-app'])

export async function ownAccount(needs: PageNeeds, visit: Visit): Promise<Answer> {
  const wish = visit.action === '' ? visit.view : visit.action
  if (visit.action === 'totp') return enrolling(needs, visit)
  const who = await pass(needs, visit, harmless.has(wish) ? {} : { fresh })
  if (!isIn(who)) return who
  if (visit.view === 'totp') return askToEnrol(needs, visit, who)
  if (visit.view === 'passkey') return addPasskey(needs, visit, who)
  const act = actions[visit.action]
  if (!act) return overview(needs, visit, who)
  try {
    return await act(needs, visit, who)
  } catch (error) {
    if (!(error instanceof FhirError)) throw error
    const [{ diagnostics = '' } = {}] = error.issues
    return overview(needs, visit, who, diagnostics)
  }
}

/** At sign-in, where a role asks for it, or later, from the page. */
async function enrolling(needs: PageNeeds, visit: Visit): Promise<Answer> {
  const who = await needs.sessions.find(visit.tenant, visit.from.token)
  const isFresh = who !== undefined && needs.clock() - who.session.proven <= fresh
  if (isFresh) return (await enrol(needs, visit, who)) ?? { to: visit.at }
  const passed = await pass(needs, { ...visit, action: '' }, { fresh })
  return isIn(passed) ? { to: visit.at } : passed
}

async function overview(
  needs: PageNeeds,
  visit: Visit,
  { account, session }: SignedIn,
  problem?: string,
): Promise<Answer> {
  const { tenant, origin, query } = visit
  return accountPage(visit, {
    ...{ account, session },
    sessions: await needs.sessions.list(tenant, account.id),
    apps: await needs.apps.list(tenant, account.id),
    mayHavePasskeys: mayHavePasskeys({ tenant, origin }),
    mail: needs.mailer !== undefined,
    staff: isStaff(account),
    ...(problem === undefined ? { done: dones[query.get('done') ?? ''] } : { problem: sentence(problem) }),
  })
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`
}

const dones: Readonly<Record<string, string>> = {
  password: 'The password was changed. You are signed out everywhere else, and apps will ask you to sign in again.',
  email: 'Look into your mail: there is a link that confirms the address.',
  device: 'It is signed out.',
  app: 'The app has no access any more.',
  factors: 'Your second factors were changed.',
}

type Action = (needs: PageNeeds, visit: Visit, who: SignedIn) => Promise<Answer>

function done({ at }: Visit, what: keyof typeof dones): Answer {
  return { to: `${at}?done=${what}` }
}

const actions: Readonly<Record<string, Action>> = {
  async password(needs, visit, who) {
    const { form, from, tenant } = visit
    await changePassword(needs, from, who.account, { old: form.get('old') ?? '', fresh: form.get('fresh') ?? '' })
    await endOthers(needs, visit, who)
    await needs.apps.end(tenant, who.account.id)
    return done(visit, 'password')
  },
  async email(needs, visit, { account }) {
    const { tenant, form } = visit
    await changeEmail(needs, tenant, account, (form.get('email') ?? '').trim(), linkFrom(visit))
    return done(visit, 'email')
  },
  async 'end-session'(needs, visit, { account }) {
    await needs.sessions.end(visit.tenant, account.id, visit.form.get('session') ?? '')
    await needs.apps.forget(visit.tenant, account.id)
    return done(visit, 'device')
  },
  async 'end-others'(needs, visit, who) {
    await endOthers(needs, visit, who)
    await needs.apps.forget(visit.tenant, who.account.id)
    return done(visit, 'device')
  },
  async 'revoke-app'(needs, visit, { account }) {
    await needs.apps.revoke(visit.tenant, account.id, visit.form.get('client') ?? '')
    return done(visit, 'app')
  },
  'remove-totp': (needs, visit, { account }) =>
    change(needs, visit, account, 'The authenticator app was removed', ({ totp: _, ...rest }) => rest),
  'remove-passkey': (needs, visit, { account }) =>
    change(needs, visit, account, 'A passkey was removed', one => {
      return { ...one, passkeys: one.passkeys.filter(({ id }) => id !== visit.form.get('id')) }
    }),
  'email-codes': (needs, visit, { account }) => {
    const emailCodes = visit.form.get('on') === 'yes'
    const what = `Codes by e-mail were turned ${emailCodes ? 'on' : 'off'}`
    return change(needs, visit, account, what, one => ({ ...one, emailCodes }))
  },
  async recovery(needs, visit, { account }) {
    const { codes, recovery } = newRecoveryCodes(account, needs.seal, needs.random)
    await changeOwn(needs, visit.tenant, account, 'New recovery codes were made', one => ({ ...one, recovery }))
    return recoveryPage(visit, codes)
  },
  async passkey(needs, visit, who) {
    const { tenant, origin, form } = visit
    const { account, session } = who
    const ceremony = { site: { tenant, origin }, session: session.id, account }
    const name = (form.get('name') ?? '').trim().slice(0, 60) || 'Passkey'
    const passkey = await register(needs, ceremony, name, form.get('response') ?? '')
    if (!passkey) return addPasskey(needs, visit, who, 'The passkey could not be added. Please try again.')
    const codes = await withRecovery(needs, tenant, account, 'A passkey was added', one => {
      return { ...one, passkeys: [...one.passkeys, passkey] }
    })
    const token = await raisedBy(needs, visit, who)
    return codes.length > 0
      ? recoveryPage(visit, codes, token)
      : { to: `${visit.at}?done=factors`, ...(token ? { token } : {}) }
  },
}

/** Whoever adds his first second factor has proven by it who he is: he is not asked for it at once again. */
async function raisedBy({ sessions }: PageNeeds, visit: Visit, { session }: SignedIn): Promise<string | undefined> {
  if (session.acr !== 'aal1') return undefined
  const proven = { ...provenBy('passkey', session.amr), provenAt: visit.at }
  return (await sessions.raise(visit.tenant, session, proven)).token
}

async function change(
  needs: PageNeeds,
  visit: Visit,
  account: Account,
  what: string,
  make: (account: Account) => Account,
): Promise<Answer> {
  await changeOwn(needs, visit.tenant, account, what, make)
  return done(visit, 'factors')
}

async function endOthers({ sessions }: PageNeeds, { tenant }: Visit, { account, session }: SignedIn): Promise<void> {
  for (const { id } of await sessions.list(tenant, account.id)) {
    if (id !== session.id) await sessions.end(tenant, account.id, id)
  }
}

async function addPasskey(needs: PageNeeds, visit: Visit, who: SignedIn, problem?: string): Promise<Answer> {
  const { tenant, origin } = visit
  const { account, session } = who
  if (!mayHavePasskeys({ tenant, origin })) return { to: visit.at }
  const options = await registrationOptions(needs, { site: { tenant, origin }, session: session.id, account })
  return addPasskeyPage(visit, options, problem)
}

/** Into a letter. */
export function linkFrom({ origin, root }: Visit): (path: string, token: string) => string {
  return (path, token) => `${origin}${root}/account/${path}?token=${token}`
}
