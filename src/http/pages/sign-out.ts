/** An app sends somebody here to sign out. https://openid.net/specs/openid-connect-rpinitiated-1_0.html */
import type { SignedIn } from '../../security/accounts/session.ts'
import type { Leaving, Wish } from '../../security/smart/sign-out.ts'
import { type Html, html } from './html.ts'
import type { PageNeeds } from './needs.ts'
import { leavingPage } from './notice-page.ts'
import { button, form, hidden } from './parts.ts'
import type { Answer, Page, Visit } from './visit.ts'

/** Whoever is signed in is asked: else any page could sign him out. */
export async function signOut(needs: PageNeeds, visit: Visit): Promise<Answer> {
  const { tenant, from, action } = visit
  const wish = wishIn(action === 'end' ? visit.form : visit.query)
  const leaving = await needs.authorization.leaving(windowOf(visit), wish)
  const who = await needs.sessions.find(tenant, from.token)
  if (action === 'end') return end(needs, visit, leaving)
  const isIn = who !== undefined || leaving.account !== undefined
  return isIn ? askPage(visit, leaving, wish, who) : away(visit, leaving, leaving.isProven)
}

function wishIn(said: URLSearchParams): Wish {
  const some = (name: keyof Wish, parameter: string) => {
    const value = said.get(parameter)
    return value === null || value === '' ? {} : { [name]: value }
  }
  return {
    ...some('hint', 'id_token_hint'),
    ...some('client', 'client_id'),
    ...some('to', 'post_logout_redirect_uri'),
    ...some('state', 'state'),
  }
}

function windowOf({ tenant, base, cookie }: Visit) {
  return { place: { tenant, base }, cookie }
}

/** Who stays signed in leaves the app all the same. */
async function end(needs: PageNeeds, visit: Visit, leaving: Leaving): Promise<Answer> {
  const app = leaving.client?.id
  if (visit.form.get('choice') === 'leave') {
    await endHere(needs, visit, app === undefined ? 'by himself' : `by himself, sent by ${app}`)
    return { ...away(visit, leaving, true), token: '' }
  }
  if (app !== undefined) await needs.authorization.end(windowOf(visit), app)
  return leaving.to === undefined ? { to: `${visit.root}/account` } : away(visit, leaving, true)
}

/** Nobody is signed in at this browser any more: neither here nor, but for what they keep offline, at the apps. */
export async function endHere(needs: PageNeeds, visit: Visit, detail: string): Promise<void> {
  await needs.authorization.end(windowOf(visit))
  await endOwn(needs, visit, detail)
}

/** Only here: apps know nothing of it. */
export async function endOwn({ sessions, observe }: PageNeeds, visit: Visit, detail: string): Promise<void> {
  const { tenant, from } = visit
  const who = await sessions.find(tenant, from.token)
  if (!who) return
  const { id: account } = who.account
  await sessions.end(tenant, account, who.session.id)
  observe({ event: 'account.signed-out', tenant, account, address: from.address, detail })
}

function askPage(visit: Visit, { client }: Leaving, wish: Wish, who: SignedIn | undefined): Page {
  const app = client && (client.name ?? client.id)
  const body = html`
<p class="lead">${app !== undefined && html`<strong>${app}</strong> asks for it. `}${who ? html`You are signed in as ${who.account.name}.` : html`You are signed in.`} Apps that may work only while you are signed in lose their access.</p>
${form(
  visit,
  'end',
  said(wish),
  html`<div class="row">${button('Sign out', 'main', 'leave')}${button('Stay signed in', 'quiet', 'stay')}</div>`,
)}`
  return { status: 200, title: 'Do you want to sign out?', body }
}

/** It is judged once more when the form comes back. */
function said({ hint, client, to, state }: Wish): readonly Html[] {
  const all = { id_token_hint: hint, client_id: client, post_logout_redirect_uri: to, state }
  return Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [hidden(name, value)]))
}

/** `isMeant`: without it an address that anybody registers would be one to which any link to us leads. */
function away({ root }: Visit, { client, to }: Leaving, isMeant: boolean): Page {
  const app = client?.name ?? client?.id ?? 'the app'
  if (to !== undefined && isMeant) return leavingPage(app, to)
  const body = html`<p class="lead" role="status">You are signed out.</p>
<p>${to === undefined ? html`<a class="button" href="${root}/account">Sign in again</a>` : html`<a class="button" href="${to}">Go on to ${app}</a>`}</p>`
  return { status: 200, title: 'Signed out', body }
}
