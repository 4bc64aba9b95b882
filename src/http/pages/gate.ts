/** Nobody gets by who has not proven who he is, as surely as it is asked for. */
import type { Account } from '../../security/accounts/account.ts'
import { type Acr, type Factor, factorsOf, isAtLeast, neededFor, wantedBy } from '../../security/accounts/assurance.ts'
import { enrolTotp } from '../../security/accounts/own.ts'
import { authenticationOptions, mayHavePasskeys } from '../../security/accounts/passkey.ts'
import type { SignedIn } from '../../security/accounts/session.ts'
import { type Outcome, passwordStep, secondStep, sendCode } from '../../security/accounts/sign-in.ts'
import { enrolmentOf, newEnrolment } from '../../security/accounts/totp.ts'
import { leave } from './external.ts'
import type { PageNeeds } from './needs.ts'
import { waitFor } from './parts.ts'
import { enrolPage, recoveryPage, type SecondView, type SignInView, secondPage, signInPage } from './sign-in-page.ts'
import { endHere, endOwn } from './sign-out.ts'
import type { Answer, Page, Visit } from './visit.ts'

/** What is asked of whoever wants to get by. */
export type Wanted = {
  readonly app?: string
  readonly acr?: readonly string[]
  /** Proven at this very page, not before. */
  readonly anew?: boolean
  /** Proven so many ms ago at most. */
  readonly fresh?: number
  readonly loginHint?: string
  /** There is a way back. */
  readonly cancel?: boolean
}

/** Somebody who got by, or what he has to do first. */
export async function pass(needs: PageNeeds, visit: Visit, wanted: Wanted): Promise<SignedIn | Answer> {
  const done = await step(needs, visit, wanted)
  if (done) return done
  const who = await needs.sessions.find(visit.tenant, visit.from.token)
  if (!who || !isRecent(needs, visit, who, wanted)) return signInPage(visit, signInView(needs, wanted))
  const needed = neededFor(who.account, wantedBy(wanted.acr ?? []), needs.forcedRoles)
  if (isAtLeast(who.session.acr, needed)) return who
  return ask(needs, visit, who, needed)
}

export function isIn(passed: SignedIn | Answer): passed is SignedIn {
  return 'session' in passed
}

function isRecent({ clock }: PageNeeds, { at }: Visit, { session }: SignedIn, { anew, fresh }: Wanted): boolean {
  if (anew && session.provenAt !== at) return false
  return fresh === undefined || clock() - session.proven <= fresh
}

/** Signed in, but too long ago. */
async function isOld(needs: PageNeeds, visit: Visit, wanted: Wanted): Promise<boolean> {
  const who = await needs.sessions.find(visit.tenant, visit.from.token)
  return who !== undefined && !isRecent(needs, visit, who, wanted)
}

function signInView(needs: PageNeeds, { app, loginHint = '', cancel = false }: Wanted): SignInView {
  const external = needs.external?.provider.name
  return { app, name: loginHint, cancel, external, resets: needs.mailer !== undefined }
}

/** What a form of ours does; `undefined`: nothing that concerns signing in. */
async function step(needs: PageNeeds, visit: Visit, wanted: Wanted): Promise<Answer | undefined> {
  switch (visit.action) {
    case 'sign-in':
      return signIn(needs, visit, wanted)
    case 'second':
    case 'send-code':
    case 'totp':
      return second(needs, visit)
    case 'external':
      return leave(needs, visit, wanted.anew === true || (await isOld(needs, visit, wanted)))
    case 'sign-out':
      return signOut(needs, visit, wanted)
    default:
      return undefined
  }
}

async function signIn(needs: PageNeeds, visit: Visit, wanted: Wanted): Promise<Answer> {
  const { form, from, at } = visit
  const name = form.get('name') ?? ''
  const outcome = await passwordStep(needs, from, name, form.get('password') ?? '')
  if (outcome.is === 'in') return { to: at, token: outcome.token }
  const told = problemOf(outcome, 'The name or the password is wrong.')
  return signInPage(visit, { ...signInView(needs, wanted), name, ...told })
}

function problemOf(outcome: Exclude<Outcome, { is: 'in' }>, refused: string) {
  if (outcome.is === 'refused') return { problem: refused, status: 422 }
  const problem = `Too many attempts. Please try again in ${waitFor(outcome.wait)}.`
  return { problem, status: 429, retryAfter: Math.ceil(outcome.wait / 1000) }
}

/** An app that waits needs the session it began in: the authorization server ends that as soon as somebody else signs in. */
async function signOut(needs: PageNeeds, visit: Visit, { app }: Wanted): Promise<Answer> {
  await (app === undefined ? endHere : endOwn)(needs, visit, 'by himself')
  return { to: visit.at, token: '' }
}

