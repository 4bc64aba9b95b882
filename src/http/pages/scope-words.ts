/** What scopes mean, for people. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html */
import { parseScope, type ResourceScope } from '../../security/access/scope.ts'

export type ScopeLine = {
  readonly scope: string
  readonly words: string
  /** Who knows FHIR wants to see it, too. */
  readonly detail?: string
  /** It changes something, or is about much: worth a second look. */
  readonly strong: boolean
}

const plain: Readonly<Record<string, string>> = {
  openid: 'Know that it is you',
  profile: 'See your name',
  fhirUser: 'See which record of this server is yours',
  offline_access: 'Keep its access when you are away, until you take it back',
  online_access: 'Keep its access while you are signed in',
  launch: 'Know from where it was started',
  'launch/patient': 'Know which patient it is about',
  'launch/encounter': 'Know which encounter it is about',
}

/** The plural that people use; other types are called as FHIR calls them. */
const things: Readonly<Record<string, string>> = {
  '*': 'everything in the record',
  AllergyIntolerance: 'allergies',
  Appointment: 'appointments',
  CarePlan: 'care plans',
  CareTeam: 'care teams',
  Claim: 'claims',
  Communication: 'messages',
  Condition: 'problems and diagnoses',
  Consent: 'consents',
  Coverage: 'insurance',
  Device: 'devices',
  DiagnosticReport: 'reports of tests',
  DocumentReference: 'documents',
  Encounter: 'visits and stays',
  ExplanationOfBenefit: 'bills and benefits',
  FamilyMemberHistory: 'family history',
  Goal: 'goals',
  ImagingStudy: 'images',
  Immunization: 'immunizations',
  Location: 'places',
  Medication: 'medicines',
  MedicationRequest: 'prescriptions',
  MedicationStatement: 'medication lists',
  Observation: 'results, vital signs and other observations',
  Organization: 'organizations',
  Patient: 'name, address and other demographics',
  Practitioner: 'names of professionals',
  Procedure: 'procedures',
  QuestionnaireResponse: 'filled in questionnaires',
  RelatedPerson: 'relatives and other contacts',
  ServiceRequest: 'orders and referrals',
  Specimen: 'specimens',
  Task: 'tasks',
}

const whose = {
  patient: ' of this patient',
  user: ' that you may see yourself',
  system: ' of all patients',
}

export function scopeLine(scope: string): ScopeLine {
  const known = plain[scope]
  if (known !== undefined) return { scope, words: known, strong: scope === 'offline_access' }
  const resource = parseScope(scope)
  if (!resource) return { scope, words: scope, strong: true }
  const { context, type, letters, criteria } = resource
  const part = criteria === undefined ? '' : `, where ${criteriaWords(criteria)}`
  const words = `${verbs(letters)} ${things[type] ?? type}${whose[context]}${part}`
  const changes = letters.some(letter => letter === 'c' || letter === 'u' || letter === 'd')
  return { scope, words, detail: scope, strong: changes || context !== 'patient' }
}

function verbs(letters: ResourceScope['letters']): string {
  const of = {
    r: 'see',
    s: 'see',
    c: 'add',
    u: 'change',
    d: 'delete',
  } as const
  const said = [
    ...new Set((['r', 's', 'c', 'u', 'd'] as const).filter(one => letters.includes(one)).map(one => of[one])),
  ]
  const text = said.length > 1 ? `${said.slice(0, -1).join(', ')} and ${said.at(-1)}` : (said[0] ?? '')
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

function criteriaWords(criteria: string): string {
  const pairs = [...new URLSearchParams(criteria)]
  return pairs.map(([name, value]) => `${name} is ${value.split('|').at(-1)}`).join(' and ')
}
