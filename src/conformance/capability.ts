/** The claims as a CapabilityStatement. https://hl7.org/fhir/R4/capabilitystatement.html */
import { fail } from '../fhir/issue.ts'
import { isObject, type Json, type JsonObject, type Resource } from '../fhir/resource.ts'
import type {
  Claims,
  CodeSystemClaim,
  FeatureClaim,
  OAuthUris,
  OperationClaim,
  ResourceClaim,
  SearchParamClaim,
} from './claims.ts'
import type { Definitions } from './definitions.ts'
import { identity, implementation, list } from './statement.ts'
import { terminologyCapabilities } from './terminology-capabilities.ts'

const modes = ['full', 'normative', 'terminology'] as const

/** https://hl7.org/fhir/R4/http.html#capabilities */
export type Mode = (typeof modes)[number]

/** The `mode` of a request; without one it is `full`. */
export function parseMode(text: string | null): Mode {
  const mode = modes.find(each => each === (text ?? 'full'))
  if (mode === undefined) throw fail('value', `mode '${text}' is unknown, expected one of ${modes.join(', ')}`)
  return mode
}

/** `codeSystems`: those that the tenant knows, for the mode `terminology`. */
export function capability(
  claims: Claims,
  mode: Mode,
  definitions: Definitions,
  codeSystems: readonly CodeSystemClaim[] = [],
): Resource {
  switch (mode) {
    case 'full':
      return capabilityStatement(claims)
    case 'normative':
      return normativeStatement(claims, definitions)
    case 'terminology':
      return terminologyCapabilities(claims, codeSystems)
  }
}

export function capabilityStatement(claims: Claims): Resource {
  const { software, formats, patchFormats, instantiates, implementationGuides, deviations, resources, system } = claims
  const { features } = claims
  mustBeUnique('resource type', resources, ({ type }) => type)
  return {
    resourceType: 'CapabilityStatement',
    ...list('extension', features.map(feature)),
    url: `${claims.base}/metadata`,
    ...identity(claims, 'CapabilityStatement'),
    ...list('instantiates', instantiates),
    software: { name: software.name, version: software.version, releaseDate: software.releaseDate },
    ...implementation(claims),
    fhirVersion: '4.0.1',
    format: formats,
    ...list('patchFormat', patchFormats),
    ...list('implementationGuide', implementationGuides),
    rest: [
      {
        mode: 'server',
        ...(deviations.length === 0 ? {} : { documentation: deviations.map(each => `* ${each}`).join('\n') }),
        ...(claims.security === undefined ? {} : { security: security(claims.security) }),
        ...list('resource', resources.map(resource)),
        ...list('interaction', system.interactions.map(coded)),
        ...list('searchParam', system.searchParams.map(searchParam)),
        ...list('operation', system.operations.map(operation)),
      },
    ],
  }
}

function feature({ definition, value }: FeatureClaim): JsonObject {
  return {
    url: 'http://hl7.org/fhir/uv/application-feature/StructureDefinition/feature',
    extension: [
      { url: 'definition', valueCanonical: definition },
      { url: 'value', ...(typeof value === 'string' ? { valueCode: value } : { valueBoolean: value }) },
    ],
  }
}

/**
 * "Only the normative portions of the Capability Statement": neither resource types nor elements of the statement that are
 * for trial use.
 */
function normativeStatement(claims: Claims, { status, unsettled }: Definitions): Resource {
  const resources = claims.resources.filter(({ type }) => status(type) === 'normative')
  const statement = capabilityStatement({ ...claims, resources })
  return { ...without(unsettled, statement, statement.resourceType), resourceType: statement.resourceType }
}

/** https://hl7.org/fhir/R4/security.html#oauth: for those who do not know `.well-known/smart-configuration` yet. */
function security(uris: OAuthUris): JsonObject {
  const extension = Object.entries(uris).map(([url, valueUri]) => ({ url, valueUri }))
  return {
    extension: [{ url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris', extension }],
    cors: true,
    service: [
      {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/restful-security-service', code: 'SMART-on-FHIR' }],
      },
    ],
  }
}

function resource(claim: ResourceClaim): JsonObject {
  mustBeUnique(`search parameter of ${claim.type}`, claim.searchParams, ({ name }) => name)
  return {
    type: claim.type,
    profile: `http://hl7.org/fhir/StructureDefinition/${claim.type}`,
    ...list('supportedProfile', claim.supportedProfiles),
    ...list('interaction', claim.interactions.map(coded)),
    versioning: claim.versioning,
    readHistory: claim.readHistory,
    updateCreate: claim.updateCreate,
    conditionalCreate: claim.conditionalCreate,
    conditionalRead: claim.conditionalRead,
    conditionalUpdate: claim.conditionalUpdate,
    conditionalDelete: claim.conditionalDelete,
    ...list('referencePolicy', claim.referencePolicy),
    ...list('searchInclude', claim.searchIncludes),
    ...list('searchRevInclude', claim.searchRevIncludes),
    ...list('searchParam', claim.searchParams.map(searchParam)),
    ...list('operation', claim.operations.map(operation)),
  }
}

function coded(code: string): JsonObject {
  return { code }
}

function searchParam({ name, definition, type, documentation }: SearchParamClaim): JsonObject {
  return {
    name,
    ...(definition === undefined ? {} : { definition }),
    type,
    ...(documentation === undefined ? {} : { documentation }),
  }
}

function operation({ name, definition, documentation }: OperationClaim): JsonObject {
  return { name, definition, ...(documentation === undefined ? {} : { documentation }) }
}

/** cpb-9, cpb-12. Registering something twice is our mistake, not a client's: the process does not start with it. */
function mustBeUnique<T>(what: string, items: readonly T[], key: (item: T) => string): void {
  const seen = new Set<string>()
  for (const item of items) {
    if (seen.has(key(item))) throw new Error(`${what} '${key(item)}' is claimed twice`)
    seen.add(key(item))
  }
}

function without(paths: ReadonlySet<string>, object: JsonObject, at: string): JsonObject {
  const kept = Object.entries(object).filter(([name]) => !paths.has(`${at}.${name}`))
  return Object.fromEntries(kept.map(([name, value]) => [name, pruned(paths, value, `${at}.${name}`)]))
}

function pruned(paths: ReadonlySet<string>, value: Json | undefined, at: string): Json | undefined {
  if (Array.isArray(value)) return value.map(each => (isObject(each) ? without(paths, each, at) : each))
  return isObject(value) ? without(paths, value, at) : value
}