async function second(needs: PageNeeds, visit: Visit): Promise<Answer> {
  const { tenant, origin, form, from, at, action } = visit
  const who = await needs.sessions.find(tenant, from.token)
  if (!who) return { to: at }
  if (action === 'totp') return (who.session.acr === 'aal1' && (await enrol(needs, visit, who))) || { to: at }
  if (action === 'send-code') return send(needs, visit, who)
  const factor = factorsFor(visit, who).find(one => one === form.get('factor'))
  if (factor === undefined) return { to: at }
  const proof = { factor, response: form.get('response') ?? '', site: { tenant, origin } }
  const outcome = await secondStep(needs, from, who, proof)
  if (outcome.is === 'in') return { to: at, token: outcome.token }
  return askFor(needs, visit, who, factor, problemOf(outcome, 'This was not right, or not in time. Please try again.'))
}

async function send(needs: PageNeeds, visit: Visit, who: SignedIn): Promise<Page> {
  const { sent, wait } = await sendCode(needs, visit.tenant, who)
  if (sent) return askFor(needs, visit, who, 'email', { notice: 'The code is on its way. It is good for 10 minutes.' })
  const problem = wait > 0 ? `Another code can be sent in ${waitFor(wait)}.` : 'No code could be sent.'
  return askFor(needs, visit, who, 'email', { problem, status: 429 })
}

/** Not those that this browser cannot have here. */
function factorsFor({ tenant, origin }: Visit, { account }: SignedIn): readonly Factor[] {
  const possible = mayHavePasskeys({ tenant, origin })
  return factorsOf(account).filter(factor => factor !== 'passkey' || possible)
}

async function ask(needs: PageNeeds, visit: Visit, who: SignedIn, needed: Acr): Promise<Page> {
  const factors = factorsFor(visit, who)
  const chosen = factors.find(one => one === visit.query.get('factor')) ?? factors[0]
  if (chosen === undefined) return askToEnrol(needs, visit, who)
  return askFor(needs, visit, who, needed === 'phr' && factors.includes('passkey') ? 'passkey' : chosen, {})
}

async function askFor(
  needs: PageNeeds,
  visit: Visit,
  { account, session }: SignedIn,
  factor: Factor,
  told: Partial<SecondView>,
): Promise<Page> {
  const factors = factorsFor(visit, { account, session })
  const ceremony = { site: { tenant: visit.tenant, origin: visit.origin }, session: session.id, account }
  const options = factor === 'passkey' ? { options: await authenticationOptions(needs, ceremony) } : {}
  return secondPage(visit, { account, factors, factor, ...options, ...told })
}

/** The secret travels with the form: nothing is kept of one who thinks better of it. */
export function askToEnrol(needs: PageNeeds, visit: Visit, { account }: SignedIn): Page {
  const { seal, random } = needs
  const enrolment = newEnrolment(account, issuerOf(visit), random)
  const sealed = seal.seal(enrolment.secret, `new totp ${account.id}`)
  return enrolPage(visit, { enrolment, sealed, forced: isForced(needs, visit, account) })
}

/** Nobody gets on without: his role asks for it, or the app. */
function isForced({ forcedRoles }: PageNeeds, { at, root }: Visit, account: Account): boolean {
  if (factorsOf(account).length > 0) return false
  return at !== `${root}/account` || neededFor(account, 'aal1', forcedRoles) !== 'aal1'
}

function issuerOf({ base }: Visit): string {
  return `Kiln ${new URL(base).hostname}`
}

/** Who had no second factor before proves by it that it works, and is so much surer. */
export async function enrol(needs: PageNeeds, visit: Visit, who: SignedIn): Promise<Answer | undefined> {
  const { tenant, form } = visit
  const { account, session } = who
  const isFirst = session.acr === 'aal1'
  if (isFirst && factorsOf(account).length > 0) return undefined // else a stolen password would be enough to add one
  const sealed = form.get('sealed') ?? ''
  const secret = opened(needs, sealed, account.id)
  if (secret === undefined) return undefined
  const codes = await enrolTotp(needs, tenant, account, { secret, code: form.get('response') ?? '' })
  if (!codes) {
    const enrolment = enrolmentOf(account, issuerOf(visit), secret)
    const problem = 'This is not the code of this moment. Is the clock of your phone right?'
    return enrolPage(visit, { enrolment, sealed, problem, forced: isForced(needs, visit, account) })
  }
  const raised = isFirst
    ? await needs.sessions.raise(tenant, session, { acr: 'aal2', amr: ['pwd', 'otp', 'mfa'], provenAt: visit.at })
    : undefined
  const token = raised ? { token: raised.token } : {}
  return codes.length > 0 ? recoveryPage(visit, codes, raised?.token) : { to: visit.at, ...token }
}

function opened({ seal }: PageNeeds, sealed: string, id: string): string | undefined {
  try {
    return seal.open(sealed, `new totp ${id}`)
  } catch {
    return undefined // it was not sealed here: whoever changed it gets nothing
  }
}
