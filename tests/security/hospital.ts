/**
 * What happened in a hospital, stage by stage, with all kinds of links between what one patient may see and what he may not. Each
 * version says whose it is: that is written down by hand here, so that no code of the server decides what a test expects of it.
 */
import type { Loose } from '../world.ts'
import { policy } from './access/policies.ts'

/** `mine`: in the compartment of Patient/mine. `nobody`: of no patient. `all`: what everybody goes by, seen or not. */
export type Whose = 'mine' | 'other' | 'nobody' | 'all'

export type Happening = {
  /** Of one stage all is written at once. */
  readonly stage: number
  readonly whose: Whose
  readonly type: string
  readonly id: string
  /** `undefined`: it is deleted. */
  readonly resource: Loose | undefined
}

const loinc = 'http://loinc.org'
const categories = 'http://terminology.hl7.org/CodeSystem/observation-category'

export function ref(text: string): Loose {
  return { reference: text }
}

function code(text: string, system = loinc): Loose {
  return { coding: [{ system, code: text }] }
}

const label = (text: string): Loose => ({ tag: [{ system: 'urn:tags', code: text }] })

/** Of those who are patients; `stranger` is in no one's sight. */
function patient(id: string, gender: string, family: string, more: Loose = {}): Loose {
  return {
    ...{
      resourceType: 'Patient',
      id,
      active: true,
      gender,
      birthDate: '1970-01-01',
      name: [{ family, given: ['Ann'] }],
    },
    identifier: [{ system: 'urn:mrn', value: `mrn-${id}` }],
    generalPractitioner: [ref('Practitioner/doctor')],
    managingOrganization: ref('Organization/clinic'),
    ...more,
  }
}

export function observation(id: string, of: string, category = 'laboratory', more: Loose = {}): Loose {
  return {
    ...{
      resourceType: 'Observation',
      id,
      meta: label(category),
      status: 'final',
      category: [code(category, categories)],
    },
    ...{ code: code('8867-4'), subject: ref(`Patient/${of}`), performer: [ref('Practitioner/doctor')] },
    ...{ effectiveDateTime: '2026-01-01', identifier: [{ system: 'urn:obs', value: `o-${id}` }] },
    valueQuantity: { value: 7, unit: 'mmol/l', system: 'http://unitsofmeasure.org', code: 'mmol/L' },
    text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">pulse of ${of}</div>` },
    ...more,
  }
}

function subjectOf(type: string, id: string, of: string, more: Loose): Loose {
  return { resourceType: type, id, subject: ref(`Patient/${of}`), ...more }
}

const condition = (id: string, of: string, more: Loose = {}) =>
  subjectOf('Condition', id, of, { code: code('38341003', 'http://snomed.info/sct'), ...more })
const encounter = (id: string, of: string, more: Loose = {}) =>
  subjectOf('Encounter', id, of, { status: 'finished', class: { code: 'AMB' }, ...more })
const list = (id: string, of: string, items: readonly string[]) =>
  subjectOf('List', id, of, { status: 'current', mode: 'working', entry: items.map(item => ({ item: ref(item) })) })
const medication = (id: string, of: string, more: Loose = {}) =>
  subjectOf('MedicationRequest', id, of, {
    ...{ status: 'active', intent: 'order', medicationReference: ref('#m'), requester: ref('Practitioner/doctor') },
    contained: [{ resourceType: 'Medication', id: 'm', code: code(`drug-of-${of}`, 'urn:drugs') }],
    ...more,
  })
const composition = (id: string, of: string, entry: string) =>
  subjectOf('Composition', id, of, {
    ...{
      status: 'final',
      type: code('11488-4'),
      date: '2026-01-01',
      title: 'Letter',
      author: [ref('Practitioner/doctor')],
    },
    section: [{ title: 'All', entry: [ref(entry)] }],
  })
const report = (id: string, of: string, result: string) =>
  subjectOf('DiagnosticReport', id, of, { status: 'final', code: code('58410-2'), result: [ref(result)] })
const document = (id: string, of: string, more: Loose = {}) =>
  subjectOf('DocumentReference', id, of, {
    ...{ status: 'current', content: [{ attachment: { url: 'Binary/scan', title: 'scan' } }] },
    ...more,
  })
