/** What somebody can see and change of his own account. */
import type { Account } from '../../security/accounts/account.ts'
import type { Session } from '../../security/accounts/session.ts'
import type { Allowed } from './authorization.ts'
import { type Html, html } from './html.ts'
import { alert, button, field, form, hidden, notice, time, whose } from './parts.ts'
import { scopeLine } from './scope-words.ts'
import { passkeyForm } from './sign-in-page.ts'
import type { Page, Visit } from './visit.ts'

export type AccountView = {
  readonly account: Account
  readonly session: Session
  readonly sessions: readonly Session[]
  readonly apps: readonly Allowed[]
  readonly mayHavePasskeys: boolean
  readonly mail: boolean
  readonly staff: boolean
  readonly done?: string | undefined
  readonly problem?: string
}

export function accountPage(visit: Visit, view: AccountView): Page {
  const { account, done, problem, staff } = view
  const body = html`
<p class="lead">${account.name} · <code>${account.login}</code></p>
${done !== undefined && notice(done)}
${problem !== undefined && alert(problem)}
${staff && html`<p class="aside"><a href="${visit.root}/account/launch">Start an app for a patient</a></p>`}
${apps(visit, view)}
${devices(visit, view)}
${factors(visit, view)}
${password(visit, view)}
${email(visit, view)}
${form(visit, 'sign-out', button('Sign out', 'quiet'))}`
  return { status: problem ? 422 : 200, title: 'Your account', body, wide: true }
}

function section(id: string, title: string, ...content: readonly (Html | false)[]): Html {
  return html`<section aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${content}</section>`
}

function apps(visit: Visit, { apps }: AccountView): Html {
  if (apps.length === 0) return section('apps', 'Apps that you allowed', html`<p class="empty">None has access.</p>`)
  const rows = apps.map(
    ({ client, app, scopes, since }) => html`<li><div><strong>${app}</strong>
<span class="hint">Since ${time(since)}</span>
<details><summary>What it may do</summary><ul class="plain">${scopes.map(one => html`<li>${scopeLine(one).words}</li>`)}</ul></details></div>
${form(visit, 'revoke-app', hidden('client', client), button(html`Take back<span class="unseen"> from ${app}</span>`, 'grave'))}</li>`,
  )
  return section('apps', 'Apps that you allowed', html`<ul class="rows">${rows}</ul>`)
}

function devices(visit: Visit, { sessions, session }: AccountView): Html {
  const rows = sessions.map(one => {
    const here = one.id === session.id
    const device = deviceOf(one.device)
    return html`<li><div><strong>${device}</strong>${here && html` <span class="badge">this one</span>`}
<span class="hint">${one.address} · signed in ${time(one.started)} · seen ${time(one.seen)}</span></div>
${!here && form(visit, 'end-session', hidden('session', one.id), button(html`Sign out<span class="unseen"> ${device}</span>`, 'grave'))}</li>`
  })
  const others = sessions.length > 1 && form(visit, 'end-others', button('Sign out everywhere else', 'quiet'))
  return section('devices', 'Where you are signed in', html`<ul class="rows">${rows}</ul>`, others)
}

/** In words, as far as it can be told. */
export function deviceOf(agent: string): string {
  const browsers = [/\bEdg\b/, /\bFirefox\b/, /Chrom(?:e|ium)\b/, /\bSafari\b/]
  const named = ['Edge', 'Firefox', 'Chrome', 'Safari']
  const systems = [/Android/, /iPhone|iPad/, /Windows/, /Mac OS X/, /Linux/]
  const places = ['Android', 'iOS', 'Windows', 'macOS', 'Linux']
  const browser = named[browsers.findIndex(one => one.test(agent))]
  const system = places[systems.findIndex(one => one.test(agent))]
  if (browser === undefined) return agent === '' ? 'Something unknown' : agent.slice(0, 60)
  return system === undefined ? browser : `${browser} on ${system}`
}

function factors(visit: Visit, { account, mayHavePasskeys, mail }: AccountView): Html {
  const { totp, passkeys, emailCodes, recovery, email } = account
  const keys = passkeys.map(
    ({
      id,
      name,
      created,
    }) => html`<li><div><strong>${name}</strong><span class="hint">Passkey, since ${time(created)}</span></div>
${form(visit, 'remove-passkey', hidden('id', id), button(html`Remove<span class="unseen"> ${name}</span>`, 'grave'))}</li>`,
  )
  const app = totp
    ? form(visit, 'remove-totp', button(html`Remove<span class="unseen"> the authenticator app</span>`, 'grave'))
    : html`<a class="button quiet" href="${visit.at}/totp">Add</a>`
  const codes = form(
    visit,
    'email-codes',
    hidden('on', emailCodes ? 'no' : 'yes'),
    button(emailCodes ? 'Turn off' : 'Turn on', 'quiet'),
  )
  return section(
    'factors',
    'Second factors',
    html`<ul class="rows">
${keys}
${mayHavePasskeys && html`<li><div><strong>Passkey</strong><span class="hint">Fingerprint, face or security key: cannot be phished</span></div><a class="button quiet" href="${visit.at}/passkey">Add</a></li>`}
<li><div><strong>Authenticator app</strong><span class="hint">${totp ? 'On' : 'A code that changes every 30 seconds'}</span></div>${app}</li>
${mail && email?.verified && html`<li><div><strong>Codes by e-mail</strong><span class="hint">${emailCodes ? 'On' : 'Off'}</span></div>${codes}</li>`}
<li><div><strong>Recovery codes</strong><span class="hint">${recovery.length} left</span></div>${form(visit, 'recovery', button('Make new ones', 'quiet'))}</li>
</ul>`,
  )
}

function password(visit: Visit, { account }: AccountView): Html {
  return section(
    'password',
    'Password',
    form(
      visit,
      'password',
      whose(account.login),
      field({ name: 'old', label: 'Present password', type: 'password', autocomplete: 'current-password' }),
      newPassword,
      button('Change the password', 'quiet'),
    ),
  )
}

export const newPassword: Html = field({
  name: 'fresh',
  label: 'New password',
  type: 'password',
  autocomplete: 'new-password',
  hint: 'At least 12 characters. A few words that belong to nothing are good.',
})

function email(visit: Visit, { account, mail }: AccountView): Html | false {
  const { email } = account
  if (email === undefined && !mail) return false // nothing to see, and nothing to change
  const state = email && (email.verified ? 'Confirmed.' : 'Not confirmed yet: a letter with a link was sent.')
  return section(
    'email',
    'E-mail',
    email !== undefined && html`<p>${email.address}<span class="hint">${state}</span></p>`,
    mail &&
      form(
        visit,
        'email',
        field({ name: 'email', label: 'New address', type: 'email', autocomplete: 'email' }),
        button('Change the address', 'quiet'),
      ),
  )
}

export function addPasskeyPage(visit: Visit, options: string, problem?: string): Page {
  const body = html`
<p class="lead">Your device or security key will ask you to confirm.</p>
${problem !== undefined && alert(problem)}
${passkeyForm(visit, 'passkey', 'create', options, field({ name: 'name', label: 'What do you call it?', value: 'My passkey' }), button('Add the passkey'))}
<p class="aside"><a href="${visit.at}">Back to the account</a></p>`
  return { status: problem === undefined ? 200 : 422, title: 'Add a passkey', body, passkeys: true }
}
