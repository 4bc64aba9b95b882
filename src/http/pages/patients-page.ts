/** Whom, and which visit, an app is to be about. */
import { type EncounterRow, type PatientQuery, type PatientRow, shown } from './chart.ts'
import { type Html, html } from './html.ts'
import { alert, button, field } from './parts.ts'
import type { Page, Visit } from './visit.ts'

export type PatientsView = {
  /** Why. */
  readonly lead: Html
  readonly query: PatientQuery
  /** Absent: nothing was asked yet. */
  readonly found: readonly PatientRow[] | undefined
  /** Nobody else may be searched for. */
  readonly own: boolean
  /** What else stands in the address. */
  readonly kept?: Html
  readonly link: (patient: PatientRow) => string
  readonly problem?: string
  /** What else can be done. */
  readonly end?: Html
}

export function patientsPage(visit: Visit, view: PatientsView): Page {
  const { lead, found, own, problem, end } = view
  const body = html`
<p class="lead">${lead}</p>
${problem && alert(problem)}
${!own && searchForm(visit, view)}
${found && list(view, found)}
${end}`
  return { status: problem ? 404 : 200, title: 'Which patient?', body }
}

/** By GET: whoever goes back finds what he found. */
function searchForm({ at }: Visit, { query, kept }: PatientsView): Html {
  const { name, identifier, birthdate } = query
  return html`<form method="get" action="${at}" role="search" aria-label="Patients">
${kept}
${field({ name: 'name', label: 'Name', type: 'search', value: name, required: false })}
<div class="columns">
${field({ name: 'identifier', label: 'Record number (MRN)', value: identifier, required: false })}
${field({ name: 'birthdate', label: 'Date of birth', type: 'date', value: birthdate, required: false })}
</div>
${button('Search')}
</form>`
}

function list({ link, own }: PatientsView, found: readonly PatientRow[]): Html {
  if (found.length === 0) {
    const text = own ? 'There is no patient that you could choose.' : 'Nobody was found. A shorter name may find more.'
    return html`<p class="empty" role="status">${text}</p>`
  }
  const more = found.length > shown
  return html`<p class="count" role="status">${more ? `The first ${shown}: say more to find fewer` : `${found.length} found`}</p>
<ul class="choices">${found
    .slice(0, shown)
    .map(
      one =>
        html`<li><a href="${link(one)}"><strong>${one.name}</strong><span class="hint">${one.details}</span></a></li>`,
    )}</ul>`
}

export type EncountersView = {
  readonly patient: PatientRow
  readonly found: readonly EncounterRow[]
  readonly link: (encounter: EncounterRow | undefined) => string
}

export function encountersPage(view: EncountersView): Page {
  const { patient, found, link } = view
  const body = html`
<p class="lead">The app wants to know which visit of <strong>${patient.name}</strong> it is about.</p>
<ul class="choices">${found.map(
    one =>
      html`<li><a href="${link(one)}"><strong>${one.title}</strong><span class="hint">${one.details}</span></a></li>`,
  )}<li><a href="${link(undefined)}"><strong>None of them</strong></a></li></ul>`
  return { status: 200, title: 'Which visit?', body }
}
