/** What an app wants, in plain words; each may be refused. */
import type { Account } from '../../security/accounts/account.ts'
import type { Asked } from './authorization.ts'
import type { PatientRow } from './chart.ts'
import { html } from './html.ts'
import { alert, button, form, hidden } from './parts.ts'
import { type ScopeLine, scopeLine } from './scope-words.ts'
import type { Page, Visit } from './visit.ts'

export type ConsentView = {
  readonly asked: Asked
  readonly account: Account
  readonly patient: PatientRow | undefined
  readonly encounter?: string | undefined
  /** There are others to choose. */
  readonly another: boolean
  readonly problem?: string
}

export function nameOf({ client }: Asked): string {
  return client.name ?? client.id
}

export function consentPage(visit: Visit, view: ConsentView): Page {
  const { asked, account, patient, encounter, another, problem } = view
  const lines = asked.scopes.map(scopeLine)
  const about = lines.filter(({ scope }) => scope.includes('/') && !scope.startsWith('launch'))
  const rest = lines.filter(line => !about.includes(line))
  const app = nameOf(asked)
  const body = html`
<p class="lead"><strong>${app}</strong> asks you, ${account.name}, for this. Take away what you do not want it to have.</p>
${problem && alert(problem)}
${patient && patientCard(visit, patient, another)}
${form(
  visit,
  'consent',
  patient && hidden('patient', patient.id),
  encounter !== undefined && hidden('encounter', encounter),
  about.length > 0 && group('In the record', about),
  rest.length > 0 && group('About you and the app', rest),
  html`<div class="row">${button(`Allow ${app}`, 'main', 'allow')}${button('Refuse', 'quiet', 'refuse')}</div>`,
)}
<p class="aside">${asked.client.uri !== undefined && html`${app} says that it is from ${hostOf(asked.client.uri)}. `}You can take this back at any time on <a href="${visit.root}/account">your account page</a>.</p>`
  return { status: problem ? 422 : 200, title: 'May this app have access?', body }
}

function patientCard(visit: Visit, { name, details }: PatientRow, another: boolean) {
  return html`<div class="card"><div><span class="hint">The patient</span><strong>${name}</strong><span class="hint">${details}</span></div>
${another && html`<a href="${visit.at}">Another patient</a>`}</div>`
}

function group(legend: string, lines: readonly ScopeLine[]) {
  return html`<fieldset><legend>${legend}</legend><ul class="scopes">${lines.map(item)}</ul></fieldset>`
}

/** A label around its box: all of it can be clicked. */
function item({ scope, words, detail, strong }: ScopeLine) {
  return html`<li><label><input type="checkbox" name="scope" value="${scope}" checked><span><span class="${strong ? 'strong' : 'mild'}">${words}</span>${detail !== undefined && html` <code>${detail}</code>`}</span></label></li>`
}

function hostOf(uri: string): string {
  return URL.parse(uri)?.host ?? uri
}
