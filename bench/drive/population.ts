/**
 * The people of a search benchmark and what was measured of them: the same for the same number of patients, on every machine.
 * Lists out of which names and rare codes are taken grow with it, so that one question has as many answers in every size.
 */
import type { JsonObject, Resource } from '../../src/fhir/resource.ts'
import { concept, idOf, patient, pick } from './data.ts'

export type Stored = Resource & { readonly id: string }

export type Population = {
  readonly patients: number
  /** Visits of all patients, in order of time. */
  readonly visits: number
  /** Resources, in the order in which they came to be: who treats, who is treated, then visit by visit. */
  readonly size: number
  resource(at: number): Stored
  /** What questions are asked with: of the patient, of the visit, or number `n` of a list. */
  patientId(n: number): string
  mrn(n: number): string
  family(n: number): string
  rareCode(n: number): string
  instant(visit: number): string
}

export const rounds = 6 // visits of each patient
const measured = 5 // Observations of a visit
const namesakes = 5 // patients of one family
const bearers = 25 // visits at which the same rare thing is found

export const mrnSystem = 'http://hospital.smarthealthit.org'
export const loinc = 'http://loinc.org'

/** At every visit. */
export const heartRate = '8867-4'
const always = [
  { code: heartRate, display: 'Heart rate', unit: '/min', low: 50, high: 60 },
  { code: '29463-7', display: 'Body weight', unit: 'kg', low: 45, high: 70 },
  { code: '8480-6', display: 'Systolic blood pressure', unit: 'mm[Hg]', low: 100, high: 50 },
] as const

export const usual = 40 // things of which one is looked for at each visit
export function usualCode(n: number): string {
  return `${2000 + (n % usual)}-${n % 10}`
}

/** No two of a kind alike, in no order. */
const idsOf = { Patient: 0, Encounter: 1e9, Observation: 2e9, Practitioner: 8e9, Organization: 9e9 } as const

function id(kind: keyof typeof idsOf, n: number): string {
  return idOf(idsOf[kind] + n)
}

export function populationOf(patients: number): Population {
  const organizations = 5 + Math.floor(patients / 500)
  const practitioners = 10 + Math.floor(patients / 50)
  const families = Math.max(1, Math.floor(patients / namesakes))
  const visits = rounds * patients
  const rarities = Math.max(1, Math.floor(visits / bearers))
  const people = organizations + practitioners + patients
  const ofVisit = 1 + measured

  const family = (n: number) => nameOf(n % families)
  const rareCode = (n: number) => `${10_000 + (n % rarities)}-${n % 10}`
  const instant = (visit: number) => new Date(firstVisit + visit * Math.floor(years / visits)).toISOString()
  const patientOf = (visit: number) => (visit * stride) % patients
  const doctorOf = (visit: number) => (patientOf(visit) + (Math.floor(visit / patients) % 3)) % practitioners

  function made(at: number): Stored {
    if (at < organizations) return organization(at)
    if (at < organizations + practitioners) return practitioner(at - organizations)
    const n = at - organizations - practitioners
    return { ...patient(n), ...identity(n, family(n), n % organizations) }
  }

  function seen(visit: number, k: number): Stored {
    const meeting = {
      visit,
      subject: reference('Patient', patientOf(visit)),
      doctor: reference('Practitioner', doctorOf(visit)),
      when: instant(visit),
    }
    return k === 0
      ? encounter(meeting, reference('Organization', patientOf(visit) % organizations))
      : observation(meeting, k - 1, rareCode(visit))
  }

  return {
    patients,
    visits,
    size: people + visits * ofVisit,
    resource: at => (at < people ? made(at) : seen(Math.floor((at - people) / ofVisit), (at - people) % ofVisit)),
    patientId: n => id('Patient', n % patients),
    mrn: n => mrnOf(n % patients),
    family,
    rareCode,
    instant,
  }
}

const stride = 7_919 // no factor of any round number: patients come in no order, and each once a round
const firstVisit = Date.UTC(2021, 0, 4)
const years = 5 * 365.25 * 86_400_000 // ms of all visits

const [consonants, vowels] = ['BDFGKLMNPRSTVZ', 'aeiou']

