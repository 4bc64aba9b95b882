/** A small hospital that never was: the same resources for the same seed and day. */
import type { Resource } from '../fhir/resource.ts'
import { type Chance, openChance } from './chance.ts'
import { allergies, type Coded, conditions, drugs, type Measured, measurements } from './codes.ts'
import { staff } from './staff.ts'

const patients = 16
const day = 86_400_000 // ms
const terminology = 'http://terminology.hl7.org/CodeSystem'
const clinic = reference('Organization/demo-hospital')

/** `now`: ms; what happens in the hospital was some days or months ago. */
export function hospital(seed: number, now: number): readonly Resource[] {
  const chance = openChance(seed)
  const records = Array.from({ length: patients }, (_, at) => record(chance, at + 1, now))
  return [...house(), ...staff.flatMap(employed), ...records.flat(), proxy()]
}

function house(): readonly Resource[] {
  const ward = (id: string, name: string): Resource => ({
    ...{ resourceType: 'Location', id: `demo-${id}`, status: 'active', name, mode: 'instance' },
    managingOrganization: clinic,
  })
  return [
    {
      ...{ resourceType: 'Organization', id: 'demo-hospital', active: true, name: 'Kiln Demo Hospital' },
      identifier: [{ system: 'urn:ietf:rfc:3986', value: 'https://hospital.example' }],
      telecom: [{ system: 'url', value: 'https://hospital.example' }],
    },
    ward('ward', 'Ward 3'),
    ward('outpatients', 'Outpatient clinic'),
    ward('emergency', 'Emergency department'),
  ]
}

function employed({ role, given, family, gender }: (typeof staff)[number]): readonly Resource[] {
  const id = `demo-${role}`
  return [
    { resourceType: 'Practitioner', id, active: true, gender, name: [{ use: 'official', family, given: [given] }] },
    {
      ...{ resourceType: 'PractitionerRole', id, active: true, organization: clinic, code: [{ text: role }] },
      practitioner: reference(`Practitioner/${id}`),
      location: [reference('Location/demo-ward')],
    },
  ]
}

/** For the second patient, who is a child. */
function proxy(): Resource {
  return {
    ...{ resourceType: 'RelatedPerson', id: 'demo-proxy', active: true, patient: reference('Patient/demo-2') },
    relationship: [coded({ system: `${terminology}/v3-RoleCode`, code: 'FTH', display: 'father' })],
    name: [{ family: 'Brandt', given: ['Samuel'] }],
  }
}

const families = ['Abel', 'Brandt', 'Castillo', 'Dubois', 'Eriksen', 'Ferrari', 'Grossmann', 'Horvath'] as const
const more = ['Ibrahim', 'Jansen', 'Kowalska', 'Lopez', 'Moreau', 'Novak', 'Olsen', 'Petrov'] as const
const women = ['Nora', 'Ines', 'Clara', 'Yasmin', 'Freya'] as const
const men = ['Leo', 'Mateo', 'Anton', 'Karim', 'Emil'] as const

function record(chance: Chance, at: number, now: number): readonly Resource[] {
  const patient = reference(`Patient/demo-${at}`)
  const age = at === 2 ? 6 : chance.between(19, 88)
  const visits = Array.from({ length: chance.between(1, 3) }, (_, visit) =>
    stay(chance, `demo-${at}-${visit + 1}`, patient, now - chance.between(1, 200) * day),
  )
  const ill = chance.one(conditions)
  const about = { subject: patient, encounter: reference(`Encounter/demo-${at}-1`) }
  const onset = date(now - chance.between(200, 2_000) * day)
  return [
    person(chance, at, date(now - age * 365.25 * day)),
    ...visits.flat(),
    {
      ...{ resourceType: 'Condition', id: `demo-${at}`, ...about, code: coded(ill), onsetDateTime: onset },
      clinicalStatus: status('condition-clinical', 'active'),
      verificationStatus: status('condition-ver-status', 'confirmed'),
      category: [
        coded({ system: `${terminology}/condition-category`, code: 'problem-list-item', display: 'Problem List Item' }),
      ],
    },
    {
      ...{ resourceType: 'MedicationRequest', id: `demo-${at}`, ...about, status: 'active', intent: 'order' },
      ...{ medicationCodeableConcept: coded(chance.one(drugs)), authoredOn: date(now - chance.between(1, 90) * day) },
      requester: reference('Practitioner/demo-physician'),
    },
    ...(chance.next() < 0.4 ? [allergy(chance, at, patient)] : []),
    {
      ...{ resourceType: 'Coverage', id: `demo-${at}`, status: 'active', beneficiary: patient },
      payor: [{ display: 'Example Insurance' }],
    },
  ]
}

