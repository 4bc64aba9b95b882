/** Name and password, and what may come next: a second factor. */
import type { Account } from '../../security/accounts/account.ts'
import type { Factor } from '../../security/accounts/assurance.ts'
import type { Enrolment } from '../../security/accounts/totp.ts'
import { html } from './html.ts'
import { alert, button, field, form, hidden, notice } from './parts.ts'
import type { Page, Visit } from './visit.ts'

export type SignInView = {
  /** The app that wants it. */
  readonly app?: string | undefined
  readonly name?: string
  readonly problem?: string
  readonly status?: number
  readonly retryAfter?: number
  /** Mail can be sent. */
  readonly resets: boolean
  readonly cancel: boolean
  /** Where else one can sign in. */
  readonly external?: string | undefined
}

export function signInPage(visit: Visit, view: SignInView): Page {
  const { app, name, problem, status = 200, retryAfter, resets, cancel, external } = view
  const body = html`
${app ? html`<p class="lead">to go on to <strong>${app}</strong></p>` : html`<p class="lead">to see your account</p>`}
${problem && alert(problem)}
${form(
  visit,
  'sign-in',
  field({ name: 'name', label: 'User name or e-mail', value: name, autocomplete: 'username' }),
  field({ name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password' }),
  button('Sign in'),
)}
${external && form(visit, 'external', button(`Sign in with ${external}`, 'quiet'))}
${resets && html`<p class="aside"><a href="${visit.root}/account/reset">Forgot your password?</a></p>`}
${cancel && form(visit, 'cancel', button('Cancel', 'plain'))}`
  return { status, title: 'Sign in', body, ...(retryAfter === undefined ? {} : { retryAfter }) }
}

export type SecondView = {
  readonly account: Account
  /** Best first. */
  readonly factors: readonly Factor[]
  /** The one that is shown. */
  readonly factor: Factor
  /** For the browser, where it is about a passkey. */
  readonly options?: string
  readonly problem?: string
  readonly notice?: string
  readonly status?: number
  readonly retryAfter?: number
}

const words: Readonly<Record<Factor, string>> = {
  passkey: 'Use a passkey',
  totp: 'Use an authenticator app',
  email: 'Get a code by e-mail',
  recovery: 'Use a recovery code',
}

export function secondPage(visit: Visit, view: SecondView): Page {
  const { factors, factor, problem, notice: said, status = 200, retryAfter } = view
  const others = factors.filter(one => one !== factor)
  const body = html`
${problem && alert(problem)}
${said && notice(said)}
${challenge(visit, view)}
${
  others.length > 0 &&
  html`<nav class="others" aria-labelledby="others"><h2 id="others">Another way</h2><ul>${others.map(one => html`<li><a href="${visit.at}?factor=${one}">${words[one]}</a></li>`)}</ul></nav>`
}
${form(visit, 'sign-out', button('Sign in as somebody else', 'plain'))}`
  return {
    status,
    title: 'Is it really you?',
    body,
    passkeys: factor === 'passkey',
    ...(retryAfter === undefined ? {} : { retryAfter }),
  }
}

function challenge(visit: Visit, { factor, options = '', account }: SecondView) {
  switch (factor) {
    case 'passkey':
      return html`<p class="lead">Confirm with your fingerprint, your face or a security key.</p>
${passkeyForm(visit, 'second', 'get', options, hidden('factor', factor), button('Use passkey'))}`
    case 'totp':
      return html`<p class="lead">Type the code that your authenticator app shows.</p>
${form(visit, 'second', hidden('factor', factor), code('Code from the app'), button('Go on'))}`
    case 'email':
      return html`<p class="lead">We can send a code to ${veiled(account.email?.address ?? '')}.</p>
${form(visit, 'send-code', button('Send a code', 'quiet'))}
${form(visit, 'second', hidden('factor', factor), code('Code from the mail'), button('Go on'))}`
    case 'recovery':
      return html`<p class="lead">Type one of the recovery codes that you wrote down. It will not be good again.</p>
${form(visit, 'second', hidden('factor', factor), field({ name: 'response', label: 'Recovery code' }), button('Go on'))}`
  }
}

function code(label: string) {
  return field({ name: 'response', label, autocomplete: 'one-time-code', digits: true })
}

/** The script fills in what the browser makes of the options, and sends it. */
export function passkeyForm(
  visit: Visit,
  action: string,
  ceremony: 'get' | 'create',
  options: string,
  ...content: readonly ReturnType<typeof html>[]
) {
  return html`<div class="passkey" data-ceremony="${ceremony}" data-options="${options}">
${form(visit, action, hidden('response', ''), ...content)}
<p class="passkey-problem" role="alert" hidden>The passkey was not used. You can try again, or take another way.</p>
<noscript><p class="notice">Passkeys need JavaScript, which is off in this browser.</p></noscript>
</div>`
}

/** Who reads over a shoulder learns no address. */
function veiled(address: string): string {
  const [local = '', domain = ''] = address.split('@')
  return `${local.slice(0, 1)}…@${domain}`
}

export type EnrolView = {
  readonly enrolment: Enrolment
  readonly sealed: string
  readonly problem?: string
  /** Nobody gets on without. */
  readonly forced: boolean
}

export function enrolPage(visit: Visit, { enrolment, sealed, problem, forced }: EnrolView): Page {
  const body = html`
${forced && html`<p class="lead">You need a second factor to go on. Setting it up takes a minute, once.</p>`}
${problem && alert(problem)}
<ol class="steps">
<li>Install an authenticator app on your phone, such as Aegis, Google Authenticator or Microsoft Authenticator.</li>
<li>Add an account there by typing this key${html`, or <a href="${enrolment.uri}">open it in an app on this device</a>`}:
<code class="secret">${(enrolment.secret.match(/.{1,4}/g) ?? []).join(' ')}</code></li>
<li>Type the code that the app shows.</li>
</ol>
${form(visit, 'totp', hidden('sealed', sealed), field({ name: 'response', label: 'Code from the app', autocomplete: 'one-time-code', digits: true }), button('Turn it on'))}
${forced ? form(visit, 'sign-out', button('Not now: sign out', 'plain')) : html`<p class="aside"><a href="${visit.at}">Back to the account</a></p>`}`
  return { status: problem ? 422 : 200, title: 'Add an authenticator app', body }
}

export function recoveryPage(visit: Visit, codes: readonly string[], token?: string): Page {
  const body = html`
<p class="lead">If you lose your phone or key, one of these lets you in. Print them or write them down now: they are shown once, and each is good once.</p>
<ul class="codes">${codes.map(one => html`<li><code>${one}</code></li>`)}</ul>
<p><a class="button" href="${visit.at}">I have kept them: go on</a></p>`
  return { status: 200, title: 'Your recovery codes', body, ...(token === undefined ? {} : { token }) }
}
