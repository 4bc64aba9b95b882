/**
 * An occurrence as AuditEvents, by the Basic Audit Log Patterns of IHE. https://profiles.ihe.net/ITI/BALP/
 *
 * They name patients by reference alone; one event has at most one patient, as the patterns ask: "When multiple patient results
 * are returned, one AuditEvent is created for every Patient identified". Printed as text, since there is one for every request;
 * codes have no displays, which would have to be indexed as well.
 */
import type { JsonObject } from '../../fhir/resource.ts'
import type { Draft } from '../../fhir/stamp.ts'
import { agentsOf } from './agents.ts'
import {
  type Action,
  type Deed,
  type Exchange,
  type Occurrence,
  type Result,
  type SecurityEvent,
  securityEvents,
} from './occurrence.ts'

export const auditType = 'AuditEvent'

/** One for each patient; one where there is none. */
export function draftsOf({ exchange, did, patients }: Occurrence, newId: () => string): readonly Draft[] {
  const middle = `},${headOf(exchange, did)},${agentsOf(exchange, actionOf(did))}`
  const shared = [...aboutOf(did).map(dataEntity), ...queryEntities(did)]
  const details = detailsOf(did)
  const last = exchange.request === undefined ? [] : [requestEntity(exchange.request)]
  const whose = patients.length === 0 ? [undefined] : patients
  return whose.map(patient => {
    const entities = [...shared, ...(patient === undefined ? [] : [patientEntity(patient, details)]), ...last]
    const entity = entities.length === 0 ? '' : `,"entity":[${entities.join(',')}]`
    return { type: auditType, id: newId(), rest: `${profileOf(did, patient !== undefined)}${middle}${entity}}` }
  })
}

const balp = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.'

/** Those patterns are about successes; what they do not speak of claims none. */
const profiles: Readonly<Record<string, string>> = {
  create: 'Create',
  read: 'Read',
  vread: 'Read',
  update: 'Update',
  patch: 'Update',
  delete: 'Delete',
  'search-type': 'Query',
  'search-system': 'Query',
}

/** What stands in meta behind lastUpdated. */
function profileOf(did: Deed | SecurityEvent, hasPatient: boolean): string {
  const name = 'what' in did || did.outcome !== '0' ? undefined : profiles[did.interaction]
  return name === undefined ? '' : `,"profile":["${balp}${hasPatient ? 'Patient' : ''}${name}"]`
}

function headOf({ at, principal }: Exchange, did: Deed | SecurityEvent): string {
  const purposes = principal?.purposes ?? []
  const purpose = purposes.length === 0 ? '' : `,"purposeOfEvent":${JSON.stringify(purposes.map(purposeOfUse))}`
  return `${codesOf(did)},"recorded":"${new Date(at).toISOString()}",${outcomeOf(did)}${purpose}`
}

function actionOf(did: Deed | SecurityEvent): Action {
  return 'what' in did ? securityEvents[did.what].action : did.action
}

const restType = coding('http://terminology.hl7.org/CodeSystem/audit-event-type', 'rest')
const dicom = 'http://dicom.nema.org/resources/ontology/DCM'

function codesOf(did: Deed | SecurityEvent): string {
  const [type, subtype] = 'what' in did ? securityCodes(did) : [restType, interactionCode(did.interaction)]
  return `"type":${type},"subtype":[${subtype}],"action":"${actionOf(did)}"`
}

function interactionCode(code: string): string {
  return coding('http://hl7.org/fhir/restful-interaction', code)
}

/** DICOM's codes are numbers; what it has no code for has one of ours. */
function securityCodes({ what }: SecurityEvent): readonly [string, string] {
  const { type, subtype } = securityEvents[what]
  const system = /^\d+$/.test(subtype) ? dicom : 'https://kiln.example/fhir/CodeSystem/audit-event'
  return [coding(dicom, type), coding(system, subtype)]
}

/** Of codes of ours: they need no escapes. */
function coding(system: string, code: string): string {
  return `{"system":"${system}","code":"${code}"}`
}

function outcomeOf({ outcome, why }: Result): string {
  return `"outcome":"${outcome}"${why === undefined ? '' : `,"outcomeDesc":${JSON.stringify(why)}`}`
}

function purposeOfUse(code: string): JsonObject {
  return { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code }] }
}

const entityType = 'http://terminology.hl7.org/CodeSystem/audit-entity-type'
const objectRole = 'http://terminology.hl7.org/CodeSystem/object-role'
const systemObject = coding(entityType, '2')
const data = `"type":${systemObject},"role":${coding(objectRole, '4')}`
const patientCodes = `"type":${coding(entityType, '1')},"role":${coding(objectRole, '1')}`
const query = `"type":${systemObject},"role":${coding(objectRole, '24')}`
const request = `"type":${coding('https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType', 'XrequestId')}`

function aboutOf(did: Deed | SecurityEvent): readonly string[] {
  if ('what' in did) return did.about ?? []
  return did.about === undefined ? [] : [did.about]
}

function dataEntity(reference: string): string {
  return `{"what":{"reference":${JSON.stringify(reference)}},${data}}`
}

function patientEntity(reference: string, details: string): string {
  return `{"what":{"reference":${JSON.stringify(reference)}},${patientCodes}${details}}`
}

function detailsOf(did: Deed | SecurityEvent): string {
  const details = Object.entries(('details' in did && did.details) || {})
  if (details.length === 0) return ''
  return `,"detail":${JSON.stringify(details.map(([type, valueString]) => ({ type, valueString })))}`
}

function requestEntity(id: string): string {
  return `{"what":{"identifier":{"value":${JSON.stringify(id)}}},${request}}`
}

/** "The raw search request is base64 encoded and placed in the .entity[query].query element." */
function queryEntities(did: Deed | SecurityEvent): readonly string[] {
  const text = 'query' in did ? did.query : undefined
  if (text === undefined) return []
  return [`{${query},"query":"${Buffer.from(text).toString('base64')}"}`]
}
