/** An app asks for access: somebody signs in, chooses the patient, and agrees, or not. */
import { fhirUserOf } from '../../security/accounts/account.ts'
import type { SignedIn } from '../../security/accounts/session.ts'
import type { Asked, Browser, Decision } from './authorization.ts'
import { type EncounterRow, isStaff, type PatientQuery, type PatientRow, type Who } from './chart.ts'
import { consentPage, nameOf } from './consent-page.ts'
import { isIn, pass } from './gate.ts'
import { html } from './html.ts'
import type { PageNeeds } from './needs.ts'
import { leavingPage } from './notice-page.ts'
import { button, form } from './parts.ts'
import { encountersPage, patientsPage } from './patients-page.ts'
import type { Answer, Page, Visit } from './visit.ts'

export async function authorize(needs: PageNeeds, visit: Visit, uid: string): Promise<Answer> {
  const { tenant, base, cookie } = visit
  const browser: Browser = { place: { tenant, base }, uid, cookie }
  const asked = await needs.authorization.asked(browser)
  if (visit.action === 'cancel') return refuse(needs, browser, asked)
  const { acr, anew, loginHint } = asked
  const wanted = { app: nameOf(asked), acr, anew, cancel: true, ...(loginHint === undefined ? {} : { loginHint }) }
  const who = await pass(needs, visit, wanted)
  if (!isIn(who)) return who
  const chosen = await choose(needs, visit, asked, who)
  if (!isChosen(chosen)) return chosen
  return visit.action === 'consent'
    ? decide(needs, visit, browser, asked, who, chosen)
    : agree(visit, asked, who, chosen)
}

async function refuse({ authorization }: PageNeeds, browser: Browser, asked: Asked): Promise<Page> {
  return leavingPage(nameOf(asked), await authorization.refuse(browser, 'the user refused'))
}

/** What the app will be about. */
type Chosen = {
  readonly is: 'chosen'
  readonly patient: PatientRow | undefined
  readonly encounter: string | undefined
  readonly another: boolean
}

function isChosen(chosen: Chosen | Page): chosen is Chosen {
  return 'is' in chosen
}

/** What the browser says is looked at anew each time: it may say anything. */
async function choose(needs: PageNeeds, visit: Visit, asked: Asked, { account }: SignedIn): Promise<Chosen | Page> {
  const { tenant, base, from } = visit
  const who: Who = { tenant, base, address: from.address, account }
  const said = visit.action === 'consent' ? visit.form : visit.query
  if (!asked.choose.patient) {
    const id = asked.launch.patient
    const patient = id === undefined ? undefined : await needs.chart.patient(who, id)
    return { is: 'chosen', patient, encounter: undefined, another: false }
  }
  const own = isStaff(account) ? undefined : await needs.chart.own(who)
  const only = own?.length === 1 ? own[0] : undefined
  const id = said.get('patient') ?? only?.id
  const patient = id === undefined ? undefined : await patientOf(needs, who, own, id)
  if (!patient) return pickPatient(needs, visit, asked, who, own, id !== undefined)
  const another = own === undefined || own.length > 1
  if (!asked.choose.encounter) return { is: 'chosen', patient, encounter: undefined, another }
  const wish = said.get('encounter')
  const found = await needs.chart.encounters(who, patient.id)
  if (visit.action !== 'consent' && wish === null && found.length > 0) return pickEncounter(visit, patient, found)
  return { is: 'chosen', patient, encounter: found.find(one => one.id === wish)?.id, another }
}

async function patientOf(
  { chart }: PageNeeds,
  who: Who,
  own: readonly PatientRow[] | undefined,
  id: string,
): Promise<PatientRow | undefined> {
  return own ? own.find(one => one.id === id) : chart.patient(who, id)
}

async function pickPatient(
  needs: PageNeeds,
  visit: Visit,
  asked: Asked,
  who: Who,
  own: readonly PatientRow[] | undefined,
  missed: boolean,
): Promise<Page> {
  const query = queryOf(visit.query)
  const found = own ?? (isEmpty(query) ? undefined : await needs.chart.patients(who, query))
  return patientsPage(visit, {
    lead: html`<strong>${nameOf(asked)}</strong> is about one patient. Whose record is it to see?`,
    ...{ query, found, own: own !== undefined },
    link: ({ id }) => `${visit.at}?patient=${id}`,
    ...(missed ? { problem: 'There is no such patient for you.' } : {}),
    end: form(visit, 'cancel', button('Cancel', 'plain')),
  })
}

function pickEncounter(visit: Visit, patient: PatientRow, found: readonly EncounterRow[]): Page {
  const link = (one: EncounterRow | undefined) => `${visit.at}?patient=${patient.id}&encounter=${one?.id ?? ''}`
  return encountersPage({ patient, found, link })
}

export function queryOf(query: URLSearchParams): PatientQuery {
  const text = (name: string): string => (query.get(name) ?? '').slice(0, 100)
  const birthdate = text('birthdate')
  const isDate = /^\d{4}(?:-\d\d(?:-\d\d)?)?$/.test(birthdate)
  return { name: text('name'), identifier: text('identifier'), birthdate: isDate ? birthdate : '' }
}

export function isEmpty(query: PatientQuery): boolean {
  return Object.values(query).every(text => text.trim() === '')
}

function agree(visit: Visit, asked: Asked, { account }: SignedIn, chosen: Chosen, problem?: string): Page {
  const { patient, encounter, another } = chosen
  return consentPage(visit, { asked, account, patient, encounter, another, ...(problem ? { problem } : {}) })
}

async function decide(
  needs: PageNeeds,
  visit: Visit,
  browser: Browser,
  asked: Asked,
  who: SignedIn,
  chosen: Chosen,
): Promise<Answer> {
  if (visit.form.get('choice') !== 'allow') return refuse(needs, browser, asked)
  const wanted = visit.form.getAll('scope')
  const scopes = asked.scopes.filter(scope => wanted.includes(scope))
  if (scopes.length === 0) return agree(visit, asked, who, chosen, 'Choose at least one, or refuse.')
  const to = await needs.authorization.finish(browser, decisionOf(asked, who, chosen, scopes))
  return leavingPage(nameOf(asked), to)
}

function decisionOf(asked: Asked, { account, session }: SignedIn, chosen: Chosen, scopes: readonly string[]): Decision {
  const fhirUser = fhirUserOf(account)
  const { patient, encounter } = chosen
  return {
    account: { id: account.id, name: account.name, ...(fhirUser === undefined ? {} : { fhirUser }) },
    ...{ scopes, amr: session.amr, acr: session.acr },
    ...(asked.choose.patient && patient ? { patient: patient.id } : {}),
    ...(asked.choose.encounter && encounter !== undefined ? { encounter } : {}),
  }
}