const allergy = (id: string, of: string) => ({
  ...{ resourceType: 'AllergyIntolerance', id, patient: ref(`Patient/${of}`), code: { text: 'nuts' } },
  clinicalStatus: code('active', 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical'),
})
const consent = (id: string, of: string) => ({
  ...{ resourceType: 'Consent', id, status: 'active', patient: ref(`Patient/${of}`), policyRule: { text: 'opt-in' } },
  ...{ scope: code('patient-privacy', 'http://terminology.hl7.org/CodeSystem/consentscope') },
  category: [code('59284-0')],
})
const provenance = (id: string, target: string) => ({
  ...{ resourceType: 'Provenance', id, target: [ref(target)], recorded: '2026-01-01T00:00:00Z' },
  agent: [{ who: ref('Practitioner/doctor') }],
})
const group = (id: string, ...members: readonly string[]) => ({
  ...{ resourceType: 'Group', id, type: 'person', actual: true },
  member: members.map(member => ({ entity: ref(`Patient/${member}`) })),
})
const organization = (id: string, name: string, active: boolean, partOf?: string) => ({
  ...{ resourceType: 'Organization', id, name, active, ...(partOf ? { partOf: ref(`Organization/${partOf}`) } : {}) },
  endpoint: [ref('Endpoint/link')],
})
const location = (id: string, status: string, partOf?: string) => ({
  ...{ resourceType: 'Location', id, status, name: id, managingOrganization: ref('Organization/clinic') },
  ...(partOf ? { partOf: ref(`Location/${partOf}`) } : {}),
})
const practitioner = (id: string, family: string) => ({
  ...{ resourceType: 'Practitioner', id, active: true, name: [{ family }] },
  identifier: [{ system: 'urn:npi', value: `npi-${id}` }],
})
const basic = (id: string, of: string) => subjectOf('Basic', id, of, { code: { text: 'note' } })
const task = (id: string, focus: string, of?: string) => ({
  ...{ resourceType: 'Task', id, status: 'requested', intent: 'order', focus: ref(focus) },
  ...(of ? { for: ref(`Patient/${of}`), owner: ref(`Patient/${of}`) } : {}),
})

const definition = (id: string, type: string, element: Loose) => ({
  ...{ resourceType: 'StructureDefinition', id, url: `http://kiln.test/${id}`, name: id, status: 'active' },
  ...{ kind: 'resource', abstract: false, type, derivation: 'constraint' },
  baseDefinition: `http://hl7.org/fhir/StructureDefinition/${type}`,
  differential: { element: [{ id: element.path, ...element }] },
})
/** Elements that clerks do not see, of types that they do. */
export const hidden: Readonly<Record<string, readonly string[]>> = {
  Patient: ['identifier', 'generalPractitioner'],
  Observation: ['value[x]', 'hasMember', 'performer'],
}
const clerks = policy('clerks', {
  clients: ['clerk'],
  rules: [
    { types: ['Patient'], letters: 'crus', hidden: hidden['Patient'] ?? [] },
    { types: ['Observation'], letters: 'cruds', hidden: hidden['Observation'] ?? [] },
    { types: ['List', 'Practitioner'], letters: 'rs' },
  ],
})
const restricted = { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] }
const participant = code('IRCP', 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType')
const withheld = (id: string, of: string, from: string) => ({
  ...consent(id, of),
  provision: { type: 'deny', actor: [{ role: participant, reference: ref(from) }] },
})
const toMan = [{ code: 'Reference', targetProfile: ['http://kiln.test/man'] }]

type Stage = readonly (readonly [Whose, Loose | string])[]

/** A text is the name of what is deleted. */
const stages: readonly Stage[] = [
  [
    ['all', definition('man', 'Patient', { path: 'Patient.gender', min: 1, patternCode: 'male' })],
    ['all', clerks],
    ['all', withheld('from-readers', 'third', 'Device/reader')],
    ['all', definition('of-a-man', 'Observation', { path: 'Observation.subject', type: toMan })],
    ['nobody', organization('hospital', 'Hidden Hospital', false)],
    ['nobody', organization('clinic', 'Clinic', true, 'hospital')],
    ['nobody', organization('ward', 'Ward', true, 'clinic')],
    ['nobody', organization('annex', 'Annex', false, 'clinic')],
    ['nobody', organization('room', 'Room', true, 'annex')],
    ['nobody', location('building', 'inactive')],
    ['nobody', location('floor', 'active', 'building')],
    ['nobody', practitioner('doctor', 'Doctor')],
    ['nobody', practitioner('nurse', 'Nurse')],
    ['mine', patient('mine', 'female', 'Mine')],
    ['mine', patient('linked', 'male', 'Linked', { link: [{ other: ref('Patient/mine'), type: 'seealso' }] })],
    ['other', patient('other', 'male', 'Other')],
    ['other', patient('third', 'male', 'Third', { link: [{ other: ref('Patient/other'), type: 'refer' }] })],
  ],
  [
    ['mine', observation('lab', 'mine')],
    ['mine', observation('vital', 'mine', 'vital-signs')],
    ['other', observation('lab-other', 'other')],
    ['other', observation('vital-other', 'other', 'vital-signs')],
    [
      'mine',
      observation('points', 'mine', 'laboratory', {
        hasMember: [ref('Observation/lab-other'), ref('Observation/lab')],
      }),
    ],
    ['other', observation('pointer', 'other', 'laboratory', { derivedFrom: [ref('Observation/lab')] })],
    ['mine', observation('moved-out', 'mine')],
    ['other', observation('moved-in', 'other')],
    ['mine', observation('through', 'mine', 'vital-signs')],
    ['mine', observation('gone', 'mine')],
    ['other', observation('gone-other', 'other')],
    ['mine', observation('gone-after-move', 'mine')],
    ['other', observation('labelled', 'other')],
    ['mine', condition('sugar', 'mine', { evidence: [{ detail: [ref('Observation/lab')] }] })],
    ['other', condition('sugar-other', 'other', { evidence: [{ detail: [ref('Observation/lab')] }] })],
    ['mine', encounter('visit', 'mine', { diagnosis: [{ condition: ref('Condition/sugar') }] })],
    ['other', encounter('visit-other', 'other', { diagnosis: [{ condition: ref('Condition/sugar') }] })],
  ],
  [
    ['mine', encounter('part', 'mine', { partOf: ref('Encounter/visit-other') })],
    ['mine', medication('drug', 'mine')],
    ['other', medication('drug-other', 'other')],
    ['mine', list('problems', 'mine', ['Condition/sugar', 'Condition/sugar-other', 'Observation/lab-other'])],
    [
      'other',
      list('problems-other', 'other', ['Observation/lab', 'Condition/sugar', 'Patient/mine', 'Observation/vital']),
    ],
    ['other', composition('letter-other', 'other', 'Observation/lab')],
    ['mine', composition('letter', 'mine', 'Observation/lab-other')],
    ['mine', report('report', 'mine', 'Observation/lab-other')],
    ['other', report('report-other', 'other', 'Observation/lab')],
    ['mine', document('paper', 'mine')],
    [
      'other',
      document('paper-other', 'other', { relatesTo: [{ code: 'replaces', target: ref('DocumentReference/paper') }] }),
    ],
    ['nobody', { resourceType: 'Binary', id: 'scan', contentType: 'text/plain', data: 'c2VjcmV0' }],
    ['mine', allergy('nuts', 'mine')],
    ['other', allergy('nuts-other', 'other')],
    ['mine', consent('yes', 'mine')],
    ['other', consent('no', 'other')],
    ['mine', provenance('of-mine', 'Patient/mine')],
    ['other', provenance('of-lab', 'Observation/lab')],
    ['mine', group('family', 'mine', 'other')],
    ['other', group('study', 'other', 'third')],
    ['other', basic('note-other', 'other')],
    ['mine', basic('note', 'mine')],
    ['other', task('todo-other', 'Observation/lab')],
    ['mine', provenance('seen', 'Patient/mine')],
    ['other', provenance('seen-other', 'Patient/other')],
  ],
  [
    ['other', observation('moved-out', 'other', 'laboratory', { valueQuantity: { value: 99 } })],
    ['mine', observation('moved-in', 'mine')],
    ['other', observation('through', 'other', 'vital-signs', { note: [{ text: 'secret' }] })],
    ['other', observation('gone-after-move', 'other')],
    ['other', observation('labelled', 'other', 'laboratory', { meta: restricted })],
    ['nobody', organization('fleeting', 'Fleeting', true)],
    ['other', observation('only-there', 'third', 'survey', { code: code('only-there') })],
  ],
  [
    ['mine', observation('through', 'mine', 'vital-signs', { status: 'amended' })],
    ['mine', 'Observation/gone'],
    ['other', 'Observation/gone-other'],
    ['other', 'Observation/gone-after-move'],
    ['nobody', organization('fleeting', 'Fleeting', false)],
    ['mine', observation('lab', 'mine', 'laboratory', { status: 'amended' })],
    ['other', observation('lab-other', 'other', 'laboratory', { status: 'amended' })],
  ],
  [
    ['mine', observation('gone', 'mine', 'vital-signs')],
    ['other', observation('moved-out', 'third')],
    [
      'other',
      { resourceType: 'Flag', id: 'flag', status: 'active', code: { text: 'VIP' }, subject: ref('Patient/other') },
    ],
    [
      'other',
      {
        resourceType: 'Coverage',
        id: 'paid',
        status: 'active',
        beneficiary: ref('Patient/other'),
        payor: [ref('Patient/other')],
      },
    ],
  ],
]

export const happenings: readonly Happening[] = stages.flatMap((stage, at) =>
  stage.map(([whose, what]): Happening => {
    const [type, id] = typeof what === 'string' ? what.split('/') : [what.resourceType, what.id]
    return { stage: at, whose, type, id, resource: typeof what === 'string' ? undefined : what }
  }),
)

/** What somebody who may not see a version gets no hint of: another one in its place that nobody is to see either. */
export function bland(type: string, id: string): Loose {
  const of = 'third'
  const made: Readonly<Record<string, Loose>> = {
    Observation: {
      resourceType: 'Observation',
      id,
      meta: restricted,
      status: 'unknown',
      code: { text: 'x' },
      subject: ref(`Patient/${of}`),
    },
    Organization: { resourceType: 'Organization', id, active: false, name: 'x' },
  }
  return made[type]
}
