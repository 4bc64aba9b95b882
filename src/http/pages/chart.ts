/** Patients and their visits, as somebody who is signed in may see them: asked for through the one door. */
import { FhirError } from '../../fhir/issue.ts'
import type { Incoming } from '../../interactions/dispatch.ts'
import type { Answer } from '../../interactions/interaction.ts'
import { type Account, fhirUserOf } from '../../security/accounts/account.ts'
import type { Principal } from '../../security/principal.ts'

export type Who = {
  readonly tenant: string
  readonly base: string
  /** IP address. */
  readonly address: string
  readonly account: Account
}

export type PatientQuery = { readonly name: string; readonly identifier: string; readonly birthdate: string }

export type PatientRow = { readonly id: string; readonly name: string; readonly details: string }

export type EncounterRow = { readonly id: string; readonly title: string; readonly details: string }

export type Chart = {
  /** One more than is shown, if there are so many. */
  readonly patients: (who: Who, query: PatientQuery) => Promise<readonly PatientRow[]>
  /** `undefined`: not for him. */
  readonly patient: (who: Who, id: string) => Promise<PatientRow | undefined>
  /** Those whom he is, or looks after. */
  readonly own: (who: Who) => Promise<readonly PatientRow[]>
  readonly encounters: (who: Who, patient: string) => Promise<readonly EncounterRow[]>
}

/** Others may choose only among those whom they are or look after. */
export function isStaff({ links }: Pick<Account, 'links'>): boolean {
  return links.some(link => link.startsWith('Practitioner/') || link.startsWith('PractitionerRole/'))
}

/** Patients, and visits, on a page. */
export const shown = 20

export type Ask = (incoming: Incoming) => Promise<Answer>

export function chartBy(ask: Ask): Chart {
  async function get(who: Who, path: string, query = ''): Promise<Loose | undefined> {
    const { tenant, base, address, account } = who
    const incoming = {
      ...{ tenant, base, address },
      method: 'GET',
      path,
      query,
      headers: {},
      principal: principalOf(who, account),
    } as const
    try {
      const { body } = await ask(incoming)
      return body?.is === 'json' ? JSON.parse(body.json) : undefined
    } catch (error) {
      if (error instanceof FhirError && error.status < 500) return undefined // not there, or not for him
      throw error
    }
  }

  const matches = async (who: Who, path: string, query: URLSearchParams): Promise<readonly Loose[]> => {
    const entries = objects((await get(who, path, query.toString()))?.['entry'])
    return objects(entries.map(({ resource }) => resource))
  }

  const patient: Chart['patient'] = async (who, id) => {
    const found = idForm.test(id) ? await get(who, `Patient/${id}`) : undefined
    return found && patientRow(found)
  }

  return {
    patient,
    async patients(who, { name, identifier, birthdate }) {
      const query = new URLSearchParams({ _count: String(shown + 1), _sort: 'family' })
      for (const word of name.split(/\s+/).filter(one => one !== '')) query.append('name', literal(word))
      if (identifier !== '') query.set('identifier', literal(identifier))
      if (birthdate !== '') query.set('birthdate', birthdate)
      return (await matches(who, 'Patient', query)).map(patientRow)
    },
    async own(who) {
      const ids = await Promise.all(who.account.links.map(link => patientsOf(link, path => get(who, path))))
      const rows = await Promise.all([...new Set(ids.flat())].map(id => patient(who, id)))
      return rows.flatMap(row => row ?? [])
    },
    async encounters(who, id) {
      const query = new URLSearchParams({ patient: id, _count: String(shown), _sort: '-date' })
      return (await matches(who, 'Encounter', query)).map(encounterRow)
    },
  }
}

function principalOf({ tenant }: Who, account: Account): Principal {
  const fhirUser = fhirUserOf(account)
  return {
    id: JSON.stringify(['kiln', account.id]),
    ...{ tenant, client: 'kiln', user: account.id, roles: account.roles, purposes: [] },
    ...(fhirUser === undefined ? {} : { fhirUser }),
    scope: 'user/Patient.rs user/Encounter.rs user/RelatedPerson.r user/Person.r',
  }
}

/** https://hl7.org/fhir/R4/search.html#escaping: what people type is no syntax. */
function literal(text: string): string {
  return text.trim().replace(/[\\,$|]/g, '\\$&')
}

/** Ids of those whom the link is about. */
async function patientsOf(link: string, get: (path: string) => Promise<Loose | undefined>): Promise<readonly string[]> {
  const [type, id = ''] = link.split('/')
  if (type === 'Patient') return [id]
  if (type === 'RelatedPerson') return idsOf([object((await get(link))?.['patient'])])
  if (type === 'Person') return idsOf(objects((await get(link))?.['link']).map(({ target }) => object(target)))
  return []
}

function idsOf(references: readonly (Loose | undefined)[]): readonly string[] {
  return references.flatMap(one => /^Patient\/([A-Za-z0-9.-]{1,64})$/.exec(text(one?.['reference']))?.[1] ?? [])
}

const idForm = /^[A-Za-z0-9.-]{1,64}$/

/** A resource that is only shown. */
type Loose = Readonly<Record<string, unknown>>

function object(value: unknown): Loose | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : undefined
}

function objects(value: unknown): readonly Loose[] {
  return Array.isArray(value) ? value.map(object).filter(one => one !== undefined) : []
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function words(...parts: readonly string[]): string {
  return parts.filter(part => part !== '').join(' · ')
}

export function patientRow(patient: Loose): PatientRow {
  const names = objects(patient['name'])
  const name = names.find(({ use }) => use === 'official') ?? names.find(({ use }) => use !== 'old') ?? names[0]
  const identifiers = objects(patient['identifier'])
  const mrn = identifiers.find(one => typesOf(one).includes('MR')) ?? identifiers[0]
  const birth = text(patient['birthDate'])
  return {
    id: text(patient['id']),
    name: name === undefined ? 'Without a name' : nameOf(name),
    details: words(
      birth === '' ? '' : `born ${birth}`,
      text(patient['gender']),
      mrn === undefined ? '' : `no. ${text(mrn['value'])}`,
    ),
  }
}

function typesOf(identifier: Loose): readonly string[] {
  return objects(object(identifier['type'])?.['coding']).map(({ code }) => text(code))
}

function nameOf(name: Loose): string {
  const given = Array.isArray(name['given']) ? name['given'].map(text) : []
  return (
    text(name['text']) || [...given, text(name['family'])].filter(part => part !== '').join(' ') || 'Without a name'
  )
}

export function encounterRow(encounter: Loose): EncounterRow {
  const [type] = objects(encounter['type'])
  const coded = object(encounter['class'])
  const title = text(type?.['text']) || text(coded?.['display']) || text(coded?.['code']) || 'Visit'
  const period = object(encounter['period'])
  const days = [text(period?.['start']), text(period?.['end'])].map(one => one.slice(0, 10))
  return {
    id: text(encounter['id']),
    title,
    details: words([...new Set(days)].filter(day => day !== '').join(' to '), text(encounter['status'])),
  }
}