function person(chance: Chance, at: number, birthDate: string): Resource {
  const isWoman = at % 2 === 1
  const family = [...families, ...more][at - 1] ?? 'Nobody'
  const given = at === 1 ? 'Nora' : chance.one(isWoman ? women : men)
  const type = coded({ system: `${terminology}/v2-0203`, code: 'MR', display: 'Medical record number' })
  return {
    ...{ resourceType: 'Patient', id: `demo-${at}`, active: true, gender: isWoman ? 'female' : 'male', birthDate },
    identifier: [{ type, system: 'https://hospital.example/mrn', value: `M-${1000 + at}` }],
    name: [{ use: 'official', family, given: [given] }],
    telecom: [{ system: 'phone', value: `+1 555 0${100 + at}` }],
    managingOrganization: clinic,
    generalPractitioner: [reference('Practitioner/demo-physician')],
  }
}

function allergy(chance: Chance, at: number, patient: Reference): Resource {
  return {
    ...{ resourceType: 'AllergyIntolerance', id: `demo-${at}`, patient, code: coded(chance.one(allergies)) },
    clinicalStatus: status('allergyintolerance-clinical', 'active'),
    verificationStatus: status('allergyintolerance-verification', 'confirmed'),
  }
}

/** A visit, and what was measured then. */
function stay(chance: Chance, id: string, subject: Reference, start: number): readonly Resource[] {
  const isInpatient = chance.next() < 0.4
  const end = start + (isInpatient ? chance.between(2, 6) * day : day / 24)
  const act = isInpatient ? { code: 'IMP', display: 'inpatient encounter' } : { code: 'AMB', display: 'ambulatory' }
  return [
    {
      ...{ resourceType: 'Encounter', id, status: 'finished', subject, serviceProvider: clinic },
      class: { system: `${terminology}/v3-ActCode`, ...act },
      period: { start: new Date(start).toISOString(), end: new Date(end).toISOString() },
      participant: [{ individual: reference('Practitioner/demo-physician') }],
      location: [{ location: reference(isInpatient ? 'Location/demo-ward' : 'Location/demo-outpatients') }],
    },
    ...measurements.map(one => observation(chance, `${id}-${one.code}`, one, { subject, start, id })),
  ]
}

type During = { readonly subject: Reference; readonly start: number; readonly id: string }

function observation(chance: Chance, id: string, measured: Measured, { subject, start, id: visit }: During): Resource {
  const { category, unit, low, high } = measured
  const [performer, heading] = category === 'laboratory' ? ['lab', 'Laboratory'] : ['nurse', 'Vital Signs']
  return {
    ...{ resourceType: 'Observation', id, status: 'final', subject, code: coded(measured) },
    category: [coded({ system: `${terminology}/observation-category`, code: category, display: heading })],
    ...{ encounter: reference(`Encounter/${visit}`), effectiveDateTime: new Date(start + day / 48).toISOString() },
    performer: [reference(`Practitioner/demo-${performer}`)],
    valueQuantity: { value: chance.between(low, high), unit, system: 'http://unitsofmeasure.org', code: unit },
  }
}

type Reference = { readonly reference: string }

function reference(to: string): Reference {
  return { reference: to }
}

function coded({ system, code, display }: Coded) {
  return { coding: [{ system, code, display }], text: display }
}

function status(of: string, code: string) {
  return { coding: [{ system: `${terminology}/${of}`, code }] }
}

function date(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
