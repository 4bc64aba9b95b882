/** Starting an app for a patient, as an EHR does: https://hl7.org/fhir/smart-app-launch/app-launch.html#launch-app-ehr-launch */
import type { Launchable } from './authorization.ts'
import { isEmpty, queryOf } from './authorize.ts'
import { isStaff, type PatientRow, type Who } from './chart.ts'
import { isIn, pass } from './gate.ts'
import { type Html, html } from './html.ts'
import type { PageNeeds } from './needs.ts'
import { errorPage, leavingPage } from './notice-page.ts'
import { button, form, hidden } from './parts.ts'
import { encountersPage, patientsPage } from './patients-page.ts'
import type { Answer, Page, Visit } from './visit.ts'

export async function launch(needs: PageNeeds, visit: Visit): Promise<Answer> {
  const signedIn = await pass(needs, visit, {})
  if (!isIn(signedIn)) return signedIn
  const { tenant, base, from } = visit
  const { account } = signedIn
  if (!isStaff(account)) return errorPage(403, 'Not for you', 'Only professionals start apps for patients.')
  const who: Who = { tenant, base, address: from.address, account }
  const said = visit.action === 'start' ? visit.form : visit.query
  const clients = await needs.launches.clients(tenant)
  const client = clients.find(({ id }) => id === said.get('client'))
  if (!client) return chooseApp(visit, clients)
  const id = said.get('patient') ?? undefined
  if (id === '')
    return visit.action === 'start' ? start(needs, visit, client, undefined, undefined) : ready(visit, client)
  const patient = id === undefined ? undefined : await needs.chart.patient(who, id)
  if (!patient) return choosePatient(needs, visit, client, who, id !== undefined)
  return chooseEncounter(needs, visit, client, who, patient)
}

function chooseApp({ at }: Visit, clients: readonly Launchable[]): Page {
  const rows = clients.map(
    ({ id, name, url }) =>
      html`<li><a href="${at}?${query({ client: id })}"><strong>${name}</strong><span class="hint">${url}</span></a></li>`,
  )
  const body = html`<p class="lead">It learns from us which patient it is about, as if it had been started in a record.</p>
${rows.length > 0 ? html`<ul class="choices">${rows}</ul>` : html`<p class="empty">No app is registered with an address at which it can be started (<code>initiate_login_uri</code>).</p>`}`
  return { status: 200, title: 'Start which app?', body }
}

function query(values: Readonly<Record<string, string>>): string {
  return new URLSearchParams(values).toString()
}

async function choosePatient(
  needs: PageNeeds,
  visit: Visit,
  client: Launchable,
  who: Who,
  missed: boolean,
): Promise<Page> {
  const asked = queryOf(visit.query)
  const found = isEmpty(asked) ? undefined : await needs.chart.patients(who, asked)
  return patientsPage(visit, {
    lead: html`<strong>${client.name}</strong> is to be about whom?`,
    ...{ query: asked, found, own: false, kept: hidden('client', client.id) },
    link: ({ id }) => `${visit.at}?${query({ client: client.id, patient: id })}`,
    ...(missed ? { problem: 'There is no such patient for you.' } : {}),
    end: html`<p class="aside"><a href="${visit.at}?${query({ client: client.id, patient: '' })}">Start without a patient</a></p>`,
  })
}

async function chooseEncounter(
  needs: PageNeeds,
  visit: Visit,
  client: Launchable,
  who: Who,
  patient: PatientRow,
): Promise<Answer> {
  const said = visit.action === 'start' ? visit.form : visit.query
  const wish = said.get('encounter')
  const found = await needs.chart.encounters(who, patient.id)
  const encounter = found.find(({ id }) => id === wish)?.id
  if (visit.action === 'start') return start(needs, visit, client, patient, encounter)
  if (wish !== null || found.length === 0) return ready(visit, client, patient, encounter)
  const link = (one?: { readonly id: string }) =>
    `${visit.at}?${query({ client: client.id, patient: patient.id, encounter: one?.id ?? '' })}`
  return encountersPage({ patient, found, link })
}

/** A launch is minted by a form alone: looking at an address does nothing. */
function ready(visit: Visit, client: Launchable, patient?: PatientRow, encounter?: string): Page {
  const about: Html = patient
    ? html`<div class="card"><div><strong>${patient.name}</strong><span class="hint">${patient.details}</span></div></div>`
    : html`<p class="empty">Without a patient</p>`
  const body = html`${about}
${form(
  visit,
  'start',
  hidden('client', client.id),
  hidden('patient', patient?.id ?? ''),
  encounter !== undefined && hidden('encounter', encounter),
  button('Start'),
)}
<p class="aside"><a href="${visit.at}">Another app</a></p>`
  return { status: 200, title: `Start ${client.name}`, body }
}

async function start(
  { launches, observe }: PageNeeds,
  { tenant, base, from }: Visit,
  { name, id, url }: Launchable,
  patient: PatientRow | undefined,
  encounter: string | undefined,
): Promise<Page> {
  const context = { ...(patient ? { patient: patient.id } : {}), ...(encounter === undefined ? {} : { encounter }) }
  const to = new URL(url)
  to.searchParams.set('iss', base)
  to.searchParams.set('launch', await launches.mint(tenant, context))
  observe({ event: 'account.launched', tenant, address: from.address, detail: id })
  return leavingPage(name, to.href)
}
