/** Who a patient knows to be behind this server, for apps that let him choose. https://hl7.org/fhir/smart-app-launch/brands.html */
import { isObject, type Json, type JsonObject } from '../../fhir/resource.ts'

const profiles = 'http://hl7.org/fhir/smart-app-launch/StructureDefinition'

/** Organizations and Endpoints that claim these are public; nothing else is. */
export const brandProfile = `${profiles}/user-access-brand`
export const endpointProfile = `${profiles}/user-access-endpoint`

export type Stored = { readonly organizations: readonly JsonObject[]; readonly endpoints: readonly JsonObject[] }

export type Brands = {
  readonly bundle: JsonObject
  /** Of the primary brand, which no other has. */
  readonly identifier: JsonObject
}

/** Elements that anybody may see, whatever else is stored. */
const ofBrand = ['extension', 'identifier', 'active', 'type', 'name', 'alias', 'telecom', 'address', 'partOf'] as const
const ofEndpoint = [
  ...(['extension', 'identifier', 'status', 'connectionType', 'name', 'managingOrganization', 'contact'] as const),
  ...(['period', 'payloadType', 'payloadMimeType', 'address'] as const),
]

/**
 * `undefined`: no Organization is marked. The primary brand is the first one that is part of no other, and leads to all endpoints; if
 * no Endpoint is marked, to one that is this server.
 */
export function brandsOf(base: string, { organizations, endpoints }: Stored): Brands | undefined {
  const shown = organizations.filter(one => one['active'] !== false && objects(one['identifier']).some(isWhole))
  const [primary] = shown.toSorted((a, b) => rank(a) - rank(b) || order(a, b))
  const identifier = primary && ownIdentifier(primary, shown)
  if (!primary || !identifier) return undefined
  const leading = endpoints.length > 0 ? endpoints.map(one => only(one, 'Endpoint', ofEndpoint)) : [self(base, primary)]
  const known = new Set(leading.map(({ id }) => `Endpoint/${id}`))
  const brands = shown.map(one => {
    const own = objects(one['endpoint']).filter(({ reference }) => known.has(String(reference)))
    const all = [...known].map(reference => ({ reference }))
    const endpoint = one === primary ? all : own
    return { ...only(one, 'Organization', ofBrand), ...(endpoint.length === 0 ? {} : { endpoint }) }
  })
  const resources: readonly JsonObject[] = [...brands, ...leading]
  const bundle: JsonObject = {
    resourceType: 'Bundle',
    meta: { profile: [`${profiles}/user-access-brands-bundle`] },
    type: 'collection',
    timestamp: latest([...shown, ...endpoints]),
    entry: resources.map(resource => ({ fullUrl: `${base}/${resource['resourceType']}/${resource['id']}`, resource })),
  }
  return { bundle, identifier }
}

function rank({ partOf }: JsonObject): number {
  return partOf === undefined ? 0 : 1
}

function order(a: JsonObject, b: JsonObject): number {
  return String(a['id']) < String(b['id']) ? -1 : 1
}

function isWhole({ value }: JsonObject): boolean {
  return typeof value === 'string'
}

/** "SHALL ensure this identifier matches exactly one Organization.identifier". With a system, if there is one. */
function ownIdentifier(primary: JsonObject, all: readonly JsonObject[]): JsonObject | undefined {
  const printed = ({ system = '', value = '' }: JsonObject): string => `${system} ${value}`
  const others = new Set(all.filter(one => one !== primary).flatMap(one => objects(one['identifier']).map(printed)))
  const own = objects(primary['identifier']).filter(one => isWhole(one) && !others.has(printed(one)))
  const chosen = own.find(({ system }) => system !== undefined) ?? own[0]
  if (!chosen) return undefined
  const { system, value = '' } = chosen
  return system === undefined ? { value } : { system, value }
}

function only(resource: JsonObject, resourceType: string, names: readonly string[]): JsonObject {
  const { id = '', meta } = resource
  const { lastUpdated, profile } = object(meta)
  const kept = names.flatMap(name => (resource[name] === undefined ? [] : [[name, resource[name]] as const]))
  return {
    resourceType,
    id,
    meta: { ...(lastUpdated === undefined ? {} : { lastUpdated }), ...(profile === undefined ? {} : { profile }) },
    ...Object.fromEntries(kept),
  }
}

function self(base: string, primary: JsonObject): JsonObject {
  const told = objects(primary['telecom']).filter(({ system }) => system === 'url' || system === 'email')
  return {
    resourceType: 'Endpoint',
    id: 'fhir',
    meta: { profile: [endpointProfile] },
    extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/endpoint-fhir-version', valueCode: '4.0.1' }],
    status: 'active',
    connectionType: {
      system: 'http://terminology.hl7.org/CodeSystem/endpoint-connection-type',
      code: 'hl7-fhir-rest',
    },
    name: `FHIR API of ${primary['name'] ?? 'this server'}`,
    managingOrganization: { reference: `Organization/${primary['id']}` },
    contact: told.length > 0 ? [...told] : [{ system: 'url', value: base }],
    payloadType: [
      { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/endpoint-payload-type', code: 'none' }] },
    ],
    address: base,
  }
}

/** Of the same form, so that they are in the order of time. */
function latest(resources: readonly JsonObject[]): string {
  return (
    resources
      .map(({ meta }) => String(object(meta)['lastUpdated'] ?? ''))
      .toSorted()
      .at(-1) ?? ''
  )
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.map(object) : []
}

function object(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {}
}
