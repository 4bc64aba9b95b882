/** Those who work in the hospital, and a patient who signs in: by the policies that are shipped, told once more by hand. */
import type { Loose } from '../world.ts'
import type { Somebody } from './principals.ts'

/** What everybody may know of the hospital. */
const known = ['Location', 'Organization', 'Practitioner', 'StructureDefinition']

const clinical = [
  ...['Patient', 'AllergyIntolerance', 'Composition', 'Condition', 'DiagnosticReport', 'DocumentReference'],
  ...['Encounter', 'Flag', 'List', 'MedicationRequest', 'Observation', 'Task', 'Binary', 'Consent', 'Coverage'],
]

type Elements = Readonly<Record<string, readonly string[]>>

/** `hidden`: elements that the role does not see. */
function role(name: string, types: readonly string[], hidden: Elements = {}): Somebody {
  const open = [...known, ...types]
  return {
    ...{ id: name, scope: 'user/*.cruds', client: 'ehr', user: 'anna', fhirUser: 'Practitioner/doctor', roles: [name] },
    types: open,
    sees: ({ type, resource }) => open.includes(type) && !isRestricted(resource),
    part: resource => without(resource, hidden[resource.resourceType]),
  }
}

function isRestricted({ meta }: Loose): boolean {
  return meta?.security !== undefined
}

/** With the narrative, which may tell them. */
function without(resource: Loose, names: readonly string[] | undefined): Loose {
  if (names === undefined) return resource
  return Object.fromEntries(Object.entries(resource).filter(([name]) => name !== 'text' && !names.includes(name)))
}

const isOfLab = ({ category }: Loose): boolean => category?.[0].coding[0].code === 'laboratory'

const physician = role('physician', [...clinical, 'Provenance', 'Group'])
const lab = role('lab', ['Patient', 'Task', 'Provenance', 'Encounter', 'Observation'], {
  Patient: ['telecom', 'address', 'contact', 'photo', 'maritalStatus'],
  Encounter: ['diagnosis', 'hospitalization'],
})

export const staff: readonly Somebody[] = [
  physician,
  role('nurse', [...clinical, 'Provenance']),
  role('department-head', [...clinical, 'Group']),
  role('receptionist', ['Patient', 'Coverage', 'Encounter'], {
    Encounter: ['reasonCode', 'reasonReference', 'diagnosis'],
  }),
  role('billing', ['Patient', 'Coverage', 'Encounter', 'Condition', 'MedicationRequest', 'Task', 'Provenance'], {
    Patient: ['photo', 'communication', 'generalPractitioner'],
    Condition: ['note', 'evidence', 'stage'],
    MedicationRequest: ['note'],
  }),
  { ...lab, sees: seen => lab.sees(seen) && (seen.type !== 'Observation' || isOfLab(seen.resource)) },
  role('pharmacist', [
    ...['Patient', 'AllergyIntolerance', 'Condition', 'Observation', 'Encounter', 'Coverage', 'MedicationRequest'],
    ...['Task', 'Provenance'],
  ]),
  role('hospital-manager', ['Encounter'], {
    Encounter: [
      ...['subject', 'identifier', 'reasonCode', 'reasonReference', 'diagnosis', 'hospitalization', 'account'],
      ...['episodeOfCare', 'basedOn', 'appointment'],
    ],
  }),
  {
    ...{ id: 'patient', scope: 'user/*.cruds', client: 'portal', user: 'ann', roles: ['patient'] },
    ...{ fhirUser: 'Patient/mine', types: [...clinical, ...known] },
    sees: ({ whose, type }) => whose === 'mine' || known.includes(type),
  },
  {
    ...physician,
    ...{ id: 'physician with broken glass', glass: 'other' },
    sees: seen => physician.sees(seen) || isBehindGlass(seen.resource),
  },
]

function isBehindGlass({ resourceType, subject }: Loose): boolean {
  return resourceType === 'Observation' && subject.reference === 'Patient/other'
}
