/** Who took part: the app, this server, and the human being who uses the app. https://profiles.ihe.net/ITI/BALP/ */
import type { JsonObject } from '../../fhir/resource.ts'
import type { Action, Exchange } from './occurrence.ts'

const most = 4_096 // printed, of as many who ask in turn
let printed = new Map<string, string>()

/** `"agent":[…],"source":{…}`: the same for all that somebody does in one way, so it is printed once. */
export function agentsOf(exchange: Exchange, action: Action): string {
  const { base, principal = {}, address = '' } = exchange
  const { client = '', user = '', fhirUser = '' } = principal
  const key = `${action}\n${base}\n${address}\n${client}\n${user}\n${fhirUser}`
  const known = printed.get(key)
  if (known !== undefined) return known
  const agent = participants(exchange, action)
  const source = { observer: serverOf(exchange), type: [applicationServer] }
  const text = JSON.stringify({ agent, source }).slice(1, -1)
  if (printed.size >= most) printed = new Map()
  printed.set(key, text)
  return text
}

const applicationServer = { system: 'http://terminology.hl7.org/CodeSystem/security-source-type', code: '4' }

function serverOf({ base }: Exchange): JsonObject {
  return { identifier: { system: 'urn:ietf:rfc:3986', value: base }, display: 'Kiln' }
}

function concept(system: string, code: string): JsonObject {
  return { coding: [{ system, code }] }
}

const dicom = 'http://dicom.nema.org/resources/ontology/DCM'
const application = concept(dicom, '110150')
const destination = concept(dicom, '110152')
const source = concept(dicom, '110153')
const custodian = concept('http://terminology.hl7.org/CodeSystem/provenance-participant-type', 'custodian')
const participation = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType'
const author = concept(participation, 'AUT')
const recipient = concept(participation, 'IRCP')

type Roles = { readonly client: JsonObject; readonly server: JsonObject; readonly user: JsonObject }

const roles: Readonly<Record<Action, Roles>> = {
  C: { client: source, server: destination, user: author },
  U: { client: source, server: destination, user: author },
  D: { client: application, server: custodian, user: author },
  R: { client: destination, server: source, user: recipient },
  // "This may not be so obvious, as the data actually flows the opposite direction", says the pattern of queries.
  E: { client: source, server: destination, user: recipient },
}

function participants(exchange: Exchange, action: Action): readonly JsonObject[] {
  const { base, principal, address } = exchange
  const { client, server, user } = roles[action]
  const human = humanOf(exchange)
  const app = principal?.client
  return [
    {
      type: client,
      who: app === undefined ? { display: 'not authenticated' } : { identifier: { value: app } },
      requestor: human === undefined,
      ...(address === undefined ? {} : { network: { address, type: '2' } }),
    },
    { type: server, who: serverOf(exchange), requestor: false, network: { address: base, type: '5' } },
    ...(human === undefined ? [] : [{ type: user, who: human, requestor: true }]),
  ]
}

function humanOf({ principal }: Exchange): JsonObject | undefined {
  if (principal?.fhirUser !== undefined) return { reference: principal.fhirUser }
  return principal?.user === undefined ? undefined : { identifier: { value: principal.user } }
}