/** All of one length, so that none begins with another. */
function nameOf(n: number): string {
  let left = (n * stride) % (consonants.length * vowels.length) ** 3
  let name = ''
  for (let syllable = 0; syllable < 3; syllable++) {
    name += `${consonants[left % consonants.length]}${vowels[Math.floor(left / consonants.length) % vowels.length]}`
    left = Math.floor(left / (consonants.length * vowels.length))
  }
  return name
}

function mrnOf(n: number): string {
  return `MRN-${idOf(n).slice(0, 8)}-${n}`
}

function reference(kind: keyof typeof idsOf, n: number): JsonObject {
  return { reference: `${kind}/${id(kind, n)}` }
}

function identity(n: number, family: string, organization: number) {
  const type = concept('http://terminology.hl7.org/CodeSystem/v2-0203', 'MR', 'Medical Record Number')
  return {
    id: id('Patient', n),
    identifier: [
      { type, system: mrnSystem, value: mrnOf(n) },
      { system: 'http://hl7.org/fhir/sid/us-ssn', value: `999-${pick(n, 1, 90) + 10}-${n}` },
    ],
    name: [{ use: 'official', family, given: [nameOf(pick(n, 2, 300)), nameOf(pick(n, 3, 300))], prefix: ['Mx.'] }],
    managingOrganization: reference('Organization', organization),
  }
}

function organization(n: number): Stored {
  return {
    resourceType: 'Organization',
    id: id('Organization', n),
    identifier: [{ system: 'http://hl7.org/fhir/sid/us-npi', value: `10${n}` }],
    active: true,
    name: `${nameOf(n)} General Hospital`,
  }
}

function practitioner(n: number): Stored {
  return {
    resourceType: 'Practitioner',
    id: id('Practitioner', n),
    identifier: [{ system: 'http://hl7.org/fhir/sid/us-npi', value: `99${n}` }],
    active: true,
    name: [{ family: nameOf(n), given: [nameOf(n + 400)], prefix: ['Dr.'] }],
    gender: n % 2 === 0 ? 'female' : 'male',
  }
}

type Meeting = {
  readonly visit: number
  readonly subject: JsonObject
  readonly doctor: JsonObject
  readonly when: string
}

function encounter({ visit, subject, doctor, when }: Meeting, serviceProvider: JsonObject): Stored {
  const end = new Date(Date.parse(when) + (15 + pick(visit, 1, 45)) * 60_000).toISOString()
  return {
    resourceType: 'Encounter',
    id: id('Encounter', visit),
    status: 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
    type: [concept('http://snomed.info/sct', '185345009', 'Encounter for symptom')],
    subject,
    participant: [{ individual: doctor, period: { start: when, end } }],
    period: { start: when, end },
    serviceProvider,
  }
}

function observation({ visit, subject, doctor, when }: Meeting, k: number, rareCode: string): Stored {
  const is = always[k] ?? { ...scarce(visit, k, rareCode), unit: 'mmol/L', low: 1, high: 9 }
  const quantity = (value: number) => ({
    value,
    unit: is.unit,
    system: 'http://unitsofmeasure.org',
    code: is.unit,
  })
  const interpretation = 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation'
  const [category, display] = k < always.length ? ['vital-signs', 'Vital signs'] : ['laboratory', 'Laboratory']
  return {
    resourceType: 'Observation',
    id: id('Observation', visit * measured + k),
    meta: { profile: [`http://hl7.org/fhir/us/core/StructureDefinition/us-core-${category}`] },
    status: 'final',
    category: [concept('http://terminology.hl7.org/CodeSystem/observation-category', category, display)],
    code: concept(loinc, is.code, is.display),
    subject,
    encounter: reference('Encounter', visit),
    effectiveDateTime: when,
    issued: when,
    performer: [doctor],
    valueQuantity: quantity(is.low + pick(visit, k, is.high * 10) / 10),
    interpretation: [concept(interpretation, 'N', 'Normal')],
    referenceRange: [{ low: quantity(is.low), high: quantity(is.low + is.high), text: 'usual' }],
  }
}

/** One of what is often looked for, and one of what hardly anybody has. */
function scarce(visit: number, k: number, rareCode: string) {
  return k === always.length
    ? { code: usualCode(pick(visit, 9, usual)), display: 'One of the usual laboratory results' }
    : { code: rareCode, display: 'One of the rarer laboratory results' }
}
